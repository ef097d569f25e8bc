//! Values on their way into the graph's own inputs, with the place each came from: what an import
//! stores has passed the same checks as what a caller sends.

use super::{report::Sink, yaml::Mark};
use crate::gql::{Refusal, UserErrors};
use async_graphql::{InputType, Pos, Value};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// Where the parts of an input stand in the file, by their paths (`filters.dimensions.and.0`); the
/// empty path is that of the whole.
#[derive(Debug, Clone, Default)]
pub(super) struct Marks(BTreeMap<String, Mark>);

impl Marks {
    /// Notes where a part stands.
    pub(super) fn note(&mut self, path: impl Into<String>, at: Mark) {
        self.0.insert(path.into(), at);
    }

    /// Where a part stands, or the nearest part around it.
    pub(super) fn find(&self, path: &str) -> Option<Mark> {
        let mut path = path;
        loop {
            if let Some(at) = self.0.get(path) {
                return Some(*at);
            }
            if path.is_empty() {
                return None;
            }
            path = path.rsplit_once('.').map_or("", |(around, _)| around);
        }
    }
}

/// A JSON object from the keys that have a value.
pub(super) fn object<const N: usize>(fields: [(&str, Option<Json>); N]) -> Json {
    let fields = fields
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?)));
    Json::Object(fields.collect::<Map<String, Json>>())
}

/// Adds a key to a JSON object.
pub(super) fn put(json: &mut Json, key: &str, value: impl Into<Json>) {
    if let Json::Object(map) = json {
        map.insert(key.to_owned(), value.into());
    }
}

/// An input of the graph from its JSON; what is wrong with it as a whole is noted at `at`.
pub(super) fn input<T: InputType>(json: Json, path: &str, at: Mark, sink: &Sink<'_>) -> Option<T> {
    let wrong = |text: String| sink.error(at, format!("{path}: {text}"));
    let value = Value::from_json(json)
        .map_err(|error| wrong(error.to_string()))
        .ok()?;
    T::parse(Some(value))
        .map_err(|error| wrong(error.into_server_error(Pos::default()).message))
        .ok()
}

/// Notes the mistakes of an input where they stand in the file; false if there are any. `path` is
/// that of the input, to which the marks are relative.
pub(super) fn sound(errors: UserErrors, path: &str, marks: &Marks, sink: &Sink<'_>) -> bool {
    let Err(Refusal::User(mistakes)) = errors.check() else {
        return true;
    };
    for mistake in mistakes {
        let place = mistake.path.unwrap_or_default().join(".");
        let inner = place
            .strip_prefix(path)
            .unwrap_or(&place)
            .trim_start_matches('.');
        sink.error(marks.find(inner).unwrap_or(Mark::START), mistake.message);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_part_around_a_path_is_found() {
        let mut marks = Marks::default();
        let (outer, inner) = (Mark { line: 1, column: 1 }, Mark { line: 7, column: 3 });
        marks.note("filters", outer);
        marks.note("filters.dimensions.and.1", inner);
        assert_eq!(marks.find("filters.dimensions.and.1.values.0"), Some(inner));
        assert_eq!(marks.find("filters.dimensions.and.0"), Some(outer));
        assert_eq!(marks.find("limit"), None);
    }
}
