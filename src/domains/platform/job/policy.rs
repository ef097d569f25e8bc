//! A job is seen by who asked for it and by the user whose rights it has, as long as they belong to its
//! organization; by who manages the organization (`ORGANIZATION_EDIT`); and by who sees the
//! installation (`SYSTEM_VIEW`). The same may cancel it and do it over, the last with
//! `SYSTEM_EDIT`.

use super::JobRow;
use crate::{
    authz::{Edit, FieldPolicy, Permission, Permits, Place, Resource, View, Viewer},
    db::{Bind, Conn, Fragment, sql},
    kernel::{
        Result,
        entity::{Job, JobId, OrganizationId},
    },
};
use diesel::{OptionalExtension as _, sql_types as st};
use diesel_async::RunQueryDsl as _;
use uuid::Uuid;

const WHOSE: &str =
    "the organization of the job; or the caller asked for it or lends it their rights";

/// Policies of the root fields of jobs.
pub const POLICIES: &[FieldPolicy] = &[
    FieldPolicy::object("Query.job", Permission::OrganizationEdit, WHOSE),
    FieldPolicy::filter("Query.jobs", Permission::OrganizationEdit, WHOSE),
    FieldPolicy::change("Mutation.cancelJob", Permission::OrganizationEdit, WHOSE),
    FieldPolicy::change("Mutation.retryJob", Permission::OrganizationEdit, WHOSE),
    FieldPolicy::object(
        "Subscription.jobUpdated",
        Permission::OrganizationEdit,
        WHOSE,
    ),
    FieldPolicy::filter(
        "Subscription.jobsUpdated",
        Permission::OrganizationEdit,
        WHOSE,
    ),
    FieldPolicy::object(
        "Subscription.jobLogAppended",
        Permission::OrganizationEdit,
        WHOSE,
    ),
];

impl Resource for Job {
    const TABLE: &'static str = "jobs";

    async fn place(mut conn: &Conn, id: JobId) -> Result<Option<Place>> {
        let found: Option<Option<Uuid>> =
            sql("SELECT organization_id FROM jobs WHERE id = ?", [id.into()])
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
        let managed = viewer.access.reach(Permission::OrganizationEdit);
        if managed.everywhere || sees_installation(viewer) {
            return Fragment::yes();
        }
        sql(
            "? IN (jobs.created_by_id, jobs.run_as_id) \
             AND (jobs.organization_id IS NULL OR jobs.organization_id = ANY(?))",
            [
                viewer.user.into(),
                Bind::from(viewer.access.organizations.as_slice()),
            ],
        )
        .or(managed.of_organization("jobs.organization_id"))
    }
}

impl Permits<View> for Job {
    const PERMISSION: Permission = Permission::OrganizationEdit;
}
impl Permits<Edit> for Job {
    const PERMISSION: Permission = Permission::OrganizationEdit;
}

fn sees_installation(viewer: &Viewer) -> bool {
    viewer.on_installation().contains(Permission::SystemView)
}

/// Whether the viewer sees the job: the condition of [`Resource::visible`] on a row that is at hand,
/// for streams, which ask before every event. A test compares the two.
pub fn sees(viewer: &Viewer, job: &JobRow) -> bool {
    let place = job
        .organization_id
        .map_or_else(Place::installation, Place::organization);
    let is_member = job
        .organization_id
        .is_none_or(|id| viewer.access.organizations.contains(&id));
    viewer.at(&place).contains(Permission::OrganizationEdit)
        || sees_installation(viewer)
        || (is_own(viewer, job) && is_member)
}

/// Whether the viewer asked for the job or lends it their rights.
pub(super) fn is_own(viewer: &Viewer, job: &JobRow) -> bool {
    [job.created_by_id, job.run_as_id].contains(&Some(viewer.user))
}
