//! The rest of requests that are answered before they were read.
//!
//! Many clients write a whole request before they read the answer. When the connection closes under them, they tell of a
//! broken pipe, not of the answer that came. So a request that is refused is read to its end first, within bounds.

use axum::{
    body::{Body, BodyDataStream, Bytes},
    extract::Request,
    http::{StatusCode, header},
};
use futures_util::stream::{Stream, StreamExt as _, poll_fn};
use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

/// What fits into the buffers between client and server, in bytes: such a request need not be read for its client to
/// go on.
const SMALL: u64 = 64 * 1024;
/// Most bytes that are read.
const MOST: usize = 128 * 1024 * 1024;
/// Longest time of reading.
const LONGEST: Duration = Duration::from_secs(30);
/// Longest pause between two pieces: who stopped sending waits for the answer already.
const PAUSE: Duration = Duration::from_secs(2);

/// The body of a request, which is given to the handler and kept for what it leaves.
#[derive(Clone)]
struct Shared(Arc<Mutex<BodyDataStream>>);

impl Shared {
    fn poll(&self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, axum::Error>>> {
        let mut stream = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Pin::new(&mut *stream).poll_next(cx)
    }
}

/// What a handler leaves of a large request.
pub(super) struct Rest(Shared);

/// A request for its handler; of a large one, what will be left of it too.
pub(super) fn lend(request: Request) -> (Request, Option<Rest>) {
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|value| value.to_str().ok());
    let length: Option<u64> = length.and_then(|length| length.parse().ok());
    let is_chunked = request.headers().contains_key(header::TRANSFER_ENCODING);
    if length.map_or(!is_chunked, |length| length <= SMALL) {
        return (request, None);
    }
    let (parts, body) = request.into_parts();
    let shared = Shared(Arc::new(Mutex::new(body.into_data_stream())));
    let lent = shared.clone();
    let lent = Body::from_stream(poll_fn(move |cx| lent.poll(cx)));
    (Request::from_parts(parts, lent), Some(Rest(shared)))
}

impl Rest {
    /// Reads it if the request was refused. Who stalls is not waited for once more.
    pub(super) async fn read_off(self, status: StatusCode) {
        if status.is_client_error() && status != StatusCode::REQUEST_TIMEOUT {
            let rest = poll_fn(move |cx| self.0.poll(cx));
            let _in_time = tokio::time::timeout(LONGEST, read_off(rest)).await;
        }
    }
}

async fn read_off(mut rest: impl Stream<Item = Result<Bytes, axum::Error>> + Unpin) {
    let mut read = 0;
    while let Ok(Some(Ok(piece))) = tokio::time::timeout(PAUSE, rest.next()).await {
        read += piece.len();
        if read > MOST {
            break;
        }
    }
}
