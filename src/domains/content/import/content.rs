//! The files of a folder, each read for itself.

use super::{
    chart::{self, ChartFile, SqlChartFile},
    dashboard::{self, DashboardFile},
    fields::Fields,
    folder::SourceFile,
    head,
    report::{Problem, Sink},
    yaml::{self, Mark, Node, Value},
};
use std::collections::{HashMap, HashSet};

/// Something with the file it stands in.
#[derive(Debug, Clone)]
pub(super) struct Filed<T> {
    /// Name of the file.
    pub(super) file: String,
    /// What it holds.
    pub(super) item: T,
}

/// A space as code: what charts and dashboards do not say of the spaces they are in.
#[derive(Debug, Clone)]
pub(super) struct SpaceFile {
    /// Where the slug stands.
    pub(super) at: Mark,
    /// Slugs from the top space down.
    pub(super) path: Vec<String>,
    /// Name.
    pub(super) name: String,
    /// Whether what flows down from above ends here.
    pub(super) is_private: bool,
}

/// What a folder holds of one kind.
#[derive(Debug)]
pub(super) struct Shelf<T> {
    /// What can be imported.
    pub(super) items: Vec<Filed<T>>,
    /// Slugs of what cannot. Whoever refers to them is not blamed for it.
    unread: HashSet<String>,
    /// Slugs of what can.
    read: HashSet<String>,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            unread: HashSet::new(),
            read: HashSet::new(),
        }
    }
}

impl<T> Shelf<T> {
    /// What can be imported.
    pub(super) fn iter(&self) -> std::slice::Iter<'_, Filed<T>> {
        self.items.iter()
    }

    /// Whether a file has this slug.
    pub(super) fn names(&self, slug: &str) -> bool {
        self.read.contains(slug) || self.unread.contains(slug)
    }

    /// Slugs of what cannot be imported.
    pub(super) const fn unread(&self) -> &HashSet<String> {
        &self.unread
    }

    /// Keeps what a file holds, unless something is wrong with the file.
    fn put(&mut self, slug: String, item: Option<T>, sink: &Sink<'_>) {
        match item.filter(|_| sink.errors() == 0) {
            Some(item) => {
                let file = sink.file().to_owned();
                self.items.push(Filed { file, item });
                self.read.insert(slug);
            }
            None => {
                self.unread.insert(slug);
            }
        }
    }

    fn leave_out(&mut self, files: &HashSet<String>, slug: impl Fn(&T) -> String) {
        self.items.retain(|filed| !files.contains(&filed.file));
        // Another file may have the same slug.
        self.read = self.items.iter().map(|filed| slug(&filed.item)).collect();
    }
}

