//! The cluster of another process, for commands that run beside its server.

use super::{
    error::EmbeddedError,
    home::Home,
    session::{self, Access, Answer},
    socket::SocketDirectory,
};
use secrecy::SecretString;
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// How long the other process may take to start its server.
const PATIENCE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(100);

/// A cluster that another process runs, and stops when it likes.
pub struct EmbeddedGuest {
    access: Access,
    socket: PathBuf,
}

impl EmbeddedGuest {
    /// Finds the cluster that another process runs in a data directory, and waits until it takes
    /// statements. The files there are for its user alone, so nobody else gets in.
    ///
    /// # Errors
    ///
    /// [`EmbeddedError::Silent`] if it does not answer within half a minute.
    pub async fn join(data_dir: &Path) -> Result<Self, EmbeddedError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(guest) = Self::find(data_dir)? {
                match guest.access.ask().await {
                    Answer::Ready => return Ok(guest),
                    Answer::Wait => {}
                    Answer::Refused(cause) => {
                        let advice = "Is its server of this version?";
                        return Err(EmbeddedError::Refused { cause, advice });
                    }
                }
            }
            if Instant::now() >= deadline {
                let path = data_dir.to_owned();
                return Err(EmbeddedError::Silent { path });
            }
            sleep(POLL).await;
        }
    }

    /// What a first start has written by now.
    fn find(data_dir: &Path) -> Result<Option<Self>, EmbeddedError> {
        let Some(home) = Home::of(data_dir)? else {
            return Ok(None);
        };
        let path = home.password();
        let password = match fs::read_to_string(&path) {
            Ok(text) => text.trim().to_owned(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(EmbeddedError::at("read", &path)(error)),
        };
        let socket = SocketDirectory::in_use(&home);
        let access = Access::new(&socket, password);
        Ok(Some(Self { access, socket }))
    }

    /// The connection URL of Chartroom's database, with the password.
    pub fn url(&self) -> SecretString {
        self.access.url(&self.socket, session::DATABASE)
    }

    /// As [`super::EmbeddedCluster::make_reader`].
    ///
    /// # Errors
    ///
    /// The same.
    pub async fn make_reader(&self, role: &str, password: &str) -> Result<(), EmbeddedError> {
        self.access.reader(role, password).await
    }
}
