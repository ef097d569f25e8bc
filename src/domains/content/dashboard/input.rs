//! What callers put on a dashboard, and its checks.

use crate::{
    gql::{Url, UserErrorCode, UserErrors},
    kernel::{entity::ChartId, text},
};
use async_graphql::{ID, InputObject, OneofObject};
use std::{collections::HashSet, ops::RangeInclusive};

/// Columns of the grid.
pub(crate) const COLUMNS: i32 = 36;
/// Most rows.
pub(crate) const ROWS: i32 = 100_000;
/// Most tiles of a dashboard.
pub(crate) const MOST_TILES: usize = 200;
/// Most tabs of a dashboard.
pub(crate) const MOST_TABS: usize = 50;
/// Longest text of a tile, in characters.
pub(crate) const LONGEST_TEXT: usize = 100_000;
/// Where videos come from.
pub(crate) const LOOM: &str = "https://www.loom.com/";

/// A page of a dashboard.
#[derive(Debug, Clone, InputObject)]
pub struct DashboardTabInput {
    /// The id of a tab that the dashboard has keeps that tab; any other text is a name of your own,
    /// by which tiles of the same input refer to the tab.
    pub id: Option<ID>,
    /// Name, at most 255 characters.
    pub name: String,
    /// Place among the tabs: lower ones come first.
    pub order: i32,
}

/// A rectangle on a dashboard.
#[derive(Debug, Clone, InputObject)]
pub struct DashboardTileInput {
    /// The id of a tile that the dashboard has keeps that tile; any other text is a name of your
    /// own, by which `tileTargets` of the same input refer to the tile.
    pub id: Option<ID>,
    /// First of the 36 columns that it covers, from 0.
    pub x: i32,
    /// First row that it covers, from 0.
    pub y: i32,
    /// How many columns it covers.
    pub width: i32,
    /// How many rows it covers.
    pub height: i32,
    /// The tab it is on: one of the same input, or of the dashboard where no tabs are given.
    pub tab_id: Option<ID>,
    /// Title, if it shall not be that of the content.
    pub title: Option<String>,
    /// Whether no title is shown.
    #[graphql(default)]
    pub hide_title: bool,
    /// What it holds. A tile that the dashboard has keeps what it holds if this is left out, such
    /// as a chart that the caller may not see.
    pub content: Option<DashboardTileContentInput>,
}

/// What a tile holds: exactly one of these.
#[derive(Debug, Clone, OneofObject)]
pub enum DashboardTileContentInput {
    /// A chart of the same project.
    ChartId(ID),
    /// Text in Markdown, at most 100,000 characters; stored as it is.
    Markdown(String),
    /// Address of a video: `https://www.loom.com/…`.
    LoomUrl(Url),
}

/// A tab that follows the rules.
#[derive(Debug, Clone)]
pub(super) struct TabDraft {
    pub(super) given: Option<String>,
    pub(super) name: String,
    pub(super) position: i32,
}

/// A tile that follows the rules; ids are still those of the input.
#[derive(Debug, Clone)]
pub(super) struct TileDraft {
    pub(super) given: Option<String>,
    pub(super) tab: Option<String>,
    pub(super) place: [i32; 4],
    pub(super) title: Option<String>,
    pub(super) hide_title: bool,
    pub(super) content: Option<ContentDraft>,
}

/// What a tile holds.
#[derive(Debug, Clone)]
pub(super) enum ContentDraft {
    Chart(ChartId),
    Markdown(String),
    Loom(String),
}

/// The tabs, read and checked.
pub(super) fn tabs(
    errors: &mut UserErrors,
    path: &str,
    tabs: Option<&[DashboardTabInput]>,
) -> Option<Vec<TabDraft>> {
    let tabs = at_most(errors, path, tabs?, MOST_TABS);
    distinct(errors, path, tabs.iter().map(|tab| tab.id.as_ref()));
    let draft = |(n, tab): (usize, &DashboardTabInput)| {
        let at = |field: &str| format!("{path}.{n}.{field}");
        if tab.order < 0 {
            errors.add(UserErrorCode::Invalid, &at("order"), "must not be negative");
        }
        TabDraft {
            given: tab.id.as_ref().map(|id| id.to_string()),
            name: errors.text(&at("name"), text::name(&tab.name)),
            position: tab.order,
        }
    };
    Some(tabs.iter().enumerate().map(draft).collect())
}

