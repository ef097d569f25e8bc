//! What is kept of an accepted document: enough to choose, price and describe its operations.
//! The syntax tree is dropped; the engine parses the text on its own.

use std::fmt;

use apollo_compiler::{ExecutableDocument, ast::OperationType, executable, executable::Selection};
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

use super::{
    coercion::Declared,
    cost::Cost,
    limits::Limits,
    price::Pricer,
    refusal::{Refusal, RefusalCode},
    schema::Model,
    shape::Shape,
};

/// SHA-256 of a document's text: the cache key, the same value as in persisted queries.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DocumentHash([u8; 32]);

impl DocumentHash {
    /// Hashes a text.
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// A hash that came from elsewhere.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The hash's bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Lower-case hexadecimal, as persisted queries send it.
impl fmt::Display for DocumentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for DocumentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The kind of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OperationKind {
    /// Reads.
    Query,
    /// Writes.
    Mutation,
    /// Streams events.
    Subscription,
}

impl OperationKind {
    /// The keyword of the language.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::Subscription => "subscription",
        }
    }
}

/// A document that passed every check.
#[derive(Debug)]
pub struct Document {
    hash: DocumentHash,
    merges_objects: bool,
    operations: Vec<Operation>,
}

/// One operation of an accepted document.
#[derive(Debug)]
pub struct Operation {
    name: Option<Box<str>>,
    kind: OperationKind,
    root_fields: Vec<Box<str>>,
    introspection: bool,
    selections: u64,
    depth: u64,
    cost: Cost,
    variables: Vec<Declared>,
}

impl Document {
    /// The hash of the text.
    pub fn hash(&self) -> DocumentHash {
        self.hash
    }

    /// Whether the fields of one object are selected in several places, so that its parts have to
    /// be merged.
    pub fn merges_objects(&self) -> bool {
        self.merges_objects
    }

    /// All operations, in the order of the text.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// The operation that a request means, by the specification's `GetOperation`. An empty name
    /// counts as none, since several clients send `""`.
    pub fn operation(&self, name: Option<&str>) -> Result<&Operation, Refusal> {
        let unresolved = |message: fmt::Arguments<'_>| {
            Refusal::new(RefusalCode::OperationResolutionFailed, message)
        };
        match (
            name.filter(|name| !name.is_empty()),
            self.operations.as_slice(),
        ) {
            (Some(name), operations) => operations
                .iter()
                .find(|operation| operation.name() == Some(name))
                .ok_or_else(|| unresolved(format_args!("Unknown operation named `{name}`."))),
            (None, [only]) => Ok(only),
            (None, []) => Err(unresolved(format_args!("The document holds no operation."))),
            (None, [_, ..]) => Err(unresolved(format_args!(
                "The document holds several operations: `operationName` must say which one to run."
            ))),
        }
    }

    pub(super) fn analyse(
        (hash, merges_objects): (DocumentHash, bool),
        document: &ExecutableDocument,
        shapes: &[Shape],
        model: &Model,
        limits: &Limits,
    ) -> Self {
        let pricer = Pricer::new(document, model, &limits.weights);
        // Shapes are in the order of the text, and so are the operations of a valid document:
        // either one anonymous operation or named ones only.
        let operations = document
            .operations
            .iter()
            .zip(shapes)
            .map(|(operation, shape)| {
                let root_fields = root_fields(document, operation);
                Operation {
                    name: operation.name.as_ref().map(|name| name.as_str().into()),
                    kind: match operation.operation_type {
                        OperationType::Query => OperationKind::Query,
                        OperationType::Mutation => OperationKind::Mutation,
                        OperationType::Subscription => OperationKind::Subscription,
                    },
                    introspection: shape.introspection_depth > 0,
                    root_fields,
                    selections: shape.selections,
                    depth: shape.depth.max(shape.introspection_depth),
                    cost: pricer.operation(operation),
                    variables: declared(operation),
                }
            });
        Self {
            hash,
            merges_objects,
            operations: operations.collect(),
        }
    }

    /// Bytes on the heap, roughly, for the cache.
    pub(super) fn weight(&self) -> usize {
        let of = |operation: &Operation| {
            let names: usize = operation
                .root_fields
                .iter()
                .map(|name| 16 + name.len())
                .sum();
            160 + operation.name.as_ref().map_or(0, |name| name.len())
                + names
                + operation.cost.weight()
                + operation.variables.len() * 64
        };
        128 + self.operations.iter().map(of).sum::<usize>()
    }
}

impl Operation {
    /// Its name, if it has one.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Query, mutation or subscription.
    pub fn kind(&self) -> OperationKind {
        self.kind
    }

    /// Names (not aliases) of the root fields, fragments expanded, each once, in the order of the
    /// text.
    pub fn root_fields(&self) -> impl Iterator<Item = &str> {
        self.root_fields.iter().map(|name| &**name)
    }

    /// Does it select `__schema` or `__type`? `__typename` is no introspection.
    pub fn is_introspection(&self) -> bool {
        self.introspection
    }

    /// Selections with fragments expanded.
    pub fn selections(&self) -> u64 {
        self.selections
    }

    /// Levels of fields, introspection included.
    pub fn depth(&self) -> u64 {
        self.depth
    }

    pub(super) fn variables(&self) -> &[Declared] {
        &self.variables
    }

    /// Points that this operation costs with these variables. Allocates nothing.
    pub fn cost(&self, variables: &Map<String, Json>) -> u32 {
        u32::try_from(self.cost.eval(variables)).unwrap_or(u32::MAX)
    }
}

fn declared(operation: &executable::Operation) -> Vec<Declared> {
    let variables = operation.variables.iter().map(|variable| Declared {
        name: variable.name.as_str().into(),
        ty: (*variable.ty).clone(),
        has_default: variable.default_value.is_some(),
    });
    variables.collect()
}

fn root_fields(document: &ExecutableDocument, operation: &executable::Operation) -> Vec<Box<str>> {
    let mut names: Vec<Box<str>> = Vec::new();
    let mut stack = vec![operation.selection_set.selections.iter()];
    while let Some(selections) = stack.last_mut() {
        match selections.next() {
            Some(Selection::Field(field)) => {
                if !names.iter().any(|name| **name == *field.name) {
                    names.push(field.name.as_str().into());
                }
            }
            Some(Selection::InlineFragment(inline)) => {
                stack.push(inline.selection_set.selections.iter());
            }
            Some(Selection::FragmentSpread(spread)) => {
                let fragment = document.fragments.get(&spread.fragment_name);
                stack.extend(fragment.map(|fragment| fragment.selection_set.selections.iter()));
            }
            None => {
                stack.pop();
            }
        }
    }
    names
}
