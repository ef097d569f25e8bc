//! From what the input puts on a dashboard to rows: ids, tabs and charts are resolved.

use super::{
    DashboardTabRow, DashboardTileKind, DashboardTileRow,
    input::{ContentDraft, TabDraft, TileDraft},
    store::{self, TabValues, TileValues},
};
use crate::{
    authz::View,
    domains::content::metric_query::{DashboardFilterRule, DashboardFilters},
    gql::{Refusal, Tx, UserErrorCode, UserErrors},
    kernel::{
        entity,
        entity::{DashboardId, DashboardTabId, DashboardTileId, ProjectId},
    },
};
use serde_json::Value;
use std::collections::HashMap;

/// What a dashboard has before it is changed.
#[derive(Debug, Default)]
pub(super) struct Before {
    pub(super) tabs: Vec<DashboardTabRow>,
    pub(super) tiles: Vec<DashboardTileRow>,
}

/// Rows to be stored; `None` where they stay as they are.
#[derive(Debug, Default)]
pub(super) struct Layout {
    pub(super) tabs: Option<Vec<TabValues>>,
    pub(super) tiles: Option<Vec<TileValues>>,
    /// Ids of tiles by the names that the input gave them.
    names: HashMap<String, DashboardTileId>,
}

/// Where a layout belongs: path of the input, dashboard, project.
pub(super) type Home<'a> = (&'a str, DashboardId, ProjectId);

/// Gives tabs and tiles their ids and looks up their charts.
pub(super) async fn resolve(
    tx: &Tx<'_>,
    home: Home<'_>,
    before: &Before,
    tabs: Option<Vec<TabDraft>>,
    tiles: Option<Vec<TileDraft>>,
) -> Result<Layout, Refusal> {
    let mut layout = Layout::default();
    let mut named: HashMap<String, DashboardTabId> = HashMap::new();
    match tabs {
        Some(tabs) => {
            let values = tabs.into_iter().map(|tab| tab.values(before, &mut named));
            layout.tabs = Some(values.collect());
        }
        None => named.extend(before.tabs.iter().map(|tab| (tab.id.to_string(), tab.id))),
    }
    let Some(tiles) = tiles else {
        return Ok(layout);
    };
    check_charts(tx, home, before, &tiles).await?;
    let mut errors = UserErrors::default();
    let mut values = Vec::with_capacity(tiles.len());
    for (n, tile) in tiles.into_iter().enumerate() {
        let path = below(home.0, &format!("tiles.{n}"));
        let old = before
            .tiles
            .iter()
            .find(|old| Some(old.id.to_string()) == tile.given);
        let id = old.map_or_else(DashboardTileId::new, |old| old.id);
        if let Some(name) = &tile.given {
            layout.names.insert(name.clone(), id);
        }
        let tab = tile.tab.as_ref().map(|name| named.get(name).copied());
        if tab == Some(None) {
            let text = "there is no tab of this id in the input or on the dashboard";
            errors.add(UserErrorCode::Invalid, &format!("{path}.tabId"), text);
        }
        if tile.content.is_none() && old.is_none() {
            let text = "a new tile needs something to hold";
            errors.add(UserErrorCode::Required, &format!("{path}.content"), text);
        }
        let position = i32::try_from(n).unwrap_or(i32::MAX);
        values.push(tile.values(id, tab.flatten(), old, position));
    }
    errors.check()?;
    layout.tiles = Some(values);
    Ok(layout)
}

/// A path below that of the input's part.
pub(super) fn below(path: &str, rest: &str) -> String {
    if path.is_empty() {
        rest.to_owned()
    } else {
        format!("{path}.{rest}")
    }
}

impl TabDraft {
    fn values(self, before: &Before, named: &mut HashMap<String, DashboardTabId>) -> TabValues {
        let old = before
            .tabs
            .iter()
            .find(|old| Some(old.id.to_string()) == self.given);
        let id = old.map_or_else(DashboardTabId::new, |old| old.id);
        named.insert(self.given.unwrap_or_else(|| id.to_string()), id);
        TabValues {
            id: id.uuid(),
            name: self.name,
            position: self.position,
        }
    }
}

