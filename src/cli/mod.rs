//! The command line: what there is to run, and how it ends.

mod admin;
mod import;
mod narrator;
mod serve;
mod storage;
mod worker;

use anyhow::Context as _;
use chartroom::{
    config::{Config, Environment, LogConfig, LogFormat},
    db::migrate,
    graph,
};
use clap::{Parser, Subcommand};
use narrator::Narrator;
use std::{
    io::{IsTerminal as _, Write as _},
    os::fd::AsFd as _,
    process::ExitCode,
};
use storage::Storage;

/// Stack of each thread of the runtime. The engine resolves a document level by level on it.
const STACK_BYTES: usize = 8 * 1024 * 1024;

/// Chartroom: a self-hosted GraphQL backend for BI platforms.
#[derive(Debug, Parser)]
#[command(
    version,
    about,
    after_help = "Settings are environment variables: see docs/configuration.md."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API and the playground
    Serve {
        /// Load the demo organization first; for loopback addresses only
        #[arg(long)]
        demo: bool,
        /// Jobs to run at a time in this process, instead of CHARTROOM_WORKERS; 0 leaves them to
        /// `chartroom worker`
        #[arg(long)]
        workers: Option<usize>,
    },
    /// Run jobs, without serving the API
    Worker {
        /// Kinds of jobs to run, separated by commas; all unless given
        #[arg(long, value_delimiter = ',')]
        kinds: Vec<String>,
        /// Jobs to run at a time
        #[arg(long, default_value_t = 4)]
        concurrency: usize,
    },
    /// Bring the database up to date, then stop
    Migrate,
    /// Print the schema
    Schema,
    /// Print what every root field and every kind of object asks of its caller
    Policies,
    /// Load the demo organization, then stop
    Demo,
    /// Manage accounts where nobody can sign in
    #[command(subcommand)]
    Admin(admin::AdminCommand),
    /// Import content into a project, then stop
    #[command(subcommand)]
    Import(import::Source),
}

/// Runs a command; a failure is one line on the standard error.
pub(crate) fn run(cli: &Cli) -> ExitCode {
    match start(&cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to do if even this cannot be written.
            let _ = writeln!(std::io::stderr(), "chartroom: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(command: &Command) -> anyhow::Result<()> {
    if let Command::Schema = command {
        let written = std::io::stdout().write_all(graph::sdl().as_bytes());
        return written.context("the schema cannot be written");
    }
    if let Command::Policies = command {
        let written = std::io::stdout().write_all(graph::policies_json()?.as_bytes());
        return written.context("the policies cannot be written");
    }
    let environment = Environment::of_process()?;
    let mut config = Config::from_env(&environment)?;
    log(&config.log)?;
    let narrator = Narrator::new(config.log.format);
    for name in environment.unknown() {
        narrator.say(&format!(
            "warning: {name} is set, but Chartroom knows no such variable"
        ));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .thread_stack_size(STACK_BYTES)
        .enable_all()
        .build()
        .context("the runtime cannot be started")?;
    runtime.block_on(async {
        match command {
            Command::Serve { demo, workers } => {
                config.jobs.workers = workers.unwrap_or(config.jobs.workers);
                Box::pin(serve::serve(config, *demo, &narrator)).await
            }
            Command::Worker { kinds, concurrency } => {
                Box::pin(worker::work(&config, kinds, *concurrency, &narrator)).await
            }
            Command::Migrate => {
                let storage = Storage::share(&config.storage, &narrator).await?;
                let done = migrate_only(&storage, &narrator).await;
                storage.close().await;
                done
            }
            Command::Demo => {
                let storage = Storage::share(&config.storage, &narrator).await?;
                let done = storage.prepare(&config, true, &narrator).await.map(drop);
                storage.close().await;
                done
            }
            Command::Admin(command) => {
                let storage = Storage::share(&config.storage, &narrator).await?;
                let done = admin::run(command, &config, &storage, &narrator).await;
                storage.close().await;
                done
            }
            Command::Import(source) => import::import(&config, source, &narrator).await,
            Command::Schema | Command::Policies => Ok(()),
        }
    })
}

async fn migrate_only(storage: &Storage, narrator: &Narrator) -> anyhow::Result<()> {
    match migrate::run(storage.url()).await? {
        0 => narrator.say("the database is up to date"),
        count => narrator.say(&format!("migrations applied: {count}")),
    }
    Ok(())
}

fn log(config: &LogConfig) -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::builder()
        .parse(&config.filter)
        .context("CHARTROOM_LOG cannot be read")?;
    // Each line is written at once as it is, so that no thread has to wait for another to write its own.
    let lines = std::io::stderr().as_fd().try_clone_to_owned()?;
    let builder = tracing_subscriber::fmt()
        .with_ansi(std::io::stderr().is_terminal())
        .with_env_filter(filter)
        .with_writer(std::fs::File::from(lines));
    let installed = match config.format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        LogFormat::Text => builder.try_init(),
    };
    installed.map_err(|error| anyhow::anyhow!("the log cannot be set up: {error}"))
}
