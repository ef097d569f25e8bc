//! The way of a request to its handler and of the answer back.
//!
//! What every request passes is done by plain calls here, and operations by `POST` go straight to their handler: each
//! layer of a router makes boxes for a request and moves it into them, and for a small operation those cost as much
//! as half of its work on the data.

use super::{Edge, cors::Cors, edge::Visit, graphql, playground, unread};
use crate::config::PlaygroundMode;
use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{Method, header},
    response::{Redirect, Response},
    routing::{get, post},
};
use futures_util::{FutureExt as _, future::BoxFuture};
use std::{
    convert::Infallible,
    panic::AssertUnwindSafe,
    sync::Arc,
    task::{Context, Poll},
};
use tower::{Layer as _, Service, ServiceExt as _};
use tower_http::{
    CompressionLevel,
    compression::{
        Compression, CompressionLayer, Predicate as _,
        predicate::{And, NotForContentType, SizeAbove},
    },
};

/// The address of the API.
const GRAPHQL: &str = "/graphql";
/// Answers shorter than this are not compressed.
const COMPRESS_ABOVE_BYTES: u16 = 1024;

/// Which answers are compressed.
type Worth = And<And<And<SizeAbove, NotForContentType>, NotForContentType>, NotForContentType>;

/// The API, as a service.
#[derive(Clone)]
pub struct Front(Arc<Layers>);

struct Layers {
    edge: Arc<Edge>,
    /// Everything but operations by `POST`. It compresses its answers itself, so that those to `HEAD` have the headers
    /// of those to `GET`.
    routes: Router,
    operations: Operations,
    compressing: Compression<Operations, Worth>,
}

/// What answers operations by `POST`.
#[derive(Clone)]
struct Operations(Arc<Edge>);

impl Front {
    pub(super) fn new(edge: &Arc<Edge>) -> Self {
        let operations = Operations(edge.clone());
        let compression = CompressionLayer::new()
            .quality(CompressionLevel::Fastest)
            // Events must not wait in a compressor for more of them.
            .compress_when(
                SizeAbove::new(COMPRESS_ABOVE_BYTES)
                    .and(NotForContentType::const_new("text/event-stream"))
                    // Files have a length that clients show, and come by the chunk.
                    .and(NotForContentType::const_new("text/csv"))
                    .and(NotForContentType::const_new(
                        "application/vnd.openxmlformats",
                    )),
            );
        Self(Arc::new(Layers {
            edge: edge.clone(),
            compressing: compression.layer(operations.clone()),
            operations,
            routes: routes(edge).layer(compression),
        }))
    }
}

fn routes(edge: &Arc<Edge>) -> Router {
    let mut router = Router::new()
        .route("/", get(|| async { Redirect::temporary(GRAPHQL) }))
        .route(GRAPHQL, get(graphql::get).fallback(graphql::other_method))
        .route("/graphql/schema.graphql", get(super::sdl::get))
        .route("/graphql/ticket", post(super::ticket::post))
        .route("/setup", post(super::setup::post))
        .route("/downloads/{token}", get(super::downloads::get))
        .route("/healthz", get(|| async { "ok\n" }));
    if edge.app.config.playground != PlaygroundMode::Off {
        let settings = playground::PlaygroundSettings::new(edge.app.config.demo);
        router = router.merge(playground::router(settings));
    }
    router
        .fallback(super::edge::not_found)
        .with_state(edge.clone())
}

impl Service<Request> for Front {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let layers = self.0.clone();
        Box::pin(async move { Ok(layers.answer(request).await) })
    }
}

impl Layers {
    async fn answer(&self, request: Request) -> Response {
        let (mut request, rest) = unread::lend(request);
        let visit = Visit::begin(&self.edge, &mut request);
        let handling = AssertUnwindSafe(self.handle(request));
        let response = visit.end(&self.edge, handling.catch_unwind().await);
        if let Some(rest) = rest {
            rest.read_off(response.status()).await;
        }
        response
    }

    async fn handle(&self, request: Request) -> Response {
        let cors = Cors::of(&request, &self.edge.app.config);
        let mut response = match cors.preflight() {
            Some(response) => response,
            None => self.route(request).await,
        };
        cors.complete(&mut response);
        response
    }

    async fn route(&self, request: Request) -> Response {
        let is_operation = *request.method() == Method::POST && request.uri().path() == GRAPHQL;
        let Ok(response) = if !is_operation {
            self.routes.clone().oneshot(request).await
        } else if request.headers().contains_key(header::ACCEPT_ENCODING) {
            let compressed = self.compressing.clone().call(request).await;
            compressed.map(|response| response.map(Body::new))
        } else {
            // Nothing between here and the client stores such an answer, so it need not say that others get it
            // compressed.
            self.operations.clone().call(request).await
        };
        response
    }
}

impl Service<Request> for Operations {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let edge = self.0.clone();
        Box::pin(async move { Ok(graphql::post(&edge, request).await) })
    }
}
