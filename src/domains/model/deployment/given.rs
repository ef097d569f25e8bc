//! Explores that were compiled elsewhere, as an input gives them.

use crate::{
    gql::{UserErrorCode, UserErrors},
    semantic::model::Explore,
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
        match serde_path_to_error::deserialize::<_, Explore>(value) {
            Ok(explore) => {
                check(errors, &at, &explore);
                if !names.insert(explore.name.clone()) {
                    let message = format!("there is another explore named {}", explore.name);
                    errors.add(UserErrorCode::AlreadyExists, &format!("{at}.name"), message);
                }
                explores.push(base_first(explore));
            }
            Err(error) => {
                let path = error.path().to_string();
                let path = if path == "." {
                    at
                } else {
                    format!("{at}.{path}")
                };
                let message = error.into_inner().to_string();
                errors.add(UserErrorCode::Invalid, &path, message);
            }
        }
    }
    explores
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
    for (n, join) in explore.joins.iter().enumerate() {
        if !explore.tables.contains_key(&join.table) {
            let message = format!("there is no table {}", join.table);
            wrong(&format!("joins.{n}.table"), message);
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
}
