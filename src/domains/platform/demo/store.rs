//! Writes the demo's rows.

use super::rows::{BuiltIn, Rows};
use crate::{
    authz::System,
    db::{Bind, Conn, sql},
    kernel::{
        Result,
        entity::{OrganizationId, ProjectId, UserId},
    },
};
use diesel::sql_types as st;
use diesel_async::RunQueryDsl as _;
use serde_json::Value;
use std::collections::HashSet;
use uuid::Uuid;

/// What is left of the demo: its organization, and anything that tells that it was here, one of its people or a line
/// of the audit log, which outlives what it is about. Who deleted it did not ask for it again.
pub(super) async fn left(
    mut conn: &Conn,
    _: System,
    id: OrganizationId,
    people: Vec<Uuid>,
) -> Result<(bool, bool)> {
    let statement = sql(
        "SELECT EXISTS (SELECT FROM organizations WHERE id = ?), \
           EXISTS (SELECT FROM users WHERE id = ANY(?)) OR EXISTS (SELECT FROM audit_events WHERE target_id = ?)",
        [id.into(), Bind::Uuids(people), id.to_string().into()],
    );
    Ok(statement
        .statement::<(st::Bool, st::Bool)>()
        .get_result(&mut conn)
        .await?)
}

/// Those of the projects that are there.
pub(super) async fn projects(
    mut conn: &Conn,
    _: System,
    ids: Vec<Uuid>,
) -> Result<HashSet<ProjectId>> {
    let statement = sql(
        "SELECT id FROM projects WHERE id = ANY(?)",
        [Bind::Uuids(ids)],
    );
    let found: Vec<Uuid> = statement.statement::<st::Uuid>().load(&mut conn).await?;
    Ok(found.into_iter().map(ProjectId::from_uuid).collect())
}

/// The built-in roles by scope and key.
pub(super) async fn built_in(mut conn: &Conn, _: System) -> Result<BuiltIn> {
    let statement = sql("SELECT scope, key, id FROM roles WHERE is_built_in", []);
    let rows: Vec<(String, String, Uuid)> = statement
        .statement::<(st::Text, st::Text, st::Uuid)>()
        .load(&mut conn)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(scope, key, id)| ((scope, key), id))
        .collect())
}

/// Stores the hash of a password.
pub(super) async fn set_password(
    mut conn: &Conn,
    _: System,
    user: UserId,
    hash: String,
) -> Result<()> {
    let text = "INSERT INTO password_credentials (user_id, hash) VALUES (?, ?)";
    sql(text, [user.into(), hash.into()])
        .statement::<()>()
        .execute(&mut conn)
        .await?;
    Ok(())
}

/// An `INSERT` of the named columns; the others keep their defaults.
macro_rules! insert {
    ($table:literal, $columns:literal) => {
        concat!(
            "INSERT INTO ",
            $table,
            " (",
            $columns,
            ") SELECT ",
            $columns,
            " FROM jsonb_populate_recordset(NULL::",
            $table,
            ", ?)"
        )
    };
}

/// Stores all rows.
#[expect(clippy::too_many_lines, reason = "a list of statements")]
pub(super) async fn insert(conn: &Conn, _: System, rows: Rows) -> Result<()> {
    let organizations = rows.organizations.clone();
    let steps: [(&'static str, Vec<Value>); 16] = [
        (
            insert!(
                "organizations",
                "id, name, display_name, description, chart_colors, created_at, updated_at"
            ),
            rows.organizations,
        ),
        (
            insert!(
                "users",
                "id, kind, username, email, is_email_verified, first_name, last_name, full_name, mobile, locale, status, is_technician, is_setup_complete, last_login_at, password_changed_at, organization_id, default_organization_id, created_at, updated_at"
            ),
            rows.users,
        ),
        (
            insert!(
                "organization_members",
                "organization_id, user_id, created_at"
            ),
            rows.members,
        ),
        (
            insert!(
                "groups",
                "id, organization_id, key, name, description, created_at, created_by, updated_at, updated_by"
            ),
            rows.groups,
        ),
        (
            insert!(
                "group_members",
                "organization_id, group_id, user_id, created_at"
            ),
            rows.group_members,
        ),
        (
            insert!(
                "roles",
                "id, organization_id, key, name, description, scope, permissions, rank, created_at, updated_at"
            ),
            rows.roles,
        ),
        (
            insert!(
                "projects",
                "id, organization_id, name, description, scheduler_timezone, created_at, created_by, updated_at, updated_by"
            ),
            rows.projects,
        ),
        (
            insert!("role_projects", "organization_id, role_id, project_id"),
            rows.role_projects,
        ),
        (
            insert!("role_assignments", "user_id, role_id, created_at"),
            rows.role_assignments,
        ),
        (
            insert!(
                "spaces",
                "id, organization_id, project_id, parent_id, name, slug, is_private, path, grant_path, is_restricted, created_at, created_by, updated_at"
            ),
            rows.spaces,
        ),
        (
            insert!(
                "access_grants",
                "id, organization_id, scope, scope_id, project_id, space_id, user_id, group_id, role_id, created_at, created_by, updated_at"
            ),
            rows.grants,
        ),
        (
            insert!(
                "dashboards",
                "id, organization_id, project_id, space_id, slug, name, description, filters, view_count, first_viewed_at, created_at, created_by, updated_at, updated_by"
            ),
            rows.dashboards,
        ),
        (
            insert!(
                "charts",
                "id, organization_id, project_id, space_id, dashboard_id, slug, name, description, kind, explore_name, view_count, first_viewed_at, created_at, created_by, updated_at, updated_by, metric_query, config, pivot_columns, column_order"
            ),
            rows.charts,
        ),
        (
            insert!(
                "dashboard_tabs",
                "id, organization_id, dashboard_id, name, position"
            ),
            rows.tabs,
        ),
        (
            insert!(
                "dashboard_tiles",
                "id, organization_id, dashboard_id, tab_id, kind, x, y, width, height, title, hide_title, chart_id, content, url, position"
            ),
            rows.tiles,
        ),
        (
            "UPDATE organizations o SET default_project_id = r.default_project_id \
             FROM jsonb_populate_recordset(NULL::organizations, ?) r WHERE r.id = o.id",
            organizations,
        ),
    ];
    for (text, rows) in steps {
        let mut conn = conn;
        sql(text, [Bind::Json(Value::Array(rows))])
            .statement::<()>()
            .execute(&mut conn)
            .await?;
    }
    Ok(())
}
