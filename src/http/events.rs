//! Streams of events: GraphQL over Server-Sent Events, in its mode of distinct connections.
//!
//! A stream is one operation: `next` for each result, `complete` at its end. The `id` of an event is
//! the version of what it tells, which a client that was cut off sends as `Last-Event-ID`. A stream
//! that ends without `complete` was cut off, by a stop of the server, too.

use super::{
    call::Call,
    caller::Caller,
    failure::Failure,
    holder::Holder,
    journal::Journal,
    metrics::Transport,
    operation::Ready,
    run::{self, Report},
    seats::{Seat, SeatKind},
    subscription::{Answer, Subscription},
};
use crate::gql::ErrorCode;
use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use futures_util::stream;
use std::{convert::Infallible, pin::pin, sync::Arc};
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Tells nginx and its relatives to pass events on at once.
const NO_BUFFERING: (HeaderName, HeaderValue) = (
    HeaderName::from_static("x-accel-buffering"),
    HeaderValue::from_static("no"),
);
const COMPLETE: &[u8] = b"event: complete\ndata:\n\n";
const COMMENT: &[u8] = b":\n\n";

/// A stream of one result.
pub(super) fn single(result: &[u8]) -> Response {
    let mut body = next(result, None);
    body.extend_from_slice(COMPLETE);
    respond(Body::from(body))
}

/// A stream that says why the operation did not run. Its status is 200, since an `EventSource`
/// shows nothing of any other.
pub(super) fn refuse(failure: Failure, request_id: &str) -> Response {
    let mut result = Vec::with_capacity(256);
    run::write_failure(failure, request_id, &mut result);
    single(&result)
}

/// The stream of a subscription.
pub(super) fn subscribe(
    call: &Call<'_>,
    caller: &Arc<Caller>,
    (ready, report): (Ready, Report),
) -> Result<Response, Failure> {
    let edge = call.edge;
    let resume_after = resume_after(&call.parts.headers)?;
    let most = edge.app.config.sockets.operations;
    let seat = edge
        .seats
        .take(SeatKind::Stream, caller.principal, most)
        .ok_or_else(|| {
            Failure::new(
                StatusCode::TOO_MANY_REQUESTS,
                ErrorCode::LimitExceeded,
                format!("at most {most} event streams at a time are allowed"),
            )
        })?;
    let user_agent = caller.origin.user_agent.clone();
    let holder = Holder::new(edge.clone(), caller.pass.clone(), call.facts, user_agent);
    let holder = Arc::new(holder);
    let mut journal = Journal::begin(edge.clone(), call.facts.same(), Transport::Events);
    journal.admitted(report);
    let subscription = Subscription::start(
        edge,
        (caller, holder.clone()),
        journal.facts(),
        (ready, journal.tally()),
        resume_after,
    );
    let (sender, receiver) = mpsc::channel(1);
    let stream = Stream {
        subscription,
        holder,
        journal,
        sender,
        stopping: edge.app.stopping.clone(),
        _seat: seat,
    };
    let task = AbortOnDropHandle::new(edge.app.tasks.spawn(stream.run(edge.clone())));
    let body = stream::unfold((receiver, task), async |(mut receiver, task)| {
        let chunk: Bytes = receiver.recv().await?;
        Some((Ok::<_, Infallible>(chunk), (receiver, task)))
    });
    Ok(respond(Body::from_stream(body)))
}

/// The version that a client which was cut off has seen.
fn resume_after(headers: &HeaderMap) -> Result<Option<i64>, Failure> {
    let Some(value) = headers.get(LAST_EVENT_ID).filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let version = value.to_str().ok().and_then(|text| text.parse().ok());
    version.map(Some).ok_or_else(|| {
        Failure::bad_request("`Last-Event-ID` must be the `id` of an event of this stream")
    })
}

fn respond(body: Body) -> Response {
    let kind = HeaderValue::from_static("text/event-stream; charset=utf-8");
    ([(header::CONTENT_TYPE, kind), NO_BUFFERING], body).into_response()
}

fn next(result: &[u8], version: Option<i64>) -> Vec<u8> {
    let mut event = Vec::with_capacity(result.len() + 48);
    event.extend_from_slice(b"event: next\n");
    if let Some(version) = version {
        event.extend_from_slice(format!("id: {version}\n").as_bytes());
    }
    // JSON as it is written here has no line breaks.
    event.extend_from_slice(b"data: ");
    event.extend_from_slice(result);
    event.extend_from_slice(b"\n\n");
    event
}

/// The work behind one stream; dropped when the client leaves.
struct Stream {
    subscription: Subscription,
    holder: Arc<Holder>,
    journal: Journal,
    sender: mpsc::Sender<Bytes>,
    stopping: CancellationToken,
    _seat: Seat,
}

/// Why a stream stops waiting for the next answer.
enum Turn {
    Answer(Option<Answer>),
    Silence,
    Stop,
    Ended,
}

impl Stream {
    async fn run(mut self, edge: Arc<super::Edge>) {
        let settings = &edge.app.config.sockets;
        let holder = self.holder.clone();
        let mut ended = pin!(holder.ended(|| true));
        // Shows proxies and clients that the stream is open.
        let mut chunk = Bytes::from_static(COMMENT);
        loop {
            let sent = tokio::time::timeout(settings.write_timeout, self.sender.send(chunk)).await;
            if !matches!(sent, Ok(Ok(()))) {
                return;
            }
            let turn = {
                let mut answer = pin!(self.subscription.next());
                loop {
                    let turn = tokio::select! {
                        answer = &mut answer => Turn::Answer(answer),
                        () = self.stopping.cancelled() => Turn::Stop,
                        () = &mut ended => Turn::Ended,
                        () = tokio::time::sleep(settings.keep_alive) => Turn::Silence,
                    };
                    let Turn::Silence = turn else { break turn };
                    // The answer in the making goes on. A client that has something to read needs no comment.
                    let comment = Bytes::from_static(COMMENT);
                    if let Err(TrySendError::Closed(_)) = self.sender.try_send(comment) {
                        break Turn::Stop;
                    }
                }
            };
            chunk = match turn {
                Turn::Answer(Some(Answer::Result { body, version })) => {
                    edge.metrics.live.event(Transport::Events);
                    next(&body, version).into()
                }
                Turn::Answer(Some(Answer::Failed(errors))) => {
                    self.journal.failed();
                    return last(&self.sender, &errors).await;
                }
                Turn::Answer(None) => {
                    let _ = self.sender.send(Bytes::from_static(COMPLETE)).await;
                    return;
                }
                Turn::Ended => {
                    self.journal.refused(ErrorCode::Unauthenticated.as_str());
                    let mut errors = Vec::new();
                    super::credentials::unauthenticated()
                        .write_list(&self.journal.facts().id, &mut errors);
                    return last(&self.sender, &errors).await;
                }
                Turn::Stop | Turn::Silence => return,
            };
        }
    }
}

/// The errors that a stream ends with.
async fn last(sender: &mpsc::Sender<Bytes>, errors: &[u8]) {
    let mut event = next(&[b"{\"errors\":", errors, b"}"].concat(), None);
    event.extend_from_slice(COMPLETE);
    let _ = sender.send(event.into()).await;
}
