//! Writes tabs and tiles of dashboards.

use super::{
    apply::{Ids, known},
    chart::SqlChartFile,
    content::{Filed, FolderContent},
    dashboard::DashboardFile,
    report::{Change, Kind, Outcome},
    spaces::Frame,
    store::{self, KnownDashboard},
    tile::{Content, Tile},
};
use crate::{
    authz::AuditEntry,
    db::Conn,
    domains::content::{dashboard::DashboardTileKind, metric_query::DashboardFilters},
    kernel::{
        Error, Id, Result,
        entity::{DashboardId, DashboardTabId, DashboardTileId},
    },
};
use serde_json::{Map, Value, json};
use std::collections::{HashMap, HashSet};

/// Stores tabs and tiles of all dashboards. A dashboard in which only they changed has changed too.
pub(super) async fn write(
    conn: &Conn,
    frame: Frame<'_>,
    (content, ids): (&FolderContent, &Ids),
    changes: &mut [Change],
    audit: &mut AuditEntry,
) -> Result<()> {
    let statements = content.statements();
    let (mut tabs, mut tiles) = (Vec::new(), Vec::new());
    let (mut all, mut kept_tabs, mut kept_tiles) = (Vec::new(), Vec::new(), Vec::new());
    for Filed { item, .. } in content.dashboards.iter() {
        let home = known(&ids.dashboards, &item.slug)?;
        all.push(home.id);
        for tab in &item.tabs {
            let id = tab_id(home, &tab.key);
            kept_tabs.push(id.uuid());
            tabs.push(json!({
                "id": id.uuid(), "organization_id": frame.target.organization.uuid(),
                "dashboard_id": home.id.uuid(), "name": tab.name, "position": tab.order,
            }));
        }
        for (position, tile) in item.tiles.iter().enumerate() {
            kept_tiles.push(tile_id(home, &tile.key).uuid());
            let mut row = place(frame, item, home, tile);
            row.insert("position".to_owned(), position.into());
            row.extend(held(tile, &statements, ids)?);
            tiles.push(Value::Object(row));
        }
    }
    let mut touched: HashSet<DashboardId> = HashSet::new();
    touched.extend(store::keep_tiles(conn, frame.system, &all, kept_tiles).await?);
    touched.extend(store::put_tabs(conn, frame.system, tabs).await?);
    touched.extend(store::put_tiles(conn, frame.system, tiles).await?);
    // Last: with a tab go the tiles that are still on it.
    touched.extend(store::keep_tabs(conn, frame.system, &all, kept_tabs).await?);
    let mut late = Vec::new();
    for change in changes
        .iter_mut()
        .filter(|change| change.kind == Kind::Dashboard)
    {
        let id = known(&ids.dashboards, &change.slug)?.id;
        if change.outcome == Outcome::Unchanged && touched.contains(&id) {
            change.outcome = Outcome::Updated;
            audit.target(id);
            late.push(id);
        }
    }
    store::touch(conn, frame.system, &late, (frame.now, frame.actor)).await
}

/// The columns of a tile that do not depend on what it holds.
fn place(
    frame: Frame<'_>,
    dashboard: &DashboardFile,
    home: &KnownDashboard,
    tile: &Tile,
) -> Map<String, Value> {
    // On a dashboard with tabs, what is on none is on the first.
    let first = dashboard.tabs.first().map(|tab| &tab.key);
    let tab = tile
        .tab
        .as_ref()
        .or(first)
        .map(|key| tab_id(home, key).uuid());
    let [x, y, width, height] = tile.place;
    let row = json!({
        "id": tile_id(home, &tile.key).uuid(),
        "organization_id": frame.target.organization.uuid(), "dashboard_id": home.id.uuid(),
        "tab_id": tab, "x": x, "y": y, "width": width, "height": height,
        "title": tile.title, "hide_title": tile.hide_title,
    });
    match row {
        Value::Object(row) => row,
        _ => Map::new(),
    }
}

/// The columns that say what a tile holds.
fn held(
    tile: &Tile,
    statements: &HashMap<&str, &SqlChartFile>,
    ids: &Ids,
) -> Result<Map<String, Value>> {
    let mut row = Map::new();
    let kind = match &tile.content {
        Content::Chart(slug, _) => {
            let chart = known(&ids.charts, slug)?.id;
            row.insert("chart_id".to_owned(), json!(chart.uuid()));
            DashboardTileKind::Chart
        }
        Content::SqlChart(slug, _) => {
            let chart = statements
                .get(slug.as_str())
                .ok_or_else(|| Error::fault("a SQL chart of the import was not read"))?;
            row.insert("content".to_owned(), chart.sql.as_str().into());
            if tile.title.is_none() {
                row.insert("title".to_owned(), chart.name.as_str().into());
            }
            DashboardTileKind::SqlChart
        }
        Content::Markdown(text) => {
            row.insert("content".to_owned(), text.as_str().into());
            DashboardTileKind::Markdown
        }
        Content::Loom(url) => {
            row.insert("url".to_owned(), url.as_str().into());
            DashboardTileKind::Loom
        }
    };
    row.insert("kind".to_owned(), json!(kind));
    Ok(row)
}

/// Puts the ids of tiles in the place of their keys.
pub(super) fn aim(
    filters: &mut DashboardFilters,
    dashboard: &DashboardFile,
    home: &KnownDashboard,
) {
    let names: HashMap<&str, String> = dashboard
        .tiles
        .iter()
        .map(|tile| (tile.key.as_str(), tile_id(home, &tile.key).to_string()))
        .collect();
    let rules = filters.dimensions.iter_mut().chain(&mut filters.metrics);
    for rule in rules.chain(&mut filters.table_calculations) {
        if let Some(Value::Object(targets)) = rule.tile_targets.take() {
            let aimed = targets
                .into_iter()
                .filter_map(|(key, target)| Some((names.get(key.as_str())?.clone(), target)));
            rule.tile_targets = Some(Value::Object(aimed.collect()));
        }
    }
}

/// The id of a tile: the same at each import, so that what refers to the tile keeps it.
fn tile_id(home: &KnownDashboard, key: &str) -> DashboardTileId {
    Id::deterministic(home.created_at, &format!("tile/{}/{key}", home.id))
}

/// The id of a tab: the same at each import.
fn tab_id(home: &KnownDashboard, key: &str) -> DashboardTabId {
    Id::deterministic(home.created_at, &format!("tab/{}/{key}", home.id))
}
