//! Subscriptions: every event is resolved with a scope of its own.
//!
//! The engine runs the resolver of a subscription once and then resolves each item of its stream. A
//! request's [`Scope`] fits the first only: it holds the rights of the moment of subscribing, what
//! its loaders cached, and a connection. So the request of a subscription carries a [`Live`] beside
//! its scope, and [`FreshScopes`], an extension of the engine, makes a new scope for each item from
//! it: rights of now, empty loaders, a connection that goes back to the pool after the event.
//! [`next`] takes the connection of the first scope back as soon as the resolver is done with it.
//!
//! The rules for a subscription's stream:
//! - it reads with a scope of [`Live::scope`], made when there is something to read, and releases it
//!   before it waits again; it keeps nothing of the scope it was made with;
//! - it ends with the caller's rights: an `Err` of [`Live::scope`] or of its own check is its last
//!   item;
//! - it names the version of an event by [`Live::mark`] right before it gives the event, and starts
//!   behind [`Live::resume_after`], if there is one.

use super::{ErrorCode, Scope};
use crate::kernel::{Error, Result};
use async_graphql::{
    Context, Data, Pos, Response, ServerError,
    async_trait::async_trait,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute},
};
use futures_util::{FutureExt as _, StreamExt as _, future::BoxFuture, stream::BoxStream};
use std::{
    future::{Future as _, poll_fn},
    panic::AssertUnwindSafe,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

/// What the transport of a subscription does for its events.
pub trait Transport: Send + Sync + 'static {
    /// A scope with the rights of now.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] once the caller's session or key has ended.
    fn scope(&self) -> BoxFuture<'_, Result<Arc<Scope>>>;

    /// Waits until the caller's budget allows one more event.
    fn admit(&self) -> BoxFuture<'_, ()>;

    /// Longest time for resolving one event.
    fn timeout(&self) -> Duration;

    /// An event was resolved with so many statements.
    fn resolved(&self, statements: u64);
}

/// What a subscription lives on. Cheap to clone.
#[derive(Clone)]
pub struct Live(Arc<Inner>);

struct Inner {
    transport: Arc<dyn Transport>,
    resume_after: Option<i64>,
    mark: AtomicI64,
}

/// No event had a version yet.
const UNMARKED: i64 = i64::MIN;

impl Live {
    /// The life of one subscription.
    pub fn new(transport: Arc<dyn Transport>, resume_after: Option<i64>) -> Self {
        Self(Arc::new(Inner {
            transport,
            resume_after,
            mark: AtomicI64::new(UNMARKED),
        }))
    }

    /// A scope with the rights of now, for reading what the next events are. The reader releases it.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] once the caller's session or key has ended.
    pub async fn scope(&self) -> Result<Arc<Scope>> {
        self.0.transport.scope().await
    }

    /// The version behind which a client goes on that was cut off; it counts more than an argument.
    pub fn resume_after(&self) -> Option<i64> {
        self.0.resume_after
    }

    /// Tells the version of the event that is given next, so that clients can go on behind it.
    pub fn mark(&self, version: i64) {
        self.0.mark.store(version, Ordering::Relaxed);
    }

    /// The version of the event that was given last.
    pub fn marked(&self) -> Option<i64> {
        Some(self.0.mark.load(Ordering::Relaxed)).filter(|mark| *mark != UNMARKED)
    }
}

/// What the resolvers of subscriptions do with the context.
pub trait LiveExt {
    /// What the subscription lives on.
    ///
    /// # Errors
    /// The operation did not come over a transport for subscriptions: a fault of the server.
    fn live(&self) -> Result<Live>;
}

impl LiveExt for Context<'_> {
    fn live(&self) -> Result<Live> {
        self.data_opt::<Live>()
            .cloned()
            .ok_or_else(|| Error::fault("a subscription without a transport"))
    }
}

/// The next answer of a subscription that was started with the scope `first`.
pub async fn next(
    answers: &mut BoxStream<'static, Response>,
    first: &Arc<Scope>,
) -> Option<Response> {
    let mut next = pin!(first.drive(answers.next()));
    poll_fn(|cx| {
        let polled = next.as_mut().poll(cx);
        if polled.is_pending() {
            first.let_go();
        }
        polled
    })
    .await
}

/// Gives each event of a subscription a scope of its own.
///
/// Only for a schema that runs nothing but subscriptions: the engine takes a slower path for every
/// field where there is an extension.
pub struct FreshScopes;

impl ExtensionFactory for FreshScopes {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait]
impl Extension for FreshScopes {
    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        let Ok(live) = ctx.data::<Live>() else {
            return next.run(ctx, operation_name).await;
        };
        let transport = &live.0.transport;
        transport.admit().await;
        let scope = match transport.scope().await {
            Ok(scope) => scope,
            Err(error) => return failed(error),
        };
        let mut data = Data::default();
        data.insert(scope.clone());
        let event = scope.drive(next.run_with_data(ctx, operation_name, data));
        let event = AssertUnwindSafe(event).catch_unwind();
        let result = tokio::time::timeout(transport.timeout(), event).await;
        transport.resolved(scope.release().await);
        match result {
            Ok(Ok(response)) => response,
            Ok(Err(_panic)) => failed(Error::fault("a resolver of an event panicked")),
            Err(_elapsed) => {
                let seconds = transport.timeout().as_secs();
                let message = format!("the event took longer than {seconds} s and was given up");
                let mut error = ServerError::new(message, None);
                let extensions = error.extensions.get_or_insert_default();
                extensions.set("code", ErrorCode::Timeout.as_str());
                Response::from_errors(vec![error])
            }
        }
    }
}

fn failed(error: Error) -> Response {
    let mut error = async_graphql::Error::from(error).into_server_error(Pos::default());
    error.locations.clear();
    Response::from_errors(vec![error])
}
