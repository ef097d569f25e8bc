//! A chart as code.

use super::{
    fields::Fields,
    head::{Head, bookkeeping},
    query::{self, Query},
    report::Sink,
    yaml::{Mark, Node},
};
use crate::{domains::content::metric_query::check_json, gql::UserErrors, kernel::text};
use serde_json::{Value as Json, json};

/// What the graph keeps of a chart, as read from its file.
#[derive(Debug, Clone)]
pub(super) struct ChartFile {
    /// Where the slug stands.
    pub(super) at: Mark,
    /// Name for addresses, unique within the project.
    pub(super) slug: String,
    /// Slugs from the top space down.
    pub(super) space: Vec<String>,
    /// Where the space stands.
    pub(super) space_at: Mark,
    /// The dashboard it lives in, and where it says so.
    pub(super) dashboard: Option<(String, Mark)>,
    /// Name.
    pub(super) name: String,
    /// What it shows.
    pub(super) description: Option<String>,
    /// Where the explore stands.
    pub(super) explore_at: Mark,
    /// What it asks.
    pub(super) query: Query,
    /// How it is drawn.
    pub(super) config: Json,
    /// Dimensions that become columns.
    pub(super) pivot_columns: Vec<String>,
    /// Order of the columns.
    pub(super) column_order: Vec<String>,
}

/// A SQL chart: what a tile can keep of it.
#[derive(Debug, Clone)]
pub(super) struct SqlChartFile {
    /// Where the slug stands.
    pub(super) at: Mark,
    /// Name for addresses.
    pub(super) slug: String,
    /// Name.
    pub(super) name: String,
    /// The statement.
    pub(super) sql: String,
}

/// Largest configuration of a chart, in bytes.
const CONFIG_MAX: usize = 1024 * 1024;

/// Reads a chart; `None` if there were errors.
pub(super) fn read<'a>(node: &'a Node, sink: &'a Sink<'a>) -> Option<ChartFile> {
    let fields = Fields::of(node, String::new(), sink)?;
    bookkeeping(&fields);
    let head = Head::read(&fields);
    let table = fields
        .required_text("tableName")
        .filter(|table| !table.is_empty());
    fields.required("metricQuery");
    let query = fields
        .fields("metricQuery")
        .and_then(|query| query::read(query, table.unwrap_or_default()));
    let config = config(&fields);
    let pivot_columns = columns(&fields, "pivotConfig", "columns");
    let mut column_order = columns(&fields, "tableConfig", "columnOrder");
    let dashboard = fields
        .text("dashboardSlug")
        .map(|slug| (slug.to_owned(), fields.key_at("dashboardSlug")));
    let explore_at = fields.key_at("tableName");
    fields.not_taken("parameters", "charts have no parameters here");
    if let Some(query) = &query {
        column_order.retain(|column| !query.dropped.contains(column));
    }
    fields.finish();
    table?;
    let head = head?;
    Some(ChartFile {
        at: head.at,
        slug: head.slug,
        space: head.space,
        space_at: head.space_at,
        dashboard,
        name: head.name,
        description: head.description,
        explore_at,
        query: query?,
        config: config?,
        pivot_columns,
        column_order,
    })
}

/// Reads a SQL chart.
pub(super) fn read_sql<'a>(node: &'a Node, sink: &'a Sink<'a>) -> Option<SqlChartFile> {
    let fields = Fields::of(node, String::new(), sink)?;
    bookkeeping(&fields);
    let head = Head::read(&fields);
    let sql = fields.required_text("sql");
    fields.skip(&["limit", "config", "chartKind"]);
    fields.finish();
    let head = head?;
    if let Err(wrong) = text::lines(sql?, 100_000) {
        sink.error(head.at, format!("sql {wrong}"));
        return None;
    }
    Some(SqlChartFile {
        at: head.at,
        slug: head.slug,
        name: head.name,
        sql: sql?.to_owned(),
    })
}

fn columns(fields: &Fields<'_>, key: &str, inner: &str) -> Vec<String> {
    let Some(config) = fields.fields(key) else {
        return Vec::new();
    };
    let columns = config.texts(inner);
    config.finish();
    columns
}

/// How it is drawn: the configuration as it stands.
fn config(fields: &Fields<'_>) -> Option<Json> {
    let Some(config) = fields.fields("chartConfig") else {
        return Some(json!({ "type": "table", "config": {} }));
    };
    let sink = fields.sink();
    let before = sink.errors();
    match config.required_text("type") {
        Some("treemap" | "gauge" | "map" | "sankey") => config.warn(
            "type",
            "has no kind of its own here: the chart gets the kind CUSTOM, its configuration is kept",
        ),
        Some("cartesian" | "table" | "big_number" | "pie" | "funnel" | "custom") | None => {}
        Some(_) => config.error(
            "type",
            "must be one of cartesian, table, big_number, pie, funnel, treemap, gauge, map, sankey, custom",
        ),
    }
    config.skip(&["config"]);
    let stored = json!({
        "type": config.json("type"),
        "config": config.json("config").unwrap_or_else(|| json!({})),
    });
    config.finish();
    fits(fields, &stored);
    (sink.errors() == before).then_some(stored)
}

/// Front ends save what they were given, so what they cannot save is told.
fn fits(fields: &Fields<'_>, config: &Json) {
    let bytes = config.to_string().len();
    if bytes > CONFIG_MAX {
        let what = format!("has {bytes} bytes as JSON; at most {CONFIG_MAX} are taken");
        fields.error("chartConfig", &what);
        return;
    }
    let mut errors = UserErrors::default();
    check_json(&mut errors, "chartConfig", config);
    if !errors.is_empty() {
        let what = "is taken over, but larger than what the graph takes: it can be shown, and saved again only when it is smaller";
        fields.warn("chartConfig", what);
    }
}
