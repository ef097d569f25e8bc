//! Sockets and event streams: `CHARTROOM_SOCKET_…`, `CHARTROOM_SOCKETS_PER_USER`.

use super::Environment;
use std::time::Duration;

/// Settings of sockets and event streams.
#[derive(Debug, Clone)]
pub struct SocketConfig {
    /// How long a client may take to say who it is.
    pub init_timeout: Duration,
    /// How often a client is asked whether it is still there; three times unanswered ends a socket.
    pub ping: Duration,
    /// How long one message may take to be written.
    pub write_timeout: Duration,
    /// Most sockets of one user.
    pub per_user: usize,
    /// Most operations at a time on one socket, and event streams of one user.
    pub operations: usize,
    /// How often it is looked whether the session or key still holds.
    pub check: Duration,
    /// How often a silent event stream shows that it is there.
    pub keep_alive: Duration,
}

impl SocketConfig {
    /// Reads the settings.
    ///
    /// # Errors
    /// A value cannot be used.
    pub fn from_env(environment: &Environment) -> anyhow::Result<Self> {
        let count = |name, default| {
            let number = environment.number(name, 1, default)?;
            Ok::<_, anyhow::Error>(usize::try_from(number).unwrap_or(usize::MAX))
        };
        Ok(Self {
            init_timeout: environment.seconds("CHARTROOM_SOCKET_INIT_SECONDS", 5)?,
            ping: environment.seconds("CHARTROOM_SOCKET_PING_SECONDS", 20)?,
            write_timeout: environment.seconds("CHARTROOM_SOCKET_WRITE_SECONDS", 30)?,
            per_user: count("CHARTROOM_SOCKETS_PER_USER", 20)?,
            operations: count("CHARTROOM_SOCKET_OPERATIONS", 100)?,
            // With the age of remembered answers this stays below the promised five seconds.
            check: Duration::from_secs(1),
            keep_alive: Duration::from_secs(12),
        })
    }
}
