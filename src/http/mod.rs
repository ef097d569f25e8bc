//! The HTTP layer: the API on one listener, operations on another.
//!
//! What happens to a request, in order (`front`): `edge` gives it an id, logs and counts it; `cors`
//! answers preflights; `graphql` negotiates, takes the body in, finds the caller (`caller`,
//! `credentials`), has the document checked (`documents`, `operation`), takes its cost from the
//! caller's budget (`rate`) and runs it (`run`). Everything before the run is a `Failure`.
//!
//! Operations with more than one answer (`subscription`) come over sockets (`socket`) or as streams
//! of events (`events`). Both pass the same checks for each operation, and ask again who the caller
//! is (`holder`) for as long as it runs.

mod admin;
mod admission;
mod body;
mod call;
mod caller;
mod cors;
mod credentials;
mod documents;
mod downloads;
mod edge;
mod events;
mod facts;
mod failure;
mod front;
mod graphql;
mod holder;
mod idempotency;
mod journal;
mod metrics;
mod multipart;
mod negotiate;
mod operation;
mod params;
mod playground;
mod queue_metrics;
mod rate;
mod run;
mod sdl;
mod seats;
mod serve;
mod setup;
mod socket;
mod subscription;
mod ticket;
mod unread;

pub use facts::Peer;
pub use front::Front;
pub use run::Statements;
pub use serve::serve;

use crate::app::App;
use anyhow::Context as _;
use axum::Router;
use documents::Documents;
use facts::RequestIds;
use metrics::Metrics;
use rate::Rate;
use seats::Seats;
use std::{sync::Arc, time::Duration};

/// How often the budgets of idle callers are forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(10);
/// How often answers to repeated mutations are looked through.
const FORGET_ANSWERS_EVERY: u32 = 60;

/// What the requests of one listener share.
struct Edge {
    app: Arc<App>,
    documents: Documents,
    rate: Rate,
    metrics: Metrics,
    ids: RequestIds,
    seats: Seats,
}

/// The HTTP layer of a server.
#[derive(Clone)]
pub struct Http {
    edge: Arc<Edge>,
}

impl Http {
    /// The HTTP layer of `app`.
    ///
    /// # Errors
    /// The metrics cannot be set up.
    pub fn new(app: Arc<App>) -> anyhow::Result<Self> {
        let edge = Edge {
            documents: Documents::new(),
            rate: Rate::new(app.config.rate),
            metrics: Metrics::new().context("the metrics cannot be set up")?,
            ids: RequestIds::new(),
            seats: Seats::default(),
            app,
        };
        let edge = Arc::new(edge);
        Ok(Self { edge })
    }

    /// The operations listener.
    pub fn admin_router(&self) -> Router {
        admin::router(self.edge.clone())
    }

    /// The API.
    pub fn front(&self) -> Front {
        Front::new(&self.edge)
    }

    /// Work in the background that keeps memory bounded; ends with the server.
    pub fn upkeep(&self) {
        let edge = self.edge.clone();
        let stopping = edge.app.stopping.clone();
        edge.app.tasks.clone().spawn(async move {
            let mut rounds = 0_u32;
            while stopping
                .run_until_cancelled(tokio::time::sleep(FORGET_EVERY))
                .await
                .is_some()
            {
                edge.rate.forget_idle();
                edge.metrics.upkeep();
                rounds = rounds.wrapping_add(1);
                if rounds.is_multiple_of(FORGET_ANSWERS_EVERY)
                    && let Err(error) = idempotency::forget_old(&edge).await
                {
                    tracing::warn!(%error, "old answers of mutations could not be deleted");
                }
            }
        });
    }
}
