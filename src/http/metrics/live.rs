//! What is counted of sockets and streams of events.

use super::{METADATA, key};
use metrics::{Counter, Gauge, Label, Recorder};
use metrics_exporter_prometheus::PrometheusRecorder;
use std::collections::HashMap;

/// The ways to an operation with more than one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Transport {
    /// A socket.
    Socket,
    /// A stream of events.
    Events,
}

/// The codes that sockets close with.
const CODES: [u16; 12] = [
    1000, 1006, 1009, 1012, 1013, 4400, 4401, 4403, 4408, 4409, 4429, 0,
];

/// The metrics of sockets and streams.
pub(in super::super) struct LiveMetrics {
    sockets: Gauge,
    closes: HashMap<u16, Counter>,
    operations: [Gauge; 2],
    events: [Counter; 2],
}

impl Transport {
    const ALL: [Self; 2] = [Self::Socket, Self::Events];

    pub(in super::super) const fn as_str(self) -> &'static str {
        match self {
            Self::Socket => "socket",
            Self::Events => "events",
        }
    }

    fn of<T>(self, both: &[T; 2]) -> &T {
        let [socket, events] = both;
        match self {
            Self::Socket => socket,
            Self::Events => events,
        }
    }
}

impl LiveMetrics {
    pub(super) fn new(recorder: &PrometheusRecorder) -> Self {
        for (name, text) in [
            ("chartroom_sockets", "Sockets that are open."),
            (
                "chartroom_live_operations",
                "Operations that run on sockets, and subscriptions that run as streams of events.",
            ),
        ] {
            recorder.describe_gauge(name.into(), None, text.into());
        }
        for (name, text) in [
            ("chartroom_socket_closes_total", "Sockets closed, by code."),
            (
                "chartroom_live_events_total",
                "Events of subscriptions sent.",
            ),
        ] {
            recorder.describe_counter(name.into(), None, text.into());
        }
        let by_transport =
            |transport: Transport| vec![Label::from_static_parts("transport", transport.as_str())];
        let close = |code: u16| {
            let label = Label::new("code", code.to_string());
            let key = key("chartroom_socket_closes_total", vec![label]);
            (code, recorder.register_counter(&key, &METADATA))
        };
        Self {
            sockets: recorder.register_gauge(&key("chartroom_sockets", Vec::new()), &METADATA),
            closes: CODES.into_iter().map(close).collect(),
            operations: Transport::ALL.map(|transport| {
                let key = key("chartroom_live_operations", by_transport(transport));
                recorder.register_gauge(&key, &METADATA)
            }),
            events: Transport::ALL.map(|transport| {
                let key = key("chartroom_live_events_total", by_transport(transport));
                recorder.register_counter(&key, &METADATA)
            }),
        }
    }

    /// A socket opened.
    pub(in super::super) fn socket_opened(&self) {
        self.sockets.increment(1.0);
    }

    /// A socket closed, with this code; 1000 where the client left, 1006 where the connection broke.
    pub(in super::super) fn socket_closed(&self, code: u16) {
        self.sockets.decrement(1.0);
        let counter = self.closes.get(&code).or_else(|| self.closes.get(&0));
        if let Some(counter) = counter {
            counter.increment(1);
        }
    }

    /// An operation began.
    pub(in super::super) fn operation_began(&self, transport: Transport) {
        transport.of(&self.operations).increment(1.0);
    }

    /// An operation ended.
    pub(in super::super) fn operation_ended(&self, transport: Transport) {
        transport.of(&self.operations).decrement(1.0);
    }

    /// An event was sent.
    pub(in super::super) fn event(&self, transport: Transport) {
        transport.of(&self.events).increment(1);
    }
}
