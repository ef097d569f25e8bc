//! YAML as a tree that knows where each value stands, within limits.
//!
//! Scalars are resolved by the core schema of YAML 1.2, so a date is a text. Anchors are expanded
//! while the tree stays within [`NODES_MAX`] values.

mod builder;
mod scalar;

use builder::Builder;
use saphyr_parser::{Marker, Parser};
use serde_json::{Number, Value as Json};
use std::fmt;

/// Largest file, in bytes.
pub(super) const BYTES_MAX: usize = 4 * 1024 * 1024;
/// Deepest nesting of lists and mappings.
const DEPTH_MAX: usize = 64;
/// Most values in one file, those an alias repeats included.
const NODES_MAX: usize = 200_000;

/// Where something stands in a file, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mark {
    /// Line.
    pub(super) line: usize,
    /// Column, in characters.
    pub(super) column: usize,
}

impl Mark {
    /// The start of a file.
    pub(super) const START: Self = Self { line: 1, column: 1 };

    fn of(marker: Marker) -> Self {
        Self {
            line: marker.line().max(1),
            column: marker.col() + 1,
        }
    }
}

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// Where it starts.
    pub(super) at: Mark,
    /// What it is.
    pub(super) value: Value,
}

/// What a YAML value can be.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// Nothing, `~` or `null`.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A number that JSON can write.
    Number(Number),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping, in the order of the file; no key twice.
    Map(Vec<Entry>),
}

/// A key, where it stands, and its value.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// The key.
    pub(super) key: String,
    /// Where the key stands.
    pub(super) at: Mark,
    /// The value.
    pub(super) node: Node,
}

/// Why a file could not be read as YAML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct YamlError {
    /// Where.
    pub(super) at: Mark,
    /// What is wrong, and what would be right.
    pub(super) message: String,
}

impl fmt::Display for Value {
    /// For messages: `the text "abc"`, `a list`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("empty"),
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Number(value) => write!(f, "the number {value}"),
            Self::Text(text) => {
                let shown: String = text.chars().take(60).collect();
                let more = if shown.len() < text.len() { "…" } else { "" };
                write!(f, "the text {shown:?}{more}")
            }
            Self::List(_) => f.write_str("a list"),
            Self::Map(_) => f.write_str("a mapping"),
        }
    }
}

impl Node {
    /// The value as JSON.
    pub(super) fn json(&self) -> Json {
        match &self.value {
            Value::Null => Json::Null,
            Value::Boolean(value) => Json::Bool(*value),
            Value::Number(value) => Json::Number(value.clone()),
            Value::Text(text) => Json::String(text.clone()),
            Value::List(items) => Json::Array(items.iter().map(Self::json).collect()),
            Value::Map(entries) => Json::Object(
                entries
                    .iter()
                    .map(|entry| (entry.key.clone(), entry.node.json()))
                    .collect(),
            ),
        }
    }

    /// Whether there is nothing in it: null, an empty text, list or mapping.
    pub(super) const fn is_empty(&self) -> bool {
        match &self.value {
            Value::Null => true,
            Value::Boolean(_) | Value::Number(_) => false,
            Value::Text(text) => text.is_empty(),
            Value::List(items) => items.is_empty(),
            Value::Map(entries) => entries.is_empty(),
        }
    }
}

