//! `make bench ARGS=queue`: how fast the job queue gives jobs out with a long history behind it, and
//! whether a tenant with a long line keeps another one waiting.
//!
//! The server is a process of its own and runs self-tests, which do nothing; this process asks for
//! them in the database, and takes part as a small node of its own, so that each claim is timed.

mod jobs;

use crate::{
    Args,
    dataset::{Postgres, World},
    report::say,
    servers::Server,
};
use anyhow::{Context as _, ensure};
use jobs::{Line, Node};
use std::time::{Duration, Instant};
use tokio::time::{MissedTickBehavior, interval, sleep};

/// How long jobs may take to end after the last was asked for.
const PATIENCE: Duration = Duration::from_mins(1);
/// The most that 99 of 100 claims may take.
const CLAIM: Duration = Duration::from_millis(50);
/// The most that a tenant may wait beyond one job of another.
const BEYOND: Duration = Duration::from_secs(1);

/// What to measure.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Load {
    /// Jobs each second.
    #[arg(long, default_value_t = 200)]
    rate: u32,
    /// For how many seconds.
    #[arg(long, default_value_t = 30)]
    seconds: u32,
    /// Jobs that have ended before.
    #[arg(long, default_value_t = 100_000)]
    finished: i32,
    /// Jobs of the tenant with the long line.
    #[arg(long, default_value_t = 10_000)]
    line: i32,
    /// How long each of them takes, in seconds.
    #[arg(long, default_value_t = 1.0)]
    job_seconds: f64,
    /// Jobs that the server runs at a time.
    #[arg(long, default_value_t = 8)]
    workers: usize,
}

/// Measures, and prints.
pub(crate) async fn run(args: &Args, load: Load, postgres: &Postgres) -> anyhow::Result<()> {
    ensure!(load.rate > 0 && load.seconds > 0, "nothing to measure");
    let world = postgres.world(1).await?;
    let line = Line::open(&world).await?;
    say(&format!("Writing {} jobs that have ended…", load.finished));
    line.finished(load.finished).await?;
    let server = Server::working(args, &world, load.workers).await?;
    steady(&world, &line, load).await?;
    fair(&line, load).await?;
    drop(server);
    Ok(())
}

/// As many jobs a second as asked for, and what becomes of them.
async fn steady(world: &World, line: &Line, load: Load) -> anyhow::Result<()> {
    let mut node = Node::enter(world).await?;
    let mut ticks = interval(Duration::from_secs(1) / load.rate);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let all = u64::from(load.rate) * u64::from(load.seconds);
    let began = Instant::now();
    let asking = async {
        for _ in 0..all {
            ticks.tick().await;
            line.ask_for_one().await?;
        }
        Ok(())
    };
    let claims = node.work_until(asking).await?;
    let asked = began.elapsed();
    let waits = line.ended(all, PATIENCE).await.context("jobs are left")?;
    let ended = began.elapsed();
    say(&format!(
        "{all} jobs in {:.1} s ({:.0} a second), the last ended {:.0?} after it was asked for",
        asked.as_secs_f64(),
        f64::from(u32::try_from(all)?) / asked.as_secs_f64(),
        ended.saturating_sub(asked),
    ));
    say(&format!(
        "from asking to running: p50 {:.0} ms, p99 {:.0} ms, most {:.0} ms",
        waits.p50, waits.p99, waits.most
    ));
    let p99 = at(&claims, 990)?;
    say(&format!(
        "{} claims: p50 {:.1?}, p99 {p99:.1?}, most {:.1?}; p99 must be at most {CLAIM:?}",
        claims.len(),
        at(&claims, 500)?,
        at(&claims, 1000)?,
    ));
    ensure!(p99 <= CLAIM, "claims take too long");
    Ok(())
}

/// One job of a tenant behind a long line of another.
async fn fair(line: &Line, load: Load) -> anyhow::Result<()> {
    line.ask_for_many(load.line, load.job_seconds).await?;
    // The line has every slot by now.
    sleep(Duration::from_secs_f64(load.job_seconds * 1.5)).await;
    let waited = line.other_tenant_waits(PATIENCE).await?;
    let most = Duration::from_secs_f64(load.job_seconds) + BEYOND;
    say(&format!(
        "behind {} jobs of {} s of another tenant, a job waits {waited:.0?}; it must be less than {most:?}",
        load.line, load.job_seconds
    ));
    ensure!(waited < most, "a tenant keeps another one waiting");
    Ok(())
}

/// The value below which so many of a thousand are.
fn at(sorted: &[Duration], share: usize) -> anyhow::Result<Duration> {
    let place = (sorted.len() * share / 1000).min(sorted.len().saturating_sub(1));
    sorted.get(place).copied().context("nothing was claimed")
}
