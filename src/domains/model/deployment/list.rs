//! The deployments of a project.

use super::{Deployment, DeploymentRow};
use crate::{
    db::{Fragment, schema::deployments},
    gql::{
        Connection, ListNode, OrderDirection, OrderField, PageArgs, by_id_loader, children, listing,
    },
    kernel::{Result, entity, entity::ProjectId},
};
use async_graphql::Context;

by_id_loader! { DeploymentRow in deployments for entity::Deployment }
listing! {
    DeploymentRow in deployments as Deployment, for entity::Deployment, keys {
        "deployments.id" => id,
        "deployments.created_at" => created_at,
    }
}

impl ListNode for Deployment {
    const CONNECTION: &'static str = "DeploymentConnection";
    const EDGE: &'static str = "DeploymentEdge";
}

/// The one order of deployments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct NewestFirst;

impl OrderField for NewestFirst {
    const LIST: &'static str = "deployments";
    const TIE: (&'static str, &'static str) = ("deployments.id", "::uuid");

    fn term(self) -> (&'static str, &'static str) {
        ("deployments.created_at", "::timestamptz")
    }

    fn default_order() -> (Self, OrderDirection) {
        (Self, OrderDirection::Desc)
    }
}

/// The deployments of a project, the newest first.
///
/// # Errors
/// Wrong arguments, lack of sign-in, outages.
pub async fn deployments_of(
    ctx: &Context<'_>,
    project: ProjectId,
    page: &PageArgs,
) -> Result<Connection<Deployment>> {
    let order: [(NewestFirst, _); 0] = [];
    let link = "deployments.project_id = p.id";
    children::<DeploymentRow, _>(ctx, project.uuid(), link, page, &order, |_| {
        Ok(Fragment::yes())
    })
    .await
}
