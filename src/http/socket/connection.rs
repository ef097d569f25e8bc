//! The life of one socket.

use super::{
    Opening,
    close::Close,
    desk::Desk,
    greeting,
    message::{self, Incoming},
    writer::{self, Outgoing},
};
use crate::http::{holder::Holder, seats::Seat};
use axum::extract::ws::{Message, Utf8Bytes, WebSocket};
use futures_util::{
    SinkExt as _, StreamExt as _,
    stream::{SplitSink, SplitStream},
};
use std::{pin::pin, sync::Arc};
use tokio::time::{Instant, sleep_until, timeout_at};

/// Pings that may stay unanswered.
const PATIENCE: u32 = 3;

/// How a socket ends.
enum End {
    /// The client left, or the network did.
    Left,
    /// The server says why.
    Close(Close),
}

impl From<Close> for End {
    fn from(close: Close) -> Self {
        Self::Close(close)
    }
}

/// Serves one socket from its opening to its end.
pub(super) async fn serve(socket: WebSocket, opening: Opening) {
    let live = &opening.edge.metrics.live;
    live.socket_opened();
    let began = opening.facts.started;
    let (mut sink, mut stream) = socket.split();
    let end = converse(&opening, &mut sink, &mut stream).await;
    let code = match &end {
        End::Left => 1000,
        // Most often a connection that broke off, which nobody can be told of.
        End::Close(close) if *close == Close::BROKEN => 1006,
        End::Close(close) => close.code,
    };
    live.socket_closed(code);
    let duration_ms = began.elapsed().as_millis();
    let request_id = &opening.facts.id;
    tracing::debug!(target: "chartroom::request", code, %duration_ms, request_id, "socket");
    let close = match &end {
        End::Left => None,
        End::Close(close) => Some(close),
    };
    writer::close(sink, stream, close).await;
}

async fn converse(
    opening: &Opening,
    sink: &mut SplitSink<WebSocket, Message>,
    stream: &mut SplitStream<WebSocket>,
) -> End {
    let stopping = &opening.edge.app.stopping;
    // In a box, since only the beginning needs so much room.
    let greeting = Box::pin(greet(opening, sink, stream));
    let greeting = stopping.run_until_cancelled(greeting);
    let (holder, _seat) = match greeting.await {
        None => return Close::RESTART.into(),
        Some(Err(end)) => return end,
        Some(Ok(greeted)) => greeted,
    };
    let (outbox, inbox) = writer::outbox();
    let mut desk = Desk::new(opening, holder.clone(), outbox.clone());
    let running = desk.running();
    let mut ended = pin!(holder.ended(|| running.is_some()));
    let mut writing = pin!(writer::write(sink, inbox, opening));
    let silence = opening.edge.app.config.sockets.ping * PATIENCE;
    let mut deadline = Instant::now() + silence;
    loop {
        let received = tokio::select! {
            received = stream.next() => received,
            () = desk.next_finished() => continue,
            () = stopping.cancelled() => return Close::RESTART.into(),
            () = &mut ended => return Close::ENDED.into(),
            written = &mut writing => return written.map_or(End::Left, End::Close),
            () = sleep_until(deadline) => return Close::SILENT.into(),
        };
        deadline = Instant::now() + silence;
        let text = match text(opening, received) {
            Ok(Some(text)) => text,
            Ok(None) => continue,
            Err(end) => return end,
        };
        let handled = match message::read(&text) {
            Err(reason) => Err(Close::bad_message(reason)),
            Ok(Incoming::Init(_)) => Err(Close::REPEATED_INIT),
            Ok(Incoming::Ping(payload)) => {
                // One that does not fit is not missed: others are on their way.
                let _ = outbox.try_send(Outgoing::new(message::pong(payload)));
                Ok(())
            }
            Ok(Incoming::Pong) => Ok(()),
            Ok(Incoming::Subscribe(id, payload)) => desk.subscribe(&id, payload),
            Ok(Incoming::Complete(id)) => {
                desk.complete(&id);
                Ok(())
            }
        };
        if let Err(close) = handled {
            return close.into();
        }
    }
}

/// Waits for `connection_init`, and answers it.
async fn greet(
    opening: &Opening,
    sink: &mut SplitSink<WebSocket, Message>,
    stream: &mut SplitStream<WebSocket>,
) -> Result<(Arc<Holder>, Seat), End> {
    let patience = opening.edge.app.config.sockets.init_timeout;
    let deadline = Instant::now() + patience;
    let late = |_elapsed| Close::INIT_TIMEOUT;
    loop {
        let received = timeout_at(deadline, stream.next()).await.map_err(late)?;
        let Some(text) = text(opening, received)? else {
            continue;
        };
        let answer = match message::read(&text).map_err(Close::bad_message)? {
            Incoming::Init(payload) => {
                let greeted = greeting::admit(opening, payload).await?;
                let ack = sink.send(Message::text(message::ACK));
                return match timeout_at(deadline + patience, ack).await {
                    Ok(Ok(())) => Ok(greeted),
                    _ => Err(End::Left),
                };
            }
            Incoming::Subscribe(..) => return Err(Close::UNAUTHORIZED.into()),
            Incoming::Ping(payload) => message::pong(payload),
            Incoming::Pong | Incoming::Complete(_) => continue,
        };
        let pong = timeout_at(deadline, sink.send(Message::text(answer)));
        if pong.await.map_err(late)?.is_err() {
            return Err(End::Left);
        }
    }
}

/// The text of a message; none for the frames that keep a socket alive.
fn text(
    opening: &Opening,
    received: Option<Result<Message, axum::Error>>,
) -> Result<Option<Utf8Bytes>, End> {
    let limit = opening.edge.app.config.body_limit;
    match received {
        None | Some(Ok(Message::Close(_))) => Err(End::Left),
        Some(Err(_broken)) => Err(Close::BROKEN.into()),
        Some(Ok(Message::Text(text))) if text.len() > limit => Err(Close::too_big(limit).into()),
        Some(Ok(Message::Text(text))) => Ok(Some(text)),
        Some(Ok(Message::Binary(_))) => {
            Err(Close::bad_message("Invalid message: binary frames are not known").into())
        }
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(None),
    }
}
