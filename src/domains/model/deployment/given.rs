//! Explores that were compiled elsewhere, as an input gives them.

use crate::{
    gql::{UserErrorCode, UserErrors},
    semantic::{explore::verify, model::Explore},
};
use serde_json::Value;
use std::collections::HashSet;

/// Reads the explores; each mistake is noted at its place.
pub(in crate::domains) fn explores(errors: &mut UserErrors, given: &[Value]) -> Vec<Explore> {
    let mut names = HashSet::new();
    let mut explores = Vec::with_capacity(given.len());
    if given.is_empty() {
        let message = "explores must hold at least one";
        errors.add(UserErrorCode::Required, "explores", message);
    }
    for (n, value) in given.iter().enumerate() {
        let at = format!("explores.{n}");
        if !value.is_object() {
            let message = "must be an object: an explore in its compiled form";
            errors.add(UserErrorCode::Invalid, &at, message);
            continue;
        }
        if holds_nul(value) {
            let message = "contains the character U+0000";
            errors.add(UserErrorCode::Invalid, &at, message);
            continue;
        }
        match serde_path_to_error::deserialize::<_, Explore>(value) {
            Ok(mut explore) => {
                check(errors, &at, &explore);
                for issue in verify(&mut explore) {
                    let path = format!("{at}.{}", issue.path);
                    errors.add(UserErrorCode::Invalid, &path, issue.message);
                }
                if !names.insert(explore.name.clone()) {
                    let message = format!("there is another explore named {}", explore.name);
                    errors.add(UserErrorCode::AlreadyExists, &format!("{at}.name"), message);
                }
                explores.push(base_first(explore));
            }
            Err(error) => {
                let path = place(&at, error.path());
                let message = in_json(&error.into_inner().to_string());
                errors.add(UserErrorCode::Invalid, &path, message);
            }
        }
    }
    explores
}

/// Whether a text in it holds what PostgreSQL cannot store.
fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(fields) => {
            let mut fields = fields.iter();
            fields.any(|(key, value)| key.contains('\0') || holds_nul(value))
        }
        _ => false,
    }
}

/// A place in the JSON as paths of errors are written, with numbers as steps of their own.
fn place(at: &str, path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let steps = path.iter().filter_map(|segment| match segment {
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Map { key: name } | Segment::Enum { variant: name } => Some(name.clone()),
        Segment::Unknown => None,
    });
    let steps: Vec<String> = std::iter::once(at.to_owned()).chain(steps).collect();
    steps.join(".")
}

/// A message of the reader in words of JSON: it names the types that it reads into.
fn in_json(message: &str) -> String {
    let words = [
        "expected struct ",
        "expected enum ",
        "expected internally tagged enum ",
    ];
    let mut found = words
        .iter()
        .filter_map(|words| Some((message.split_once(words)?, *words)));
    let Some(((before, after), words)) = found.next() else {
        return message
            .replace("a sequence", "a list")
            .replace("a map", "an object");
    };
    let rest = after.find(|c: char| !c.is_alphanumeric() && c != '_');
    let rest = rest.and_then(|at| after.get(at..)).unwrap_or_default();
    let what = if words.contains("struct") {
        "an object"
    } else {
        "one of its names"
    };
    let rest = rest.split_once(" with ").map_or(rest, |(rest, _)| rest);
    format!("{before}expected {what}{rest}")
}

/// Names that do not fit each other.
fn check(errors: &mut UserErrors, at: &str, explore: &Explore) {
    let mut wrong = |path: &str, message: String| {
        errors.add(UserErrorCode::Invalid, &format!("{at}.{path}"), message);
    };
    let plain = |name: &str| !name.trim().is_empty() && !name.chars().any(char::is_control);
    if !plain(&explore.name) {
        wrong("name", "an explore must have a name".to_owned());
    }
    if !explore.is_usable() && explore.errors.is_empty() {
        let message = format!(
            "there is no table {}, and no error that says why",
            explore.base_table
        );
        wrong("base_table", message);
    }
    for (key, table) in &explore.tables {
        if *key != table.name || !plain(key) {
            let message = format!("the table of the key {key} must have this name");
            wrong(&format!("tables.{key}.name"), message);
        }
        for (key, field) in &table.dimensions {
            if *key != field.name || !plain(key) {
                let path = format!("tables.{}.dimensions.{key}.name", table.name);
                wrong(
                    &path,
                    format!("the dimension of the key {key} must have this name"),
                );
            }
        }
        for (key, field) in &table.metrics {
            if *key != field.name || !plain(key) {
                let path = format!("tables.{}.metrics.{key}.name", table.name);
                wrong(
                    &path,
                    format!("the metric of the key {key} must have this name"),
                );
            }
        }
    }
}

