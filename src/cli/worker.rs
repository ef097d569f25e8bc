//! `chartroom worker`: runs jobs, and nothing else.

use super::{
    narrator::Narrator,
    serve::Stops,
    storage::{Prepared, Storage},
};
use anyhow::bail;
use chartroom::{
    config::Config,
    domains::{model::explore::Models, platform, query::Queries},
    jobs::{Jobs, Worker},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Connections of a worker: some for the jobs, and always some for its signs of life.
pub(super) fn connections(slots: usize) -> usize {
    slots + 4
}

/// Runs jobs until a signal asks to stop.
pub(super) async fn work(
    config: &Config,
    kinds: &[String],
    slots: usize,
    narrator: &Narrator,
) -> anyhow::Result<()> {
    if slots == 0 {
        bail!("--concurrency: expected at least 1");
    }
    let mut stops = Stops::new()?;
    let storage = tokio::select! {
        storage = Storage::open(&config.storage, narrator) => storage?,
        () = stops.next() => return Ok(()),
    };
    let work = async {
        let Prepared { outside, .. } = storage.prepare(config, false, narrator).await?;
        let queries = Queries {
            models: Models::default(),
            outside,
        };
        let mut handlers = platform::handlers(&config.jobs, &queries)?;
        if !kinds.is_empty() {
            let known = handlers.names().join(", ");
            handlers = match handlers.only(kinds) {
                Ok(handlers) => handlers,
                Err(unknown) => bail!("--kinds: there is no kind of job `{unknown}`, only {known}"),
            };
        }
        let db = storage.pool(&config.storage, connections(slots))?;
        let (tasks, stopping) = (TaskTracker::new(), CancellationToken::new());
        let jobs = Jobs::new(&db, config.jobs.clone(), &tasks, &stopping);
        narrator.say(&format!(
            "running {} at a time: {}",
            slots,
            handlers.names().join(", ")
        ));
        let worker = Worker::start(db, jobs, handlers, slots);
        stops.next().await;
        narrator.say("stopping: running jobs have some time to finish, then others take them");
        let is_clean = tokio::select! {
            is_clean = worker.stop() => is_clean,
            // A second signal means it.
            () = stops.next() => false,
        };
        stopping.cancel();
        if !is_clean {
            tracing::warn!("some jobs were cut off; they are taken over when their leases end");
        }
        anyhow::Ok(())
    };
    let result = tokio::select! {
        result = work => result,
        () = storage.supervise() => Ok(()),
    };
    storage.close().await;
    if result.is_ok() {
        narrator.say("stopped");
    }
    result
}
