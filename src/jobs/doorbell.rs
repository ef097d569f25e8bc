//! The doorbell: tells other nodes that there is something to look for, never what.
//!
//! PostgreSQL serializes the commits of transactions that notify, so no user's transaction ever
//! does: a change is committed first, then the bell is rung, at most once in [`PAUSE`] per channel, in
//! a transaction of its own. A lost ring costs one poll interval and nothing else, so failures are
//! not retried, and the queue works with the bell switched off.

use crate::{
    db::{Database, sql},
    kernel::{Error, Id, Result, entity::WorkerNode},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _};
use futures_util::StreamExt as _;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{Notify, watch},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Shortest time between two notifications of a node.
const PAUSE: Duration = Duration::from_millis(50);
/// How often a silent connection is asked for a sign of life.
const CHECK: Duration = Duration::from_secs(5);
/// Longest wait before the next try to connect.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// What there is to look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// Jobs wait for a worker.
    Ready,
    /// Jobs changed, or wrote lines.
    Changed,
}

impl Channel {
    const ALL: [Self; 2] = [Self::Ready, Self::Changed];

    const fn name(self) -> &'static str {
        match self {
            Self::Ready => "chartroom_jobs_ready",
            Self::Changed => "chartroom_job_changed",
        }
    }
}

/// Rings other nodes, and hears them. Cheap to clone.
#[derive(Clone)]
pub struct Doorbell(Arc<Inner>);

struct Inner {
    db: Database,
    /// Whether LISTEN and NOTIFY are used at all.
    is_on: bool,
    /// Names this node in what it sends, so that it does not wake itself.
    own: String,
    ready: Bell,
    changed: Bell,
    /// Wakes the task that sends.
    asked: Notify,
    is_started: AtomicBool,
    tasks: TaskTracker,
    stopping: CancellationToken,
}

#[derive(Default)]
struct Bell {
    rung: watch::Sender<()>,
    /// To be sent to other nodes.
    is_due: AtomicBool,
}

impl Doorbell {
    /// A bell. Nothing is sent or heard before it is first used.
    pub fn new(db: Database, is_on: bool, tasks: TaskTracker, stopping: CancellationToken) -> Self {
        Self(Arc::new(Inner {
            db,
            is_on,
            own: Id::<WorkerNode>::new().to_string(),
            ready: Bell::default(),
            changed: Bell::default(),
            asked: Notify::new(),
            is_started: AtomicBool::new(false),
            tasks,
            stopping,
        }))
    }

    /// Tells this node at once and the others soon. Called after the commit.
    pub fn ring(&self, channel: Channel) {
        let bell = self.0.bell(channel);
        bell.rung.send_replace(());
        if self.0.is_on {
            self.start();
            bell.is_due.store(true, Ordering::Relaxed);
            self.0.asked.notify_one();
        }
    }

    /// Hears the rings from now on. Several are heard as one.
    pub fn listen(&self, channel: Channel) -> watch::Receiver<()> {
        self.start();
        self.0.bell(channel).rung.subscribe()
    }

    fn start(&self) {
        if !self.0.is_on || self.0.is_started.swap(true, Ordering::Relaxed) {
            return;
        }
        let (sender, listener) = (self.0.clone(), self.0.clone());
        self.0.tasks.spawn(async move {
            let stopping = sender.stopping.clone();
            stopping.run_until_cancelled(sender.send()).await;
        });
        self.0.tasks.spawn(async move {
            let stopping = listener.stopping.clone();
            stopping.run_until_cancelled(listener.hear()).await;
        });
    }
}

impl Inner {
    const fn bell(&self, channel: Channel) -> &Bell {
        match channel {
            Channel::Ready => &self.ready,
            Channel::Changed => &self.changed,
        }
    }

    async fn send(&self) {
        loop {
            self.asked.notified().await;
            for channel in Channel::ALL {
                if self.bell(channel).is_due.swap(false, Ordering::Relaxed)
                    && let Err(error) = self.notify(channel).await
                {
                    tracing::debug!(%error, "nobody was notified; polling will do");
                }
            }
            sleep(PAUSE).await;
        }
    }

    async fn notify(&self, channel: Channel) -> Result<()> {
        let conn = self.db.get().await?;
        sql(
            "SELECT true FROM (SELECT pg_notify(?, ?)) AS sent",
            [channel.name().into(), self.own.as_str().into()],
        )
        .statement::<diesel::sql_types::Bool>()
        .execute(&mut &*conn)
        .await?;
        Ok(())
    }

    /// Listens for ever; after each gap everybody looks for what they may have missed.
    async fn hear(&self) {
        let mut wait = Duration::from_millis(100);
        loop {
            match self.connect().await {
                Ok(mut conn) => {
                    wait = Duration::from_millis(100);
                    self.wake_all();
                    let error = self.follow(&mut conn).await;
                    tracing::info!(%error, "the connection that listens was lost; polling meanwhile");
                }
                Err(error) => {
                    tracing::debug!(%error, "cannot listen; polling meanwhile");
                }
            }
            sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    async fn connect(&self) -> Result<AsyncPgConnection> {
        let mut conn = self.db.connect_alone().await?;
        for channel in Channel::ALL {
            conn.batch_execute(&format!("LISTEN {}", channel.name()))
                .await?;
        }
        Ok(conn)
    }

    /// Passes rings on until the connection fails.
    async fn follow(&self, conn: &mut AsyncPgConnection) -> Error {
        loop {
            loop {
                let mut notifications = std::pin::pin!(conn.notifications_stream());
                match timeout(CHECK, notifications.next()).await {
                    Ok(Some(Ok(heard))) => self.pass_on(&heard.channel, &heard.payload),
                    Ok(Some(Err(error))) => return error.into(),
                    Ok(None) => return Error::fault("the connection ended"),
                    Err(_silence) => break,
                }
            }
            match timeout(CHECK, conn.batch_execute("SELECT 1")).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return error.into(),
                Err(_silence) => return Error::fault("the connection does not answer"),
            }
        }
    }

    fn pass_on(&self, name: &str, payload: &str) {
        if payload == self.own {
            return;
        }
        for channel in Channel::ALL {
            if channel.name() == name {
                self.bell(channel).rung.send_replace(());
            }
        }
    }

    fn wake_all(&self) {
        for channel in Channel::ALL {
            self.bell(channel).rung.send_replace(());
        }
    }
}
