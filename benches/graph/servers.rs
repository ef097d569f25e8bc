//! The measured servers, as processes of their own.

use crate::{Args, dataset::World, load::Request};
use anyhow::{Context as _, bail};
use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};
use tokio::process::{Child, Command};

/// A running server; killed with this value.
pub(crate) struct Server {
    /// Where it answers.
    pub(crate) address: SocketAddr,
    /// Where its operator asks, if it has such a place.
    admin: Option<SocketAddr>,
    process: Child,
}

impl Server {
    /// The reference, on a database.
    pub(crate) async fn reference(world: &World) -> anyhow::Result<Self> {
        Self::of_ours("sqljson", world).await
    }

    /// Chartroom without its limit of cost, on a database.
    pub(crate) async fn lifted(world: &World) -> anyhow::Result<Self> {
        Self::of_ours("lifted", world).await
    }

    async fn of_ours(name: &str, world: &World) -> anyhow::Result<Self> {
        let address = free()?;
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args([name, "--bind"])
            .arg(address.to_string())
            .env("DATABASE_URL", &world.url);
        Self::start(command, address, name).await
    }

    /// Chartroom, on a database.
    pub(crate) async fn chartroom(args: &Args, world: &World) -> anyhow::Result<Self> {
        Self::watched(args, world, 20).await
    }

    /// Chartroom, on a database, for one user with so many sockets.
    pub(crate) async fn watched(
        args: &Args,
        world: &World,
        sockets: usize,
    ) -> anyhow::Result<Self> {
        Self::with(args, world, |command| {
            // One more, which is closing while the others open.
            command.env("CHARTROOM_SOCKETS_PER_USER", (sockets + 1).to_string());
        })
        .await
    }

    /// Chartroom, on a database, running so many jobs at a time.
    pub(crate) async fn working(
        args: &Args,
        world: &World,
        workers: usize,
    ) -> anyhow::Result<Self> {
        Self::with(args, world, |command| {
            command.env("CHARTROOM_WORKERS", workers.to_string());
        })
        .await
    }

    /// Chartroom with the demo, on a database.
    pub(crate) async fn demo(args: &Args, world: &World) -> anyhow::Result<Self> {
        Self::with(args, world, |command| {
            command.arg("--demo");
        })
        .await
    }

    /// Chartroom with the demo, on a database, whose answers may have so many rows.
    pub(crate) async fn querying(args: &Args, url: &str, rows: u64) -> anyhow::Result<Self> {
        let own = shared("data/querying")?;
        Self::at(args, url, |command| {
            // A directory for all of its kind: secrets that one stores, the next one reads.
            command
                .arg("--demo")
                .env("CHARTROOM_QUERY_ROWS", rows.to_string())
                .env("CHARTROOM_DATA_DIR", own);
        })
        .await
    }

    async fn with(
        args: &Args,
        world: &World,
        settings: impl FnOnce(&mut Command),
    ) -> anyhow::Result<Self> {
        Self::at(args, &world.url, settings).await
    }

    async fn at(
        args: &Args,
        url: &str,
        settings: impl FnOnce(&mut Command),
    ) -> anyhow::Result<Self> {
        let (address, admin) = (free()?, free()?);
        let mut command = Command::new(&args.server);
        command
            .arg("serve")
            // Settings of whoever runs the benchmark do not count.
            .env_clear()
            .env("DATABASE_URL", url)
            .env("CHARTROOM_BIND", address.to_string())
            .env("CHARTROOM_ADMIN_BIND", admin.to_string())
            .env("CHARTROOM_RATE_LIMIT_REQUESTS", "0")
            .env("CHARTROOM_RATE_LIMIT_POINTS", "0")
            .env("CHARTROOM_DATA_DIR", directory("data", address)?);
        settings(&mut command);
        let mut server = Self::start(command, address, "chartroom").await?;
        server.admin = Some(admin);
        Ok(server)
    }

    async fn start(mut command: Command, address: SocketAddr, name: &str) -> anyhow::Result<Self> {
        let log = directory("logs", address)?.join("stderr");
        let output = std::fs::File::create(&log)?;
        command
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .kill_on_drop(true);
        let process = command
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        let mut server = Self {
            address,
            admin: None,
            process,
        };
        let start = Instant::now();
        while tokio::net::TcpStream::connect(address).await.is_err() {
            let ended = server.process.try_wait()?.is_some();
            if ended || start.elapsed() > Duration::from_mins(1) {
                let said = std::fs::read_to_string(&log).unwrap_or_default();
                bail!("{name} does not answer; it said:\n{said}");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(server)
    }

    /// The process id, for profilers.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.process.id()
    }
}

impl Server {
    /// A counter of the server, as its operator sees it.
    pub(crate) async fn counter(&self, name: &str) -> anyhow::Result<u64> {
        let admin = self.admin.context("a server without an operator")?;
        #[expect(
            clippy::disallowed_methods,
            reason = "the server of this run, on the loopback"
        )]
        let figures = reqwest::get(format!("http://{admin}/metrics"))
            .await?
            .error_for_status()?
            .text()
            .await?;
        let line = figures
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        Ok(line.with_context(|| format!("no {name}"))?.trim().parse()?)
    }

    /// Memory that the process has in RAM, in bytes.
    pub(crate) fn resident(&self) -> anyhow::Result<u64> {
        let pid = self.pid().context("the server has ended")?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.trim().strip_suffix("kB"));
        let kib: u64 = kib.context("no VmRSS")?.trim().parse()?;
        Ok(kib * 1024)
    }
}

/// Asks until there is an answer: servers take connections before they are ready.
pub(crate) async fn first_answer(request: &Request) -> anyhow::Result<String> {
    let start = Instant::now();
    loop {
        match request.once().await {
            Err(_) if start.elapsed() < Duration::from_secs(10) => {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            answer => return answer,
        }
    }
}

fn free() -> anyhow::Result<SocketAddr> {
    Ok(std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

fn directory(kind: &str, address: SocketAddr) -> anyhow::Result<PathBuf> {
    shared(&format!("{kind}/{}", address.port()))
}

fn shared(name: &str) -> anyhow::Result<PathBuf> {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("bench")
        .join(name);
    std::fs::create_dir_all(&path)?;
    Ok(path)
}
