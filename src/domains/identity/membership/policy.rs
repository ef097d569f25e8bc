//! A membership is seen like the grant that it is.

use crate::{
    authz::{FieldPolicy, Permission, Place, Resource, Viewer},
    db::{Conn, Fragment, sql},
    kernel::{
        Result,
        entity::{AccessGrant, AccessGrantId, OrganizationMembership, OrganizationMembershipId},
    },
};

/// Policies of the root fields of memberships.
pub const POLICIES: &[FieldPolicy] = &[
    FieldPolicy::change(
        "Mutation.updateOrganizationMembership",
        Permission::MemberManage,
        "the organization",
    ),
    FieldPolicy::change(
        "Mutation.removeOrganizationMembers",
        Permission::MemberManage,
        "the organization",
    ),
];

impl Resource for OrganizationMembership {
    const TABLE: &'static str = "access_grants";

    async fn place(conn: &Conn, id: OrganizationMembershipId) -> Result<Option<Place>> {
        AccessGrant::place(conn, AccessGrantId::from_uuid(id.uuid())).await
    }

    fn visible(viewer: &Viewer) -> Fragment {
        sql("access_grants.scope = 'ORGANIZATION'", []).and(AccessGrant::visible(viewer))
    }
}