/// Reads the one document of a file.
pub(super) fn parse(text: &str) -> Result<Node, YamlError> {
    if text.len() > BYTES_MAX {
        return Err(YamlError {
            at: Mark::START,
            message: format!(
                "the file has {} bytes; at most {BYTES_MAX} are read",
                text.len()
            ),
        });
    }
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| YamlError {
            at: Mark::of(*error.marker()),
            message: format!("this is not YAML: {}", error.info()),
        })?;
        builder.event(event, span)?;
    }
    builder.document.ok_or_else(|| YamlError {
        at: Mark::START,
        message: "the file is empty".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;

    fn json(text: &str) -> Json {
        parse(text).unwrap().json()
    }

    fn error(text: &str) -> (usize, usize, String) {
        let error = parse(text).unwrap_err();
        (error.at.line, error.at.column, error.message)
    }

    #[test]
    fn scalars_follow_the_core_schema() {
        assert_eq!(
            json(
                "[1, -2, +3, 0x1F, 0o17, 1.5, 1e3, .5, 2025-05, 2025-05-01, '1', \"true\", yes, ~, null, True, 1_000, infinity, 1.2.3, e5]"
            ),
            serde_json::json!([
                1,
                -2,
                3,
                31,
                15,
                1.5,
                1000.0,
                0.5,
                "2025-05",
                "2025-05-01",
                "1",
                "true",
                "yes",
                null,
                null,
                true,
                "1_000",
                "infinity",
                "1.2.3",
                "e5"
            ])
        );
        assert_eq!(
            json("a: !!str 1\nb: !!int 2\n"),
            serde_json::json!({"a": "1", "b": 2})
        );
        assert_eq!(
            json("a:\n  - |-\n    x\n    y\n"),
            serde_json::json!({"a": ["x\ny"]})
        );
    }

    #[test]
    fn errors_say_where() {
        assert_eq!(error("a: 1\nb: [1, 2\nc: 3\n").0, 3);
        assert_eq!(
            error("a: 1\nb: 2\na: 3\n"),
            (3, 1, "the key a stands here again, first on line 1".into())
        );
        assert_eq!(error("x:\n  y: .inf\n").0, 2);
        assert_eq!(error("a: \"\\0\"\n").0, 1);
        assert_eq!(error("a: !thing 1\n").0, 1);
        assert_eq!(error("<<: 1\n").0, 1);
        assert_eq!(error("? [a]\n: 1\n").0, 1);
        assert_eq!(error("a: 1\n---\nb: 2\n").0, 2);
        assert_eq!(error("").2, "the file is empty");
        assert_eq!(error("# nothing but this\n").2, "the file is empty");
    }

    #[test]
    fn marks_are_lines_and_columns_from_one() {
        let node = parse("a: 1\nb:\n  c: x\n").unwrap();
        let Value::Map(entries) = node.value else {
            panic!("a mapping")
        };
        assert_eq!((entries[1].at.line, entries[1].at.column), (2, 1));
        let Value::Map(inner) = &entries[1].node.value else {
            panic!("a mapping")
        };
        assert_eq!((inner[0].node.at.line, inner[0].node.at.column), (3, 6));
    }

    #[test]
    fn aliases_are_expanded_within_limits() {
        assert_eq!(
            json("a: &x [1, 2]\nb: *x\n"),
            serde_json::json!({"a": [1, 2], "b": [1, 2]})
        );
        let mut bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for (from, to) in "abcdefgh".chars().zip("bcdefghi".chars()) {
            let aliases = vec![format!("*{from}"); 10].join(", ");
            writeln!(bomb, "{to}: &{to} [{aliases}]").unwrap();
        }
        assert!(error(&bomb).2.contains("more than 200000 values"));
        assert!(error("a: &a [*a]\n").2.contains("alias"));
    }

    #[test]
    fn depth_and_size_are_limited() {
        let deep = format!("a: {}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(parse(&deep).is_err());
        let brackets = format!("a: {}1{}", "[".repeat(70), "]".repeat(70));
        assert!(error(&brackets).2.contains("64 levels"));
        let blocks: Vec<String> = (0..100).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
        assert!(error(&blocks.concat()).2.contains("64 levels"));
        assert!(error(&"x".repeat(BYTES_MAX + 1)).2.contains("bytes"));
        assert!(
            error(&format!("[{}]", "1,".repeat(NODES_MAX)))
                .2
                .contains("more than")
        );
        // Levels cannot be stacked through aliases either.
        let nested = format!("{}1{}", "[".repeat(40), "]".repeat(40));
        let stacked = format!(
            "a: &a {nested}\nb: {}*a{}\n",
            "[".repeat(40),
            "]".repeat(40)
        );
        assert!(error(&stacked).2.contains("64 levels"));
    }
}
