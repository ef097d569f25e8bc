//! Table calculations.

use super::{DIMENSION_TYPES, template};
use crate::domains::content::import::{
    draft::{Marks, object},
    fields::Fields,
};
use serde_json::Value as Json;

/// The JSON of the calculations, but for those added to `dropped`.
pub(super) fn read(
    fields: &Fields<'_>,
    table: &str,
    marks: &mut Marks,
    dropped: &mut Vec<String>,
) -> Vec<Json> {
    let items = fields.list("tableCalculations");
    let all: Vec<String> = items
        .iter()
        .filter_map(|item| {
            item.node
                .json()
                .get("name")
                .and_then(Json::as_str)
                .map(str::to_owned)
        })
        .collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let mut calculations = Vec::new();
    for item in items {
        marks.note(
            format!("tableCalculations.{}", calculations.len()),
            item.node.at,
        );
        let Some(calculation) = item.fields(fields.sink()) else {
            continue;
        };
        let name = calculation.required_text("name");
        let sql = calculation_sql(&calculation, table, &all);
        if sql.is_none() {
            dropped.extend(name.map(str::to_owned));
        }
        let found = object([
            ("name", name.map(Json::from)),
            (
                "displayName",
                calculation.text("displayName").or(name).map(Json::from),
            ),
            ("sql", sql.as_deref().map(Json::from)),
            (
                "type",
                calculation.word("type", &DIMENSION_TYPES).map(Json::from),
            ),
            ("format", calculation.json("format")),
        ]);
        calculation.skip(&["index"]);
        calculation.finish();
        calculations.extend(sql.and(name).map(|_| found));
    }
    calculations
}

/// The SQL of a calculation, given or from its template; `None`, noted, if there is none.
fn calculation_sql(calculation: &Fields<'_>, table: &str, all: &[&str]) -> Option<String> {
    let sql = calculation.text("sql");
    if let Some(template) = calculation.fields("template") {
        let sql = template::sql(template, table, all)?;
        calculation.warn("template", "is taken over as the SQL it stands for");
        return Some(sql);
    }
    if sql.is_none() && calculation.get("formula").is_some() {
        calculation.warn(
            "formula",
            "is not known here: the calculation is left out; write it as sql to keep it",
        );
    } else if sql.is_none() {
        calculation.error("name", "is of a calculation without sql");
    }
    sql.map(str::to_owned)
}
