//! What an operation costs, as a small expression over its page-size variables.
//!
//! The model (`Weights` has the numbers): a leaf is free, an object is 1, a connection is 1 plus
//! its page size times what one node selects, a list of objects is its length (that of `ids`, or an
//! assumed one) times what one item selects, `totalCount` is 5, a root field of a mutation or a
//! subscription is 10. `edges` and `nodes` of a connection are the page, not lists of their own.
//! Introspection is counted by real list sizes and divided by 200, since it comes from memory.
//! `@skip` and `@include` are not looked at: what may run is counted.
//!
//! Literal sizes are folded when the document is analysed; what is left to do per request is one
//! multiplication for each page size that is a variable. All arithmetic saturates.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

/// `constant + Σ weight × size(variables) × each`.
#[derive(Debug, Clone, Default)]
pub(super) struct Cost {
    constant: u64,
    terms: Vec<Term>,
}

#[derive(Debug, Clone)]
struct Term {
    weight: u64,
    size: Arc<Size>,
    each: Arc<Cost>,
}

/// How many items a list field gives: known now, or by variables. The largest counts.
#[derive(Debug, Clone)]
pub(super) struct Size {
    /// Used when no variable has a value, and the least that counts.
    pub(super) known: Option<u64>,
    /// Variables that hold a page size or a list.
    pub(super) variables: Vec<SizeVariable>,
    /// Used when nothing else says anything.
    pub(super) default: u64,
    /// Page sizes count at most this; `None` for lists.
    pub(super) page_max: Option<u64>,
}

/// A variable in the place of a size.
#[derive(Debug, Clone)]
pub(super) struct SizeVariable {
    pub(super) name: Box<str>,
    /// The size of the variable's default.
    pub(super) default: Option<u64>,
}

impl Size {
    fn eval(&self, variables: &Map<String, Json>) -> u64 {
        let of = |variable: &SizeVariable| match variables.get(&*variable.name) {
            Some(Json::Number(number)) => Some(number.as_u64().unwrap_or(1)),
            Some(Json::Array(items)) => Some(u64::try_from(items.len()).unwrap_or(u64::MAX)),
            Some(Json::Null) => None,
            // A lone item is a list of one; anything else the engine refuses.
            Some(_) => Some(1),
            None => variable.default,
        };
        let largest = self.variables.iter().filter_map(of).max().max(self.known);
        let size = largest.unwrap_or(self.default);
        self.page_max.map_or(size, |most| size.min(most))
    }
}

impl Cost {
    pub(super) fn constant(points: u64) -> Self {
        Self {
            constant: points,
            terms: Vec::new(),
        }
    }

    /// Points without any variable part. For introspection, which has none.
    pub(super) fn known(&self) -> u64 {
        self.constant
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.constant = self.constant.saturating_add(other.constant);
        self.terms.extend(other.terms.iter().cloned());
    }

    pub(super) fn plus(mut self, points: u64) -> Self {
        self.constant = self.constant.saturating_add(points);
        self
    }

    pub(super) fn times(self, size: Size) -> Self {
        if !size.variables.is_empty() {
            let term = Term {
                weight: 1,
                size: Arc::new(size),
                each: Arc::new(self),
            };
            return Self {
                constant: 0,
                terms: vec![term],
            };
        }
        let factor = size.eval(&Map::new());
        let scaled = |term: Term| Term {
            weight: term.weight.saturating_mul(factor),
            ..term
        };
        Self {
            constant: self.constant.saturating_mul(factor),
            terms: self.terms.into_iter().map(scaled).collect(),
        }
    }

    /// Recurses as deep as connections with variable sizes are nested.
    pub(super) fn eval(&self, variables: &Map<String, Json>) -> u64 {
        self.terms.iter().fold(self.constant, |sum, term| {
            let each = term.each.eval(variables);
            let all = term.size.eval(variables).saturating_mul(each);
            sum.saturating_add(term.weight.saturating_mul(all))
        })
    }

    /// Bytes on the heap, roughly, for the cache.
    pub(super) fn weight(&self) -> usize {
        self.terms.iter().fold(32, |sum, term| {
            let names = term
                .size
                .variables
                .iter()
                .map(|variable| 40 + variable.name.len());
            sum + 96 + names.sum::<usize>() + term.each.weight()
        })
    }
}
