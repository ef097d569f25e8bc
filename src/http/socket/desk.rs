//! The operations of one socket: started, told apart, ended.

use super::{
    Opening,
    close::Close,
    message,
    operation::{self, Work},
    writer::{Outbox, Outgoing},
};
use crate::{
    gql::ErrorCode,
    http::{
        Edge, failure::Failure, holder::Holder, journal::Journal, metrics::Transport, params,
        run::SharedFacts,
    },
};
use axum::http::StatusCode;
use serde_json::value::RawValue;
use std::{
    collections::HashMap,
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};
use tokio::task::{AbortHandle, JoinSet};

/// What is known of one operation by its task and by the desk.
#[derive(Default)]
pub(super) struct State {
    /// The client wants to hear no more.
    pub(super) cancelled: Arc<AtomicBool>,
    /// The last message was given to the writer; the id is free again.
    pub(super) finished: AtomicBool,
}

struct Entry {
    state: Arc<State>,
    task: AbortHandle,
}

/// How many operations run.
#[derive(Clone, Default)]
pub(super) struct Running(Arc<AtomicUsize>);

impl Running {
    /// Whether any does.
    pub(super) fn is_some(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }
}

/// All operations of one socket. They end when it is dropped.
pub(super) struct Desk {
    edge: Arc<Edge>,
    facts: SharedFacts,
    holder: Arc<Holder>,
    outbox: Outbox,
    entries: HashMap<String, Entry>,
    tasks: JoinSet<(String, Arc<State>)>,
    running: Running,
}

impl Desk {
    pub(super) fn new(opening: &Opening, holder: Arc<Holder>, outbox: Outbox) -> Self {
        Self {
            edge: opening.edge.clone(),
            facts: opening.facts.clone(),
            holder,
            outbox,
            entries: HashMap::new(),
            tasks: JoinSet::new(),
            running: Running::default(),
        }
    }

    /// How many operations run.
    pub(super) fn running(&self) -> Running {
        self.running.clone()
    }

    /// Starts an operation.
    pub(super) fn subscribe(&mut self, id: &str, payload: &RawValue) -> Result<(), Close> {
        let in_use = self.entries.get(id);
        if in_use.is_some_and(|entry| !entry.state.finished.load(Ordering::Acquire)) {
            return Err(Close::duplicate(id));
        }
        let params = params::of_payload(payload, &self.edge.app.guard).map_err(|_ignored| {
            Close::bad_message("Invalid message: the payload of `subscribe` is no operation")
        })?;
        let facts = self.facts.again(&self.edge.ids);
        let most = self.edge.app.config.sockets.operations;
        if self.unfinished() >= most {
            return self.refuse(id, &facts.id, most);
        }
        let state = Arc::<State>::default();
        let work = Work {
            edge: self.edge.clone(),
            holder: self.holder.clone(),
            journal: Journal::begin(self.edge.clone(), facts, Transport::Socket),
            outbox: self.outbox.clone(),
            id: id.to_owned(),
            state: state.clone(),
        };
        let task = self.tasks.spawn(operation::run(work, params));
        self.entries.insert(id.to_owned(), Entry { state, task });
        self.count();
        Ok(())
    }

    /// Ends an operation; nothing more is said about it.
    pub(super) fn complete(&mut self, id: &str) {
        if let Some(entry) = self.entries.remove(id) {
            entry.state.cancelled.store(true, Ordering::Relaxed);
            entry.task.abort();
        }
        self.count();
    }

    /// Waits until an operation is over by itself, and forgets it.
    pub(super) async fn next_finished(&mut self) {
        match self.tasks.join_next().await {
            Some(Ok((id, state))) => {
                let is_it = self
                    .entries
                    .get(&id)
                    .is_some_and(|entry| Arc::ptr_eq(&entry.state, &state));
                if is_it {
                    self.entries.remove(&id);
                }
                self.count();
            }
            // Ended by the client.
            Some(Err(_aborted)) => {}
            None => pending().await,
        }
    }

    fn unfinished(&self) -> usize {
        let entries = self.entries.values();
        entries
            .filter(|entry| !entry.state.finished.load(Ordering::Acquire))
            .count()
    }

    fn count(&self) {
        self.running.0.store(self.entries.len(), Ordering::Relaxed);
    }

    fn refuse(&self, id: &str, request_id: &str, most: usize) -> Result<(), Close> {
        let mut failure = Failure::new(
            StatusCode::TOO_MANY_REQUESTS,
            ErrorCode::LimitExceeded,
            format!("at most {most} operations at a time are allowed on a socket"),
        );
        let mut errors = Vec::new();
        failure.write_list(request_id, &mut errors);
        let message = Outgoing::new(message::error(id, &errors));
        self.outbox
            .try_send(message)
            .map_err(|_nobody_reads| Close::FLOOD)
    }
}
