//! Figures of the job queue for Prometheus.

use super::metrics::Metrics;
use crate::{
    app::App,
    domains::platform::job::JobKind,
    jobs::{
        HubFigures, JobStatus, UpkeepFigures,
        figures::{Depth, depth},
    },
    kernel::Result,
};
use metrics::Label;
use std::time::Duration;
use tokio::time::timeout;

/// Statuses of jobs that have not ended.
const WAITING: [JobStatus; 4] = [
    JobStatus::Scheduled,
    JobStatus::Queued,
    JobStatus::RetryWait,
    JobStatus::Running,
];

/// How the queue does, as far as this node knows.
pub(super) struct QueueFigures {
    /// Of the whole queue; none if the database did not answer.
    depth: Option<Vec<Depth>>,
    hub: HubFigures,
    /// Jobs in hand here, and slots; none if this node runs no jobs.
    worker: Option<((usize, usize), UpkeepFigures)>,
}

impl QueueFigures {
    /// Reads them. Never fails: what cannot be read is left out.
    pub(super) async fn read(app: &App, patience: Duration) -> Self {
        let read = async {
            let conn = app.db.get().await?;
            depth(&conn).await
        };
        let read: Result<Vec<Depth>, _> = match timeout(patience, read).await {
            Ok(read) => read.map_err(|error| tracing::debug!(%error, "no figures of the queue")),
            Err(_elapsed) => Err(()),
        };
        Self {
            depth: read.ok(),
            hub: app.jobs.hub.figures(),
            worker: app.worker().map(|worker| (worker.load(), worker.upkeep())),
        }
    }

    /// Shows them.
    pub(super) fn show(&self, metrics: &Metrics) {
        for (name, text) in [
            (
                "chartroom_jobs",
                "Jobs that have not ended, by kind and status.",
            ),
            (
                "chartroom_job_age_seconds",
                "How long the first of them is due, by kind and status.",
            ),
            ("chartroom_worker_jobs", "Jobs that this node runs."),
            (
                "chartroom_worker_slots",
                "Jobs that this node can run at a time.",
            ),
            (
                "chartroom_jobs_rescued_total",
                "Jobs that this node took from dead workers.",
            ),
            (
                "chartroom_jobs_poisoned_total",
                "Jobs that this node gave up because their workers died.",
            ),
            (
                "chartroom_jobs_expired_total",
                "Waiting jobs that this node found past their deadline.",
            ),
            (
                "chartroom_schedule_fires_total",
                "Due times that this node fired.",
            ),
            (
                "chartroom_hub_lag_seconds",
                "From the last job events to the hub of this node.",
            ),
            (
                "chartroom_hub_watched_jobs",
                "Jobs that subscriptions on this node watch.",
            ),
            (
                "chartroom_hub_looks_total",
                "Looks of the hub into the database.",
            ),
            (
                "chartroom_hub_statements_total",
                "Statements of these looks.",
            ),
        ] {
            metrics.describe(name, text);
        }
        self.show_depth(metrics);
        metrics.gauge(
            "chartroom_hub_lag_seconds",
            Vec::new(),
            self.hub.lag_seconds,
        );
        metrics.gauge(
            "chartroom_hub_watched_jobs",
            Vec::new(),
            float(self.hub.jobs),
        );
        metrics.counter("chartroom_hub_looks_total", self.hub.looks);
        metrics.counter("chartroom_hub_statements_total", self.hub.statements);
        if let Some(((jobs, slots), upkeep)) = self.worker {
            metrics.gauge("chartroom_worker_jobs", Vec::new(), float(jobs));
            metrics.gauge("chartroom_worker_slots", Vec::new(), float(slots));
            metrics.counter("chartroom_jobs_rescued_total", upkeep.rescued);
            metrics.counter("chartroom_jobs_poisoned_total", upkeep.poisoned);
            metrics.counter("chartroom_jobs_expired_total", upkeep.expired);
            metrics.counter("chartroom_schedule_fires_total", upkeep.fired);
        }
    }

    /// Every kind and status, so that what is gone shows as none.
    fn show_depth(&self, metrics: &Metrics) {
        let Some(depth) = &self.depth else { return };
        for kind in JobKind::ALL {
            for status in WAITING {
                let found = depth
                    .iter()
                    .find(|depth| depth.kind == kind.as_str() && depth.status == status);
                let labels = || {
                    vec![
                        Label::from_static_parts("kind", kind.as_str()),
                        Label::from_static_parts("status", status.as_str()),
                    ]
                };
                let (count, age) = found.map_or((0, 0.0), |depth| {
                    (depth.count, depth.oldest_seconds.max(0.0))
                });
                let count = u32::try_from(count).unwrap_or(u32::MAX);
                metrics.gauge("chartroom_jobs", labels(), f64::from(count));
                metrics.gauge("chartroom_job_age_seconds", labels(), age);
            }
        }
    }
}

fn float(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}
