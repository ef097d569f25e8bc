//! The document guard: no text reaches the engine before it has passed here.
//!
//! async-graphql's parser can be made to overflow the stack, which ends the process, with 4 KB of
//! brackets; its limits expand fragments without memory, so that 900 bytes cost seconds; and its
//! validation has holes. The guard stands before it on every way in (HTTP, batch entries, sockets,
//! persisted queries) and does, once per document:
//!
//! 1. `prescan`: one linear pass over the bytes bounds length, tokens and bracket depth;
//! 2. apollo-compiler parses, with its own limits on top;
//! 3. `shape`: counts depth, expanded selections, aliases, directives and root fields on the
//!    syntax tree with memoised fragments;
//! 4. `merge` and apollo's validation against our own schema, then `rules`, which holds what
//!    apollo lacks;
//! 5. `price`: a small cost expression per operation, evaluated per request with its variables.
//!
//! Accepted and refused documents are cached by hash in two bounded caches, so that a repeated bad
//! document is as cheap as a repeated good one, and garbage does not push out what clients use.
//!
//! The guard blocks: an unknown document takes up to some ten milliseconds in the worst case. Ask
//! [`Guard::cached`] first and check unknown documents off the async threads, a bounded number at a
//! time.

mod coercion;
mod cost;
mod document;
mod fragments;
mod hints;
mod limits;
mod merge;
mod prescan;
mod price;
mod refusal;
mod rules;
mod schema;
mod shape;
mod variables;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use apollo_compiler::{ExecutableDocument, parser::Parser, validation::WithErrors};
use moka::sync::Cache;

use self::schema::Model;
pub use self::{
    document::{Document, DocumentHash, Operation, OperationKind},
    limits::{LimitName, Limits, Weights},
    refusal::{GuardError, LimitExceeded, Location, Problem, Refusal, RefusalCode},
};

/// What the guard says about a document. Cheap to clone, as it is shared with the cache.
pub type Verdict = Result<Arc<Document>, Arc<Refusal>>;

/// The recursion limit that apollo's parser gets. It counts other steps than brackets, so this is
/// only a second fence behind [`Limits::bracket_depth`], with room for what that one lets pass.
const PARSER_RECURSION: usize = 200;

/// Checks documents against one schema. Share one for the whole process.
pub struct Guard {
    model: Model,
    limits: Limits,
    accepted: Cache<DocumentHash, Arc<Document>>,
    refused: Cache<DocumentHash, Arc<Refusal>>,
}

impl Guard {
    /// A guard for the schema given as text. `@oneOf` may be defined in it or not.
    ///
    /// # Errors
    /// When the schema is invalid, or a weight names a field that it does not have.
    pub fn new(sdl: &str, limits: Limits) -> Result<Self, GuardError> {
        let model = Model::parse(sdl)?;
        for coordinate in limits.weights.fields.keys() {
            let field = coordinate
                .split_once('.')
                .and_then(|(ty, field)| model.field(ty, field));
            if field.is_none() {
                return Err(GuardError::UnknownField(coordinate.clone()));
            }
        }
        let weight = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX);
        let accepted = Cache::builder()
            .max_capacity(limits.cache_bytes)
            .weigher(move |_, document: &Arc<Document>| weight(document.weight()))
            .build();
        let refused = Cache::builder()
            .max_capacity(limits.refusal_cache_bytes)
            .weigher(move |_, refusal: &Arc<Refusal>| weight(refusal.weight()))
            .build();
        Ok(Self {
            model,
            limits,
            accepted,
            refused,
        })
    }

    /// The ceilings that this guard enforces.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Checks a document, by the cache if it is known.
    ///
    /// # Errors
    /// The refusal, the same one each time.
    pub fn document(&self, text: &str) -> Verdict {
        // Too long to be worth a hash, let alone a place in the cache.
        if text.len() > self.limits.document_bytes {
            return prescan::scan(text, &self.limits)
                .map_err(Arc::new)
                .and_then(|()| self.check(DocumentHash::of(text), text));
        }
        let hash = DocumentHash::of(text);
        if let Some(verdict) = self.cached(&hash) {
            return verdict;
        }
        let verdict = self.check(hash, text);
        match &verdict {
            Ok(document) => self.accepted.insert(hash, Arc::clone(document)),
            Err(refusal) => self.refused.insert(hash, Arc::clone(refusal)),
        }
        verdict
    }

    /// The verdict on a document seen before. Never takes long: for the async threads, and for
    /// persisted queries, which come as a hash.
    pub fn cached(&self, hash: &DocumentHash) -> Option<Verdict> {
        let accepted = self.accepted.get(hash).map(Ok);
        accepted.or_else(|| self.refused.get(hash).map(Err))
    }

    /// Checks the JSON text of a request's variables, before any JSON parser sees it.
    ///
    /// # Errors
    /// When the text is too long or nested too deeply.
    pub fn check_variables(&self, raw: &[u8]) -> Result<(), Refusal> {
        variables::scan(raw, &self.limits)
    }

    /// Checks the values of an operation's variables against their types.
    ///
    /// # Errors
    /// When one is missing or does not fit.
    pub fn check_values(
        &self,
        operation: &Operation,
        values: &serde_json::Map<String, serde_json::Value>,
    ) -> Result<(), Refusal> {
        coercion::check(operation, values, &self.model, &self.limits)
    }

    /// Checks the cost of a request: that of its operation, or the sum over a batch.
    ///
    /// # Errors
    /// When it is more than [`Limits::cost`].
    pub fn check_cost(&self, points: u32) -> Result<(), Refusal> {
        let maximum = usize::try_from(self.limits.cost).unwrap_or(usize::MAX);
        Refusal::check(LimitName::Cost, maximum, u64::from(points))
    }

    fn check(&self, hash: DocumentHash, text: &str) -> Verdict {
        self.analyse(hash, text).map(Arc::new).map_err(Arc::new)
    }

    fn analyse(&self, hash: DocumentHash, text: &str) -> Result<Document, Refusal> {
        let limits = &self.limits;
        prescan::scan(text, limits)?;
        // Apollo counts white space and commas as tokens too: bytes bound them.
        let mut parser = Parser::new()
            .token_limit(limits.document_bytes.saturating_add(2))
            .recursion_limit(PARSER_RECURSION);
        let ast = parser
            .parse_ast(text, "document.graphql")
            .map_err(|failed| {
                let (problems, omitted) = refusal::problems(&failed.errors, limits.problems);
                Refusal {
                    omitted,
                    ..Refusal::of(RefusalCode::ParseFailed, problems, limits.problems)
                }
            })?;
        let shapes = shape::check(&ast, limits)?;
        let document = match ast.to_executable(&self.model.schema) {
            Ok(document) => document,
            Err(failed) => return Err(self.invalid(&failed)),
        };
        let merges_objects = merge::check(&document, &self.model.schema, limits)?;
        let document = document
            .validate(&self.model.schema)
            .map_err(|failed| self.invalid(&failed))?;
        rules::check(&document, &self.model, limits)?;
        Ok(Document::analyse(
            (hash, merges_objects),
            &document,
            &shapes,
            &self.model,
            limits,
        ))
    }

    /// Apollo's errors as a refusal, with hints.
    fn invalid(&self, failed: &WithErrors<ExecutableDocument>) -> Refusal {
        let (mut problems, omitted) = refusal::problems(&failed.errors, self.limits.problems);
        hints::add(&mut problems, &self.model);
        Refusal {
            omitted,
            ..Refusal::of(
                RefusalCode::ValidationFailed,
                problems,
                self.limits.problems,
            )
        }
    }
}
