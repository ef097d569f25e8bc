//! Streams of what happens to jobs.
//!
//! A stream first gives what was missed, then what happens, each status in order. The caller's rights
//! are read again before every event and every two seconds; whoever lost them gets an error and the
//! end. A stream outlives an outage of the database.

mod caller;
mod feed;
mod job;
mod lines;

use super::{JobFilter, JobLogEntry, JobUpdate, mutation::queue};
use crate::{
    gql::{FilterInput as _, ScopeExt as _, id_argument},
    kernel::{Result, entity},
};
use async_graphql::{Context, ID, Subscription};
use caller::{Caller, follow};
use feed::FeedFollower;
use futures_util::stream::Stream;
use job::JobFollower;
use lines::LineFollower;

/// Streams of what happens to jobs.
#[derive(Default)]
pub struct JobSubscription;

#[Subscription]
impl JobSubscription {
    /// Every event of one job after the given version, in order: history first, then live; completes
    /// after the terminal event. Every status is given; of several progress reports in a row, the
    /// last one is enough. After a lost connection, subscribe again with the last version.
    async fn job_updated(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the job.")] id: ID,
        #[graphql(desc = "Only events after this version; 0 for all.", default = 0)]
        after_version: i32,
    ) -> Result<impl Stream<Item = Result<JobUpdate>> + use<>> {
        let caller = Caller::of(ctx)?;
        let id = id_argument::<entity::Job>("id", &id)?;
        let watch = queue(ctx)?.hub.watch(id);
        let follower = JobFollower::enter(caller, watch, after_version).await?;
        Ok(follow(follower))
    }

    /// Updates of all jobs that the caller may see and the filter selects, from now on; versions rise
    /// per job.
    #[expect(clippy::unused_async, reason = "the engine takes no other functions")]
    async fn jobs_updated(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones, by what they are when the update is sent.")] filter: Option<
            JobFilter,
        >,
    ) -> Result<impl Stream<Item = Result<JobUpdate>> + use<>> {
        let caller = Caller::of(ctx)?;
        let condition = filter.condition(ctx.scope().viewer()?)?;
        let feed = queue(ctx)?.hub.follow();
        Ok(follow(FeedFollower::new(caller, feed, condition)))
    }

    /// Every line of one job after the given number: those written before, then each as it is
    /// written; completes when the job has ended.
    async fn job_log_appended(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the job.")] id: ID,
        #[graphql(desc = "Only lines after this number; 0 for all.", default = 0)] after_seq: i32,
    ) -> Result<impl Stream<Item = Result<JobLogEntry>> + use<>> {
        let caller = Caller::of(ctx)?;
        let id = id_argument::<entity::Job>("id", &id)?;
        let watch = queue(ctx)?.hub.watch_lines(id);
        let follower = LineFollower::enter(caller, watch, after_seq).await?;
        Ok(follow(follower))
    }
}
