//! Filters and the order of lists of grants.

use super::{AccessGrant, AccessGrantRow};
use crate::{
    authz::Viewer,
    db::{Bind, Fragment, schema::access_grants, sql},
    domains::{
        access::{PrincipalRef, PrincipalTypeFilter, group::GroupRef},
        identity::user::UserRef,
    },
    gql::{
        BooleanFilter, Connection, FilterInput, IdFilter, ListNode, OrderDirection, OrderField,
        PageArgs, StringFilter, by_id_loader, children, column, filterable, id_argument, listing,
    },
    kernel::{AnyId, Entity, Error, Result, entity},
};
use async_graphql::{Context, ID};
use uuid::Uuid;

by_id_loader! { AccessGrantRow in access_grants for entity::AccessGrant }
listing! { AccessGrantRow in access_grants as AccessGrant, for entity::AccessGrant }

impl ListNode for AccessGrant {
    const CONNECTION: &'static str = "AccessGrantConnection";
    const EDGE: &'static str = "AccessGrantEdge";
}

filterable! {
    /// Which grants to list.
    pub struct AccessGrantFilter {
        /// Given to users or to groups.
        principal_type: PrincipalTypeFilter => column("(CASE WHEN access_grants.user_id IS NULL THEN 'GROUP' ELSE 'USER' END)"),
        /// Given to this user or group.
        principal_id: IdFilter => of_principal,
        /// Giving this role.
        role_id: IdFilter => IdFilter::of::<entity::Role>("access_grants.role_id"),
        /// Made on this very scope; lists of grants hold no others.
        is_explicit: BooleanFilter => column("TRUE"),
        /// By the full name of the user or the name of the group.
        name: StringFilter => column(
            "coalesce((SELECT u.full_name FROM users u WHERE u.id = access_grants.user_id), \
             (SELECT g.name FROM groups g WHERE g.id = access_grants.group_id))"
        ),
    }
}

const PRINCIPAL: &str = "coalesce(access_grants.user_id, access_grants.group_id)";

/// An id of a user or of a group; the two never share a UUID.
fn principal(id: &ID) -> Result<Uuid> {
    AnyId::parse(id.as_str())
        .filter(|id| [entity::User::PREFIX, entity::Group::PREFIX].contains(&id.prefix))
        .map(|id| id.uuid)
        .ok_or_else(|| Error::invalid("", "expected an id that starts with `user_` or `group_`"))
}

fn of_principal(filter: &IdFilter, _: &Viewer) -> Result<Fragment> {
    let of = filter.read(principal)?;
    let any = |ids: Vec<Uuid>| sql(PRINCIPAL, []).then(" = ANY(?)", [Bind::Uuids(ids)]);
    let conditions = [
        of.eq.map(|id| any(vec![id])),
        of.ne.map(|id| any(vec![id]).negate()),
        of.within.map(any),
        of.not_in.map(|ids| any(ids).negate()),
        // A grant always has a principal.
        of.is_null.map(|is_null| {
            if is_null {
                Fragment::no()
            } else {
                Fragment::yes()
            }
        }),
    ];
    Ok(Fragment::all(conditions.into_iter().flatten()))
}

/// The order of lists of grants: as they were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessGrantOrder;

impl OrderField for AccessGrantOrder {
    const LIST: &'static str = "accessGrants";
    const TIE: (&'static str, &'static str) = ("access_grants.id", "::uuid");

    fn term(self) -> (&'static str, &'static str) {
        ("access_grants.created_at", "::timestamptz")
    }

    fn default_order() -> (Self, OrderDirection) {
        (Self, OrderDirection::Asc)
    }
}

/// The grants of a scope (`access_grants.scope_id = p.id`) or of a principal
/// (`access_grants.user_id = p.id`, `access_grants.group_id = p.id`).
///
/// # Errors
/// Wrong arguments, lack of sign-in, outages.
pub async fn access_grants_of(
    ctx: &Context<'_>,
    parent: Uuid,
    link: &'static str,
    filter: Option<&AccessGrantFilter>,
    page: &PageArgs,
) -> Result<Connection<AccessGrant>> {
    let order: [(AccessGrantOrder, _); 0] = [];
    children::<AccessGrantRow, _>(ctx, parent, link, page, &order, |viewer| {
        filter.condition(viewer)
    })
    .await
}

/// The visible grant of one principal on a scope, if there is one.
///
/// # Errors
/// An id of another kind, lack of sign-in, outages.
pub async fn access_grant_of(
    ctx: &Context<'_>,
    scope: Uuid,
    principal: &PrincipalRef,
) -> Result<Option<AccessGrant>> {
    let page = PageArgs {
        first: Some(1),
        ..PageArgs::default()
    };
    let order: [(AccessGrantOrder, _); 0] = [];
    let link = "access_grants.scope_id = p.id";
    let found =
        children::<AccessGrantRow, _>(ctx, scope, link, &page, &order, |_| named(principal))
            .await?;
    Ok(found
        .nodes()
        .next()
        .map(|grant| AccessGrant(grant.0.clone())))
}

/// The condition that a grant is given to the principal; who sees a grant sees whom it is given to.
fn named(principal: &PrincipalRef) -> Result<Fragment> {
    let (condition, text) = match principal {
        PrincipalRef::User(UserRef::Id(id)) => {
            let id = id_argument::<entity::User>("principal.user.id", id)?;
            return Ok(sql("access_grants.user_id = ?", [id.into()]));
        }
        PrincipalRef::Group(GroupRef::Id(id)) => {
            let id = id_argument::<entity::Group>("principal.group.id", id)?;
            return Ok(sql("access_grants.group_id = ?", [id.into()]));
        }
        PrincipalRef::User(UserRef::Username(name)) => (
            "EXISTS (SELECT FROM users u WHERE u.id = access_grants.user_id AND lower(u.username) = lower(?))",
            name,
        ),
        PrincipalRef::User(UserRef::Email(email)) => (
            "EXISTS (SELECT FROM users u WHERE u.id = access_grants.user_id AND lower(u.email) = lower(?))",
            email,
        ),
        PrincipalRef::User(UserRef::ExternalId(id)) => (
            "EXISTS (SELECT FROM users u WHERE u.id = access_grants.user_id AND u.external_id = ?)",
            id,
        ),
        PrincipalRef::Group(GroupRef::Key(key)) => (
            "EXISTS (SELECT FROM groups g WHERE g.id = access_grants.group_id AND lower(g.key) = lower(?))",
            key,
        ),
    };
    if text.contains('\0') {
        return Ok(Fragment::no());
    }
    Ok(sql(condition, [text.as_str().into()]))
}
