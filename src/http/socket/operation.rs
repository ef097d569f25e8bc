//! One operation on a socket: the same checks as over HTTP, then its answers.

use super::{
    desk::State,
    message,
    writer::{Outbox, Outgoing},
};
use crate::{
    domains::identity::authentication::Freshness,
    gql::{ErrorCode, guard::OperationKind},
    http::{
        Edge,
        admission::{admit, settle},
        caller::Caller,
        credentials,
        failure::Failure,
        holder::Holder,
        journal::Journal,
        metrics::Transport,
        operation::{Named, Ready, Way},
        params::Params,
        run::{self, Cost},
        subscription::{Answer, Subscription},
    },
};
use axum::http::StatusCode;
use futures_util::FutureExt as _;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, atomic::Ordering},
};

/// What an operation needs.
pub(super) struct Work {
    pub(super) edge: Arc<Edge>,
    pub(super) holder: Arc<Holder>,
    pub(super) journal: Journal,
    pub(super) outbox: Outbox,
    pub(super) id: String,
    pub(super) state: Arc<State>,
}

/// Runs an operation to its end.
pub(super) async fn run(mut work: Work, params: Result<Params, Failure>) -> (String, Arc<State>) {
    // In a box, since only the beginning needs so much room, and a subscription lives long.
    let beginning = AssertUnwindSafe(Box::pin(begin(&mut work, params))).catch_unwind();
    let beginning = beginning.await.unwrap_or_else(|_panic| {
        Err(Failure::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            ErrorCode::Internal,
            "internal error",
        ))
    });
    let last = match beginning {
        Err(mut failure) => {
            work.journal.refused(failure.code());
            let mut errors = Vec::new();
            failure.write_list(&work.journal.facts().id, &mut errors);
            Some(message::error(&work.id, &errors))
        }
        Ok(Begun::Answered { error }) => error,
        Ok(Begun::Subscribed(subscription)) => follow(&mut work, subscription).await,
    };
    let last = last.unwrap_or_else(|| message::complete(&work.id));
    // The client may use the id again as soon as it reads this message.
    work.state.finished.store(true, Ordering::Release);
    work.say(last).await;
    (work.id, work.state)
}

/// How an operation began.
enum Begun {
    /// It is over: its result was sent, or there is an error to be sent.
    Answered { error: Option<String> },
    /// It goes on.
    Subscribed(Box<Subscription>),
}

async fn begin(work: &mut Work, params: Result<Params, Failure>) -> Result<Begun, Failure> {
    let named = Named::new(&work.edge, params?);
    let freshness = named.freshness();
    let request_id = &work.journal.facts().id;
    let caller = work
        .holder
        .caller(request_id, freshness)
        .await
        .map_err(|error| Failure::of(&error, request_id))?
        .ok_or_else(credentials::unauthenticated)?;
    work.edge.rate.request(&caller.principal)?;
    let way = Way {
        by_get: false,
        streams: true,
    };
    let ready = named.ready(&work.edge, &caller, way).await?;
    let (cost, report) = admit(&work.edge, &caller, &[&ready])?;
    work.journal.admitted(report);
    if ready.kind == OperationKind::Subscription {
        let subscription = Subscription::start(
            &work.edge,
            (&caller, work.holder.clone()),
            work.journal.facts(),
            (ready, work.journal.tally()),
            None,
        );
        return Ok(Begun::Subscribed(Box::new(subscription)));
    }
    let error = answer(work, &caller, (ready, cost)).await;
    Ok(Begun::Answered { error })
}

/// Runs a query or a mutation, and sends its result; or gives the error to send instead.
async fn answer(work: &mut Work, caller: &Caller, ready: (Ready, Cost)) -> Option<String> {
    let mut out = Vec::with_capacity(1024);
    let facts = work.journal.facts();
    let done = run::run(&work.edge, caller, facts, ready, &mut out).await;
    settle(&work.edge, caller, &done.notes).await;
    work.journal.done(&done);
    // Without `data` nothing ran.
    if done.status != StatusCode::OK
        && let Ok(refused) = serde_json::from_slice::<Refused<'_>>(&out)
    {
        return Some(message::error(&work.id, refused.errors.get().as_bytes()));
    }
    let next = message::next(&work.id, &out);
    work.say(next).await;
    None
}

#[derive(Deserialize)]
struct Refused<'a> {
    #[serde(borrow)]
    errors: &'a RawValue,
}

/// Sends what a subscription gives until it is complete, or failed with a last message.
async fn follow(work: &mut Work, mut subscription: Box<Subscription>) -> Option<String> {
    while let Some(answer) = subscription.next().await {
        match answer {
            Answer::Result { body, .. } => {
                work.edge.metrics.live.event(Transport::Socket);
                let next = message::next(&work.id, &body);
                work.say(next).await;
            }
            Answer::Failed(errors) => {
                work.journal.failed();
                return Some(message::error(&work.id, &errors));
            }
        }
    }
    None
}

impl Work {
    /// Waits until the writer takes a message. A closed socket takes none, and ends this task.
    async fn say(&self, text: String) {
        let message = Outgoing::of(text, self.state.cancelled.clone());
        let _ = self.outbox.send(message).await;
    }
}

impl Named {
    /// Mutations are done with the rights of this very moment.
    fn freshness(&self) -> Freshness {
        if self.only_reads() {
            Freshness::Recent
        } else {
            Freshness::Now
        }
    }
}