/// Variables keep no order of keys, and the base table comes first.
fn base_first(mut explore: Explore) -> Explore {
    if let Some(base) = explore.tables.get_index_of(&explore.base_table) {
        explore.tables.move_index(base, 0);
    }
    explore
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn mistakes_are_told_by_path() {
        let mut errors = UserErrors::default();
        let given = [
            json!({ "name": "a", "tables": { "a": { "name": 1 } } }),
            json!(1),
        ];
        explores(&mut errors, &given);
        let paths: Vec<_> = errors
            .into_list()
            .into_iter()
            .map(|error| error.path.unwrap_or_default().join("."))
            .collect();
        assert_eq!(paths, ["explores.0.tables.a.name", "explores.1"]);
    }

    /// What is told of one explore with the given table and joins.
    fn told(tables: &Value, joins: &Value) -> Vec<(String, String)> {
        let given = json!({ "name": "a", "label": "A", "base_table": "a", "tables": tables, "joins": joins });
        let mut errors = UserErrors::default();
        explores(&mut errors, &[given]);
        errors
            .into_list()
            .into_iter()
            .map(|error| (error.path.unwrap_or_default().join("."), error.message))
            .collect()
    }

    fn table(name: &str, dimensions: &Value, metrics: &Value) -> Value {
        json!({ "name": name, "label": name, "relation": [{ "text": name }],
            "dimensions": dimensions, "metrics": metrics })
    }

    fn number(name: &str, sql: &Value) -> Value {
        json!({ "name": name, "label": name, "type": "NUMBER", "sql": sql })
    }

    fn field(name: &str) -> Value {
        json!({ "field": { "table": "a", "name": name } })
    }

    #[test]
    fn fields_that_lead_to_themselves_are_refused() {
        let of = |name: &str, of: &str| number(name, &json!([field(of), { "text": " + 1" }]));
        let table = table(
            "a",
            &json!({ "x": of("x", "y"), "y": of("y", "x") }),
            &json!({ "m": of("m", "m") }),
        );
        let expected = [
            ("dimensions.x", "refers to itself: a.x → a.y → a.x"),
            ("dimensions.y", "refers to itself: a.x → a.y → a.x"),
            ("metrics.m", "refers to itself: a.m → a.m"),
        ]
        .map(|(path, text)| (format!("explores.0.tables.a.{path}.sql"), text.to_owned()));
        assert_eq!(told(&json!({ "a": table }), &json!([])), expected);
    }

    #[test]
    fn fields_that_double_at_every_step_are_refused() {
        let step = |n: usize| {
            let sql = match n {
                0 => json!([{ "text": "1" }]),
                n => {
                    let before = field(&format!("d{}", n - 1));
                    json!([before, { "text": "+" }, before])
                }
            };
            let name = format!("d{n}");
            (name.clone(), number(&name, &sql))
        };
        let dimensions: serde_json::Map<_, _> = (0..40).map(step).collect();
        let told = told(
            &json!({ "a": table("a", &json!(dimensions), &json!({})) }),
            &json!([]),
        );
        let (path, message) = told.first().unwrap();
        assert!(
            path.starts_with("explores.0.tables.a.dimensions.d"),
            "{path}"
        );
        assert!(message.contains("is longer than 262144 bytes"), "{message}");
    }

    #[test]
    fn what_leads_nowhere_is_told_by_path() {
        let x = number("x", &json!(["table", { "text": ".x" }]));
        let mut base = table(
            "a",
            &json!({ "x": x, "lost": number("lost", &json!([field("nothing")])), "odd:": number("odd:", &json!([{ "text": "1" }])) }),
            &json!({ "p": { "name": "p", "label": "P", "type": "PERCENTILE", "percentile": 500, "sql": [field("x")] },
                "open": { "name": "open", "label": "O", "type": "SUM", "sql": [{ "text": "(1" }] },
                "empty": { "name": "empty", "label": "E", "type": "SUM", "sql": [] } }),
        );
        base["primary_key"] = json!(["id"]);
        base["row_filter"] = json!([{ "text": "true" }, { "text": ") OR (true" }]);
        let other = table("b", &json!({ "x": x }), &json!({}));
        let joins = json!([{ "table": "a", "on": [{ "text": "true" }] }]);
        let paths: Vec<_> = told(&json!({ "a": base, "b": other }), &joins)
            .into_iter()
            .map(|(path, _)| path.trim_start_matches("explores.0.").to_owned())
            .collect();
        let expected = [
            "tables.a.row_filter",
            "tables.a.dimensions.odd:.name",
            "tables.a.metrics.empty.sql",
            "tables.a.metrics.open.sql",
            "tables.a.metrics.p.percentile",
            "tables.a.primary_key.0",
            "joins.0.table",
            "tables.b",
            "tables.a.dimensions.lost.sql",
        ];
        assert_eq!(paths, expected);
    }

    #[test]
    fn intervals_know_their_column_only() {
        let week = |sql: &Value| {
            let custom = json!({ "name": "w", "type": "DATE", "sql": sql });
            let mut own = number("x", &json!(["table", { "text": ".x" }]));
            own["type"] = json!("DATE");
            own["granularity"] =
                json!({ "base": "at", "base_kind": "TIMESTAMP", "interval": { "custom": custom } });
            let told = told(
                &json!({ "a": table("a", &json!({ "x": own }), &json!({})) }),
                &json!([]),
            );
            told.into_iter().map(|(path, _)| path).collect::<Vec<_>>()
        };
        assert_eq!(
            week(&json!([{ "text": "f(" }, "column", { "text": ")" }])),
            [""; 0]
        );
        let place = "explores.0.tables.a.dimensions.x.granularity.interval";
        for wrong in [field("x"), json!("table"), json!({ "text": "1 --" })] {
            assert_eq!(week(&json!([wrong])), [place]);
        }
    }

    #[test]
    fn places_and_words_are_those_of_json() {
        let sql = json!([{ "text": 1 }]);
        let told = told(
            &json!({ "a": table("a", &json!({ "x": number("x", &sql) }), &json!({})) }),
            &json!([]),
        );
        assert_eq!(told[0].0, "explores.0.tables.a.dimensions.x.sql.0.text");
        let mut errors = UserErrors::default();
        explores(&mut errors, &[json!([]), json!({ "name": "\0" })]);
        let told: Vec<_> = errors
            .into_list()
            .into_iter()
            .map(|it| it.message)
            .collect();
        assert_eq!(
            told,
            [
                "must be an object: an explore in its compiled form",
                "contains the character U+0000"
            ]
        );
    }
}
