//! Which columns a file has, in which order, under which titles.

use crate::semantic::{Column, format::FormatSpec};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// What the caller wants of the columns.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Columns {
    /// Those that come first.
    pub(super) order: Vec<String>,
    /// Those that are left out.
    pub(super) hidden: Vec<String>,
    /// Other titles.
    pub(super) labels: IndexMap<String, String>,
    /// Those whose values become columns.
    pub(super) pivot: Vec<String>,
}

/// What is known of the query beside its columns.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    /// The columns that its rows are told apart by; none for SQL, of which nobody knows.
    pub(super) dimensions: Option<Vec<String>>,
    /// The columns that it sorts by with higher values first.
    pub(super) descending: Vec<String>,
    /// Titles of tables by column, where they are wanted.
    pub(super) tables: HashMap<String, String>,
}

/// Something wrong with what the caller wants, and its place in the input.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mistake {
    pub(super) path: String,
    pub(super) message: String,
}

/// A column of the file.
#[derive(Debug, PartialEq)]
pub(super) struct Placed {
    /// Position in the rows of the warehouse.
    pub(super) at: usize,
    /// Title.
    pub(super) title: String,
    /// How values are written.
    pub(super) format: FormatSpec,
}

/// A dimension whose values become columns.
#[derive(Debug, PartialEq)]
pub(super) struct Spread {
    pub(super) at: usize,
    pub(super) format: FormatSpec,
    /// Whether higher values come first.
    pub(super) is_descending: bool,
}

/// How rows are folded.
#[derive(Debug, PartialEq)]
pub(super) struct Fold {
    /// Positions by which rows of the file are told apart, hidden ones among them.
    pub(super) key: Vec<usize>,
    /// What becomes columns.
    pub(super) spread: Vec<Spread>,
    /// What stands in them.
    pub(super) values: Vec<Placed>,
}

/// The columns of a file.
#[derive(Debug, PartialEq)]
pub(super) struct Layout {
    /// The columns; with a pivot, those before the values.
    pub(super) columns: Vec<Placed>,
    /// The pivot.
    pub(super) fold: Option<Fold>,
    /// How many columns are read of each row.
    pub(super) read: usize,
}

impl Layout {
    /// The layout of columns of a result.
    pub(super) fn new(
        wanted: &Columns,
        columns: &[Column],
        around: &Surroundings,
    ) -> Result<Self, Vec<Mistake>> {
        check(wanted, columns, around)?;
        let has = |list: &[String], column: &Column| list.contains(&column.field_id);
        let mut placed: Vec<(usize, &Column)> = columns.iter().enumerate().collect();
        placed.sort_by_key(|(_, column)| {
            let place = wanted.order.iter().position(|id| *id == column.field_id);
            place.unwrap_or(usize::MAX)
        });
        placed.retain(|(_, column)| !has(&wanted.hidden, column));
        let place = |(at, column): &(usize, &Column)| Placed {
            at: *at,
            title: title(wanted, column, around),
            format: column.format_spec(),
        };
        if wanted.pivot.is_empty() {
            return Ok(Self {
                columns: placed.iter().map(place).collect(),
                fold: None,
                read: columns.len(),
            });
        }
        let dimensions = around.dimensions.as_deref().unwrap_or_default();
        let is_left = |column: &Column| has(dimensions, column) && !has(&wanted.pivot, column);
        let left = placed.iter().filter(|(_, column)| is_left(column));
        let values = placed
            .iter()
            .filter(|(_, column)| !has(dimensions, column))
            .map(place);
        let all = || columns.iter().enumerate();
        let spread = wanted.pivot.iter().filter_map(|id| {
            let (at, column) = all().find(|(_, column)| column.field_id == *id)?;
            Some(Spread {
                at,
                format: column.format_spec(),
                is_descending: around.descending.contains(id),
            })
        });
        let fold = Fold {
            key: all()
                .filter(|(_, column)| is_left(column))
                .map(|(at, _)| at)
                .collect(),
            spread: spread.collect(),
            values: values.collect(),
        };
        if fold.values.is_empty() {
            return Err(mistake(
                "pivotColumns",
                "there is no metric or table calculation left to stand in the columns",
            ));
        }
        Ok(Self {
            columns: left.map(place).collect(),
            fold: Some(fold),
            read: columns.len(),
        })
    }
}

fn title(wanted: &Columns, column: &Column, around: &Surroundings) -> String {
    if let Some(label) = wanted.labels.get(&column.field_id) {
        return label.clone();
    }
    match around.tables.get(&column.field_id) {
        Some(table) => format!("{table} {}", column.label),
        None => column.label.clone(),
    }
}

fn mistake(path: impl Into<String>, message: impl Into<String>) -> Vec<Mistake> {
    vec![Mistake {
        path: path.into(),
        message: message.into(),
    }]
}

