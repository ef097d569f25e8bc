//! The end of an operation that came over a socket or ran as a stream: counted and logged once,
//! even when the client cuts it off.

use super::{
    Edge,
    facts::Facts,
    metrics::Transport,
    run::{Done, Outcome, Report},
};
use crate::{gql::guard::OperationKind, kernel::milliseconds};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// What a running operation has done so far.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// SQL statements sent.
    pub(super) statements: AtomicU64,
    /// Events given.
    pub(super) events: AtomicU64,
}

/// Writes the operation down when it is dropped.
pub(super) struct Journal {
    edge: Arc<Edge>,
    facts: Facts,
    transport: Transport,
    report: Report,
    tally: Arc<Tally>,
}

impl Journal {
    /// Begins with an operation that nothing is known of.
    pub(super) fn begin(edge: Arc<Edge>, facts: Facts, transport: Transport) -> Self {
        edge.metrics.live.operation_began(transport);
        Self {
            edge,
            facts,
            transport,
            report: Report::refused("cancelled"),
            tally: Arc::default(),
        }
    }

    pub(super) fn facts(&self) -> &Facts {
        &self.facts
    }

    /// What the operation counts its work in.
    pub(super) fn tally(&self) -> Arc<Tally> {
        self.tally.clone()
    }

    /// The operation passed all checks. Clients end subscriptions as they like, so that is no
    /// failure.
    pub(super) fn admitted(&mut self, report: Report) {
        self.report = report;
        if self.report.kind != OperationKind::Subscription.as_str() {
            self.report.outcome = "cancelled";
        }
    }

    /// The operation was refused before it ran.
    pub(super) fn refused(&mut self, code: &'static str) {
        self.report.outcome = code;
    }

    /// The subscription failed.
    pub(super) fn failed(&mut self) {
        self.report.outcome = "failed";
    }

    /// The operation has its one answer.
    pub(super) fn done(&mut self, done: &Done) {
        self.tally
            .statements
            .fetch_add(done.statements, Ordering::Relaxed);
        self.report.outcome = match done.outcome {
            Outcome::Ok => "ok",
            Outcome::Partial => "partial",
            Outcome::Failed => "failed",
        };
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        let took = self.facts.started.elapsed();
        let events = self.tally.events.load(Ordering::Relaxed);
        self.report.statements = self.tally.statements.load(Ordering::Relaxed);
        let metrics = &self.edge.metrics;
        metrics.live.operation_ended(self.transport);
        let report = &self.report;
        if report.kind == OperationKind::Subscription.as_str() {
            metrics.count_stream(report);
        } else {
            metrics.count(report, took);
        }
        tracing::info!(
            target: "chartroom::request",
            operation = report.operation.as_deref(),
            kind = report.kind,
            outcome = report.outcome,
            transport = self.transport.as_str(),
            duration_ms = (milliseconds(took) * 100.0).round() / 100.0,
            events,
            statements = report.statements,
            cost = report.cost,
            user = report.user.as_deref(),
            request_id = self.facts.id,
            trace_id = self.facts.trace.as_deref(),
            "operation"
        );
    }
}
