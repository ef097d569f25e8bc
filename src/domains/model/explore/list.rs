//! Filters and orders of the explores of a project.

use super::{Explore, ExploreRow};
use crate::{
    db::{Bind, Fragment, schema::explores, sql},
    gql::{
        BooleanFilter, Connection, FilterInput as _, ListNode, OrderDirection, OrderField,
        PageArgs, by_id_loader, children, column, filterable, listing, search,
    },
    kernel::{Error, Result, entity, entity::ProjectId},
};
use async_graphql::Context;

by_id_loader! { ExploreRow in explores for entity::Explore }
listing! {
    ExploreRow in explores as Explore, for entity::Explore, keys {
        "explores.id" => id,
        "explores.label" => label,
    }
}

impl ListNode for Explore {
    const CONNECTION: &'static str = "ExploreConnection";
    const EDGE: &'static str = "ExploreEdge";
}

filterable! {
    /// Which explores to list.
    pub struct ExploreFilter {
        /// With this text in the name, the label or the description.
        search: String => search(&["explores.name", "explores.label", "explores.description"]),
        /// With this label of the model.
        tag: String => |tag: &String, _: &_| tagged(tag),
        /// Where something is wrong, or nothing is.
        has_errors: BooleanFilter => column("(explores.error_count > 0)"),
    }
}

fn tagged(tag: &str) -> Result<Fragment> {
    if tag.contains('\0') {
        return Err(Error::invalid("", "contains the character U+0000"));
    }
    Ok(sql("? = ANY(explores.tags)", [Bind::Text(tag.to_owned())]))
}

/// The one order of explores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ByLabel;

impl OrderField for ByLabel {
    const LIST: &'static str = "explores";
    const TIE: (&'static str, &'static str) = ("explores.id", "::uuid");

    fn term(self) -> (&'static str, &'static str) {
        ("explores.label", "::text")
    }

    fn default_order() -> (Self, OrderDirection) {
        (Self, OrderDirection::Asc)
    }
}

/// Explores of the active deployment of the parent.
const OF_PROJECT: &str = "explores.deployment_id = (SELECT a.deployment_id FROM active_deployments a WHERE a.project_id = p.id)";

/// The explores that a project shows, by label.
///
/// # Errors
/// Wrong arguments, lack of sign-in, outages.
pub async fn explores_of(
    ctx: &Context<'_>,
    project: ProjectId,
    filter: Option<&ExploreFilter>,
    page: &PageArgs,
) -> Result<Connection<Explore>> {
    let order: [(ByLabel, _); 0] = [];
    children::<ExploreRow, _>(ctx, project.uuid(), OF_PROJECT, page, &order, |viewer| {
        filter.condition(viewer)
    })
    .await
}
