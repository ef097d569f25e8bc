//! The listener: connections with limits of time and size, and an orderly end.

use super::facts::Peer;
use axum::{body::Body, extract::Request, response::Response};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
    service::TowerToHyperService,
};
use std::{convert::Infallible, io, net::SocketAddr, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    time::{Instant, sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::{Service, ServiceExt as _};

/// How long a client may take to send the head of a request, or to send nothing between two.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// Most bytes of a head.
const HEAD_BYTES: u16 = 16 * 1024;
/// Most headers of a request.
const HEADERS: usize = 100;
/// Most requests at a time on one HTTP/2 connection.
const STREAMS: u32 = 100;
/// How long answers in flight may take after a stop was asked for.
const DRAIN: Duration = Duration::from_secs(30);
/// How an HTTP/2 connection begins.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What answers requests.
pub trait Handler:
    Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}

impl<S> Handler for S where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static
{
}

/// Serves `handler` until `stopping`, then lets requests in flight finish.
///
/// Gives back whether all of them did in time.
pub async fn serve<H: Handler>(
    listener: TcpListener,
    handler: H,
    stopping: CancellationToken,
) -> bool {
    let connections = TaskTracker::new();
    // Ends what is still there when the time to drain is over.
    let ending = CancellationToken::new();
    loop {
        let accepted = tokio::select! {
            () = stopping.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let connection = connection(stream, peer, handler.clone(), stopping.clone());
                let ending = ending.clone();
                connections.spawn(async move { ending.run_until_cancelled(connection).await });
            }
            Err(error) => rest(&error).await,
        }
    }
    drop(listener);
    connections.close();
    let finished = timeout(DRAIN, connections.wait()).await.is_ok();
    if !finished {
        ending.cancel();
        connections.wait().await;
    }
    finished
}

/// Some failures are the client's; others (no file descriptors left) pass with time.
async fn rest(error: &io::Error) {
    let by_client = matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
    );
    if !by_client {
        tracing::warn!(%error, "a connection could not be accepted");
        sleep(Duration::from_millis(100)).await;
    }
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    handler: impl Handler,
    stopping: CancellationToken,
) {
    // Answers are written in one piece; waiting to fill a packet only costs time.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no TCP_NODELAY");
    }
    let Some(is_http2) = stopping
        .run_until_cancelled(speaks_http2(&stream))
        .await
        .flatten()
    else {
        return;
    };
    let service = handler.map_request(move |request: Request<_>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Peer(peer));
        request
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(usize::from(HEAD_BYTES))
        .max_headers(HEADERS);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(u32::from(HEAD_BYTES))
        .keep_alive_interval(Some(Duration::from_secs(20)))
        .keep_alive_timeout(Duration::from_secs(20));
    let builder = if is_http2 {
        builder.http2_only()
    } else {
        builder.http1_only()
    };
    let service = TowerToHyperService::new(service);
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, %peer, "a connection ended early");
    }
}

/// Whether a connection begins as HTTP/2; `None` if it does not begin in time.
///
/// The library would wait for the decision without end.
async fn speaks_http2(stream: &TcpStream) -> Option<bool> {
    let deadline = Instant::now() + HEAD_TIMEOUT;
    let mut begin = [0; PREFACE.len()];
    loop {
        let peek = tokio::time::timeout_at(deadline, stream.peek(&mut begin)).await;
        let length = peek.ok()?.ok()?;
        let seen = begin.get(..length)?;
        if length == 0 {
            return None;
        }
        if !PREFACE.starts_with(seen) {
            return Some(false);
        }
        if length == PREFACE.len() {
            return Some(true);
        }
        if Instant::now() >= deadline {
            return None;
        }
        sleep(Duration::from_millis(5)).await;
    }
}
