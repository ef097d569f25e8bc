//! A real PostgreSQL cluster that belongs to this process.
//!
//! For anyone without a database at hand: `initdb` on the first start, the same cluster ever
//! after, stopped with the process even if that is killed. It listens on a Unix socket in a private
//! directory, never on the network, and asks for a generated password on top.
//!
//! ```no_run
//! # use chartroom::db::embedded::{EmbeddedCluster, EmbeddedError, EmbeddedOptions};
//! # async fn example(stop_signal: impl Future<Output = ()>) -> Result<(), EmbeddedError> {
//! let cluster = EmbeddedCluster::start(".chartroom".as_ref(), EmbeddedOptions::default()).await?;
//! tokio::select! {
//!     () = stop_signal => {}                      // the server works on cluster.url() meanwhile
//!     never = cluster.supervise() => match never {},
//! }
//! cluster.stop().await
//! # }
//! ```
//!
//! The pieces: `binaries` finds the programs, `account` the user to run them as, `home` the
//! directory and its lock, `initialize` makes the cluster, `stale` clears up after a crash,
//! `server` runs the process, `watchdog` ends it with ours, `guest` joins the one of another process.

mod account;
mod binaries;
mod error;
mod guest;
mod home;
mod initialize;
mod log;
mod options;
mod secret;
mod server;
mod session;
mod socket;
mod stale;
mod watchdog;

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;
use tokio::time::{Instant, sleep};

use self::account::Account;
use self::binaries::Binaries;
use self::home::{DataDirectory, Home};
use self::server::{Launch, Server};
use self::session::Access;
use self::socket::SocketDirectory;

pub use self::error::EmbeddedError;
pub use self::guest::EmbeddedGuest;
pub use self::options::EmbeddedOptions;

/// The first pause before a restart, and the longest; a server that has lived for a while starts
/// over with the first.
const RESTART_PAUSE: Duration = Duration::from_millis(100);
const RESTART_PAUSE_MAX: Duration = Duration::from_secs(10);
const STABLE_AFTER: Duration = Duration::from_secs(10);

/// A running PostgreSQL cluster. Dropping it without [`EmbeddedCluster::stop`] stops the server
/// too, only nobody waits for it.
pub struct EmbeddedCluster {
    server: Server,
    access: Access,
    account: Account,
    socket: SocketDirectory,
    options: EmbeddedOptions,
    notes: Vec<String>,
    // Last, so that the lock is given back when all else is gone.
    data: DataDirectory,
}

impl EmbeddedCluster {
    /// Starts the cluster in a data directory, creating both if they are not there, and waits
    /// until it takes statements. A server left over from a killed process is stopped first.
    ///
    /// # Errors
    ///
    /// Each case of [`EmbeddedError`] says what stands in the way and what to do about it.
    pub async fn start(data_dir: &Path, options: EmbeddedOptions) -> Result<Self, EmbeddedError> {
        let data = DataDirectory::open(data_dir)?;
        let mut notes = Notes::default();
        let (home, account, binaries) = match data.existing_home()? {
            Some(home) => open(home, &options, &mut notes).await?,
            None => create(&data, &options, &mut notes).await?,
        };
        let password = initialize::password(&home, &account, &binaries).await?;
        let socket = SocketDirectory::prepare(&home, &account)?;
        if socket.is_elsewhere() {
            notes.add(format!(
                "the path of the data directory is too long for a socket, or has a comma in it: the \
                 socket is in {} instead",
                socket.path().display()
            ));
        }
        let server = Server::new(Launch {
            binaries,
            account: account.clone(),
            cluster: home.cluster(),
            socket: socket.path().to_owned(),
            log: data.log(),
            settings: options.settings.clone(),
        })?;
        let access = Access::new(socket.path(), password);
        server.start(&access, options.start_timeout).await?;
        tracing::info!(pid = server.pid(), "the embedded PostgreSQL is ready");
        Ok(Self {
            server,
            access,
            account,
            socket,
            options,
            notes: notes.0,
            data,
        })
    }

    /// The connection URL of Chartroom's database, with the password.
    pub fn url(&self) -> SecretString {
        self.url_of(session::DATABASE)
    }

    /// The connection URL of any database of the cluster, for the same role. The role may create
    /// databases.
    pub fn url_of(&self, database: &str) -> SecretString {
        self.access.url(self.socket.path(), database)
    }

    /// Makes a role that can sign in and reads only, or gives it another password.
    ///
    /// # Errors
    ///
    /// [`EmbeddedError::Refused`] when the server does, or the texts would need quoting.
    pub async fn make_reader(&self, role: &str, password: &str) -> Result<(), EmbeddedError> {
        self.access.reader(role, password).await
    }