/// The tiles, read and checked.
pub(super) fn tiles(
    errors: &mut UserErrors,
    path: &str,
    tiles: Option<&[DashboardTileInput]>,
) -> Option<Vec<TileDraft>> {
    let tiles = at_most(errors, path, tiles?, MOST_TILES);
    distinct(errors, path, tiles.iter().map(|tile| tile.id.as_ref()));
    let draft = |(n, tile): (usize, &DashboardTileInput)| {
        let path = format!("{path}.{n}");
        place(errors, &path, tile);
        if let Some(title) = &tile.title {
            errors.text(&format!("{path}.title"), text::line(title, text::NAME_MAX));
        }
        let content = tile.content.as_ref();
        TileDraft {
            given: tile.id.as_ref().map(|id| id.to_string()),
            tab: tile.tab_id.as_ref().map(|id| id.to_string()),
            place: [tile.x, tile.y, tile.width, tile.height],
            title: tile.title.clone(),
            hide_title: tile.hide_title,
            content: content.map(|content| read(errors, &format!("{path}.content"), content)),
        }
    };
    Some(tiles.iter().enumerate().map(draft).collect())
}

/// None of more than the limit.
fn at_most<'t, T>(errors: &mut UserErrors, path: &str, items: &'t [T], maximum: usize) -> &'t [T] {
    let found = items.len();
    if found <= maximum {
        return items;
    }
    let text = format!("at most {maximum} are allowed, got {found}");
    errors.add(UserErrorCode::LimitExceeded, path, text);
    &[]
}

fn distinct<'i>(errors: &mut UserErrors, path: &str, ids: impl Iterator<Item = Option<&'i ID>>) {
    let mut seen = HashSet::new();
    for (n, id) in ids.enumerate() {
        if id.is_some_and(|id| !seen.insert(id.as_str())) {
            errors.add(
                UserErrorCode::Invalid,
                &format!("{path}.{n}.id"),
                "is given twice",
            );
        }
    }
}

/// The rectangle lies on the grid.
fn place(errors: &mut UserErrors, path: &str, tile: &DashboardTileInput) {
    let mut within = |field: &str, value: i32, range: RangeInclusive<i32>| {
        let fits = range.contains(&value);
        if !fits {
            let (least, most) = (range.start(), range.end());
            let text = format!("must be between {least} and {most}, got {value}");
            errors.add(UserErrorCode::Invalid, &format!("{path}.{field}"), text);
        }
        fits
    };
    if within("x", tile.x, 0..=COLUMNS - 1) {
        within("width", tile.width, 1..=COLUMNS - tile.x);
    } else {
        within("width", tile.width, 1..=COLUMNS);
    }
    if within("y", tile.y, 0..=ROWS - 1) {
        within("height", tile.height, 1..=ROWS - tile.y);
    } else {
        within("height", tile.height, 1..=ROWS);
    }
}

fn read(errors: &mut UserErrors, path: &str, content: &DashboardTileContentInput) -> ContentDraft {
    match content {
        DashboardTileContentInput::ChartId(id) => {
            ContentDraft::Chart(errors.id(&format!("{path}.chartId"), id))
        }
        DashboardTileContentInput::Markdown(markdown) => {
            errors.text(
                &format!("{path}.markdown"),
                text::lines(markdown, LONGEST_TEXT),
            );
            ContentDraft::Markdown(markdown.clone())
        }
        DashboardTileContentInput::LoomUrl(url) => {
            let address = url.as_str();
            if address.strip_prefix(LOOM).is_none_or(str::is_empty) {
                let text = format!("must be an address that starts with {LOOM}");
                errors.add(UserErrorCode::Invalid, &format!("{path}.loomUrl"), text);
            }
            ContentDraft::Loom(address.to_owned())
        }
    }
}
