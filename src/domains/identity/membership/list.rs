//! Filters and orders of membership lists.

use super::{OrganizationMembership, OrganizationMembershipRow};
use crate::{
    authz::{Resource as _, Viewer},
    db::{Fragment, schema::access_grants, sql},
    domains::access::PrincipalTypeFilter,
    gql::{
        BooleanFilter, Connection, FilterInput as _, IdFilter, ListNode, PageArgs, StringFilter,
        by_id_loader, children, column, filterable, id_argument, listing, search, sortable,
    },
    kernel::{Result, entity, entity::ProjectId},
};
use async_graphql::{Context, ID};
use uuid::Uuid;

by_id_loader! { OrganizationMembershipRow in access_grants for entity::OrganizationMembership }
listing! {
    OrganizationMembershipRow in access_grants as OrganizationMembership, for entity::OrganizationMembership, keys {
        "access_grants.id" => id,
        "access_grants.created_at" => created_at,
    }
}

impl ListNode for OrganizationMembership {
    const CONNECTION: &'static str = "OrganizationMembershipConnection";
    const EDGE: &'static str = "OrganizationMembershipEdge";
}

/// The full name of a user, the name of a group.
const NAME: &str = "coalesce((SELECT u.full_name FROM users u WHERE u.id = access_grants.user_id), \
    (SELECT g.name FROM groups g WHERE g.id = access_grants.group_id))";
const EMAIL: &str = "(SELECT u.email FROM users u WHERE u.id = access_grants.user_id)";
const TYPE: &str = "(CASE WHEN access_grants.user_id IS NULL THEN 'GROUP' ELSE 'USER' END)";
const IS_DEFAULT: &str = "EXISTS (SELECT FROM users u WHERE u.id = access_grants.user_id \
    AND u.default_organization_id = access_grants.organization_id)";

filterable! {
    /// Which members to list.
    pub struct OrganizationMembershipFilter {
        /// Whose name or mail address contains this text.
        search: String => search(&[NAME, EMAIL]),
        /// Users or groups.
        #[graphql(name = "type")]
        principal_type: PrincipalTypeFilter => column(TYPE),
        /// By the name of the user or group.
        name: StringFilter => column(NAME),
        /// By the mail address; groups have none.
        email: StringFilter => column(EMAIL),
        /// With this role.
        role_id: IdFilter => IdFilter::of::<entity::Role>("access_grants.role_id"),
        /// Whether the user logs straight into this organization.
        is_default: BooleanFilter => column(IS_DEFAULT),
        /// Members who can view this project, by whatever grant.
        can_view_project_id: ID => can_view,
    }
}

sortable! {
    /// Fields by which members can be ordered.
    pub enum OrganizationMembershipOrderField, OrganizationMembershipOrder in "memberships",
        tie "access_grants.id", default Name Asc {
        /// Groups first, then users.
        Type = "TYPE" => "(CASE WHEN access_grants.user_id IS NULL THEN 'GROUP' ELSE 'USER' END)" as "::text",
        /// By the name of the user or group.
        Name = "NAME" => "coalesce((SELECT u.full_name FROM users u WHERE u.id = access_grants.user_id), (SELECT g.name FROM groups g WHERE g.id = access_grants.group_id))" as "::text",
        /// By mail address; those without one come first.
        Email = "EMAIL" => "coalesce((SELECT u.email FROM users u WHERE u.id = access_grants.user_id), '')" as "::text",
        /// By the time of joining.
        CreatedAt = "CREATED_AT" => "access_grants.created_at" as "::timestamptz",
    }
}

/// Members who hold `PROJECT_VIEW` on the project, or see a space inside it: the rule of
/// `Project`'s policy, told of others instead of the viewer, and only of projects that the viewer sees.
fn can_view(id: &ID, viewer: &Viewer) -> Result<Fragment> {
    let id: ProjectId = id_argument("", id)?;
    let seen = entity::Project::is_seen(viewer, id);
    Ok(seen.and(sql(include_str!("can_view.sql"), [id.into()])))
}

/// The memberships tied to a parent by `link`: those of an organization, or those of a user.
///
/// # Errors
/// Wrong arguments, lack of sign-in, outages.
pub async fn memberships_of(
    ctx: &Context<'_>,
    (parent, link): (Uuid, &'static str),
    filter: Option<OrganizationMembershipFilter>,
    order_by: Option<Vec<OrganizationMembershipOrder>>,
    page: &PageArgs,
) -> Result<Connection<OrganizationMembership>> {
    let order: Vec<_> = order_by
        .unwrap_or_default()
        .into_iter()
        .map(Into::into)
        .collect();
    children::<OrganizationMembershipRow, _>(ctx, parent, link, page, &order, |viewer| {
        filter.condition(viewer)
    })
    .await
}