    /// The data directory, as an absolute path.
    pub fn data_dir(&self) -> &Path {
        self.data.path()
    }

    /// What PostgreSQL writes.
    pub fn log_file(&self) -> PathBuf {
        self.data.log()
    }

    /// The process id of PostgreSQL while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.server.pid()
    }

    /// What the start did beyond the ordinary, each a sentence for the operator. The log has them
    /// too.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Resolves when PostgreSQL has died without having been stopped, with the way it ended.
    /// Never resolves after [`EmbeddedCluster::stop`]. May be dropped at any time.
    pub async fn watch(&self) -> String {
        self.server.died().await
    }

    /// Starts PostgreSQL again after it has died, in the same place, with the same URL.
    ///
    /// # Errors
    ///
    /// As [`EmbeddedCluster::start`]; [`EmbeddedError::Stopping`] during a stop.
    pub async fn restart(&self) -> Result<(), EmbeddedError> {
        self.server
            .start(&self.access, self.options.start_timeout)
            .await
    }

    /// Restarts PostgreSQL whenever it dies, after a pause that grows while it keeps dying. Never
    /// gives up, since the cause may pass (a full disk, too little memory), and never resolves.
    /// May be dropped at any time.
    pub async fn supervise(&self) -> Infallible {
        let mut pause = RESTART_PAUSE;
        loop {
            let alive_since = Instant::now();
            let status = self.watch().await;
            if alive_since.elapsed() >= STABLE_AFTER {
                pause = RESTART_PAUSE;
            }
            let log = self.log_file();
            tracing::error!(status, log = %log.display(), "PostgreSQL died; starting it again");
            sleep(pause).await;
            pause = (pause * 2).min(RESTART_PAUSE_MAX);
            match self.restart().await {
                Ok(()) => tracing::info!(pid = self.pid(), "PostgreSQL is back"),
                Err(error) => tracing::error!("PostgreSQL did not come back: {error}"),
            }
        }
    }

    /// Stops PostgreSQL: sessions are ended, everything is written. A server that takes longer
    /// than the options allow is stopped at once, and recovers at the next start.
    ///
    /// # Errors
    ///
    /// [`EmbeddedError::DoesNotStop`] when the process outlives that as well.
    pub async fn stop(&self) -> Result<(), EmbeddedError> {
        self.server.stop(self.options.stop_timeout).await?;
        self.socket.remove(&self.account);
        Ok(())
    }
}

async fn open(
    home: Home,
    options: &EmbeddedOptions,
    notes: &mut Notes,
) -> Result<(Home, Account, Binaries), EmbeddedError> {
    let cluster = home.cluster();
    let account = Account::owner_of(&cluster)?;
    if !account.can_enter(home.root())? {
        return Err(EmbeddedError::Unreachable {
            path: home.root().to_owned(),
            account: account.name().to_owned(),
        });
    }
    let version = binaries::cluster_version(&cluster).map(|version| (cluster.as_path(), version));
    let binaries = Binaries::find(options, version)?;
    if let Some(pid) = stale::recover(&cluster).await? {
        notes.add(format!(
            "stopped a PostgreSQL (process {pid}) left over from an earlier run"
        ));
    }
    Ok((home, account, binaries))
}

async fn create(
    data: &DataDirectory,
    options: &EmbeddedOptions,
    notes: &mut Notes,
) -> Result<(Home, Account, Binaries), EmbeddedError> {
    let account = Account::for_new_cluster()?;
    let binaries = Binaries::find(options, None)?;
    let home = data.new_home(&account)?;
    notes.add(format!(
        "creating a PostgreSQL {} cluster in {}",
        binaries.major(),
        home.root().display()
    ));
    if account.is_switched() {
        notes.add(format!(
            "PostgreSQL refuses to run as root, it runs as the user {}",
            account.name()
        ));
    }
    if !home.root().starts_with(data.path()) {
        notes.add(format!(
            "the cluster is not in {}, which the user {} cannot enter",
            data.path().display(),
            account.name()
        ));
    }
    initialize::create(&home, &account, &binaries).await?;
    data.remember(&home)?;
    Ok((home, account, binaries))
}

/// Sentences for the operator, logged as they come up.
#[derive(Default)]
struct Notes(Vec<String>);

impl Notes {
    fn add(&mut self, note: String) {
        tracing::info!("{note}");
        self.0.push(note);
    }
}
