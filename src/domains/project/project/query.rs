//! Root fields that read projects.

use super::{Project, ProjectFilter, ProjectOrder, ProjectRow, content::ProjectContent};
use crate::{
    gql::{Connection, FilterInput as _, PageArgs, ScopeExt as _, ask_ahead, id_argument, list},
    kernel::Result,
};
use async_graphql::{Context, ID, Object};

/// Root fields that read projects.
#[derive(Default)]
pub struct ProjectQuery;

#[Object]
impl ProjectQuery {
    /// One project; null if there is none or the caller may not see it.
    async fn project(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the project.")] id: ID,
    ) -> Result<Option<Project>> {
        ctx.scope().viewer()?;
        let id = id_argument("id", &id)?;
        ask_ahead(ctx, &ProjectContent(id));
        Ok(ctx.by_id::<ProjectRow>(id).await?.map(Into::into))
    }

    /// The projects that the caller may see, of all organizations.
    #[expect(clippy::too_many_arguments, reason = "the arguments of every list")]
    async fn projects(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<ProjectFilter>,
        #[graphql(desc = "In which order; by name unless given.")] order_by: Option<
            Vec<ProjectOrder>,
        >,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Project>> {
        let page = PageArgs::new(first, after, last, before);
        let order: Vec<_> = order_by
            .unwrap_or_default()
            .into_iter()
            .map(Into::into)
            .collect();
        list::<ProjectRow, _>(ctx, &page, &order, filter.condition(ctx.scope().viewer()?)?).await
    }
}