/// Everything in a folder that can be imported.
#[derive(Debug, Default)]
pub(super) struct FolderContent {
    /// Spaces.
    pub(super) spaces: Shelf<SpaceFile>,
    /// Charts.
    pub(super) charts: Shelf<ChartFile>,
    /// SQL charts.
    pub(super) sql_charts: Shelf<SqlChartFile>,
    /// Dashboards.
    pub(super) dashboards: Shelf<DashboardFile>,
    /// What could not be taken.
    pub(super) problems: Vec<Problem>,
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FileKind {
    Chart,
    SqlChart,
    Dashboard,
    Space,
    /// Of content that the graph has not, named for the warning.
    Other(&'static str),
}

const KINDS: [(&str, FileKind); 8] = [
    ("chart", FileKind::Chart),
    ("sql_chart", FileKind::SqlChart),
    ("dashboard", FileKind::Dashboard),
    ("space", FileKind::Space),
    (
        "scheduled_delivery",
        FileKind::Other("scheduled deliveries"),
    ),
    ("alert", FileKind::Other("alerts")),
    (
        "google_sheets_sync",
        FileKind::Other("syncs to spreadsheets"),
    ),
    ("virtual_view", FileKind::Other("virtual views")),
];

impl FolderContent {
    /// Reads the files, each for itself.
    pub(super) fn read(files: &[SourceFile]) -> Self {
        let mut content = Self::default();
        for file in files {
            let sink = Sink::new(&file.name);
            match &file.text {
                Err(wrong) => sink.error(Mark::START, wrong),
                // A translation of names; a chart `x.language.map` cannot be, slugs have no dots.
                Ok(_) if file.name.contains(".language.map.") => {
                    sink.warning(
                        Mark::START,
                        "translations are not known here; the file is left out",
                    );
                }
                Ok(text) => match yaml::parse(text) {
                    Ok(node) => content.file(&file.name, &node, &sink),
                    Err(wrong) => sink.error(wrong.at, wrong.message),
                },
            }
            content.problems.extend(sink.into_problems());
        }
        content
    }

    fn file<'a>(&mut self, name: &str, node: &'a Node, sink: &'a Sink<'a>) {
        let Some(fields) = Fields::of(node, String::new(), sink) else {
            return;
        };
        let slug = match fields.get("slug").map(|slug| &slug.value) {
            Some(Value::Text(slug)) => slug.clone(),
            _ => String::new(),
        };
        match kind(&fields, name) {
            None => {}
            Some(FileKind::Other(what)) => {
                let what = format!("{what} are not known here; the file is left out");
                sink.warning(fields.key_at("contentType"), what);
            }
            Some(FileKind::Space) => {
                let found = space(&fields);
                fields.finish();
                self.spaces.put(slug, found, sink);
            }
            Some(FileKind::Chart) => self.charts.put(slug, chart::read(node, sink), sink),
            Some(FileKind::SqlChart) => {
                self.sql_charts.put(slug, chart::read_sql(node, sink), sink);
            }
            Some(FileKind::Dashboard) => {
                self.dashboards.put(slug, dashboard::read(node, sink), sink);
            }
        }
    }

    /// Takes what could not be read for absent.
    pub(super) fn forget_unread(&mut self) {
        self.charts.unread.clear();
        self.sql_charts.unread.clear();
        self.dashboards.unread.clear();
        self.spaces.unread.clear();
    }

    /// Takes files out.
    pub(super) fn leave_out(&mut self, files: &HashSet<String>) {
        self.charts.leave_out(files, |chart| chart.slug.clone());
        self.sql_charts.leave_out(files, |chart| chart.slug.clone());
        self.dashboards
            .leave_out(files, |dashboard| dashboard.slug.clone());
        self.spaces.leave_out(files, |space| space.path.join("/"));
    }

    /// The SQL charts by their slugs.
    pub(super) fn statements(&self) -> HashMap<&str, &SqlChartFile> {
        self.sql_charts
            .iter()
            .map(|chart| (chart.item.slug.as_str(), &chart.item))
            .collect()
    }
}

/// What a file is: by `contentType`, by its folder, or by what it holds.
fn kind(fields: &Fields<'_>, name: &str) -> Option<FileKind> {
    if fields.get("contentType").is_some() {
        return fields.word("contentType", &KINDS);
    }
    let has = |key| fields.get(key).is_some();
    let folder = name.rsplit('/').nth(1).unwrap_or_default();
    if has("tiles") || folder == "dashboards" {
        Some(FileKind::Dashboard)
    } else if has("metricQuery") {
        Some(FileKind::Chart)
    } else if has("sql") && has("chartKind") {
        Some(FileKind::SqlChart)
    } else if has("spaceName") {
        Some(FileKind::Space)
    } else if folder == "charts" {
        Some(FileKind::Chart)
    } else {
        let what = "is neither a chart nor a dashboard (no contentType); it is left out";
        fields.sink().warning(fields.at, format!("the file {what}"));
        None
    }
}

fn space(fields: &Fields<'_>) -> Option<SpaceFile> {
    fields.skip(&["contentType", "version"]);
    let name = fields.required_text("spaceName").and_then(|name| {
        crate::kernel::text::name(name)
            .map_err(|wrong| fields.error("spaceName", &wrong.to_string()))
            .ok()
    });
    let path = head::space_path(fields, "slug");
    let mut is_private = false;
    if let Some(access) = fields.fields("access") {
        is_private = access.boolean("inheritParentPermissions") == Some(false);
        for key in ["users", "groups", "projectMemberAccessRole"] {
            access.not_taken(key, "give access after the import");
        }
        access.finish();
    }
    Some(SpaceFile {
        at: fields.key_at("slug"),
        path: path?,
        name: name?,
        is_private,
    })
}
