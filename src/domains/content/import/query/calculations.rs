//! Table calculations.

use super::{DIMENSION_TYPES, template};
use crate::{
    domains::content::import::{
        draft::{Marks, object, put},
        fields::{Fields, Item},
        yaml::Node,
    },
    semantic::formula::{self, Ast},
};
use serde_json::Value as Json;
use std::collections::HashSet;

const TOTAL_MODES: [(&str, &str); 3] = [
    ("formula", "FORMULA"),
    ("sum_of_rows", "SUM_OF_ROWS"),
    ("none", "NONE"),
];

/// The JSON of the calculations, but for those added to `dropped`.
pub(super) fn read(fields: &Fields<'_>, marks: &mut Marks, dropped: &mut Vec<String>) -> Vec<Json> {
    let items = fields.list("tableCalculations");
    let columns = columns(fields, &items);
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
        let computed = computed(&calculation, &columns);
        if computed.is_none() {
            dropped.extend(name.map(str::to_owned));
        }
        let mut found = object([
            ("name", name.map(Json::from)),
            (
                "displayName",
                calculation.text("displayName").or(name).map(Json::from),
            ),
            (
                "type",
                calculation.word("type", &DIMENSION_TYPES).map(Json::from),
            ),
            ("format", calculation.json("format")),
            (
                "totalMode",
                calculation.word("totalMode", &TOTAL_MODES).map(Json::from),
            ),
        ]);
        calculation.skip(&["index"]);
        calculation.finish();
        if let Some((key, value)) = computed {
            put(&mut found, key, value);
            calculations.extend(name.map(|_| found));
        }
    }
    calculations
}

/// How a calculation is computed: the key of the graph, and what it holds. `None`, noted, if there is
/// nothing that can be computed.
fn computed(calculation: &Fields<'_>, columns: &HashSet<String>) -> Option<(&'static str, Json)> {
    if let Some(template) = calculation.fields("template") {
        return Some(("template", template::read(template)?));
    }
    if let Some(sql) = calculation.text("sql") {
        return Some(("sql", sql.into()));
    }
    let Some(text) = calculation.text("formula") else {
        calculation.error(
            "name",
            "is of a calculation without sql, formula or template",
        );
        return None;
    };
    // Cells of a sheet and functions of theirs are no formula here.
    let wrong = match formula::parse(text) {
        Ok(formula) => unknown(&formula, columns).map(|name| format!("it names {name}")),
        Err(wrong) => Some(wrong.message),
    };
    if let Some(wrong) = wrong {
        let what = format!(
            "is no formula over the columns of the query ({wrong}): the calculation is left out; write it \
             as sql to keep it"
        );
        calculation.warn("formula", &what);
        return None;
    }
    Some(("formula", text.into()))
}

/// What calculations can name: the columns of the query, and each other.
fn columns(fields: &Fields<'_>, items: &[Item<'_>]) -> HashSet<String> {
    let selected = ["dimensions", "metrics"].into_iter().flat_map(|key| {
        let node = fields.get(key).map(Node::json);
        node.as_ref()
            .and_then(Json::as_array)
            .cloned()
            .unwrap_or_default()
    });
    let names = items
        .iter()
        .filter_map(|item| item.node.json().get("name").cloned());
    let all = selected.chain(names);
    all.filter_map(|name| name.as_str().map(str::to_owned))
        .collect()
}

/// The first name in a formula that is no column.
fn unknown(formula: &Ast, columns: &HashSet<String>) -> Option<String> {
    match formula {
        Ast::Number(_) | Ast::Text(_) | Ast::Bool(_) => None,
        Ast::Column(table, name) => {
            let table = table.as_ref().map(|table| format!("{table}_"));
            let id = format!("{}{name}", table.unwrap_or_default());
            (!columns.contains(&id)).then_some(id)
        }
        Ast::Negative(of) | Ast::Not(of) => unknown(of, columns),
        Ast::Binary(_, left, right) => unknown(left, columns).or_else(|| unknown(right, columns)),
        Ast::Call(_, given) => given.iter().find_map(|of| unknown(of, columns)),
    }
}
