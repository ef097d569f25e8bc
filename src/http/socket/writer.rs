//! The writing side of a socket: messages in turn, pings, and an end for clients that do not read.

use super::{Opening, close::Close};
use axum::extract::ws::{Message, WebSocket};
use bytes::Bytes;
use futures_util::{
    SinkExt as _, StreamExt as _,
    stream::{SplitSink, SplitStream},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval_at, timeout},
};

/// Messages that wait for the writer; whoever has more waits, too.
const WAITING: usize = 16;

/// A message on its way.
pub(super) struct Outgoing {
    text: String,
    /// Set when the client no longer wants to hear of the operation.
    cancelled: Option<Arc<AtomicBool>>,
}

impl Outgoing {
    /// A message about an operation.
    pub(super) const fn of(text: String, cancelled: Arc<AtomicBool>) -> Self {
        Self {
            text,
            cancelled: Some(cancelled),
        }
    }

    /// Any other message.
    pub(super) const fn new(text: String) -> Self {
        Self {
            text,
            cancelled: None,
        }
    }

    fn is_wanted(&self) -> bool {
        !self
            .cancelled
            .as_ref()
            .is_some_and(|cancelled| cancelled.load(Ordering::Relaxed))
    }
}

pub(super) type Outbox = mpsc::Sender<Outgoing>;

/// What waits to be written.
pub(super) fn outbox() -> (Outbox, mpsc::Receiver<Outgoing>) {
    mpsc::channel(WAITING)
}

/// Writes until the socket breaks (`None`) or the client is too slow.
pub(super) async fn write(
    sink: &mut SplitSink<WebSocket, Message>,
    mut inbox: mpsc::Receiver<Outgoing>,
    opening: &Opening,
) -> Option<Close> {
    let settings = &opening.edge.app.config.sockets;
    let mut pings = interval_at(Instant::now() + settings.ping, settings.ping);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let message = tokio::select! {
            message = inbox.recv() => Some(message?),
            _ = pings.tick() => None,
        };
        let writing = async {
            match message {
                None => sink.feed(Message::Ping(Bytes::new())).await?,
                Some(message) => feed(sink, message).await?,
            }
            // Whatever else waits goes along in the same packet.
            while let Ok(message) = inbox.try_recv() {
                feed(sink, message).await?;
            }
            sink.flush().await
        };
        match timeout(settings.write_timeout, writing).await {
            Ok(Ok(())) => {}
            Ok(Err(_broken)) => return None,
            Err(_elapsed) => return Some(Close::SLOW),
        }
    }
}

async fn feed(
    sink: &mut SplitSink<WebSocket, Message>,
    message: Outgoing,
) -> Result<(), axum::Error> {
    if message.is_wanted() {
        sink.feed(Message::Text(message.text.into())).await?;
    }
    Ok(())
}

/// How long a close may take, both to be sent and to be answered.
const FAREWELL: Duration = Duration::from_secs(2);

/// Says why the socket closes, or answers the client's farewell, and waits a little for it to be heard.
pub(super) async fn close(
    mut sink: SplitSink<WebSocket, Message>,
    mut stream: SplitStream<WebSocket>,
    close: Option<&Close>,
) {
    let farewell = async {
        match close {
            Some(close) => sink.send(Message::Close(Some(close.frame()))).await?,
            // The answer is ready since the farewell was read.
            None => sink.flush().await?,
        }
        // A connection that is dropped with unread data is reset, and the reason would be lost.
        while let Some(Ok(_unread)) = stream.next().await {}
        Ok::<_, axum::Error>(())
    };
    let _ = timeout(FAREWELL, farewell).await;
}
