//! Which aggregates a join would make too large.
//!
//! A join that matches several rows repeats the rows it starts from. Seen from a table, its rows are
//! repeated if some join, walked away from the table, leads from one row to many. An aggregate about
//! repeated rows is computed over each of its entities once, which needs the primary keys of the tables it
//! is about; where one is missing the query carries a warning.

use super::model::{Explore, Join, Relationship};
use std::collections::BTreeSet;

/// How the tables of a query are joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FanOut {
    edges: Vec<Edge>,
    /// Tables of joins that do not say how many rows match.
    pub unlabelled: Vec<String>,
}

/// A join, walked in one direction.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Edge {
    from: String,
    to: String,
    /// Whether one row may lead to many.
    multiplies: bool,
}

/// What becomes of an aggregate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Protection {
    /// Nothing repeats its rows.
    Unneeded,
    /// It is computed once per entity, named by these dimensions (table, name).
    Keys(Vec<(String, String)>),
    /// Its rows may be repeated, and this table has no primary key.
    Missing(String),
}

impl FanOut {
    /// Looks at the joins in use.
    pub fn new(explore: &Explore, joins: &[&Join]) -> Self {
        let mut edges = Vec::new();
        for join in joins {
            // Of a join that nobody labelled anything may be true.
            let (there, back) = match join.relationship {
                Some(Relationship::OneToOne) => (false, false),
                Some(Relationship::OneToMany) => (true, false),
                Some(Relationship::ManyToOne) => (false, true),
                Some(Relationship::ManyToMany) | None => (true, true),
            };
            for source in sources(explore, join) {
                edges.push(Edge {
                    from: source.clone(),
                    to: join.table.clone(),
                    multiplies: there,
                });
                edges.push(Edge {
                    from: join.table.clone(),
                    to: source,
                    multiplies: back,
                });
            }
        }
        let unlabelled = joins.iter().filter(|join| join.relationship.is_none());
        Self {
            edges,
            unlabelled: unlabelled.map(|join| join.table.clone()).collect(),
        }
    }

    /// What becomes of an aggregate about some tables.
    pub fn protection(&self, explore: &Explore, about: &BTreeSet<String>) -> Protection {
        let once = |table: &String| !self.repeats(&BTreeSet::from([table.clone()]));
        // Where a row of one table comes once, so does what goes with it.
        if !self.repeats(about) || about.iter().any(once) {
            return Protection::Unneeded;
        }
        let mut keys = Vec::new();
        for name in about {
            let key = explore
                .tables
                .get(name)
                .map(|table| table.primary_key.as_slice());
            match key {
                Some(key @ [_, ..]) => {
                    keys.extend(key.iter().map(|field| (name.clone(), field.clone())));
                }
                _ => return Protection::Missing(name.clone()),
            }
        }
        Protection::Keys(keys)
    }

    /// Whether rows of these tables, taken together, may come more than once.
    fn repeats(&self, tables: &BTreeSet<String>) -> bool {
        let mut seen = tables.clone();
        let mut next: Vec<&str> = tables.iter().map(String::as_str).collect();
        while let Some(table) = next.pop() {
            for edge in self.edges.iter().filter(|edge| edge.from == table) {
                if tables.contains(&edge.to) || seen.contains(&edge.to) {
                    continue;
                }
                if edge.multiplies {
                    return true;
                }
                seen.insert(edge.to.clone());
                next.push(&edge.to);
            }
        }
        false
    }
}

/// Tables that a join starts from.
fn sources(explore: &Explore, join: &Join) -> BTreeSet<String> {
    let mut tables = join.needs.tables.clone();
    tables.remove(&join.table);
    if tables.is_empty() {
        tables.insert(explore.base_table.clone());
    }
    tables
}
