//! Credentials are seen by the user they belong to, and by nobody else.

use crate::{
    authz::{FieldPolicy, Place, Resource, Viewer},
    db::{Conn, Fragment, sql},
    kernel::{
        Result,
        entity::{OrganizationId, WarehouseCredentials, WarehouseCredentialsId},
    },
};
use diesel::{OptionalExtension as _, sql_types as st};
use diesel_async::RunQueryDsl as _;
use uuid::Uuid;

/// Policies of the root fields of credentials.
pub const POLICIES: &[FieldPolicy] = &[
    FieldPolicy::own(
        "Mutation.createWarehouseCredentials",
        "makes credentials of the caller, for the organization they work in",
    ),
    FieldPolicy::own(
        "Mutation.updateWarehouseCredentials",
        "changes credentials of the caller",
    ),
    FieldPolicy::own(
        "Mutation.deleteWarehouseCredentials",
        "deletes credentials of the caller",
    ),
    FieldPolicy::own(
        "Mutation.setProjectWarehouseCredentials",
        "chooses among credentials of the caller, for a project that they see",
    ),
];

impl Resource for WarehouseCredentials {
    const TABLE: &'static str = "warehouse_credentials";

    async fn place(mut conn: &Conn, id: WarehouseCredentialsId) -> Result<Option<Place>> {
        let found: Option<Uuid> = sql(
            "SELECT organization_id FROM warehouse_credentials WHERE id = ?",
            [id.into()],
        )
        .statement::<st::Uuid>()
        .get_result(&mut conn)
        .await
        .optional()?;
        Ok(found.map(|id| Place::organization(OrganizationId::from_uuid(id))))
    }

    fn visible(viewer: &Viewer) -> Fragment {
        sql("warehouse_credentials.user_id = ?", [viewer.user.into()])
    }
}
