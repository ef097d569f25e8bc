//! The kinds that a worker can run, with their types erased.

use crate::jobs::{Authority, Failure, FailureCode, Kind, Lane, RunContext, StoredError};
use futures_util::future::BoxFuture;
use serde_json::Value;
use std::{collections::HashMap, sync::Arc};

/// How one kind is run.
pub(super) trait Handler: Send + Sync {
    /// The newest version of the payload that it reads.
    fn version(&self) -> i32;
    /// Whose rights it has.
    fn authority(&self) -> Authority;
    /// Whether it can be stopped anywhere.
    fn is_resumable(&self) -> bool;
    /// Which slots it takes.
    fn lane(&self) -> Lane;
    /// Runs it.
    fn run<'a>(
        &'a self,
        ctx: &'a RunContext,
        version: i32,
        input: Value,
    ) -> BoxFuture<'a, Result<Value, Failure>>;
}

struct Of<K>(K);

impl<K: Kind> Handler for Of<K> {
    fn version(&self) -> i32 {
        K::VERSION
    }

    fn authority(&self) -> Authority {
        K::AUTHORITY
    }

    fn is_resumable(&self) -> bool {
        K::IS_RESUMABLE
    }

    fn lane(&self) -> Lane {
        K::PRIORITY.lane()
    }

    fn run<'a>(
        &'a self,
        ctx: &'a RunContext,
        version: i32,
        input: Value,
    ) -> BoxFuture<'a, Result<Value, Failure>> {
        Box::pin(async move {
            let payload = if version == K::VERSION {
                serde_json::from_value(input)
            } else {
                K::upgrade(version, input)
            };
            let payload = payload.map_err(|error| {
                Failure::Final(StoredError {
                    code: FailureCode::Invalid,
                    message: format!("its payload cannot be read: {error}"),
                    details: None,
                })
            })?;
            let report = self.0.run(ctx, payload).await?;
            serde_json::to_value(report).map_err(|error| {
                tracing::error!(%error, kind = K::NAME, "a report cannot be written");
                Failure::passing("internal error")
            })
        })
    }
}

/// The kinds that a worker can run.
#[derive(Clone, Default)]
pub struct Handlers {
    run: HashMap<&'static str, Arc<dyn Handler>>,
    /// Names of the interactive kinds of this version, run here or not.
    interactive: Vec<String>,
}

impl Handlers {
    /// Adds a kind.
    #[must_use]
    pub fn with<K: Kind>(mut self, kind: K) -> Self {
        self.run.insert(K::NAME, Arc::new(Of(kind)));
        if K::PRIORITY.lane() == Lane::Interactive {
            self.interactive.push(K::NAME.to_owned());
        }
        self
    }

    /// Only these kinds.
    ///
    /// # Errors
    /// The first name that no kind has.
    pub fn only(mut self, names: &[String]) -> Result<Self, String> {
        if let Some(name) = names
            .iter()
            .find(|name| !self.run.contains_key(name.as_str()))
        {
            return Err(name.clone());
        }
        self.run
            .retain(|name, _| names.iter().any(|wanted| wanted == name));
        Ok(self)
    }

    /// The names, in order.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = self.run.keys().map(|name| (*name).to_owned()).collect();
        names.sort();
        names
    }

    /// The names of the kinds of a lane.
    pub(super) fn of_lane(&self, lane: Lane) -> Vec<String> {
        let of = self
            .run
            .iter()
            .filter(|(_, handler)| handler.lane() == lane);
        of.map(|(name, _)| (*name).to_owned()).collect()
    }

    /// The names of the interactive kinds of this version, run here or not.
    pub(super) fn interactive(&self) -> &[String] {
        &self.interactive
    }

    pub(super) fn get(&self, name: &str) -> Option<&Arc<dyn Handler>> {
        self.run.get(name)
    }
}
