//! The attributes of an organization.

use super::{UserAttribute, UserAttributeRow};
use crate::{
    db::{Fragment, schema::user_attributes},
    gql::{
        Connection, ListNode, OrderDirection, OrderField, PageArgs, by_id_loader, children, listing,
    },
    kernel::{Result, entity, entity::OrganizationId},
};
use async_graphql::Context;

by_id_loader! { UserAttributeRow in user_attributes for entity::UserAttribute }
listing! {
    UserAttributeRow in user_attributes as UserAttribute, for entity::UserAttribute, keys {
        "user_attributes.id" => id,
        "user_attributes.name" => name,
    }
}

impl ListNode for UserAttribute {
    const CONNECTION: &'static str = "UserAttributeConnection";
    const EDGE: &'static str = "UserAttributeEdge";
}

/// The one order of attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ByName;

impl OrderField for ByName {
    const LIST: &'static str = "user_attributes";
    const TIE: (&'static str, &'static str) = ("user_attributes.id", "::uuid");

    fn term(self) -> (&'static str, &'static str) {
        ("user_attributes.name", "::text")
    }

    fn default_order() -> (Self, OrderDirection) {
        (Self, OrderDirection::Asc)
    }
}

/// The attributes of an organization, by name.
///
/// # Errors
/// Wrong arguments, lack of sign-in, outages.
pub async fn attributes_of(
    ctx: &Context<'_>,
    organization: OrganizationId,
    page: &PageArgs,
) -> Result<Connection<UserAttribute>> {
    let order: [(ByName, _); 0] = [];
    let link = "user_attributes.organization_id = p.id";
    let all = |_: &_| Ok(Fragment::yes());
    children::<UserAttributeRow, _>(ctx, organization.uuid(), link, page, &order, all).await
}
