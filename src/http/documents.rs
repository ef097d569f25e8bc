//! Documents that passed the guard, parsed for the engine, by the hash of their text.
//!
//! The store serves two purposes: a known document costs one look-up, and clients may name one by
//! its hash alone (the protocol of automatic persisted queries). It is bounded by memory.

use super::failure::Failure;
use crate::{
    app::App,
    gql::{
        ErrorCode, Tree,
        guard::{Document, DocumentHash, Refusal},
    },
};
use async_graphql::{
    Name, Positioned,
    parser::{
        parse_query,
        types::{
            DocumentOperations, ExecutableDocument, FragmentDefinition, OperationType, Selection,
        },
    },
};
use axum::http::StatusCode;
use moka::sync::Cache;
use std::{
    collections::HashMap,
    sync::{Arc, atomic::AtomicUsize},
};
use tokio::sync::Semaphore;

/// Rough bytes of parsed documents that are kept.
const CACHE_BYTES: u64 = 64 * 1024 * 1024;
/// A parsed document is larger than its text by about this factor.
const TREE_FACTOR: usize = 16;

/// A document ready to run.
pub(super) struct Prepared {
    /// What the guard knows of it.
    pub(super) document: Arc<Document>,
    /// What the engine runs.
    pub(super) tree: Tree,
    /// Bytes of its last answer, as the next is likely to need about as many.
    pub(super) last_bytes: AtomicUsize,
    weight: u32,
}

/// The store.
pub(super) struct Documents {
    known: Cache<DocumentHash, Arc<Prepared>>,
    /// Checking an unknown document blocks for milliseconds; only so many at a time.
    checks: Semaphore,
}

/// Why a document cannot run.
pub(super) enum Denied {
    /// The guard says no.
    Refused(Arc<Refusal>),
    /// Something else.
    Failed(Failure),
}

impl Documents {
    pub(super) fn new() -> Self {
        let known = Cache::builder()
            .max_capacity(CACHE_BYTES)
            .weigher(|_, prepared: &Arc<Prepared>| prepared.weight)
            .build();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            known,
            checks: Semaphore::new(cores),
        }
    }

    /// A document seen before.
    pub(super) fn known(&self, hash: &DocumentHash) -> Option<Arc<Prepared>> {
        self.known.get(hash)
    }

    /// A document by its hash, as persisted queries name it.
    pub(super) fn persisted(&self, hash: &str) -> Result<Arc<Prepared>, Failure> {
        let known = parse_hash(hash).and_then(|hash| self.known(&hash));
        known.ok_or_else(|| {
            let mut failure = Failure::new(
                StatusCode::BAD_REQUEST,
                ErrorCode::PersistedQueryNotFound,
                "PersistedQueryNotFound",
            );
            failure.by_document = true;
            failure
        })
    }

    /// Checks and parses a document that is not known.
    pub(super) async fn check(
        &self,
        app: &Arc<App>,
        hash: DocumentHash,
        text: &str,
    ) -> Result<Arc<Prepared>, Denied> {
        if let Some(Err(refusal)) = app.guard.cached(&hash) {
            return Err(Denied::Refused(refusal));
        }
        let failed = |_| {
            Denied::Failed(Failure::of(
                &crate::kernel::Error::fault("a check was aborted"),
                "",
            ))
        };
        // The semaphore is never closed.
        let permit = self.checks.acquire().await;
        // Another request may have checked the same document meanwhile.
        if let Some(prepared) = self.known(&hash) {
            return Ok(prepared);
        }
        let (app, text) = (app.clone(), text.to_owned());
        let checked = tokio::task::spawn_blocking(move || prepare(&app, &text)).await;
        drop(permit);
        let prepared = checked.map_err(failed)??;
        self.known.insert(hash, prepared.clone());
        Ok(prepared)
    }
}

fn prepare(app: &App, text: &str) -> Result<Arc<Prepared>, Denied> {
    let document = app.guard.document(text).map_err(Denied::Refused)?;
    let mut tree = parse_query(text).map_err(|error| {
        tracing::error!(%error, hash = %document.hash(), "the engine cannot parse what the guard let pass");
        Denied::Failed(Failure::new(
            StatusCode::BAD_REQUEST,
            ErrorCode::ParseFailed,
            "the document cannot be parsed",
        ))
    })?;
    plain_subscriptions(&mut tree);
    let weight = u32::try_from(text.len() * TREE_FACTOR + 512).unwrap_or(u32::MAX);
    Ok(Arc::new(Prepared {
        document,
        tree: Tree::new(tree),
        last_bytes: AtomicUsize::default(),
        weight,
    }))
}

/// Puts the field of each subscription where the engine looks for it: not into a fragment.
///
/// The guard has made sure that there is one field, and no directive that could leave it out.
fn plain_subscriptions(tree: &mut ExecutableDocument) {
    let fragments = &tree.fragments;
    let operations = match &mut tree.operations {
        DocumentOperations::Single(operation) => vec![operation],
        DocumentOperations::Multiple(operations) => operations.values_mut().collect(),
    };
    for operation in operations {
        if operation.node.ty == OperationType::Subscription {
            let set = &mut operation.node.selection_set.node;
            let mut items = Vec::new();
            fields(std::mem::take(&mut set.items), fragments, &mut items);
            set.items = items;
        }
    }
}

fn fields(
    from: Vec<Positioned<Selection>>,
    fragments: &HashMap<Name, Positioned<FragmentDefinition>>,
    into: &mut Vec<Positioned<Selection>>,
) {
    for selection in from {
        match selection.node {
            Selection::Field(_) => into.push(selection),
            Selection::InlineFragment(inline) => {
                fields(inline.node.selection_set.node.items, fragments, into);
            }
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = fragments.get(&spread.node.fragment_name.node) {
                    let items = fragment.node.selection_set.node.items.clone();
                    fields(items, fragments, into);
                }
            }
        }
    }
}

fn parse_hash(text: &str) -> Option<DocumentHash> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(DocumentHash::from_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_of_a_subscription_is_found_in_fragments() {
        let text = "subscription { ...A } fragment A on S { ... on S { ... { ...B } } } \
                    fragment B on S { job(id: 1) { ...C } } fragment C on J { id }";
        let mut tree = parse_query(text).unwrap();
        plain_subscriptions(&mut tree);
        let DocumentOperations::Single(operation) = &tree.operations else {
            panic!("one operation");
        };
        let items = &operation.node.selection_set.node.items;
        assert_eq!(items.len(), 1);
        assert!(matches!(&items[0].node, Selection::Field(field) if field.node.name.node == "job"));
    }
}
