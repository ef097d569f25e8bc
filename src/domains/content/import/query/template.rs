//! Table calculations made from a template, written out as the SQL they stand for.

use crate::domains::content::import::fields::Fields;
use std::fmt::Write as _;

/// What a calculation can be made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Template {
    PercentChange,
    PercentOfPrevious,
    PercentOfTotal,
    Rank,
    RunningTotal,
    Window,
}

const TEMPLATES: [(&str, Template); 6] = [
    ("percent_change_from_previous", Template::PercentChange),
    ("percent_of_previous_value", Template::PercentOfPrevious),
    ("percent_of_column_total", Template::PercentOfTotal),
    ("rank_in_column", Template::Rank),
    ("running_total", Template::RunningTotal),
    ("window_function", Template::Window),
];

const FUNCTIONS: [(&str, &str); 9] = [
    ("row_number", "ROW_NUMBER()"),
    ("rank", "RANK()"),
    ("percent_rank", "PERCENT_RANK()"),
    ("cume_dist", "CUME_DIST()"),
    ("sum", "SUM"),
    ("avg", "AVG"),
    ("count", "COUNT"),
    ("min", "MIN"),
    ("max", "MAX"),
];

/// The SQL of a template. `table` is the explore of the query, `calculations` are the names of its
/// table calculations.
pub(super) fn sql(fields: Fields<'_>, table: &str, calculations: &[&str]) -> Option<String> {
    fields.required("type");
    let template = fields.word("type", &TEMPLATES)?;
    let field = if template == Template::Window {
        fields.text("fieldId")
    } else {
        Some(fields.required_text("fieldId")?)
    };
    let field = field.map(|field| column(field, table, calculations));
    let over = Over::read(&fields, table, calculations)?;
    let sql = match (template, field) {
        (Template::Window, field) => window(&fields, field.as_deref(), &over)?,
        (_, None) => return None,
        (Template::PercentChange, Some(field)) => {
            format!("(1.0 * {field} / NULLIF(LAG({field}) OVER ({over}), 0)) - 1")
        }
        (Template::PercentOfPrevious, Some(field)) => {
            format!("1.0 * {field} / NULLIF(LAG({field}) OVER ({over}), 0)")
        }
        (Template::PercentOfTotal, Some(field)) => {
            format!("1.0 * {field} / NULLIF(SUM({field}) OVER ({over}), 0)")
        }
        (Template::Rank, Some(field)) => format!("RANK() OVER (ORDER BY {field} ASC)"),
        // By its own value, the highest first: so it is where the template comes from.
        (Template::RunningTotal, Some(field)) => format!(
            "SUM({field}) OVER (ORDER BY {field} DESC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
        ),
    };
    fields.finish();
    Some(sql)
}

fn window(fields: &Fields<'_>, field: Option<&str>, over: &Over) -> Option<String> {
    fields.required("windowFunction");
    let function = fields.word("windowFunction", &FUNCTIONS)?;
    if function.ends_with(')') {
        return Some(format!("{function} OVER ({over})"));
    }
    match field {
        Some(field) => Some(format!("{function}({field}) OVER ({over})")),
        None => {
            fields.required("fieldId");
            None
        }
    }
}

/// The inside of `OVER (…)`.
struct Over(String);

