//! Where a table is in the warehouse, as far as its relation says.

use crate::semantic::{model::Table, snippet::Part};

/// Database and schema of a relation.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::domains::model) struct Relation {
    pub(in crate::domains::model) database: Option<String>,
    pub(in crate::domains::model) schema: Option<String>,
}

impl Relation {
    /// Of a table; nothing where it is not a plain name.
    pub(in crate::domains::model) fn of(table: &Table) -> Self {
        let [Part::Text(text)] = table.relation.parts.as_slice() else {
            return Self::default();
        };
        let Some(mut names) = names(text) else {
            return Self::default();
        };
        names.pop();
        let schema = names.pop();
        Self {
            database: names.pop(),
            schema,
        }
    }
}

/// The parts of a qualified name; `None` if it is anything else.
fn names(text: &str) -> Option<Vec<String>> {
    let mut names = vec![String::new()];
    let mut quote = None;
    for c in text.trim().chars() {
        let name = names.last_mut()?;
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '`') => quote = Some(c),
            (None, '.') => names.push(String::new()),
            (None, c) if !(c.is_alphanumeric() || matches!(c, '_' | '$' | '-')) => return None,
            (_, c) => name.push(c),
        }
    }
    let whole = quote.is_none() && names.iter().all(|name| !name.is_empty()) && names.len() <= 3;
    whole.then_some(names)
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn only_plain_names_are_taken_apart() {
        assert_eq!(
            names(r#""db"."a.b".orders"#).unwrap(),
            ["db", "a.b", "orders"]
        );
        assert_eq!(names("`p-1`.d.t").unwrap(), ["p-1", "d", "t"]);
        for other in ["(select 1)", "a.b.c.d", "a b", "\"a", ""] {
            assert_eq!(names(other), None, "{other}");
        }
    }
}
