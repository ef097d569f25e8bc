//! Table calculations made from a template: the same template of the graph.

use crate::domains::content::import::{draft::object, fields::Fields};
use serde_json::{Value as Json, json};

/// Templates, and whether they go through the rows in an order.
const TEMPLATES: [(&str, (&str, bool)); 6] = [
    (
        "percent_change_from_previous",
        ("PERCENT_CHANGE_FROM_PREVIOUS", true),
    ),
    (
        "percent_of_previous_value",
        ("PERCENT_OF_PREVIOUS_VALUE", true),
    ),
    (
        "percent_of_column_total",
        ("PERCENT_OF_COLUMN_TOTAL", false),
    ),
    ("rank_in_column", ("RANK_IN_COLUMN", false)),
    ("running_total", ("RUNNING_TOTAL", true)),
    ("window_function", (WINDOW, true)),
];
const WINDOW: &str = "WINDOW_FUNCTION";

/// Window functions, and whether they compute with a column.
const FUNCTIONS: [(&str, (&str, bool)); 9] = [
    ("row_number", ("ROW_NUMBER", false)),
    ("rank", ("RANK", false)),
    ("percent_rank", ("PERCENT_RANK", false)),
    ("cume_dist", ("CUME_DIST", false)),
    ("sum", ("SUM", true)),
    ("avg", ("AVG", true)),
    ("count", ("COUNT", true)),
    ("min", ("MIN", true)),
    ("max", ("MAX", true)),
];

/// The JSON of a template; `None`, noted, if it is none.
pub(super) fn read(fields: Fields<'_>) -> Option<Json> {
    fields.required("type");
    let (kind, is_ordered) = fields.word("type", &TEMPLATES)?;
    let mut function = None;
    if kind == WINDOW {
        fields.required("windowFunction");
        function = Some(fields.word("windowFunction", &FUNCTIONS)?);
    }
    let takes_field = function.is_none_or(|(_, takes_field)| takes_field);
    let field = if takes_field {
        Some(fields.required_text("fieldId")?)
    } else {
        fields.not_taken("fieldId", "the function computes with no column");
        None
    };
    let mut order = Vec::new();
    if is_ordered {
        for item in fields.list("orderBy") {
            let by = item.fields(fields.sink())?;
            let field = by.required_text("fieldId")?;
            let direction = by.word("order", &[("asc", "ASC"), ("desc", "DESC")]);
            by.finish();
            order.push(json!({ "fieldId": field, "order": direction.unwrap_or("ASC") }));
        }
    } else {
        fields.not_taken("orderBy", "the calculation knows no order of rows");
    }
    let frame = match function {
        Some((_, true)) => fields.fields("frame").map(frame),
        _ => {
            fields.not_taken("frame", "only sums, means, counts and extremes have one");
            None
        }
    };
    let frame = match frame {
        Some(None) => return None,
        Some(frame) => frame,
        None => None,
    };
    let found = object([
        ("type", Some(kind.into())),
        ("fieldId", field.map(Json::from)),
        ("orderBy", Some(order.into())),
        ("partitionBy", Some(fields.texts("partitionBy").into())),
        (
            "windowFunction",
            function.map(|(function, _)| Json::from(function)),
        ),
        ("frame", frame),
    ]);
    fields.finish();
    Some(found)
}

/// A frame with one edge only begins there and ends at the row itself, as in SQL.
fn frame(frame: Fields<'_>) -> Option<Json> {
    frame.required("frameType");
    frame.required("end");
    let kind = frame.word("frameType", &[("rows", "ROWS"), ("range", "RANGE")])?;
    let end = edge(frame.fields("end")?)?;
    let (start, end) = match frame.fields("start") {
        Some(start) => (edge(start)?, end),
        None => (end, json!({ "type": "CURRENT_ROW" })),
    };
    frame.finish();
    Some(json!({ "frameType": kind, "start": start, "end": end }))
}

fn edge(fields: Fields<'_>) -> Option<Json> {
    fields.required("type");
    let (kind, has_offset) = fields.word(
        "type",
        &[
            ("unbounded_preceding", ("UNBOUNDED_PRECEDING", false)),
            ("preceding", ("PRECEDING", true)),
            ("current_row", ("CURRENT_ROW", false)),
            ("following", ("FOLLOWING", true)),
            ("unbounded_following", ("UNBOUNDED_FOLLOWING", false)),
        ],
    )?;
    let offset = if has_offset {
        Some(fields.required_whole("offset", 0, i32::MAX)?)
    } else {
        fields.skip(&["offset"]);
        None
    };
    fields.finish();
    Some(object([
        ("type", Some(kind.into())),
        ("offset", offset.map(Json::from)),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domains::content::import::{report::Sink, yaml};

    fn template(text: &str) -> Option<Json> {
        let node = yaml::parse(text).unwrap();
        let sink = Sink::new("x.yml");
        let found = read(Fields::of(&node, String::new(), &sink).unwrap());
        let problems = sink.into_problems();
        assert_eq!(found.is_none(), !problems.is_empty(), "{problems:?}");
        found
    }

    #[test]
    fn templates_are_those_of_the_graph() {
        let by_day = json!([{ "fieldId": "orders_day", "order": "ASC" }]);
        let cases = [
            (
                "{type: percent_change_from_previous, fieldId: orders_revenue, orderBy: [{fieldId: orders_day, order: null}]}",
                json!({ "type": "PERCENT_CHANGE_FROM_PREVIOUS", "fieldId": "orders_revenue", "orderBy": by_day, "partitionBy": [] }),
            ),
            (
                "{type: percent_of_column_total, fieldId: stores_count, partitionBy: [orders_day]}",
                json!({ "type": "PERCENT_OF_COLUMN_TOTAL", "fieldId": "stores_count", "orderBy": [], "partitionBy": ["orders_day"] }),
            ),
            (
                "{type: window_function, windowFunction: row_number, fieldId: null, partitionBy: [orders_day], orderBy: [{fieldId: share, order: desc}]}",
                json!({ "type": "WINDOW_FUNCTION", "windowFunction": "ROW_NUMBER", "orderBy": [{ "fieldId": "share", "order": "DESC" }], "partitionBy": ["orders_day"] }),
            ),
            (
                "{type: window_function, windowFunction: avg, fieldId: share, frame: {frameType: rows, end: {type: preceding, offset: 6}}}",
                json!({ "type": "WINDOW_FUNCTION", "windowFunction": "AVG", "fieldId": "share", "orderBy": [], "partitionBy": [],
                    "frame": { "frameType": "ROWS", "start": { "type": "PRECEDING", "offset": 6 }, "end": { "type": "CURRENT_ROW" } } }),
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(template(text), Some(expected), "{text}");
        }
        for broken in [
            "{type: other, fieldId: share}",
            "{type: running_total}",
            "{type: window_function, windowFunction: sum}",
            "{type: window_function, windowFunction: drop_table, fieldId: share}",
            "{type: window_function, windowFunction: sum, fieldId: share, frame: {frameType: rows}}",
            "{type: window_function, windowFunction: sum, fieldId: share, frame: {frameType: rows, end: {type: preceding}}}",
        ] {
            assert_eq!(template(broken), None, "{broken}");
        }
    }
}