impl std::fmt::Display for Over {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Over {
    fn read(fields: &Fields<'_>, table: &str, calculations: &[&str]) -> Option<Self> {
        let mut over = Vec::new();
        let partition: Vec<String> = fields
            .texts("partitionBy")
            .iter()
            .map(|field| column(field, table, calculations))
            .collect();
        if !partition.is_empty() {
            over.push(format!("PARTITION BY {}", partition.join(", ")));
        }
        let mut order = Vec::new();
        for item in fields.list("orderBy") {
            let by = item.fields(fields.sink())?;
            let mut text = column(by.required_text("fieldId")?, table, calculations);
            let direction = by.word("order", &[("asc", " ASC"), ("desc", " DESC")]);
            text.push_str(direction.unwrap_or_default());
            by.finish();
            order.push(text);
        }
        if !order.is_empty() {
            over.push(format!("ORDER BY {}", order.join(", ")));
        }
        if let Some(frame) = fields.fields("frame") {
            over.push(frame_clause(frame)?);
        }
        Some(Self(over.join(" ")))
    }
}

fn frame_clause(frame: Fields<'_>) -> Option<String> {
    frame.required("frameType");
    frame.required("end");
    let mut text = frame
        .word("frameType", &[("rows", "ROWS"), ("range", "RANGE")])?
        .to_owned();
    let end = boundary(frame.fields("end")?)?;
    match frame.fields("start") {
        Some(start) => write!(text, " BETWEEN {} AND {end}", boundary(start)?).ok()?,
        None => write!(text, " {end}").ok()?,
    }
    frame.finish();
    Some(text)
}

fn boundary(fields: Fields<'_>) -> Option<String> {
    fields.required("type");
    let (text, offset) = fields.word(
        "type",
        &[
            ("unbounded_preceding", ("UNBOUNDED PRECEDING", false)),
            ("preceding", ("PRECEDING", true)),
            ("current_row", ("CURRENT ROW", false)),
            ("following", ("FOLLOWING", true)),
            ("unbounded_following", ("UNBOUNDED FOLLOWING", false)),
        ],
    )?;
    let text = if offset {
        format!("{} {text}", fields.required_whole("offset", 0, i32::MAX)?)
    } else {
        fields.skip(&["offset"]);
        text.to_owned()
    };
    fields.finish();
    Some(text)
}

/// A column of the result: `${calculation}`, `${table.field}`, or its name in quotes where the
/// table cannot be told from the id.
fn column(id: &str, table: &str, calculations: &[&str]) -> String {
    if calculations.contains(&id) {
        return format!("${{{id}}}");
    }
    match id
        .strip_prefix(table)
        .and_then(|rest| rest.strip_prefix('_'))
    {
        Some(field) if !field.is_empty() => format!("${{{table}.{field}}}"),
        _ => format!("\"{}\"", id.replace('"', "\"\"")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domains::content::import::{report::Sink, yaml};

    fn compile(text: &str) -> Option<String> {
        let node = yaml::parse(text).unwrap();
        let sink = Sink::new("x.yml");
        let found = sql(
            Fields::of(&node, String::new(), &sink).unwrap(),
            "orders",
            &["share"],
        );
        let problems = sink.into_problems();
        assert_eq!(found.is_none(), !problems.is_empty(), "{problems:?}");
        found
    }

    #[test]
    fn templates_become_windows() {
        let cases = [
            (
                "{type: percent_change_from_previous, fieldId: orders_revenue, orderBy: [{fieldId: orders_day, order: asc}]}",
                "(1.0 * ${orders.revenue} / NULLIF(LAG(${orders.revenue}) OVER (ORDER BY ${orders.day} ASC), 0)) - 1",
            ),
            (
                "{type: percent_of_previous_value, fieldId: share, orderBy: [{fieldId: orders_day, order: null}]}",
                "1.0 * ${share} / NULLIF(LAG(${share}) OVER (ORDER BY ${orders.day}), 0)",
            ),
            (
                "{type: percent_of_column_total, fieldId: stores_count, partitionBy: [orders_day]}",
                "1.0 * \"stores_count\" / NULLIF(SUM(\"stores_count\") OVER (PARTITION BY ${orders.day}), 0)",
            ),
            (
                "{type: rank_in_column, fieldId: share}",
                "RANK() OVER (ORDER BY ${share} ASC)",
            ),
            (
                "{type: running_total, fieldId: share}",
                "SUM(${share}) OVER (ORDER BY ${share} DESC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)",
            ),
            (
                "{type: window_function, windowFunction: row_number, fieldId: null, partitionBy: [orders_day], orderBy: [{fieldId: share, order: desc}]}",
                "ROW_NUMBER() OVER (PARTITION BY ${orders.day} ORDER BY ${share} DESC)",
            ),
            (
                "{type: window_function, windowFunction: avg, fieldId: share, partitionBy: [], orderBy: [], frame: {frameType: rows, start: {type: preceding, offset: 6}, end: {type: current_row}}}",
                "AVG(${share}) OVER (ROWS BETWEEN 6 PRECEDING AND CURRENT ROW)",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(compile(text).as_deref(), Some(expected), "{text}");
        }
        for broken in [
            "{type: other, fieldId: share}",
            "{type: running_total}",
            "{type: window_function, windowFunction: sum}",
            "{type: window_function, windowFunction: drop_table, fieldId: share}",
            "{type: rank_in_column, fieldId: share, frame: {frameType: rows}}",
            "{type: rank_in_column, fieldId: share, frame: {frameType: rows, end: {type: preceding}}}",
        ] {
            assert_eq!(compile(broken), None, "{broken}");
        }
    }
}
