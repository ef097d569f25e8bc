//! Pivots: values of dimensions as columns. The whole table is held, so it is bounded.

use super::{
    cell::{Cell, plain},
    layout::{Fold, Layout, Spread},
};
use crate::{
    domains::query::result::raw,
    semantic::format::formatted,
    services::warehouse::{Row, Value},
};
use indexmap::IndexMap;
use serde_json::Value as Json;
use std::{cmp::Ordering, collections::HashMap};

/// Most columns that a pivot makes.
const COLUMNS: usize = 200;
/// Most cells of a pivot.
const CELLS: usize = 200_000;

/// A table that is being folded.
pub(super) struct Pivot<'a> {
    layout: &'a Layout,
    fold: &'a Fold,
    only_raw: bool,
    /// Combinations of values that become columns, as they came.
    heads: IndexMap<String, Vec<Json>>,
    lines: IndexMap<String, Line>,
}

/// A row of the file.
struct Line {
    left: Vec<Cell>,
    /// What stands under a head, by its number.
    values: HashMap<usize, Vec<Cell>>,
}

impl<'a> Pivot<'a> {
    /// An empty table.
    pub(super) fn new(layout: &'a Layout, fold: &'a Fold, only_raw: bool) -> Self {
        Self {
            layout,
            fold,
            only_raw,
            heads: IndexMap::new(),
            lines: IndexMap::new(),
        }
    }

    /// Takes a row in.
    ///
    /// # Errors
    /// The table would be too large.
    pub(super) fn add(&mut self, row: &Row) -> Result<(), String> {
        let json = |at: usize| raw(row.get(at).unwrap_or(&Value::Null));
        let head: Vec<Json> = self.fold.spread.iter().map(|by| json(by.at)).collect();
        let entry = self.heads.entry(name(&head));
        let number = entry.index();
        entry.or_insert(head);
        let made = self.heads.len() * self.fold.values.len();
        if made > COLUMNS {
            return Err(format!(
                "the pivot makes more than {COLUMNS} columns: filter the values of its dimensions, or \
                 pivot others"
            ));
        }
        let key: Vec<Json> = self.fold.key.iter().map(|at| json(*at)).collect();
        let cells = |placed: &[super::layout::Placed]| -> Vec<Cell> {
            let cell = |placed: &super::layout::Placed| {
                let value = row.get(placed.at).unwrap_or(&Value::Null);
                Cell::of(value, &placed.format, self.only_raw)
            };
            placed.iter().map(cell).collect()
        };
        let values = cells(&self.fold.values);
        let line = self.lines.entry(name(&key)).or_insert_with(|| Line {
            left: cells(&self.layout.columns),
            values: HashMap::new(),
        });
        line.values.insert(number, values);
        let width = self.layout.columns.len() + made;
        if self.lines.len() * width > CELLS {
            return Err(format!(
                "the pivot has more than {CELLS} cells: filter the query, or export it without a pivot"
            ));
        }
        Ok(())
    }

    /// The titles, and the rows.
    pub(super) fn finish(self) -> (Vec<String>, impl Iterator<Item = Vec<Cell>>) {
        let mut order: Vec<usize> = (0..self.heads.len()).collect();
        let heads: Vec<&Vec<Json>> = self.heads.values().collect();
        order.sort_by(|a, b| match (heads.get(*a), heads.get(*b)) {
            (Some(a), Some(b)) => compared(&self.fold.spread, a, b),
            _ => Ordering::Equal,
        });
        let mut titles: Vec<String> = self
            .layout
            .columns
            .iter()
            .map(|placed| placed.title.clone())
            .collect();
        for head in order.iter().filter_map(|number| heads.get(*number)) {
            let head = self.title(head);
            for value in &self.fold.values {
                titles.push(match self.fold.values.len() {
                    1 => head.clone(),
                    _ => format!("{head} | {}", value.title),
                });
            }
        }
        let width = self.fold.values.len();
        let rows = self.lines.into_values().map(move |mut line| {
            let mut row = line.left;
            for number in &order {
                let values = line.values.remove(number);
                row.extend(values.unwrap_or_else(|| vec![Cell::Empty; width]));
            }
            row
        });
        (titles, rows)
    }

    fn title(&self, head: &[Json]) -> String {
        let shown = self.fold.spread.iter().zip(head).map(|(by, value)| {
            if value.is_null() {
                "(none)".to_owned()
            } else if self.only_raw {
                plain(value)
            } else {
                formatted(&by.format, value)
            }
        });
        shown.collect::<Vec<_>>().join(" | ")
    }
}

