//! One request to `/graphql`, from its parameters to its answer.

use super::{
    Edge,
    admission::{admit, settle},
    caller::Caller,
    credentials::{self, Credentials},
    events,
    failure::Failure,
    idempotency::{self, Claim, Held},
    negotiate::{Events, MediaType},
    operation::{Named, Ready, Way},
    params::{Params, Requests},
    run::{self, Cost, Done, Outcome, Report, SharedFacts, Statements},
};
use crate::{
    domains::identity::authentication::Freshness,
    gql::{ResponseNotes, guard::OperationKind},
    kernel::Error,
};
use axum::{
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse as _, Response},
};
use std::sync::{Arc, atomic::Ordering};

/// Bytes for which there is room before an answer is written, at least and at most.
const LEAST_ROOM: usize = 1024;
const MOST_ROOM: usize = 64 * 1024;

/// One request to the endpoint.
pub(super) struct Call<'a> {
    pub(super) edge: &'a Arc<Edge>,
    pub(super) facts: &'a SharedFacts,
    pub(super) parts: &'a Parts,
    pub(super) media: MediaType,
    pub(super) events: Events,
    pub(super) by_get: bool,
}

type Answered = (Response, ResponseNotes);

impl Call<'_> {
    /// Answers one operation or a batch.
    pub(super) async fn answer(&self, requests: Requests) -> Response {
        match self.run(requests).await {
            Ok(response) => response,
            Err(failure) => self.fail(failure),
        }
    }

    /// Answers that nothing ran.
    pub(super) fn fail(&self, failure: Failure) -> Response {
        let report = Report::refused(failure.code());
        let mut response = if self.events == Events::Always && failure.by_document {
            events::refuse(failure, &self.facts.id)
        } else {
            failure.respond(self.media, &self.facts.id)
        };
        response.extensions_mut().insert(report);
        response
    }

    async fn run(&self, requests: Requests) -> Result<Response, Failure> {
        let credentials = Credentials::of(self.parts, self.facts, &self.edge.app.config)?;
        let named = |params: Params| Named::new(self.edge, params);
        match requests {
            Requests::One(params) => {
                let caller = self.caller(credentials).await?;
                let answered = self.single(&caller, named(params)).await;
                Ok(self.finish(&caller, answered).await)
            }
            Requests::Batch(_) if self.events == Events::Always => Err(Failure::bad_request(
                "a batch is answered as JSON, not as a stream of events",
            )),
            Requests::Batch(list) => {
                let caller = self.caller(credentials).await?;
                let list = list.into_iter().map(named).collect();
                let answered = Box::pin(self.batch(&caller, list)).await;
                Ok(self.finish(&caller, answered).await)
            }
        }
    }

    /// Who calls. Mutations read it again in their transactions; what was answered before is given
    /// to nobody whose session has ended meanwhile.
    async fn caller(&self, credentials: Credentials) -> Result<Arc<Caller>, Failure> {
        let freshness = if idempotency::key(&self.parts.headers)?.is_some() {
            Freshness::Now
        } else {
            Freshness::Recent
        };
        Caller::find(self.edge, self.parts, self.facts, credentials, freshness)
            .await
            .map(Arc::new)
    }

    async fn single(&self, caller: &Arc<Caller>, named: Named) -> Result<Answered, Failure> {
        let way = Way {
            by_get: self.by_get,
            streams: self.events != Events::Never,
        };
        let ready = named.ready(self.edge, caller, way).await?;
        let (cost, mut report) = admit(self.edge, caller, &[&ready])?;
        if ready.kind == OperationKind::Subscription {
            let response = events::subscribe(self, caller, (ready, report))?;
            return Ok((response, ResponseNotes::default()));
        }
        let held = match self.claim(caller, &ready).await? {
            Some(Claim::Answered(status, body)) => {
                report.outcome = "replayed";
                let mut response = self.respond(self.status(status), body.into(), report);
                let headers = response.headers_mut();
                headers.insert(idempotency::REPLAYED, HeaderValue::from_static("true"));
                return Ok((response, ResponseNotes::default()));
            }
            Some(Claim::New(held)) => Some(held),
            None => None,
        };
        let (done, out) = self.run_held(caller, (ready, cost), held).await?;
        report.add(&done);
        Ok((
            self.respond(self.status(done.status), out, report),
            done.notes,
        ))
    }

    /// Takes the key of a mutation, if it has one.
    async fn claim(&self, caller: &Caller, ready: &Ready) -> Result<Option<Claim>, Failure> {
        let key = idempotency::key(&self.parts.headers)?;
        match (key, &caller.viewer, ready.kind) {
            (Some(key), Some(viewer), OperationKind::Mutation) => {
                let place = (viewer.user, key);
                // Boxed, as what few requests need: every request moves the room for it about.
                Box::pin(idempotency::claim(self.edge, self.facts, place, ready))
                    .await
                    .map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Runs an operation. With a key it goes on when the client leaves, and a stop waits for it.
    async fn run_held(
        &self,
        caller: &Arc<Caller>,
        (ready, cost): (Ready, Cost),
        held: Option<Held>,
    ) -> Result<(Done, Vec<u8>), Failure> {
        let prepared = ready.prepared.clone();
        let last_bytes = prepared.last_bytes.load(Ordering::Relaxed);
        let mut out = Vec::with_capacity(last_bytes.clamp(LEAST_ROOM, MOST_ROOM));
        let Some(held) = held else {
            let done = run::run(self.edge, caller, self.facts, (ready, cost), &mut out).await;
            prepared.last_bytes.store(out.len(), Ordering::Relaxed);
            // The answer may wait long for a slow client.
            if out.capacity() / 4 > out.len().max(LEAST_ROOM) {
                out.shrink_to_fit();
            }
            return Ok((done, out));
        };
        let (edge, caller, facts) = (self.edge.clone(), caller.clone(), self.facts.clone());
        let running = self.edge.app.tasks.spawn(async move {
            let done = run::run(&edge, &caller, &facts, (ready, cost), &mut out).await;
            idempotency::settle(&edge, &facts, held, &done, &out).await;
            (done, out)
        });
        running.await.map_err(|_aborted| {
            Failure::of(
                &Error::fault("a mutation with a key was aborted"),
                &self.facts.id,
            )
        })
    }

    /// Operations of a batch run one after the other, so that a batch uses one connection at a time.
    async fn batch(&self, caller: &Caller, list: Vec<Named>) -> Result<Answered, Failure> {
        if idempotency::key(&self.parts.headers)?.is_some() {
            return Err(Failure::bad_request(
                "a batch cannot have an `Idempotency-Key`",
            ));
        }
        let mut entries = Vec::with_capacity(list.len());
        for named in list {
            let way = Way {
                by_get: false,
                streams: false,
            };
            entries.push(named.ready(self.edge, caller, way).await);
        }
        let runnable: Vec<_> = entries
            .iter()
            .filter_map(|entry| entry.as_ref().ok())
            .collect();
        let (cost, mut report) = admit(self.edge, caller, &runnable)?;
        report.kind = "batch";
        let mut out = Vec::with_capacity(4096);
        let mut notes = ResponseNotes::default();
        for entry in entries {
            out.push(if out.is_empty() { b'[' } else { b',' });
            match entry {
                Ok(ready) => {
                    let requested = ready.cost;
                    let entry = (ready, Cost { requested, ..cost });
                    let done = run::run(self.edge, caller, self.facts, entry, &mut out).await;
                    report.add(&done);
                    notes.session_token = done.notes.session_token.or(notes.session_token);
                    notes.signed_out |= done.notes.signed_out;
                    notes.changed_rights |= done.notes.changed_rights;
                }
                Err(failure) => {
                    report.outcome = "partial";
                    run::write_failure(failure, &self.facts.id, &mut out);
                }
            }
        }
        out.push(b']');
        Ok((self.respond(StatusCode::OK, out, report), notes))
    }

    /// `application/json` tells of mistakes in an operation by its body alone.
    fn status(&self, status: StatusCode) -> StatusCode {
        match self.media {
            MediaType::Json if status == StatusCode::BAD_REQUEST => StatusCode::OK,
            _ => status,
        }
    }

    fn respond(&self, status: StatusCode, out: Vec<u8>, report: Report) -> Response {
        let mut response = if self.events == Events::Always {
            events::single(&out)
        } else {
            let headers = [
                (header::CONTENT_TYPE, self.media.header()),
                (header::CONTENT_LENGTH, out.len().into()),
            ];
            (status, headers, out).into_response()
        };
        let headers = response.headers_mut();
        if let Some(budget) = report.budget {
            budget.headers(headers);
        }
        response
            .extensions_mut()
            .insert(Statements(report.statements));
        response.extensions_mut().insert(report);
        response
    }

    /// Does what resolvers left to the HTTP layer: cookies, and forgetting who had which rights.
    async fn finish(&self, caller: &Caller, answered: Result<Answered, Failure>) -> Response {
        let (mut response, notes) = match answered {
            Ok(answered) => answered,
            Err(failure) => (self.fail(failure), ResponseNotes::default()),
        };
        settle(self.edge, caller, &notes).await;
        let cookie = match &notes.session_token {
            Some(token) => credentials::set_cookie(Some(token), self.facts),
            None if notes.signed_out || caller.has_stale_cookie => {
                credentials::set_cookie(None, self.facts)
            }
            None => None,
        };
        if let Some(cookie) = cookie {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }
}

impl Report {
    pub(super) fn add(&mut self, done: &Done) {
        self.statements += done.statements;
        match done.outcome {
            Outcome::Ok => {}
            Outcome::Partial => self.outcome = "partial",
            Outcome::Failed => self.outcome = "failed",
        }
    }
}
