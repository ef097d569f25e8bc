//! What fields need, their own and that of everything they refer to.

use super::resolve::Key;
use crate::semantic::{
    error::{Code, Issue, Result},
    model::{Interval, MetricType, Needs, NonAdditive, Table},
    snippet::{Part, Snippet},
};
use indexmap::IndexMap;
use std::collections::{BTreeSet, HashMap};

/// Collects what fields need, along their references.
pub(super) struct Walk<'a> {
    tables: &'a IndexMap<String, Table>,
    done: HashMap<Key, Result<Needs>>,
    /// How long the SQL of a field is with everything it refers to, in bytes.
    lengths: HashMap<Key, usize>,
    path: Vec<Key>,
}

/// Longest chain of references.
const CHAIN_MAX: usize = 64;
/// Longest SQL of a field with everything it refers to, in bytes. References are written out wherever they
/// stand: a chain of fields that each name the one before twice doubles at every step.
pub(in crate::semantic) const LENGTH_MAX: usize = 256 * 1024;

impl<'a> Walk<'a> {
    /// A walk over tables whose references are linked.
    pub(super) fn new(tables: &'a IndexMap<String, Table>) -> Self {
        Self {
            tables,
            done: HashMap::new(),
            lengths: HashMap::new(),
            path: Vec::new(),
        }
    }

    /// What was found.
    pub(super) fn found(self) -> HashMap<Key, Needs> {
        let done = self.done.into_iter();
        done.filter_map(|(key, needs)| Some((key, needs.ok()?)))
            .collect()
    }

    /// What a field needs.
    pub(super) fn needs(&mut self, key: &Key) -> Result<Needs> {
        if let Some(done) = self.done.get(key) {
            return done.clone();
        }
        if let Some(at) = self.path.iter().position(|step| step == key) {
            let circle = self.path.iter().skip(at).chain([key]);
            let circle: Vec<String> = circle
                .map(|(table, name)| format!("{table}.{name}"))
                .collect();
            let message = format!("refers to itself: {}", circle.join(" → "));
            return Err(Issue::new(Code::CircularReference, "", message));
        }
        if self.path.len() >= CHAIN_MAX {
            let message = format!("references go more than {CHAIN_MAX} deep");
            return Err(Issue::new(Code::CircularReference, "", message));
        }
        self.path.push(key.clone());
        let found = self.collect(key);
        self.path.pop();
        let needs = found.and_then(|(needs, length)| {
            if length > LENGTH_MAX {
                let message = format!(
                    "is longer than {LENGTH_MAX} bytes with everything it refers to written out"
                );
                return Err(Issue::new(Code::BadDefinition, "", message));
            }
            self.lengths.insert(key.clone(), length);
            Ok(needs)
        });
        // Within a circle the answer depends on where one entered it: only whole answers are kept.
        if needs.is_ok() || self.path.is_empty() {
            self.done.insert(key.clone(), needs.clone());
        }
        needs
    }

    fn collect(&mut self, key: &Key) -> Result<(Needs, usize)> {
        let tables = self.tables;
        let table = tables.get(&key.0);
        let mut needs = Needs {
            tables: BTreeSet::from([key.0.clone()]),
            ..Needs::default()
        };
        needs
            .access
            .extend(table.into_iter().flat_map(|table| table.access.clone()));
        if let Some(dimension) = table.and_then(|table| table.dimensions.get(&key.1)) {
            needs.access.extend(dimension.access.iter().cloned());
            let length = self.snippet(&dimension.sql, &mut needs, &Allowed::Dimensions)?;
            if let Some(granularity) = &dimension.granularity
                && let Interval::Custom { sql, .. } = &granularity.interval
            {
                own_needs(sql, &mut needs);
            }
            return Ok((needs, length));
        }
        let Some(metric) = table.and_then(|table| table.metrics.get(&key.1)) else {
            let message = format!("{}.{} has errors", key.0, key.1);
            return Err(Issue::new(Code::BadReference, "", message));
        };
        needs.access.extend(metric.access.iter().cloned());
        let allowed = match metric.kind {
            kind if kind.is_aggregate() => Allowed::Dimensions,
            kind if kind.is_post_calculation() => Allowed::Metrics,
            _ => Allowed::Both,
        };
        let mut length = self.snippet(&metric.sql, &mut needs, &allowed)?;
        for key in &metric.distinct_keys {
            length += self.snippet(key, &mut needs, &Allowed::Dimensions)?;
        }
        for key in metric.non_additive.iter().flat_map(NonAdditive::parts) {
            length += self.snippet(key, &mut needs, &Allowed::Dimensions)?;
        }
        for rule in &metric.filters {
            if let Some((table, name)) = rule.field_id.split_once('.') {
                let key = (table.to_owned(), name.to_owned());
                length += self.reference(&key, &mut needs, &Allowed::Dimensions)?;
            }
        }
        Ok((needs, length))
    }

    /// Adds what a snippet needs, and gives its length with everything written out.
    fn snippet(
        &mut self,
        snippet: &Snippet,
        needs: &mut Needs,
        allowed: &Allowed,
    ) -> Result<usize> {
        own_needs(snippet, needs);
        let mut length = snippet.source().len();
        for (table, name) in snippet.fields() {
            let key = (table.unwrap_or_default().to_owned(), name.to_owned());
            length = length.saturating_add(self.reference(&key, needs, allowed)?);
        }
        Ok(length)
    }

    fn reference(&mut self, key: &Key, needs: &mut Needs, allowed: &Allowed) -> Result<usize> {
        let metric = self
            .tables
            .get(&key.0)
            .and_then(|table| table.metrics.get(&key.1));
        let refused = match (metric.map(|metric| metric.kind), allowed) {
            (Some(_), Allowed::Dimensions) => Some("a metric: only dimensions may be used here"),
            (None, Allowed::Metrics) => Some("a dimension: only metrics may be used here"),
            (Some(kind), _) if MetricType::is_post_calculation(kind) => {
                Some("computed over the rows of the result: nothing can be computed from it")
            }
            _ => None,
        };
        if let Some(why) = refused {
            let message = format!("{}.{} is {why}", key.0, key.1);
            return Err(Issue::new(Code::BadReference, "", message));
        }
        let found = self.needs(key)?;
        needs.merge(&found);
        Ok(self.lengths.get(key).copied().unwrap_or_default())
    }
}

/// Which fields an expression may use.
enum Allowed {
    Dimensions,
    Metrics,
    Both,
}

/// What a snippet needs without its fields.
pub(super) fn own_needs(snippet: &Snippet, needs: &mut Needs) {
    for part in &snippet.parts {
        match part {
            Part::Attribute(name) => {
                needs.attributes.insert(name.clone());
            }
            Part::Parameter(name) => {
                needs.parameters.insert(name.clone());
            }
            _ => {}
        }
    }
}
