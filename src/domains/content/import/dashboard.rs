//! A dashboard as code.

use super::{
    draft::{Marks, input, object, sound},
    fields::Fields,
    filter,
    head::{Head, bookkeeping},
    report::Sink,
    tile::{self, Tile},
    yaml::{Mark, Node},
};
use crate::{
    domains::content::{
        dashboard::input::{MOST_TABS, MOST_TILES},
        metric_query::{Checked, DashboardFilters, DashboardFiltersInput},
    },
    gql::UserErrors,
    kernel::text,
};
use std::collections::HashSet;

/// What the graph keeps of a dashboard, as read from its file.
#[derive(Debug, Clone)]
pub(super) struct DashboardFile {
    /// Where the slug stands.
    pub(super) at: Mark,
    /// Name for addresses, unique within the project.
    pub(super) slug: String,
    /// Slugs from the top space down.
    pub(super) space: Vec<String>,
    /// Name.
    pub(super) name: String,
    /// What it is for.
    pub(super) description: Option<String>,
    /// Tabs, in order.
    pub(super) tabs: Vec<Tab>,
    /// Tiles, in the order of the file.
    pub(super) tiles: Vec<Tile>,
    /// Filters over all tiles, their targets by the keys of tiles.
    pub(super) filters: DashboardFilters,
}

/// A tab.
#[derive(Debug, Clone)]
pub(super) struct Tab {
    /// What tiles call it.
    pub(super) key: String,
    /// Name.
    pub(super) name: String,
    /// Place among the tabs.
    pub(super) order: i32,
}

/// What dates can be zoomed to unless chosen otherwise.
const USUAL_ZOOM: [&str; 5] = ["Day", "Week", "Month", "Quarter", "Year"];

/// Reads a dashboard; `None` if there were errors.
pub(super) fn read<'a>(node: &'a Node, sink: &'a Sink<'a>) -> Option<DashboardFile> {
    let fields = Fields::of(node, String::new(), sink)?;
    bookkeeping(&fields);
    let head = Head::read(&fields);
    let tabs = tabs(&fields);
    fields.required("tiles");
    let mut tiles = Vec::new();
    let mut keys = HashSet::new();
    at_most(&fields, "tabs", tabs.len(), MOST_TABS);
    at_most(&fields, "tiles", fields.list("tiles").len(), MOST_TILES);
    for item in fields.list("tiles") {
        tiles.extend(tile::read(item, &fields, &tabs, &mut keys));
    }
    let filters = match fields.fields("filters") {
        Some(filters) => filters_of(filters, &keys),
        None => Some(DashboardFilters::default()),
    };
    if let Some(config) = fields.get("config").filter(|config| !config.is_empty()) {
        settings(&fields, config);
    }
    fields.not_taken("parameters", "dashboards have no parameters here");
    fields.finish();
    let head = head?;
    Some(DashboardFile {
        at: head.at,
        slug: head.slug,
        space: head.space,
        name: head.name,
        description: head.description,
        tabs,
        tiles,
        filters: filters?,
    })
}

fn at_most(fields: &Fields<'_>, key: &str, found: usize, most: usize) {
    if found > most {
        fields.error(key, &format!("are {found}; a dashboard has at most {most}"));
    }
}

/// The filters, checked like those of a caller.
fn filters_of(fields: Fields<'_>, tiles: &HashSet<String>) -> Option<DashboardFilters> {
    let (sink, at) = (fields.sink(), fields.at);
    let before = sink.errors();
    let mut marks = Marks::default();
    marks.note("", at);
    let json = object(["dimensions", "metrics", "tableCalculations"].map(|key| {
        (
            key,
            Some(filter::dashboard(&fields, key, tiles, &mut marks).into()),
        )
    }));
    fields.finish();
    if sink.errors() > before {
        return None;
    }
    let input: DashboardFiltersInput = input(json, "filters", at, sink)?;
    let mut errors = UserErrors::default();
    let filters = Checked::new(&mut errors).dashboard_filters("filters", &input);
    sound(errors, "filters", &marks, sink).then_some(filters)
}

/// Settings of the page. Those that leave everything as usual say nothing.
fn settings(fields: &Fields<'_>, config: &Node) {
    let Some(config) = Fields::of(config, fields.path("config"), fields.sink()) else {
        return;
    };
    for key in ["isDateZoomDisabled", "isAddFilterDisabled"] {
        if config.boolean(key) == Some(true) {
            config.warn(
                key,
                "is not taken over: dashboards have no such setting here",
            );
        }
    }
    config.not_taken("pinnedParameters", "dashboards have no parameters here");
    let zoom = config.texts("dateZoomGranularities");
    if !zoom.is_empty() && zoom != USUAL_ZOOM {
        let what = "is not taken over: what dates can be zoomed to is up to the client here";
        config.warn("dateZoomGranularities", what);
    }
    config.not_taken(
        "defaultDateZoomGranularity",
        "dates are zoomed by the client here",
    );
    config.finish();
}

fn tabs(fields: &Fields<'_>) -> Vec<Tab> {
    let mut tabs: Vec<Tab> = Vec::new();
    for item in fields.list("tabs") {
        let Some(tab) = item.fields(fields.sink()) else {
            continue;
        };
        let key = tab.required_text("uuid");
        let name = tab.required_text("name").and_then(|name| {
            text::name(name)
                .map_err(|wrong| tab.error("name", &wrong.to_string()))
                .ok()
        });
        let order = tab.required_whole("order", 0, i32::MAX);
        if tab.boolean("hidden") == Some(true) {
            tab.warn("hidden", "is not taken over: the tab will be shown");
        }
        if key.is_some_and(|key| tabs.iter().any(|tab| tab.key == key)) {
            tab.error("uuid", "is that of another tab too");
        }
        tab.finish();
        if let (Some(key), Some(name), Some(order)) = (key, name, order) {
            tabs.push(Tab {
                key: key.to_owned(),
                name,
                order,
            });
        }
    }
    tabs.sort_by_key(|tab| tab.order);
    tabs
}
