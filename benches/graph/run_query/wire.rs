//! A wire between a server and its PostgreSQL that counts the statements on it.

use anyhow::{Context as _, ensure};
use chartroom::services::warehouse::DEMO_DATABASE;
use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, UnixStream},
    task::JoinSet,
};
use tokio_postgres::{Config, config::Host};

/// How often each statement was run.
pub(super) type Seen = HashMap<String, usize>;

/// Where PostgreSQL is.
#[derive(Clone)]
enum Place {
    Socket(PathBuf),
    Port(String, u16),
}

/// An address that leads to PostgreSQL.
pub(super) struct Wire {
    url: String,
    seen: Arc<Mutex<Seen>>,
    /// Ends with this value.
    _served: JoinSet<()>,
}

impl Wire {
    /// A wire to the server of a database.
    pub(super) async fn open(database: &str) -> anyhow::Result<Self> {
        let config: Config = database.parse()?;
        let port = config.get_ports().first().copied().unwrap_or(5432);
        let place = match config.get_hosts().first().context("no host")? {
            Host::Tcp(host) => Place::Port(host.clone(), port),
            Host::Unix(path) => Place::Socket(path.join(format!(".s.PGSQL.{port}"))),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let own = listener.local_addr()?.port();
        let text =
            |bytes: Option<&[u8]>| String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned();
        let url = format!(
            "postgresql://{}:{}@127.0.0.1:{own}/{}?sslmode=disable",
            config.get_user().unwrap_or_default(),
            text(config.get_password()),
            config.get_dbname().unwrap_or_default(),
        );
        let seen = Arc::<Mutex<Seen>>::default();
        let counted = seen.clone();
        let mut served = JoinSet::new();
        served.spawn(async move {
            let mut joined = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let (place, seen) = (place.clone(), counted.clone());
                joined.spawn(async move {
                    // Ends with the connection, however that ends.
                    let _ = join(client, place, seen).await;
                });
            }
        });
        Ok(Self {
            url,
            seen,
            _served: served,
        })
    }

    /// The database at the other end, by this wire.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// What was run since this was asked for last.
    pub(super) fn take(&self) -> Seen {
        std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn join(client: TcpStream, place: Place, seen: Arc<Mutex<Seen>>) -> anyhow::Result<()> {
    client.set_nodelay(true)?;
    match place {
        Place::Port(host, port) => {
            let server = TcpStream::connect((host, port)).await?;
            server.set_nodelay(true)?;
            let (read, write) = server.into_split();
            pass(client, read, write, seen).await
        }
        Place::Socket(path) => {
            let (read, write) = UnixStream::connect(path).await?.into_split();
            pass(client, read, write, seen).await
        }
    }
}

async fn pass(
    client: TcpStream,
    mut from_server: impl AsyncRead + Unpin,
    mut to_server: impl AsyncWrite + Unpin,
    seen: Arc<Mutex<Seen>>,
) -> anyhow::Result<()> {
    let (mut from_client, mut to_client) = client.into_split();
    let asked = async {
        let mut reader = Reader::default();
        loop {
            let before = reader.open.len();
            if from_client.read_buf(&mut reader.open).await? == 0 {
                return anyhow::Ok(());
            }
            let came = reader.open.get(before..).unwrap_or_default();
            to_server.write_all(came).await?;
            reader.read(&seen)?;
        }
    };
    let answered = tokio::io::copy(&mut from_server, &mut to_client);
    tokio::select! {
        ended = asked => ended,
        ended = answered => Ok(ended.map(drop)?),
    }
}

/// What a client says, message by message.
#[derive(Default)]
struct Reader {
    open: Vec<u8>,
    /// Whether it has said who it is, and that it is not at the warehouse.
    counts: Option<bool>,
    /// Texts of prepared statements.
    statements: HashMap<String, String>,
    /// Statements of portals.
    portals: HashMap<String, String>,
}

impl Reader {
    fn read(&mut self, seen: &Mutex<Seen>) -> anyhow::Result<()> {
        loop {
            let head = usize::from(self.counts.is_some());
            let Some(length) = self.open.get(head..head + 4) else {
                return Ok(());
            };
            let length = usize::try_from(u32::from_be_bytes(length.try_into()?))?;
            ensure!(length >= 4, "a message that is shorter than its length");
            if self.open.len() < head + length {
                return Ok(());
            }
            let rest = self.open.split_off(head + length);
            let message = std::mem::replace(&mut self.open, rest);
            let body = message.get(head + 4..).unwrap_or_default();
            if head == 0 {
                let mut words = body.split(|byte| *byte == 0);
                let is_warehouse = words.any(|word| word == DEMO_DATABASE.as_bytes());
                self.counts = Some(!is_warehouse);
            } else if self.counts == Some(true) {
                self.message(message.first().copied().unwrap_or_default(), body, seen);
            }
        }
    }

    fn message(&mut self, kind: u8, body: &[u8], seen: &Mutex<Seen>) {
        let mut texts = body
            .split(|byte| *byte == 0)
            .map(|text| String::from_utf8_lossy(text).into_owned());
        let (first, second) = (
            texts.next().unwrap_or_default(),
            texts.next().unwrap_or_default(),
        );
        let run = match kind {
            b'P' => {
                self.statements.insert(first, second);
                return;
            }
            b'B' => {
                let text = self.statements.get(&second).cloned();
                self.portals.insert(first, text.unwrap_or_default());
                return;
            }
            b'E' => self.portals.get(&first).cloned().unwrap_or_default(),
            b'Q' => first,
            _ => return,
        };
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        *seen.entry(run).or_default() += 1;
    }
}
