//! The audit log of an organization is read with `ORGANIZATION_EDIT`, all of it with `SYSTEM_VIEW`.

use crate::{
    authz::{Permission, Place, Resource, Viewer},
    db::{Conn, Fragment, sql},
    kernel::{
        Result,
        entity::{AuditEvent, AuditEventId, OrganizationId},
    },
};
use diesel::{OptionalExtension as _, sql_types as st};
use diesel_async::RunQueryDsl as _;
use uuid::Uuid;

impl Resource for AuditEvent {
    const TABLE: &'static str = "audit_events";

    async fn place(mut conn: &Conn, id: AuditEventId) -> Result<Option<Place>> {
        let found: Option<Option<Uuid>> = sql(
            "SELECT organization_id FROM audit_events WHERE id = ?",
            [id.into()],
        )
        .statement::<st::Nullable<st::Uuid>>()
        .get_result(&mut conn)
        .await
        .optional()?;
        Ok(found.map(|owner| {
            owner.map_or_else(Place::installation, |id| {
                Place::organization(OrganizationId::from_uuid(id))
            })
        }))
    }

    fn visible(viewer: &Viewer) -> Fragment {
        if viewer.access.reach(Permission::SystemView).everywhere {
            return Fragment::yes();
        }
        viewer
            .access
            .reach(Permission::OrganizationEdit)
            .of_organization("audit_events.organization_id")
    }
}
