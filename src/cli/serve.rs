//! `chartroom serve`: from nothing to a server, and back.

use super::{
    narrator::Narrator,
    storage::{Prepared, Storage},
    worker,
};
use anyhow::{Context as _, bail};
use chartroom::{
    app::App,
    config::{Config, HttpConfig, PlaygroundMode},
    domains::{
        identity::authentication::{CODE_LIFE, setup_code},
        platform::{self, demo},
    },
    http::{self, Http},
    kernel::SystemClock,
};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;

/// How long work in the background may take after the last answer.
const TASKS: Duration = Duration::from_secs(5);

/// Serves until a signal asks to stop.
pub(super) async fn serve(
    mut config: Config,
    with_demo: bool,
    narrator: &Narrator,
) -> anyhow::Result<()> {
    narrator.say(&format!("version {}", env!("CARGO_PKG_VERSION")));
    let loopback = config.http.bind.ip().is_loopback();
    if with_demo && !loopback {
        bail!(
            "the demo has published passwords, so it is served on loopback addresses only, and \
             CHARTROOM_BIND is {}",
            config.http.bind
        );
    }
    config.http.demo = with_demo;
    // Before anything else that takes time: a taken port is the most common mistake.
    let api = listen(config.http.bind, "CHARTROOM_BIND").await?;
    let admin = listen(config.http.admin_bind, "CHARTROOM_ADMIN_BIND").await?;
    let mut stops = Stops::new()?;
    let storage = tokio::select! {
        storage = Storage::open(&config.storage, narrator) => storage?,
        () = stops.next() => return Ok(()),
    };
    let result = tokio::select! {
        result = run(&config, &storage, (api, admin), narrator, &mut stops) => result,
        () = storage.supervise() => Ok(()),
    };
    storage.close().await;
    if result.is_ok() {
        narrator.say("stopped");
    }
    result
}

async fn run(
    config: &Config,
    storage: &Storage,
    (api, admin): (TcpListener, TcpListener),
    narrator: &Narrator,
    stops: &mut Stops,
) -> anyhow::Result<()> {
    let preparing = storage.prepare(config, config.http.demo, narrator);
    let Prepared {
        db,
        outside,
        has_demo,
    } = tokio::select! {
        prepared = preparing => prepared?,
        () = stops.next() => return Ok(()),
    };
    let mut settings = config.http.clone();
    settings.demo &= has_demo;
    let app = App::new(
        settings.clone(),
        config.jobs.clone(),
        outside,
        db,
        Arc::new(SystemClock),
    )?;
    let http = Http::new(app.clone())?;
    http.upkeep();
    let slots = config.jobs.workers;
    let pool = storage.pool(&config.storage, worker::connections(slots))?;
    app.start_worker(pool, platform::handlers(&config.jobs, &app.queries)?, slots);
    let (address, admin_address) = (api.local_addr()?, admin.local_addr()?);
    let stopped = CancellationToken::new();
    let admin = http::serve(admin, http.admin_router(), stopped.clone());
    let api = http::serve(api, http.front(), app.stopping.clone());
    welcome(&settings, address, admin_address, *narrator);
    invite(&app, address, *narrator).await?;
    let stop = async {
        stops.next().await;
        narrator.say("stopping: requests in flight have 30 s to finish");
        app.stopping.cancel();
        // A second signal means it.
        stops.next().await;
    };
    // While requests in flight finish, jobs do.
    let working = async {
        app.stopping.cancelled().await;
        match app.worker() {
            Some(worker) => worker.stop().await,
            None => true,
        }
    };
    let serving = async {
        let (finished, handed_back) = tokio::join!(api, working);
        app.tasks.close();
        let tasks = tokio::time::timeout(TASKS, app.tasks.wait()).await;
        stopped.cancel();
        finished && handed_back && tasks.is_ok()
    };
    let all = async { tokio::join!(serving, admin).0 };
    let finished = tokio::select! {
        finished = all => finished,
        () = stop => false,
    };
    if !finished {
        tracing::warn!("some requests or jobs were cut off");
    }
    Ok(())
}

/// On a fresh installation: how to make the first administrator.
async fn invite(app: &App, api: SocketAddr, narrator: Narrator) -> anyhow::Result<()> {
    let code = setup_code(&app.db, app.clock.now()).await?;
    let Some(code) = code else { return Ok(()) };
    let minutes = CODE_LIFE.num_minutes();
    narrator.say("nobody can sign in yet; make the first administrator with");
    narrator.say(&format!(
        "  curl http://{api}/setup -H 'Content-Type: application/json' -d '{{\"code\": \"{code}\", \
         \"organization\": \"…\", \"username\": \"…\", \"email\": \"…\", \"password\": \"…\"}}'"
    ));
    narrator.say(&format!(
        "the code works once, for {minutes} minutes; later, start again, or use `chartroom admin create-user`"
    ));
    Ok(())
}

async fn listen(address: SocketAddr, variable: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}; choose another address with {variable}")
    })
}

/// Where everything is, and how to begin.
fn welcome(config: &HttpConfig, api: SocketAddr, admin: SocketAddr, narrator: Narrator) {
    narrator.say(&format!("the API is at        http://{api}/graphql"));
    if config.playground != PlaygroundMode::Off {
        narrator.say(&format!(
            "the playground is at http://{api}/ (open it in a browser)"
        ));
    }
    narrator.say(&format!(
        "operations are at    http://{admin}/metrics, /livez, /readyz"
    ));
    if !config.demo {
        return;
    }
    narrator.say("sign in with one of the demo's accounts:");
    for (_, mail, password) in demo::ACCOUNTS {
        narrator.say(&format!("  {mail} / {password}"));
    }
    let (_, mail, password) = demo::ACCOUNTS[0];
    narrator.say("or from a terminal:");
    narrator.say(&format!(
        "  curl http://{api}/graphql -H 'Content-Type: application/json' -d '{{\"query\": \"mutation \
         {{ signIn(input: {{login: \\\"{mail}\\\", password: \\\"{password}\\\"}}) {{ token userErrors \
         {{ message }} }} }}\"}}'"
    ));
}

/// The signals that ask a server to stop.
pub(super) struct Stops {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Stops {
    pub(super) fn new() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("signals cannot be listened to");
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
        })
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
