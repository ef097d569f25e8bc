//! API keys are seen by their user, and with `API_KEY_MANAGE_ALL` in the user's home organization.

use crate::{
    authz::{Delete, FieldPolicy, Permission, Permits, Place, Resource, View, Viewer},
    db::{Bind, Conn, Fragment, sql},
    kernel::{
        Result,
        entity::{ApiKey, ApiKeyId, OrganizationId},
    },
};
use diesel::{OptionalExtension as _, sql_types as st};
use diesel_async::RunQueryDsl as _;
use uuid::Uuid;

/// Policies of the root fields of API keys.
pub const POLICIES: &[FieldPolicy] = &[
    FieldPolicy::filter(
        "Query.apiKeys",
        Permission::ApiKeyManageAll,
        "the home organization of each key's user; everybody sees their own",
    ),
    FieldPolicy::change(
        "Mutation.createApiKey",
        Permission::ApiKeyUse,
        "an organization of the caller or the installation",
    ),
    FieldPolicy::own("Mutation.updateApiKey", "changes a key of the caller"),
    FieldPolicy::change(
        "Mutation.rotateApiKey",
        Permission::ApiKeyUse,
        "an organization of the caller or the installation; only keys of the caller",
    ),
    FieldPolicy::change(
        "Mutation.deleteApiKeys",
        Permission::ApiKeyManageAll,
        "the home organization of each key's user; everybody may delete their own",
    ),
];

impl Resource for ApiKey {
    const TABLE: &'static str = "api_keys";

    async fn place(mut conn: &Conn, id: ApiKeyId) -> Result<Option<Place>> {
        let home: Option<Option<Uuid>> = sql(
            "SELECT u.organization_id FROM api_keys k JOIN users u ON u.id = k.user_id WHERE k.id = ?",
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
        let all = viewer.access.reach(Permission::ApiKeyManageAll);
        if all.everywhere {
            return Fragment::yes();
        }
        sql("api_keys.user_id = ?", [viewer.user.into()]).or(sql(
            "EXISTS (SELECT FROM users u WHERE u.id = api_keys.user_id AND u.organization_id = ANY(?))",
            [Bind::Uuids(all.organizations)],
        ))
    }
}

impl Permits<View> for ApiKey {
    const PERMISSION: Permission = Permission::ApiKeyManageAll;
}
impl Permits<Delete> for ApiKey {
    const PERMISSION: Permission = Permission::ApiKeyManageAll;
}