/// Equal values have equal names, others have others.
fn name(values: &[Json]) -> String {
    Json::Array(values.to_vec()).to_string()
}

/// In order of the values, none last; the other way round where the query sorts so.
fn compared(spread: &[Spread], a: &[Json], b: &[Json]) -> Ordering {
    let each = spread.iter().zip(a.iter().zip(b)).map(|(by, (a, b))| {
        let order = by_value(a, b);
        if by.is_descending {
            order.reverse()
        } else {
            order
        }
    });
    each.fold(Ordering::Equal, Ordering::then)
}

fn by_value(a: &Json, b: &Json) -> Ordering {
    match (a, b) {
        (Json::Null, Json::Null) => Ordering::Equal,
        (Json::Null, _) => Ordering::Greater,
        (_, Json::Null) => Ordering::Less,
        (Json::Number(a), Json::Number(b)) => {
            let (a, b) = (a.as_f64(), b.as_f64());
            a.partial_cmp(&b).unwrap_or(Ordering::Equal)
        }
        (Json::Bool(a), Json::Bool(b)) => a.cmp(b),
        (a, b) => plain(a).cmp(&plain(b)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domains::query::export::layout::{Columns, Surroundings},
        semantic::{Column, model::FormatKeys, value::ValueType},
    };

    fn layout(values: &[&str], descending: bool) -> Layout {
        let ids: Vec<&str> = ["name", "year"].iter().chain(values).copied().collect();
        let columns: Vec<Column> = ids
            .iter()
            .map(|id| Column {
                field_id: (*id).to_owned(),
                label: id.to_uppercase(),
                kind: ValueType::String,
                format: FormatKeys::default(),
                unit: None,
                zone: chrono_tz::Tz::UTC,
            })
            .collect();
        let wanted = Columns {
            pivot: vec!["year".to_owned()],
            ..Columns::default()
        };
        let around = Surroundings {
            dimensions: Some(vec!["name".to_owned(), "year".to_owned()]),
            descending: descending.then(|| "year".to_owned()).into_iter().collect(),
            ..Surroundings::default()
        };
        Layout::new(&wanted, &columns, &around).unwrap()
    }

    fn folded(layout: &Layout, rows: &[Row]) -> (Vec<String>, Vec<String>) {
        let mut pivot = Pivot::new(layout, layout.fold.as_ref().unwrap(), true);
        for row in rows {
            pivot.add(row).unwrap();
        }
        let (titles, rows) = pivot.finish();
        let row = |cells: Vec<Cell>| {
            let texts: Vec<_> = cells.iter().map(Cell::harmless).collect();
            texts.join(";")
        };
        (titles, rows.map(row).collect())
    }

    fn row(name: &str, year: Option<i64>, value: i64) -> Row {
        let year = year.map_or(Value::Null, Value::Integer);
        vec![Value::Text(name.to_owned()), year, Value::Integer(value)]
    }

    #[test]
    fn values_become_columns_in_their_order() {
        let rows = [
            row("a", Some(2026), 1),
            row("a", None, 2),
            row("b", Some(999), 3),
            row("b", Some(2026), 4),
        ];
        let (titles, lines) = folded(&layout(&["m"], false), &rows);
        assert_eq!(titles, ["NAME", "999", "2026", "(none)"]);
        assert_eq!(lines, ["a;;1;2", "b;3;4;"]);
        let (titles, _) = folded(&layout(&["m"], true), &rows);
        assert_eq!(titles, ["NAME", "(none)", "2026", "999"]);
    }

    #[test]
    fn several_metrics_stand_side_by_side() {
        let rows = [[row("a", Some(1), 5), vec![Value::Integer(6)]].concat()];
        let (titles, lines) = folded(&layout(&["m", "n"], false), &rows);
        assert_eq!(titles, ["NAME", "1 | M", "1 | N"]);
        assert_eq!(lines, ["a;5;6"]);
    }

    #[test]
    fn large_pivots_are_refused() {
        let layout = layout(&["m"], false);
        let fold = layout.fold.as_ref().unwrap();
        let mut wide = Pivot::new(&layout, fold, true);
        let last = (0..201)
            .map(|year| wide.add(&row("a", Some(year), 1)))
            .last();
        assert!(last.unwrap().unwrap_err().contains("200 columns"));
        let mut long = Pivot::new(&layout, fold, true);
        let last = (0..100_001).map(|n| long.add(&row(&n.to_string(), Some(1), 1)));
        assert!(last.last().unwrap().unwrap_err().contains("200000 cells"));
    }
}