/// Every column that is named is there, once, and something is left to write.
fn check(wanted: &Columns, columns: &[Column], around: &Surroundings) -> Result<(), Vec<Mistake>> {
    let known = |id: &str| columns.iter().any(|column| column.field_id == id);
    let names: Vec<&str> = columns.iter().map(|c| c.field_id.as_str()).collect();
    let names = names.join(", ");
    let mut mistakes = Vec::new();
    let mut unknown = |path: String, id: &str| {
        mistakes.extend(mistake(
            path,
            format!("there is no column `{id}`, only {names}"),
        ));
    };
    for (list, ids) in [
        ("columnOrder", &wanted.order),
        ("hiddenFields", &wanted.hidden),
        ("pivotColumns", &wanted.pivot),
    ] {
        for (n, id) in ids.iter().enumerate() {
            if !known(id) {
                unknown(format!("{list}.{n}"), id);
            }
        }
    }
    for id in wanted.labels.keys().filter(|id| !known(id)) {
        unknown(format!("customLabels.{id}"), id);
    }
    for (list, ids) in [
        ("columnOrder", &wanted.order),
        ("pivotColumns", &wanted.pivot),
    ] {
        for (n, id) in ids.iter().enumerate() {
            if ids.iter().take(n).any(|before| before == id) {
                mistakes.extend(mistake(
                    format!("{list}.{n}"),
                    format!("`{id}` comes twice"),
                ));
            }
        }
    }
    mistakes.extend(pivot_mistakes(wanted, around));
    let is_left = |column: &Column| !wanted.hidden.contains(&column.field_id);
    if !columns.is_empty() && !columns.iter().any(is_left) {
        mistakes.extend(mistake("hiddenFields", "no column is left to export"));
    }
    if mistakes.is_empty() {
        return Ok(());
    }
    Err(mistakes)
}

fn pivot_mistakes(wanted: &Columns, around: &Surroundings) -> Vec<Mistake> {
    if wanted.pivot.is_empty() {
        return Vec::new();
    }
    let Some(dimensions) = &around.dimensions else {
        let text = "SQL cannot be pivoted here: pivot in SQL, or export a metric query";
        return mistake("pivotColumns", text);
    };
    let mut mistakes = Vec::new();
    for (n, id) in wanted.pivot.iter().enumerate() {
        let path = format!("pivotColumns.{n}");
        if wanted.hidden.contains(id) {
            mistakes.extend(mistake(path, format!("`{id}` is hidden")));
        } else if !dimensions.contains(id) {
            let text = format!("`{id}` is not a dimension of the query");
            mistakes.extend(mistake(path, text));
        }
    }
    mistakes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::semantic::{model::FormatKeys, value::ValueType};

    fn column(id: &str) -> Column {
        Column {
            field_id: id.to_owned(),
            label: id.to_uppercase(),
            kind: ValueType::String,
            format: FormatKeys::default(),
            unit: None,
            zone: chrono_tz::Tz::UTC,
        }
    }

    fn titles(placed: &[Placed]) -> Vec<&str> {
        placed.iter().map(|placed| placed.title.as_str()).collect()
    }

    fn list(ids: &[&str]) -> Vec<String> {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    #[test]
    fn columns_are_ordered_hidden_and_named() {
        let columns = ["a", "b", "c", "d"].map(column);
        let wanted = Columns {
            order: list(&["c", "a"]),
            hidden: list(&["b"]),
            labels: [("d".to_owned(), "Own".to_owned())].into(),
            pivot: Vec::new(),
        };
        let around = Surroundings {
            tables: [("a", "T"), ("d", "T")]
                .map(|(id, table)| (id.to_owned(), table.to_owned()))
                .into(),
            ..Surroundings::default()
        };
        let layout = Layout::new(&wanted, &columns, &around).unwrap();
        assert_eq!(titles(&layout.columns), ["C", "T A", "Own"]);
        assert_eq!(layout.columns[0].at, 2);
    }

    #[test]
    fn a_pivot_tells_rows_apart_by_hidden_dimensions_too() {
        let columns = ["a", "b", "c", "m", "n"].map(column);
        let around = Surroundings {
            dimensions: Some(list(&["a", "b", "c"])),
            ..Surroundings::default()
        };
        let wanted = Columns {
            order: list(&["n"]),
            hidden: list(&["b"]),
            pivot: list(&["c"]),
            ..Columns::default()
        };
        let layout = Layout::new(&wanted, &columns, &around).unwrap();
        let fold = layout.fold.unwrap();
        assert_eq!(titles(&layout.columns), ["A"]);
        assert_eq!(fold.key, [0, 1]);
        assert_eq!(titles(&fold.values), ["N", "M"]);
    }

    #[test]
    fn mistakes_are_told_by_their_place() {
        let columns = ["a", "m"].map(column);
        let around = Surroundings {
            dimensions: Some(list(&["a"])),
            ..Surroundings::default()
        };
        let paths = |wanted: Columns, around: &Surroundings| -> Vec<String> {
            let mistakes = Layout::new(&wanted, &columns, around).unwrap_err();
            mistakes.into_iter().map(|mistake| mistake.path).collect()
        };
        let wanted = Columns {
            order: list(&["a", "x", "a"]),
            hidden: list(&["y"]),
            labels: [("z".to_owned(), "Z".to_owned())].into(),
            pivot: list(&["m"]),
        };
        let expected = [
            "columnOrder.1",
            "hiddenFields.0",
            "customLabels.z",
            "columnOrder.2",
            "pivotColumns.0",
        ];
        assert_eq!(paths(wanted, &around), expected);
        let hidden = Columns {
            hidden: list(&["a", "m"]),
            ..Columns::default()
        };
        assert_eq!(paths(hidden, &around), ["hiddenFields"]);
        let pivot = || Columns {
            pivot: list(&["a"]),
            ..Columns::default()
        };
        assert_eq!(paths(pivot(), &Surroundings::default()), ["pivotColumns"]);
        let valueless = Columns {
            hidden: list(&["m"]),
            ..pivot()
        };
        assert_eq!(paths(valueless, &around), ["pivotColumns"]);
    }
}
