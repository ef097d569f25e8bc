//! Dimensions that only this query has.

use super::DIMENSION_TYPES;
use crate::domains::content::import::{
    draft::{Marks, object, put},
    fields::Fields,
};
use serde_json::{Value as Json, json};

/// The JSON of the dimensions, but for those added to `dropped`.
pub(super) fn read(fields: &Fields<'_>, marks: &mut Marks, dropped: &mut Vec<String>) -> Vec<Json> {
    let mut dimensions = Vec::new();
    for item in fields.list("customDimensions") {
        let at = item.node.at;
        let Some(dimension) = item.fields(fields.sink()) else {
            continue;
        };
        marks.note(format!("customDimensions.{}", dimensions.len()), at);
        dimensions.extend(custom_dimension(dimension, dropped));
    }
    dimensions
}

fn custom_dimension(dimension: Fields<'_>, dropped: &mut Vec<String>) -> Option<Json> {
    let id = dimension.required_text("id");
    let mut found = object([
        ("id", id.map(Json::from)),
        ("name", dimension.required_text("name").map(Json::from)),
        ("table", dimension.required_text("table").map(Json::from)),
    ]);
    dimension.required("type");
    let kind = dimension.word("type", &[("sql", "sql"), ("bin", "bin")])?;
    if kind == "sql" {
        dimension.required("dimensionType");
        put(&mut found, "sql", dimension.required_text("sql")?);
        put(
            &mut found,
            "dimensionType",
            dimension.word("dimensionType", &DIMENSION_TYPES)?,
        );
    } else {
        put(
            &mut found,
            "dimensionId",
            dimension.required_text("dimensionId")?,
        );
        if !bins(&dimension, &mut found)? {
            dropped.extend(id.map(str::to_owned));
            return None;
        }
    }
    dimension.finish();
    Some(json!({ kind: found }))
}

/// How a dimension is binned; false if it is so in a way that the graph has not.
fn bins(dimension: &Fields<'_>, found: &mut Json) -> Option<bool> {
    dimension.required("binType");
    let kind = dimension.word(
        "binType",
        &[
            ("fixed_number", "FIXED_NUMBER"),
            ("fixed_width", "FIXED_WIDTH"),
            ("custom_range", "CUSTOM_RANGE"),
            ("custom_group", "CUSTOM_GROUP"),
        ],
    )?;
    put(found, "binType", kind);
    match kind {
        "FIXED_NUMBER" => {
            put(
                found,
                "binNumber",
                dimension.required_whole("binNumber", 1, i32::MAX)?,
            );
        }
        "FIXED_WIDTH" => {
            dimension.required("binWidth");
            put(found, "binWidth", dimension.number("binWidth")?.clone());
        }
        "CUSTOM_RANGE" => {
            let mut ranges = Vec::new();
            for item in dimension.list("customRange") {
                let range = item.fields(dimension.sink())?;
                ranges.push(object([
                    ("from", range.number("from").cloned().map(Json::Number)),
                    ("to", range.number("to").cloned().map(Json::Number)),
                ]));
                range.finish();
            }
            put(found, "customRange", ranges);
        }
        _ => {
            dimension.warn(
                "binType",
                "custom_group is not known here: the dimension is left out; write it as sql to keep it",
            );
            return Some(false);
        }
    }
    Some(true)
}
