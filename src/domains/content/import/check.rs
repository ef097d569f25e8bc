//! Checks the files against one another and against what the project holds.

use super::{
    content::{Filed, FolderContent},
    report::{Problem, Severity, Sink},
    store::{KnownChart, KnownDashboard},
    tile::{Content, Tile},
    yaml::Mark,
};
use std::collections::{HashMap, HashSet};

/// What the project holds before the import.
pub(super) struct Present {
    /// Charts, with the dashboard they exist inside of, if only there.
    charts: HashMap<String, Option<String>>,
    /// Dashboards.
    dashboards: HashSet<String>,
}

impl Present {
    /// From what was read, by slug.
    pub(super) fn of(
        charts: &HashMap<String, KnownChart>,
        dashboards: &HashMap<String, KnownDashboard>,
    ) -> Self {
        let slugs: HashMap<_, _> = dashboards
            .iter()
            .map(|(slug, dashboard)| (dashboard.id, slug))
            .collect();
        let home = |chart: &KnownChart| Some((*slugs.get(&chart.dashboard?)?).clone());
        Self {
            charts: charts
                .iter()
                .map(|(slug, chart)| (slug.clone(), home(chart)))
                .collect(),
            dashboards: dashboards.keys().cloned().collect(),
        }
    }
}

/// Everything that is wrong or worth telling, by file and line.
///
/// With `skip`, the content loses what cannot be imported: files, and tiles whose chart is not
/// there. Nothing that is left then refers to something that is not.
pub(super) fn check(content: &mut FolderContent, present: &Present, skip: bool) -> Vec<Problem> {
    let mut found = std::mem::take(&mut content.problems);
    if skip {
        content.forget_unread();
    }
    loop {
        let mut round = slugs(content);
        round.extend(homes(content, present));
        let broken: HashSet<String> = round
            .iter()
            .filter(|problem| problem.severity == Severity::Error)
            .map(|problem| problem.file.clone())
            .collect();
        if !skip || broken.is_empty() {
            found.append(&mut round);
            break;
        }
        // What is left out may have been the home of something else, so look again.
        round.retain(|problem| problem.severity == Severity::Error);
        found.append(&mut round);
        content.leave_out(&broken);
    }
    found.extend(tiles(content, present, skip));
    found.extend(statements(content));
    if skip {
        for problem in &mut found {
            problem.severity = match problem.severity {
                Severity::Error => Severity::LeftOut,
                other => other,
            };
        }
    }
    found.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
    found
}

/// No slug is used twice.
fn slugs(content: &FolderContent) -> Vec<Problem> {
    let mut found = Vec::new();
    let charts = content.charts.iter();
    let charts = charts.map(|c| (&*c.file, c.item.at, c.item.slug.clone()));
    twice("chart", charts, &mut found);
    let statements = content.sql_charts.iter();
    let statements = statements.map(|c| (&*c.file, c.item.at, c.item.slug.clone()));
    twice("SQL chart", statements, &mut found);
    let dashboards = content.dashboards.iter();
    let dashboards = dashboards.map(|d| (&*d.file, d.item.at, d.item.slug.clone()));
    twice("dashboard", dashboards, &mut found);
    let spaces = content.spaces.iter();
    let spaces = spaces.map(|s| (&*s.file, s.item.at, s.item.path.join("/")));
    twice("space", spaces, &mut found);
    found
}

/// Notes slugs that two files have.
fn twice<'a>(
    what: &str,
    items: impl Iterator<Item = (&'a str, Mark, String)>,
    found: &mut Vec<Problem>,
) {
    let mut first: HashMap<String, &str> = HashMap::new();
    for (file, at, slug) in items {
        if let Some(other) = first.get(&slug) {
            let sink = Sink::new(file);
            sink.error(
                at,
                format!("slug {slug} is that of another {what} too, in {other}"),
            );
            found.extend(sink.into_problems());
        } else {
            first.insert(slug, file);
        }
    }
}

