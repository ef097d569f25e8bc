//! Who follows, with the rights of now, and the frame of every stream.

use crate::{
    authz::Viewer,
    domains::platform::job::{JobRow, policy::sees},
    gql::{Live, LiveExt as _, Scope, ScopeExt as _},
    kernel::{Error, Result},
};
use async_graphql::Context;
use futures_util::stream::{Stream, unfold};
use std::{future::Future, sync::Arc, time::Duration};
use tokio::time::{Instant, sleep};

/// How often rights are read again while nothing happens. What is read may itself be three seconds
/// old, and five is what is promised.
pub(super) const RECHECK: Duration = Duration::from_millis(1_500);
/// How long an outage of the database may last before a stream ends.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often an outage is looked at.
const RETRY: Duration = Duration::from_millis(500);

/// Who follows.
pub(super) struct Caller(Live);

impl Caller {
    pub(super) fn of(ctx: &Context<'_>) -> Result<Self> {
        ctx.scope().viewer()?;
        ctx.live().map(Self)
    }

    /// The version to go on behind: that of a client that was cut off counts more than the argument.
    pub(super) fn after(&self, argument: i32) -> i32 {
        let resumed = self.0.resume_after();
        resumed.map_or(argument, |version| {
            i32::try_from(version).unwrap_or(i32::MAX)
        })
    }

    /// Tells the version of what is given next.
    pub(super) fn mark(&self, version: i32) {
        self.0.mark(i64::from(version));
    }

    /// A scope for a look. Whoever asks for it releases it.
    pub(super) async fn scope(&self) -> Result<Arc<Scope>> {
        self.0.scope().await
    }

    /// The caller with the rights of now.
    pub(super) async fn now(&self) -> Result<Arc<Viewer>> {
        self.scope().await?.viewer().cloned()
    }

    /// The same, if the caller sees the job.
    pub(super) async fn sees(&self, job: &JobRow) -> Result<()> {
        if sees(&*self.now().await?, job) {
            return Ok(());
        }
        Err(Error::Forbidden("you may not see this job any more".into()))
    }
}

/// What a stream is made of.
pub(super) trait Follow: Send + 'static {
    /// What it gives.
    type Item: Send;

    /// The next one; `None` at the end. Asked again after a failure of the database.
    fn step(&mut self) -> impl Future<Output = Result<Option<Self::Item>>> + Send;
}

/// The stream of a follower: ends with the first error that does not pass by itself.
pub(super) fn follow<F: Follow>(follower: F) -> impl Stream<Item = Result<F::Item>> + Send {
    unfold(Some(Box::new(follower)), |follower| async move {
        let mut follower = follower?;
        match patiently(&mut *follower).await {
            Ok(Some(item)) => Some((Ok(item), Some(follower))),
            Ok(None) => None,
            Err(error) => Some((Err(error), None)),
        }
    })
}

async fn patiently<F: Follow>(follower: &mut F) -> Result<Option<F::Item>> {
    let mut outage: Option<Instant> = None;
    loop {
        match follower.step().await {
            Err(Error::Unavailable(cause)) => {
                let since = *outage.get_or_insert_with(Instant::now);
                if since.elapsed() > PATIENCE {
                    return Err(Error::Unavailable(cause));
                }
                sleep(RETRY).await;
            }
            other => return other,
        }
    }
}