impl TileDraft {
    fn values(
        self,
        id: DashboardTileId,
        tab: Option<DashboardTabId>,
        old: Option<&DashboardTileRow>,
        position: i32,
    ) -> TileValues {
        let [x, y, width, height] = self.place;
        let mut values = TileValues {
            id: id.uuid(),
            tab_id: tab.map(DashboardTabId::uuid),
            kind: DashboardTileKind::Markdown,
            x,
            y,
            width,
            height,
            title: self.title,
            hide_title: self.hide_title,
            chart_id: None,
            content: None,
            url: None,
            position,
        };
        match (self.content, old) {
            (Some(ContentDraft::Chart(chart)), _) => {
                values.kind = DashboardTileKind::Chart;
                values.chart_id = Some(chart.uuid());
            }
            (Some(ContentDraft::Markdown(text)), _) => values.content = Some(text),
            (Some(ContentDraft::Loom(url)), _) => {
                values.kind = DashboardTileKind::Loom;
                values.url = Some(url);
            }
            (None, Some(old)) => {
                values.kind = old.kind;
                values.chart_id = old.chart_id.map(entity::ChartId::uuid);
                values.content.clone_from(&old.content);
                values.url.clone_from(&old.url);
            }
            (None, None) => {}
        }
        values
    }
}

/// Charts are of the same project, visible to the caller, and not inside another dashboard.
async fn check_charts(
    tx: &Tx<'_>,
    (path, dashboard, project): Home<'_>,
    before: &Before,
    tiles: &[TileDraft],
) -> Result<(), Refusal> {
    let wanted: Vec<_> = tiles
        .iter()
        .enumerate()
        .filter_map(|(n, tile)| match (&tile.content, &tile.given) {
            (Some(ContentDraft::Chart(id)), given) => Some((n, *id, given)),
            _ => None,
        })
        .collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = wanted.iter().map(|(_, id, _)| *id).collect();
    let visible = tx.viewer.visible::<entity::Chart, View>();
    let charts = store::charts(tx.conn, &visible, &ids).await?;
    let mut errors = UserErrors::default();
    for (n, id, given) in wanted {
        let stays = |old: &DashboardTileRow| {
            old.chart_id == Some(id) && Some(&old.id.to_string()) == given.as_ref()
        };
        let path = below(path, &format!("tiles.{n}.content.chartId"));
        match charts.iter().find(|chart| chart.id == id) {
            None if before.tiles.iter().any(stays) => {}
            None => {
                let text = "there is no such chart, or you may not see it";
                errors.add(UserErrorCode::NotFound, &path, text);
            }
            Some(chart) if chart.project_id != project => {
                errors.add(
                    UserErrorCode::Invalid,
                    &path,
                    "must be a chart of the same project",
                );
            }
            Some(chart) if chart.dashboard_id.is_some_and(|other| other != dashboard) => {
                let text = "this chart exists only inside another dashboard";
                errors.add(UserErrorCode::Invalid, &path, text);
            }
            Some(_) => {}
        }
    }
    errors.check()
}

impl Layout {
    /// Puts the ids of tiles in the place of the names that the input gave them.
    pub(super) fn aim(&self, filters: &mut DashboardFilters) {
        let rules = filters.dimensions.iter_mut().chain(&mut filters.metrics);
        for rule in rules.chain(&mut filters.table_calculations) {
            self.aim_rule(rule);
        }
    }

    fn aim_rule(&self, rule: &mut DashboardFilterRule) {
        let Some(Value::Object(targets)) = rule.tile_targets.take() else {
            return;
        };
        let aimed = targets
            .into_iter()
            .map(|(name, target)| match self.names.get(&name) {
                Some(id) => (id.to_string(), target),
                None => (name, target),
            });
        rule.tile_targets = Some(Value::Object(aimed.collect()));
    }
}
