//! Root fields that read jobs.

use super::{Job, JobFilter, JobOrder, JobRow};
use crate::{
    gql::{Connection, FilterInput as _, PageArgs, ScopeExt as _, id_argument, list},
    kernel::Result,
};
use async_graphql::{Context, ID, Object};

/// Root fields that read jobs.
#[derive(Default)]
pub struct JobQuery;

#[Object]
impl JobQuery {
    /// One job; null if there is none or the caller may not see it. A client that cannot subscribe
    /// asks for `version` and `events(afterVersion:)` now and then.
    async fn job(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the job.")] id: ID,
    ) -> Result<Option<Job>> {
        ctx.scope().viewer()?;
        Ok(ctx
            .by_id::<JobRow>(id_argument("id", &id)?)
            .await?
            .map(Into::into))
    }

    /// The jobs that the caller may see: those they asked for, and all of the organizations they
    /// manage.
    #[expect(clippy::too_many_arguments, reason = "the arguments of every list")]
    async fn jobs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<JobFilter>,
        #[graphql(desc = "In which order; the newest first unless given.")] order_by: Option<
            Vec<JobOrder>,
        >,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Job>> {
        let page = PageArgs::new(first, after, last, before);
        let order: Vec<_> = order_by
            .unwrap_or_default()
            .into_iter()
            .map(Into::into)
            .collect();
        list::<JobRow, _>(ctx, &page, &order, filter.condition(ctx.scope().viewer()?)?).await
    }
}
