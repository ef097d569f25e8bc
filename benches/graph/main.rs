//! `make bench`: Chartroom beside hand-written SQL, on the same data, in one interleaved run.
//!
//! The reference (`sqljson`) answers each query by one `json_build_object` statement whose text it
//! passes through: the least that a server of these answers can do. Both servers are processes of
//! their own, asked over HTTP on the loopback by one thread. What the figures mean, and how they
//! were: `docs/benchmarks.md`.

mod cases;
mod check;
mod client;
mod dataset;
mod export;
mod lifted;
mod load;
mod measure;
mod queue;
mod report;
mod run_query;
mod servers;
mod sqljson;
mod subscriptions;

use anyhow::{Context as _, anyhow};
use clap::{Parser, Subcommand};
use std::{ffi::OsString, net::SocketAddr, path::PathBuf};
use tokio::signal::unix::{SignalKind, signal};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Measures Chartroom against hand-written SQL.
#[derive(Debug, Parser)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// Shows that everything works: one short round, figures that mean nothing.
    #[arg(long)]
    quick: bool,
    /// Compares with a database of ten times the size too.
    #[arg(long)]
    tenfold: bool,
    /// Only these queries, for example `--only Q2`.
    #[arg(long)]
    only: Vec<String>,
    /// How many rounds; the medians of their ratios count.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds per slice, in place of one second, or six for answers of many milliseconds.
    #[arg(long)]
    slice: Option<f64>,
    /// Connections of the loaded client.
    #[arg(long, default_value_t = 32)]
    connections: usize,
    /// A PostgreSQL to make the databases in; without it a cluster of its own is started.
    #[arg(long, env = "CHARTROOM_TEST_DATABASE_URL", hide_env_values = true)]
    database: Option<String>,
    /// The server to measure, in place of the one just built.
    #[arg(long, default_value = env!("CARGO_BIN_EXE_chartroom"))]
    server: PathBuf,
    /// Starts the servers on the data, tells how to ask them, and waits: for profilers.
    #[arg(long)]
    hold: bool,
    #[arg(long, hide = true, env = "PATH", hide_env_values = true)]
    search_path: Option<OsString>,
    #[arg(long, hide = true, global = true)]
    bench: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measures changes of jobs on their way to those who watch them.
    Subscriptions(subscriptions::Load),
    /// Measures the job queue: how fast it gives jobs out, and whether tenants wait for each other.
    Queue(queue::Load),
    /// Measures the memory that exports of many cells take.
    Export(export::Load),
    /// Measures runs of queries beside the bare SQL.
    Runs(run_query::Load),
    /// Serves the reference.
    #[command(hide = true)]
    Sqljson {
        #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
        database: String,
        #[arg(long)]
        bind: SocketAddr,
        /// Connections for each core.
        #[arg(long, env = "CHARTROOM_BENCH_SQLJSON", default_value_t = sqljson::CONNECTIONS_PER_CORE)]
        connections: usize,
    },
    /// Serves Chartroom without its limit of cost.
    #[command(hide = true)]
    Lifted {
        #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
        database: String,
        #[arg(long)]
        bind: SocketAddr,
    },
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    if let Some(command) = &args.command {
        let runtime = tokio::runtime::Runtime::new().context("cannot start a server")?;
        return match command {
            Command::Sqljson {
                database,
                bind,
                connections,
            } => runtime.block_on(sqljson::serve(database, *bind, *connections)),
            Command::Lifted { database, bind } => runtime.block_on(lifted::serve(database, *bind)),
            Command::Subscriptions(_)
            | Command::Queue(_)
            | Command::Export(_)
            | Command::Runs(_) => runtime.block_on(run(&args)),
        };
    }
    if !args.bench {
        report::say("Nothing to do: benchmarks run by `make bench` or `cargo bench`.");
        return Ok(());
    }
    // One thread, so that the client takes as little as it can from the servers.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(run(&args))
}

async fn run(args: &Args) -> anyhow::Result<()> {
    let postgres = dataset::Postgres::start(args).await?;
    let mut end = signal(SignalKind::terminate())?;
    // Whichever way it ends, the servers end with what holds them.
    let outcome = tokio::select! {
        outcome = async { match &args.command {
            Some(Command::Subscriptions(load)) => subscriptions::run(args, *load, &postgres).await,
            Some(Command::Queue(load)) => queue::run(args, *load, &postgres).await,
            Some(Command::Export(load)) => export::run(args, *load, &postgres).await,
            Some(Command::Runs(load)) => run_query::run(args, load, &postgres).await,
            _ => measure::all(args, &postgres).await,
        } } => outcome,
        _ = tokio::signal::ctrl_c() => Err(anyhow!("interrupted")),
        _ = end.recv() => Err(anyhow!("told to end")),
    };
    postgres.stop().await?;
    outcome
}
