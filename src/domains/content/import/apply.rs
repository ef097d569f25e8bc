//! Writes checked content into a project: by slug, all or nothing.

use super::{
    content::{Filed, FolderContent},
    layout,
    report::{Change, Kind, Outcome},
    spaces::{self, Frame, Spaces},
    store::{self, KnownChart, KnownDashboard},
};
use crate::{
    authz::{self, AuditEntry, AuditOutcome, Origin},
    db::Conn,
    domains::content::{
        chart::{kind_of, store::stored as stored_query},
        dashboard::store::stored as stored_filters,
    },
    kernel::{
        Entity, Error, Id, Result,
        entity::{ChartId, DashboardId, SpaceId, UserId},
    },
};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// Charts and dashboards of the project before the import, by slug.
type Known = (HashMap<String, KnownChart>, HashMap<String, KnownDashboard>);

/// What of the folder is in the project, new or not.
pub(super) struct Ids {
    /// Charts by slug.
    pub(super) charts: HashMap<String, KnownChart>,
    /// Dashboards by slug.
    pub(super) dashboards: HashMap<String, KnownDashboard>,
    spaces: Spaces,
}

/// Writes everything in the transaction of the caller, with one record in the audit log for each
/// thing that changed and one for the project.
pub(super) async fn write(
    conn: &Conn,
    frame: Frame<'_>,
    content: &FolderContent,
    known: Known,
) -> Result<Vec<Change>> {
    let mut changes = Vec::new();
    let mut audit = AuditEntry {
        organization: Some(frame.target.organization),
        actor: frame.actor,
        ..AuditEntry::default()
    };
    audit.target(frame.target.id);
    let (spaces, touched) = spaces::ensure(conn, frame, content, &mut changes).await?;
    for id in touched {
        audit.target(id);
    }
    let ids = ids(frame, content, known, spaces)?;
    dashboards(conn, frame, (content, &ids), &mut changes, &mut audit).await?;
    charts(conn, frame, (content, &ids), &mut changes, &mut audit).await?;
    layout::write(conn, frame, (content, &ids), &mut changes, &mut audit).await?;
    store::settle_charts(conn, frame.system, frame.target.id).await?;
    let origin = Origin::default();
    let done = authz::Record {
        viewer: None,
        origin: &origin,
        action: "importContent",
        outcome: AuditOutcome::Succeeded,
        entry: &audit,
    };
    authz::record(conn, done).await?;
    Ok(changes)
}

/// Ids of what is in the project, and fresh ones for what is not.
fn ids(
    frame: Frame<'_>,
    content: &FolderContent,
    (mut charts, mut dashboards): Known,
    spaces: Spaces,
) -> Result<Ids> {
    for Filed { item, .. } in content.charts.iter() {
        let fresh = || KnownChart {
            id: ChartId::new(),
            dashboard: None,
        };
        charts.entry(item.slug.clone()).or_insert_with(fresh);
    }
    for Filed { item, .. } in content.dashboards.iter() {
        let space = space_of(&spaces, &item.space)?;
        let fresh = || KnownDashboard {
            id: DashboardId::new(),
            space,
            created_at: frame.now,
        };
        dashboards
            .entry(item.slug.clone())
            .or_insert_with(fresh)
            .space = space;
    }
    Ok(Ids {
        charts,
        dashboards,
        spaces,
    })
}

fn space_of(spaces: &Spaces, path: &[String]) -> Result<SpaceId> {
    spaces
        .get(path)
        .copied()
        .ok_or_else(|| Error::fault("a space of the import was not made"))
}

/// The columns that charts and dashboards share.
fn row(frame: Frame<'_>, id: uuid::Uuid, space: SpaceId, slug: &str) -> Map<String, Value> {
    let by = frame.actor.map(UserId::uuid);
    let row = json!({
        "id": id, "organization_id": frame.target.organization.uuid(),
        "project_id": frame.target.id.uuid(), "space_id": space.uuid(), "slug": slug,
        "created_at": frame.now, "created_by": by, "updated_at": frame.now, "updated_by": by,
    });
    match row {
        Value::Object(row) => row,
        _ => Map::new(),
    }
}

async fn dashboards(
    conn: &Conn,
    frame: Frame<'_>,
    (content, ids): (&FolderContent, &Ids),
    changes: &mut Vec<Change>,
    audit: &mut AuditEntry,
) -> Result<()> {
    let mut rows = Vec::new();
    for Filed { item, .. } in content.dashboards.iter() {
        let known = known(&ids.dashboards, &item.slug)?;
        let mut row = row(frame, known.id.uuid(), known.space, &item.slug);
        row.insert("name".to_owned(), item.name.as_str().into());
        row.insert("description".to_owned(), item.description.as_deref().into());
        let mut filters = item.filters.clone();
        layout::aim(&mut filters, item, known);
        row.insert("filters".to_owned(), stored_filters(&filters)?);
        rows.push(Value::Object(row));
    }
    let done = store::put_dashboards(conn, frame.system, rows).await?;
    for Filed { item, .. } in content.dashboards.iter() {
        let id = known(&ids.dashboards, &item.slug)?.id;
        changes.push(note(audit, (Kind::Dashboard, id), &item.slug, &done));
    }
    Ok(())
}

async fn charts(
    conn: &Conn,
    frame: Frame<'_>,
    (content, ids): (&FolderContent, &Ids),
    changes: &mut Vec<Change>,
    audit: &mut AuditEntry,
) -> Result<()> {
    let mut rows = Vec::new();
    for Filed { item, .. } in content.charts.iter() {
        let home = item
            .dashboard
            .as_ref()
            .map(|(slug, _)| known(&ids.dashboards, slug))
            .transpose()?;
        // What exists only inside a dashboard is where the dashboard is.
        let space =
            home.map_or_else(|| space_of(&ids.spaces, &item.space), |home| Ok(home.space))?;
        let id = known(&ids.charts, &item.slug)?.id;
        let mut row = row(frame, id.uuid(), space, &item.slug);
        let query = &item.query.query;
        let columns = json!({
            "dashboard_id": home.map(|home| home.id.uuid()),
            "name": item.name, "description": item.description,
            "kind": kind_of(&item.config), "explore_name": query.explore_name,
            "metric_query": stored_query(query)?, "config": item.config,
            "pivot_columns": item.pivot_columns, "column_order": item.column_order,
        });
        if let Value::Object(columns) = columns {
            row.extend(columns);
        }
        rows.push(Value::Object(row));
    }
    let done = store::put_charts(conn, frame.system, rows).await?;
    for Filed { item, .. } in content.charts.iter() {
        let id = known(&ids.charts, &item.slug)?.id;
        changes.push(note(audit, (Kind::Chart, id), &item.slug, &done));
    }
    Ok(())
}

/// What has a slug; the checks have seen to it that it is there.
pub(super) fn known<'a, T>(all: &'a HashMap<String, T>, slug: &str) -> Result<&'a T> {
    all.get(slug)
        .ok_or_else(|| Error::fault("content that the import names was not checked"))
}

/// What became of a chart or dashboard; what changed is in the audit log.
fn note<T: Entity>(
    audit: &mut AuditEntry,
    (kind, id): (Kind, Id<T>),
    slug: &str,
    done: &HashMap<String, bool>,
) -> Change {
    let outcome = match done.get(slug) {
        Some(true) => Outcome::Created,
        Some(false) => Outcome::Updated,
        None => Outcome::Unchanged,
    };
    if outcome != Outcome::Unchanged {
        audit.target(id);
    }
    Change {
        kind,
        slug: slug.to_owned(),
        outcome,
    }
}
