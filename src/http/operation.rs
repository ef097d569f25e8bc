//! One operation: from its parameters to something that can run.

use super::{
    Edge,
    caller::Caller,
    documents::{Denied, Prepared},
    failure::Failure,
    params::Params,
};
use crate::{
    config::Introspection,
    gql::{
        ErrorCode, Uploads,
        guard::{DocumentHash, Operation, OperationKind, Refusal},
    },
};
use axum::http::{HeaderValue, StatusCode, header};
use serde_json::{Map, Value as Json};
use std::{borrow::Cow, sync::Arc};

/// A document that was named, and what is known of it already.
pub(super) struct Named {
    hash: Option<DocumentHash>,
    known: Option<Arc<Prepared>>,
    params: Params,
}

/// What the way that a request came by allows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    /// Nothing may change by GET.
    pub(super) by_get: bool,
    /// Whether there can be more than one answer.
    pub(super) streams: bool,
}

/// An operation that may run.
pub(super) struct Ready {
    /// Its document.
    pub(super) prepared: Arc<Prepared>,
    /// Its name, if it has one.
    pub(super) name: Option<String>,
    /// What it does.
    pub(super) kind: OperationKind,
    /// Values of its variables.
    pub(super) variables: Map<String, Json>,
    /// Files that came with it.
    pub(super) uploads: Uploads,
    /// Its cost in points.
    pub(super) cost: u32,
}

impl Named {
    /// Looks the document up; never takes long.
    pub(super) fn new(edge: &Edge, params: Params) -> Self {
        let hash = params.query.as_deref().map(DocumentHash::of);
        let known = hash.as_ref().and_then(|hash| edge.documents.known(hash));
        Self {
            hash,
            known,
            params,
        }
    }

    /// Whether it is known for sure to change nothing.
    pub(super) fn only_reads(&self) -> bool {
        let operations = self
            .known
            .as_deref()
            .map(|prepared| prepared.document.operations());
        operations.is_some_and(|operations| {
            operations
                .iter()
                .all(|operation| operation.kind() != OperationKind::Mutation)
        })
    }

    /// Checks the document if it is unknown, and chooses the operation.
    pub(super) async fn ready(
        self,
        edge: &Arc<Edge>,
        caller: &Caller,
        way: Way,
    ) -> Result<Ready, Failure> {
        let with_hints = caller.viewer.is_some();
        let Self {
            hash,
            known,
            params,
        } = self;
        let prepared = match (known, hash, &params.query) {
            (Some(prepared), ..) => prepared,
            (None, Some(hash), Some(text)) => {
                edge.documents.check(&edge.app, hash, text).await.map_err(
                    |denied| match denied {
                        Denied::Refused(refusal) => Failure::refused(&refusal, with_hints),
                        Denied::Failed(failure) => failure,
                    },
                )?
            }
            _ => edge
                .documents
                .persisted(params.hash.as_deref().unwrap_or_default())?,
        };
        if let (Some(given), Some(hash)) = (&params.hash, hash)
            && !given.eq_ignore_ascii_case(&hash.to_string())
        {
            return Err(Failure::bad_request(
                "the hash of the persisted query is not that of its text",
            ));
        }
        let operation = prepared
            .document
            .operation(params.operation_name.as_deref())
            .map_err(|refusal| Failure::refused(&refusal, with_hints))?;
        permitted(edge, caller, operation, way)?;
        edge.app
            .guard
            .check_values(operation, &params.variables)
            .map_err(|refusal| Failure::refused(&refusal, with_hints))?;
        Ok(Ready {
            name: operation.name().map(str::to_owned),
            kind: operation.kind(),
            cost: operation.cost(&params.variables),
            variables: params.variables,
            uploads: params.uploads,
            prepared,
        })
    }
}

fn permitted(edge: &Edge, caller: &Caller, operation: &Operation, way: Way) -> Result<(), Failure> {
    if operation.is_introspection() {
        let allowed = match edge.app.config.introspection {
            Introspection::On => true,
            Introspection::SignedIn => caller.viewer.is_some(),
            Introspection::Off => false,
        };
        if !allowed {
            return Err(Failure::refused(&Refusal::introspection_disabled(), false));
        }
    }
    match operation.kind() {
        OperationKind::Mutation if way.by_get => Err(Failure::new(
            StatusCode::METHOD_NOT_ALLOWED,
            ErrorCode::BadRequest,
            "GET does not change anything; send mutations by POST",
        )
        .with(header::ALLOW, HeaderValue::from_static("POST"))),
        OperationKind::Subscription if !way.streams => {
            let message = Cow::Borrowed(
                "subscriptions need a WebSocket (graphql-transport-ws) or `Accept: text/event-stream`",
            );
            let mut failure = Failure::bad_request(message);
            failure.by_document = true;
            Err(failure)
        }
        _ => Ok(()),
    }
}
