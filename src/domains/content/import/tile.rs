//! A tile of a dashboard as code.

use super::{
    dashboard::Tab,
    fields::{Fields, Item},
    yaml::Mark,
};
use crate::{
    domains::content::dashboard::input::{COLUMNS, LONGEST_TEXT, LOOM, ROWS},
    kernel::text,
};
use std::collections::HashSet;

/// A tile.
#[derive(Debug, Clone)]
pub(super) struct Tile {
    /// Its path in the file, for messages.
    pub(super) path: String,
    /// What filters call it, unique in the dashboard.
    pub(super) key: String,
    /// Key of its tab.
    pub(super) tab: Option<String>,
    /// Column, row, width and height on the grid.
    pub(super) place: [i32; 4],
    /// Title; that of the chart if none.
    pub(super) title: Option<String>,
    /// Whether the title is hidden.
    pub(super) hide_title: bool,
    /// What it shows.
    pub(super) content: Content,
}

/// What a tile shows.
#[derive(Debug, Clone)]
pub(super) enum Content {
    /// The chart with a slug, and where that stands.
    Chart(String, Mark),
    /// The SQL chart with a slug, and where that stands.
    SqlChart(String, Mark),
    /// Markdown.
    Markdown(String),
    /// A video.
    Loom(String),
}

/// Reads a tile; `None` if there were errors, or if it is left out.
pub(super) fn read(
    item: Item<'_>,
    parent: &Fields<'_>,
    tabs: &[Tab],
    keys: &mut HashSet<String>,
) -> Option<Tile> {
    let path = item.path.clone();
    let tile = item.fields(parent.sink())?;
    let place = place(&tile);
    let tab = tile.text("tabUuid").map(str::to_owned);
    if tab
        .as_ref()
        .is_some_and(|tab| !tabs.iter().any(|known| known.key == *tab))
    {
        tile.error("tabUuid", "is not the uuid of one of the tabs");
    }
    let slug = tile.text("tileSlug").or_else(|| tile.text("uuid"));
    tile.skip(&["uuid"]);
    tile.required("type");
    let kind = tile.word(
        "type",
        &[
            ("saved_chart", Kind::Chart),
            ("sql_chart", Kind::SqlChart),
            ("markdown", Kind::Markdown),
            ("loom", Kind::Loom),
            ("heading", Kind::Heading),
            ("data_app", Kind::DataApp),
        ],
    );
    tile.required("properties");
    let properties = tile.fields("properties");
    tile.finish();
    let (kind, properties) = (kind?, properties?);
    let heading = properties
        .text("title")
        .filter(|title| !title.is_empty())
        .map(str::to_owned);
    if let Some(Err(wrong)) = heading
        .as_ref()
        .map(|title| text::line(title, text::NAME_MAX))
    {
        properties.error("title", &wrong.to_string());
    }
    let hide_title = properties
        .boolean("hideTitle")
        .unwrap_or(kind == Kind::Heading);
    let content = content(kind, &properties);
    properties.finish();
    Some(Tile {
        key: key(slug, &path, keys),
        path,
        tab,
        place: place?,
        title: heading,
        hide_title,
        content: content?,
    })
}

/// What a tile is called: its slug, or its place in the file; twice the same gets a number.
fn key(slug: Option<&str>, path: &str, keys: &mut HashSet<String>) -> String {
    let base = slug.filter(|slug| !slug.is_empty()).unwrap_or(path);
    let mut key = base.to_owned();
    let mut n = 1;
    while !keys.insert(key.clone()) {
        n += 1;
        key = format!("{base}#{n}");
    }
    key
}

fn place(tile: &Fields<'_>) -> Option<[i32; 4]> {
    let x = tile.required_whole("x", 0, COLUMNS - 1);
    let y = tile.required_whole("y", 0, ROWS - 1);
    let width = tile.required_whole("w", 1, COLUMNS);
    let height = tile.required_whole("h", 1, ROWS);
    let (x, y, width, height) = (x?, y?, width?, height?);
    if x + width > COLUMNS {
        tile.error(
            "w",
            &format!("must be at most {} from column {x}", COLUMNS - x),
        );
    }
    if y + height > ROWS {
        tile.error("h", &format!("must be at most {} from row {y}", ROWS - y));
    }
    Some([x, y, width, height])
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Chart,
    SqlChart,
    Markdown,
    Loom,
    Heading,
    DataApp,
}

fn content(kind: Kind, properties: &Fields<'_>) -> Option<Content> {
    properties.skip(&[
        "chartName",
        "belongsToDashboard",
        "lastVersionChartKind",
        "savedChartUuid",
        "savedSqlUuid",
    ]);
    if properties.boolean("hideFrame") == Some(true) {
        properties.warn("hideFrame", "is not taken over: the tile will have a frame");
    }
    match kind {
        Kind::Chart | Kind::SqlChart => {
            let Some(slug) = properties.text("chartSlug").filter(|slug| !slug.is_empty()) else {
                properties.warn(
                    "chartSlug",
                    "is empty, the chart was deleted: the tile is left out",
                );
                return None;
            };
            let at = properties.key_at("chartSlug");
            Some(if kind == Kind::Chart {
                Content::Chart(slug.to_owned(), at)
            } else {
                Content::SqlChart(slug.to_owned(), at)
            })
        }
        Kind::Markdown => {
            let content = properties.text("content").unwrap_or_default();
            if let Err(wrong) = text::lines(content, LONGEST_TEXT) {
                properties.error("content", &wrong.to_string());
            }
            Some(Content::Markdown(content.to_owned()))
        }
        Kind::Heading => {
            let text = properties.required_text("text")?;
            if properties.boolean("showDivider") == Some(true) {
                properties.warn("showDivider", "is not taken over");
            }
            let heading = text.split_whitespace().collect::<Vec<_>>().join(" ");
            Some(Content::Markdown(format!("## {heading}")))
        }
        Kind::Loom => {
            let url = properties.required_text("url")?;
            if !url.starts_with(LOOM) || text::line(url, 2_000).is_err() {
                properties.error("url", &format!("must begin with {LOOM}"));
            }
            Some(Content::Loom(url.to_owned()))
        }
        Kind::DataApp => {
            properties.skip(&["appUuid", "appSlug", "appDeletedAt"]);
            properties.warn("appUuid", "is of an app; tiles of apps are left out");
            None
        }
    }
}
