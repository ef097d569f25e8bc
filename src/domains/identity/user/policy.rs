//! Who may see and change accounts.
//!
//! Everybody sees themselves; members of an organization see each other (`MEMBER_VIEW`); accounts
//! that live in or are managed by an organization are seen with `USER_VIEW` there. Changing needs
//! `USER_EDIT` on the managing organization, or on the home where none manages.

use crate::{
    authz::{Delete, Edit, FieldPolicy, Permission, Permits, Place, Resource, View, Viewer},
    db::{Bind, Conn, Fragment, sql},
    kernel::{
        Result,
        entity::{OrganizationId, User, UserId},
    },
};
use diesel::{OptionalExtension as _, sql_types as st};
use diesel_async::RunQueryDsl as _;
use uuid::Uuid;

const HOME: &str = "the managing organization of the user, or else the home";

/// Policies of the root fields of users.
pub const POLICIES: &[FieldPolicy] = &[
    FieldPolicy::object(
        "Query.user",
        Permission::UserView,
        "the managing organization or home of the user; members of an organization see each other",
    ),
    FieldPolicy::filter(
        "Query.users",
        Permission::UserView,
        "the managing organization or home of each user; members of an organization see each other",
    ),
    FieldPolicy::change(
        "Mutation.createUser",
        Permission::UserCreate,
        "the organization in which the account will live, with everything that its roles carry",
    ),
    FieldPolicy::change("Mutation.updateUser", Permission::UserEdit, HOME),
    FieldPolicy::change("Mutation.deleteUsers", Permission::UserDelete, HOME),
    FieldPolicy::change("Mutation.setUserPassword", Permission::UserEdit, HOME),
    FieldPolicy::change("Mutation.unlockUsers", Permission::UserEdit, HOME),
    FieldPolicy::own("Mutation.updateViewer", "changes the caller's profile"),
    FieldPolicy::own("Mutation.deleteViewer", "deletes the caller's account"),
    FieldPolicy::own("Mutation.changePassword", "changes the caller's password"),
    FieldPolicy::own(
        "Mutation.setDefaultOrganization",
        "names the organization that the caller enters at sign-in",
    ),
];

impl Resource for User {
    const TABLE: &'static str = "users";

    async fn place(mut conn: &Conn, id: UserId) -> Result<Option<Place>> {
        let home: Option<Option<Uuid>> = sql(
            "SELECT coalesce(managing_organization_id, organization_id) FROM users WHERE id = ?",
            [id.into()],
        )
        .statement::<st::Nullable<st::Uuid>>()
        .get_result(&mut conn)
        .await
        .optional()?;
        Ok(home.map(|home| {
            home.map_or_else(Place::installation, |id| {
                Place::organization(OrganizationId::from_uuid(id))
            })
        }))
    }

    fn visible(viewer: &Viewer) -> Fragment {
        let members = viewer.access.reach(Permission::MemberView);
        let accounts = viewer.access.reach(Permission::UserView);
        if members.everywhere || accounts.everywhere {
            return Fragment::yes();
        }
        // What the row itself tells first: memberships are looked up only where that does not decide.
        sql("users.id = ?", [viewer.user.into()])
            .or(sql("users.organization_id = ANY(?)", [Bind::Uuids(accounts.organizations.clone())]))
            .or(sql("users.managing_organization_id = ANY(?)", [Bind::Uuids(accounts.organizations)]))
            .or(sql(
                "EXISTS (SELECT FROM organization_members m WHERE m.user_id = users.id AND m.organization_id = ANY(?))",
                [Bind::Uuids(members.organizations)],
            ))
    }
}

impl Permits<View> for User {
    const PERMISSION: Permission = Permission::UserView;
}
impl Permits<Edit> for User {
    const PERMISSION: Permission = Permission::UserEdit;
}
impl Permits<Delete> for User {
    const PERMISSION: Permission = Permission::UserDelete;
}
