//! Taking turns where PostgreSQL works on the same processors as the server.
//!
//! There, connections that work at once beyond two for each processor make nothing faster: their
//! processes push each other's memory out of the processor's caches. So who comes when that many
//! are at work waits for one of them, which is soon over as a rule. Where it is not (long statements, a
//! transaction that waits for a lock), the others do not wait for it for long: the limit is a custom, and
//! the size of the pool is the law.

use std::{str::FromStr as _, sync::Arc, time::Duration};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tokio_postgres::{Config, config::Host};

/// Connections at work for each processor.
const PER_PROCESSOR: usize = 2;
/// How long a turn is waited for. A small request takes a tenth of it, also under load.
const PATIENCE: Duration = Duration::from_millis(50);

/// Who may work now.
#[derive(Clone)]
pub(super) struct Turns(Arc<Semaphore>);

/// One at work; the turn ends with it.
pub(super) type Turn = OwnedSemaphorePermit;

impl Turns {
    /// Turns for a database on this machine.
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(processors() * PER_PROCESSOR)))
    }

    /// Waits for a turn; `None` if those at work take too long.
    pub(super) async fn take(&self) -> Option<Turn> {
        if let Ok(turn) = self.0.clone().try_acquire_owned() {
            return Some(turn);
        }
        let waited = timeout(PATIENCE, self.0.clone().acquire_owned()).await;
        waited.ok()?.ok()
    }
}

/// Processors of this machine.
pub(super) fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Whether the database at `url` is on this machine.
pub(super) fn is_here(url: &str) -> bool {
    let Ok(config) = Config::from_str(url) else {
        return false;
    };
    let hosts = config.get_hosts();
    !hosts.is_empty() && hosts.iter().all(is_local)
}

fn is_local(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            let address: Result<std::net::IpAddr, _> = name.parse();
            name == "localhost" || address.is_ok_and(|address| address.is_loopback())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Turns, is_here};

    #[test]
    fn a_database_is_here_or_elsewhere() {
        for url in [
            "postgresql://chartroom@localhost/chartroom",
            "postgresql://chartroom@127.0.0.1:5433/chartroom",
            "postgresql://chartroom@[::1]/chartroom",
            "postgresql://chartroom@/chartroom?host=%2Frun%2Fpostgresql",
            "host=/run/postgresql user=chartroom",
        ] {
            assert!(is_here(url), "{url}");
        }
        for url in [
            "postgresql://chartroom@db.example.com/chartroom",
            "postgresql://chartroom@10.1.2.3/chartroom",
            "host=/run/postgresql,db.example.com user=chartroom",
            "not a url",
        ] {
            assert!(!is_here(url), "{url}");
        }
    }

    #[tokio::test]
    async fn who_waits_too_long_goes_on_without_a_turn() {
        let turns = Turns::new();
        let mut at_work = Vec::new();
        while turns.0.available_permits() > 0 {
            at_work.push(turns.take().await.expect("a free turn"));
        }
        assert!(turns.take().await.is_none());
        at_work.pop();
        assert!(turns.take().await.is_some());
    }
}