/// Charts that exist only inside a dashboard name one that there is, and are in its space.
fn homes(content: &FolderContent, present: &Present) -> Vec<Problem> {
    let spaces: HashMap<&str, &[String]> = content
        .dashboards
        .iter()
        .map(|home| (home.item.slug.as_str(), home.item.space.as_slice()))
        .collect();
    let mut found = Vec::new();
    for Filed { file, item: chart } in content.charts.iter() {
        let Some((slug, at)) = &chart.dashboard else {
            continue;
        };
        let sink = Sink::new(file);
        if !content.dashboards.names(slug) && !present.dashboards.contains(slug) {
            sink.error(*at, format!("dashboardSlug is {slug}, which is neither in the folder nor in the project; download it too, or take the line out"));
        } else if spaces
            .get(slug.as_str())
            .is_some_and(|space| *space != chart.space)
        {
            sink.warning(chart.space_at, format!("spaceSlug is not that of the dashboard {slug}, inside which the chart exists: the chart will be in the space of the dashboard"));
        }
        found.extend(sink.into_problems());
    }
    found
}

/// What tiles show is there, and not inside another dashboard.
fn tiles(content: &mut FolderContent, present: &Present, skip: bool) -> Vec<Problem> {
    let mut homes = present.charts.clone();
    let unread = content.charts.unread().iter();
    homes.extend(unread.map(|slug| (slug.clone(), None)));
    for Filed { item: chart, .. } in content.charts.iter() {
        let home = chart.dashboard.as_ref().map(|(home, _)| home.clone());
        homes.insert(chart.slug.clone(), home);
    }
    let mut found = Vec::new();
    for Filed {
        file,
        item: dashboard,
    } in &mut content.dashboards.items
    {
        let sink = Sink::new(file);
        let slug = &dashboard.slug;
        let sql_charts = &content.sql_charts;
        dashboard.tiles.retain(|tile| {
            let wrong = match &tile.content {
                Content::Chart(chart, at) => misplaced(chart, &homes, slug).map(|w| (w, at)),
                Content::SqlChart(chart, at) if !sql_charts.names(chart) => {
                    let what = format!("the SQL chart {chart}, which is not in the folder");
                    Some(((what, "download it too, or take the tile out"), at))
                }
                Content::SqlChart(..) | Content::Markdown(_) | Content::Loom(_) => None,
            };
            wrong.is_none_or(|((what, remedy), at)| note(tile, (&what, remedy), *at, &sink, skip))
        });
        found.extend(sink.into_problems());
    }
    found
}

/// Notes what is wrong with a tile; whether it stays.
fn note(tile: &Tile, (what, remedy): (&str, &str), at: Mark, sink: &Sink<'_>, skip: bool) -> bool {
    let path = &tile.path;
    if skip {
        sink.warning(
            at,
            format!("{path}: the tile shows {what}; the tile is left out"),
        );
    } else {
        sink.error(at, format!("{path}: the tile shows {what}; {remedy}"));
    }
    !skip
}

/// What is wrong with showing a chart on a dashboard, and what to do. `homes` are the dashboards
/// that charts exist inside of.
fn misplaced(
    chart: &str,
    homes: &HashMap<String, Option<String>>,
    dashboard: &str,
) -> Option<(String, &'static str)> {
    match homes.get(chart) {
        None => Some((
            format!("the chart {chart}, which is neither in the folder nor in the project"),
            "download it too, or take the tile out",
        )),
        Some(Some(home)) if home != dashboard => Some((
            format!("the chart {chart}, which exists only inside the dashboard {home}"),
            "take the tile out, or take dashboardSlug out of the chart",
        )),
        Some(_) => None,
    }
}

/// What is not taken over of SQL charts.
fn statements(content: &FolderContent) -> Vec<Problem> {
    let dashboards = content.dashboards.iter();
    let shown: HashSet<&str> = dashboards
        .flat_map(|dashboard| &dashboard.item.tiles)
        .filter_map(|tile| match &tile.content {
            Content::SqlChart(slug, _) => Some(slug.as_str()),
            Content::Chart(..) | Content::Markdown(_) | Content::Loom(_) => None,
        })
        .collect();
    // As long as a dashboard cannot be read, nobody knows what is on it.
    let all_known = content.dashboards.unread().is_empty();
    let mut found = Vec::new();
    for Filed { file, item: chart } in content.sql_charts.iter() {
        let sink = Sink::new(file);
        let slug = chart.slug.as_str();
        if !all_known && !shown.contains(slug) {
            continue;
        }
        sink.warning(chart.at, if shown.contains(slug) {
            format!("the SQL chart {slug} is taken over as the SQL of its tiles; its limit and how it is drawn are not")
        } else {
            format!("the SQL chart {slug} is on no dashboard and left out")
        });
        found.extend(sink.into_problems());
    }
    found
}
