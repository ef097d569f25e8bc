//! Counters and histograms for Prometheus. Labels have bounded values.

mod live;

pub(super) use live::{LiveMetrics, Transport};

use super::{queue_metrics::QueueFigures, run::Report};
use crate::db::Database;
use metrics::{Counter, Histogram, Key, Label, Level, Metadata, Recorder};
use metrics_exporter_prometheus::{
    BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

/// Most operations that are counted by name; the names come from clients.
const NAMES: usize = 200;
const OTHER: &str = "other";
const OUTCOMES: [&str; 5] = ["ok", "partial", "failed", "refused", "cancelled"];
const SECONDS: [f64; 14] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];
const STATEMENTS: [f64; 9] = [0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];
const METADATA: Metadata<'static> = Metadata::new("chartroom", Level::INFO, None);

/// The metrics of one server.
pub(super) struct Metrics {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    /// Sockets and streams of events.
    pub(super) live: LiveMetrics,
    downloads: Counter,
    downloaded: Counter,
    operations: RwLock<HashMap<String, Arc<Operation>>>,
    refusals: RwLock<HashMap<&'static str, Counter>>,
}

/// What is counted of one operation.
pub(super) struct Operation {
    outcomes: Vec<Counter>,
    duration: Histogram,
    statements: Histogram,
}

impl Metrics {
    pub(super) fn new() -> Result<Self, BuildError> {
        let buckets = |name: &str| Matcher::Full(name.to_owned());
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(buckets("chartroom_request_duration_seconds"), &SECONDS)?
            .set_buckets_for_metric(buckets("chartroom_request_statements"), &STATEMENTS)?
            .build_recorder();
        let describe = |name: &'static str, text: &'static str| (name.into(), None, text.into());
        let (name, unit, text) = describe(
            "chartroom_requests_total",
            "Requests by operation and outcome.",
        );
        recorder.describe_counter(name, unit, text);
        let (name, unit, text) = describe(
            "chartroom_refusals_total",
            "Requests refused before they ran, by code.",
        );
        recorder.describe_counter(name, unit, text);
        let (name, unit, text) = describe(
            "chartroom_request_duration_seconds",
            "Time from request to answer.",
        );
        recorder.describe_histogram(name, unit, text);
        let (name, unit, text) = describe(
            "chartroom_request_statements",
            "SQL statements of one request.",
        );
        recorder.describe_histogram(name, unit, text);
        let (name, unit, text) = describe(
            "chartroom_database_connections",
            "Connections in use, idle, and allowed.",
        );
        recorder.describe_gauge(name, unit, text);
        let counter = |name: &'static str, text: &'static str| {
            recorder.describe_counter(name.into(), None, text.into());
            recorder.register_counter(&key(name, Vec::new()), &METADATA)
        };
        let handle = recorder.handle();
        Ok(Self {
            live: LiveMetrics::new(&recorder),
            downloads: counter("chartroom_downloads_total", "Files that were fetched."),
            downloaded: counter("chartroom_download_bytes_total", "Bytes of those files."),
            recorder,
            handle,
            operations: RwLock::default(),
            refusals: RwLock::default(),
        })
    }

    /// Counts a finished request.
    pub(super) fn count(&self, report: &Report, took: Duration) {
        let operation = self.count_stream(report);
        operation.duration.record(took.as_secs_f64());
        operation.statements.record(f64::from(
            u32::try_from(report.statements).unwrap_or(u32::MAX),
        ));
    }

    /// Counts a finished subscription, whose length says nothing of the server.
    pub(super) fn count_stream(&self, report: &Report) -> Arc<Operation> {
        let outcome = match report.outcome {
            "ok" | "replayed" => 0,
            "partial" => 1,
            "failed" => 2,
            "cancelled" => 4,
            _ => 3,
        };
        // Whoever is not signed in may not fill the list of names.
        let name = report
            .operation
            .as_deref()
            .filter(|_| report.user.is_some());
        let operation = self.operation(name.unwrap_or(OTHER));
        if let Some(counter) = operation.outcomes.get(outcome) {
            counter.increment(1);
        }
        if outcome == 3 {
            self.refusal(report.outcome).increment(1);
        }
        operation
    }

    /// Counts a file that is fetched.
    pub(super) fn count_download(&self, size: i64) {
        self.downloads.increment(1);
        self.downloaded
            .increment(u64::try_from(size).unwrap_or_default());
    }

    /// Everything, in the format of Prometheus.
    pub(super) fn render(&self, db: &Database, queue: &QueueFigures) -> String {
        queue.show(self);
        let (in_use, idle, most) = db.usage();
        for (state, number) in [("in_use", in_use), ("idle", idle), ("max", most)] {
            let key = key(
                "chartroom_database_connections",
                vec![Label::from_static_parts("state", state)],
            );
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            self.recorder
                .register_gauge(&key, &METADATA)
                .set(f64::from(number));
        }
        self.handle.run_upkeep();
        self.handle.render()
    }

    /// Says what a gauge or a counter is about.
    pub(super) fn describe(&self, name: &'static str, text: &'static str) {
        if name.ends_with("_total") {
            self.recorder
                .describe_counter(name.into(), None, text.into());
        } else {
            self.recorder.describe_gauge(name.into(), None, text.into());
        }
    }

    /// Sets a gauge.
    pub(super) fn gauge(&self, name: &'static str, labels: Vec<Label>, value: f64) {
        self.recorder
            .register_gauge(&key(name, labels), &METADATA)
            .set(value);
    }

    /// Brings a counter up to what was counted elsewhere.
    pub(super) fn counter(&self, name: &'static str, value: u64) {
        self.recorder
            .register_counter(&key(name, Vec::new()), &METADATA)
            .absolute(value);
    }

    /// Keeps what was recorded from piling up while nobody asks.
    pub(super) fn upkeep(&self) {
        self.handle.run_upkeep();
    }

    fn operation(&self, name: &str) -> Arc<Operation> {
        let known = self
            .operations
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(operation) = known.get(name) {
            return operation.clone();
        }
        let is_full = known.len() >= NAMES;
        drop(known);
        if is_full && name != OTHER {
            return self.operation(OTHER);
        }
        let mut operations = self
            .operations
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        operations
            .entry(name.to_owned())
            .or_insert_with(|| Arc::new(self.register(name)))
            .clone()
    }

    fn register(&self, name: &str) -> Operation {
        let label = || Label::new("operation", name.to_owned());
        let outcomes = OUTCOMES.into_iter().map(|outcome| {
            let labels = vec![label(), Label::from_static_parts("outcome", outcome)];
            self.recorder
                .register_counter(&key("chartroom_requests_total", labels), &METADATA)
        });
        let histogram = |name| {
            self.recorder
                .register_histogram(&key(name, vec![label()]), &METADATA)
        };
        Operation {
            outcomes: outcomes.collect(),
            duration: histogram("chartroom_request_duration_seconds"),
            statements: histogram("chartroom_request_statements"),
        }
    }

    fn refusal(&self, code: &'static str) -> Counter {
        let known = self
            .refusals
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(code)
            .cloned();
        known.unwrap_or_else(|| {
            let labels = vec![Label::from_static_parts("code", code)];
            let counter = self
                .recorder
                .register_counter(&key("chartroom_refusals_total", labels), &METADATA);
            let mut refusals = self
                .refusals
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            refusals.entry(code).or_insert(counter).clone()
        })
    }
}

fn key(name: &'static str, labels: Vec<Label>) -> Key {
    Key::from_parts(name, labels)
}
