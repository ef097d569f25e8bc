//! A running subscription: from an operation to its answers, whatever carries them.

use super::{
    Edge, caller::Caller, facts::Facts, failure::Failure, holder::Holder, journal::Tally,
    operation::Ready, rate::Principal, run,
};
use crate::{
    domains::identity::authentication::Freshness,
    gql::{
        self, ErrorCode, Live, Scope,
        live::{self, Transport},
    },
    kernel::{Error, Result},
};
use async_graphql::{Response, Value};
use axum::http::StatusCode;
use futures_util::{FutureExt as _, future::BoxFuture, stream::BoxStream};
use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

/// One answer of a subscription.
pub(super) enum Answer {
    /// A result: the object with `data` and perhaps `errors`.
    Result {
        /// As JSON.
        body: Vec<u8>,
        /// Behind which a client can go on.
        version: Option<i64>,
    },
    /// The subscription failed, and this is the last of it: the list of errors, as JSON.
    Failed(Vec<u8>),
}

/// A subscription of one caller. Dropping it ends it.
pub(super) struct Subscription {
    answers: BoxStream<'static, Response>,
    first: Arc<Scope>,
    live: Live,
    request_id: String,
}

/// What the edge does for the events of one subscription.
struct Events {
    edge: Arc<Edge>,
    holder: Arc<Holder>,
    request_id: String,
    principal: Principal,
    cost: u32,
    tally: Arc<Tally>,
}

impl Transport for Events {
    fn scope(&self) -> BoxFuture<'_, Result<Arc<Scope>>> {
        let scope = async {
            let caller = self
                .holder
                .caller(&self.request_id, Freshness::Recent)
                .await?;
            let caller = caller.ok_or(Error::Unauthenticated)?;
            Ok(run::scope(&self.edge, &caller, self.cost))
        };
        scope.boxed()
    }

    fn admit(&self) -> BoxFuture<'_, ()> {
        self.edge
            .rate
            .points_in_time(&self.principal, self.cost)
            .boxed()
    }

    fn timeout(&self) -> Duration {
        self.edge.app.config.request_timeout
    }

    fn resolved(&self, statements: u64) {
        self.tally
            .statements
            .fetch_add(statements, Ordering::Relaxed);
        self.tally.events.fetch_add(1, Ordering::Relaxed);
    }
}

impl Subscription {
    /// Starts a subscription; nothing runs before the first answer is asked for.
    pub(super) fn start(
        edge: &Arc<Edge>,
        (caller, holder): (&Caller, Arc<Holder>),
        facts: &Facts,
        (ready, tally): (Ready, Arc<Tally>),
        resume_after: Option<i64>,
    ) -> Self {
        let cost = ready.cost;
        let events = Arc::new(Events {
            edge: edge.clone(),
            holder,
            request_id: facts.id.clone(),
            principal: caller.principal,
            cost,
            tally,
        });
        let live = Live::new(events, resume_after);
        let first = run::scope(edge, caller, cost);
        let (prepared, mut request) = run::request(ready);
        request.set_parsed_query(prepared.tree.document().clone());
        let request = request.data(first.clone()).data(live.clone());
        Self {
            answers: edge.app.live.execute_stream(request),
            first,
            live,
            request_id: facts.id.clone(),
        }
    }

    /// The next answer; `None` once the subscription is complete.
    pub(super) async fn next(&mut self) -> Option<Answer> {
        let next = AssertUnwindSafe(live::next(&mut self.answers, &self.first));
        let Ok(next) = next.catch_unwind().await else {
            tracing::error!(request_id = self.request_id, "a subscription panicked");
            return Some(self.fault());
        };
        let mut response = next?;
        for error in &mut response.errors {
            gql::complete(error, &self.request_id);
        }
        Some(self.answer(&response))
    }

    /// An error of the root field itself ends a subscription: the stream could not be made, or its
    /// last item says why it ends. An error further below is part of a result.
    fn answer(&self, response: &Response) -> Answer {
        let mut body = Vec::with_capacity(512);
        let is_root = |error: &async_graphql::ServerError| error.path.len() <= 1;
        if response.data == Value::Null && response.errors.iter().any(is_root) {
            run::json(&response.errors, &mut body);
            return Answer::Failed(body);
        }
        body.push(b'{');
        if !response.errors.is_empty() {
            body.extend_from_slice(b"\"errors\":");
            run::json(&response.errors, &mut body);
            body.push(b',');
        }
        body.extend_from_slice(b"\"data\":");
        run::json(&response.data, &mut body);
        body.push(b'}');
        let version = self.live.marked();
        Answer::Result { body, version }
    }

    fn fault(&self) -> Answer {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        let mut failure = Failure::new(status, ErrorCode::Internal, "internal error");
        let mut body = Vec::new();
        failure.write_list(&self.request_id, &mut body);
        Answer::Failed(body)
    }
}
