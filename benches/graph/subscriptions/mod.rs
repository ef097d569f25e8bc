//! `make bench ARGS=subscriptions`: how long a change of a job takes from its commit to everybody who
//! watches it, and what a watcher costs in memory.
//!
//! The server is a process of its own without workers for these jobs; this process changes them in the
//! database, so that the moment of each commit is known on the clock that also sees it arrive.

mod changes;
mod client;

use crate::{
    Args,
    dataset::{Postgres, World},
    report::say,
    servers::Server,
};
use anyhow::{Context as _, bail};
use changes::Changes;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::mpsc;

/// How long everybody may take to be there, and the last events to arrive.
const PATIENCE: Duration = Duration::from_mins(2);
/// How long the server rests before its memory is read.
const REST: Duration = Duration::from_secs(5);
/// What the server counts of the hub's questions to the database.
const HUB: &str = "chartroom_hub_statements_total";

/// What to measure.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Load {
    /// Subscriptions in all.
    #[arg(long, default_value_t = 5_000)]
    subscriptions: usize,
    /// Sockets that they share.
    #[arg(long, default_value_t = 100)]
    sockets: usize,
    /// Jobs that they watch.
    #[arg(long, default_value_t = 500)]
    jobs: usize,
    /// Changes of a status each second, over all jobs.
    #[arg(long, default_value_t = 100)]
    changes: u32,
    /// For how many seconds.
    #[arg(long, default_value_t = 30)]
    seconds: u32,
}

/// What the clients have seen.
#[derive(Default)]
struct Seen {
    events: AtomicU64,
    /// Versions that came out of turn, or were left out.
    wrong: AtomicU64,
}

/// Measures, and prints.
pub(crate) async fn run(args: &Args, load: Load, postgres: &Postgres) -> anyhow::Result<()> {
    if load.subscriptions == 0 || load.sockets == 0 || load.jobs == 0 || load.changes == 0 {
        bail!("there is nothing to measure");
    }
    let world = postgres.world(1).await?;
    let changes = Arc::new(Changes::prepare(&world, load.jobs).await?);
    let server = Server::watched(args, &world, load.sockets).await?;
    let empty = warm(&server, &world, &changes).await?;
    let seen = Arc::<Seen>::default();
    let (sender, receiver) = mpsc::unbounded_channel();
    let clients = subscribe(&server, &world, load, (&changes, &seen), &sender).await?;
    let all = u64::try_from(load.subscriptions)?;
    arrive(&seen, all)
        .await
        .context("not everybody subscribed")?;
    tokio::time::sleep(REST).await;
    let watched = server.resident()?;
    let before = changes.transactions().await?;
    let asked_before = server.counter(HUB).await?;
    let made = changes.make(load.changes, load.seconds).await?;
    let began_waiting = Instant::now();
    let expected = all + changes.watchers_of(&made, load.subscriptions);
    arrive(&seen, expected)
        .await
        .context("events are missing")?;
    let rest = began_waiting.elapsed();
    let hub = server.counter(HUB).await?.saturating_sub(asked_before);
    let after = changes.transactions().await?;
    let busy = server.resident()?;
    drop(sender);
    clients.iter().for_each(tokio::task::JoinHandle::abort);
    let times = collect(receiver);
    report(
        load,
        &times,
        &Memory {
            empty,
            watched,
            busy,
        },
    )?;
    let asked = after
        .saturating_sub(before)
        .saturating_sub(made.transactions);
    say(&format!(
        "{} changes, {} events, the last of them {rest:.0?} after the last change; {} out of turn or \
         left out; {:.0} transactions a second by the server",
        made.count,
        seen.events.load(Ordering::Relaxed) - all,
        seen.wrong.load(Ordering::Relaxed),
        rate(asked, made.took + rest),
    ));
    say(&format!(
        "{:.1} statements a second by the hub",
        rate(hub, made.took + rest)
    ));
    if seen.wrong.load(Ordering::Relaxed) > 0 {
        bail!("a subscription has to give every status in order");
    }
    Ok(())
}

/// Resident memory in bytes.
struct Memory {
    /// With one subscription, after its first event.
    empty: u64,
    /// With all of them, waiting.
    watched: u64,
    /// After the load.
    busy: u64,
}

/// Has the server do once what it does under load; what it takes for itself is no watcher's.
async fn warm(server: &Server, world: &World, changes: &Changes) -> anyhow::Result<u64> {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let seen = Arc::<Seen>::default();
    let first = client::Watch {
        address: server.address,
        token: world.admin.token.clone(),
        jobs: changes.jobs(0, 1),
        commits: changes.commits(),
        seen: seen.clone(),
        times: sender,
    };
    let client = client::start(first).await?;
    arrive(&seen, 1).await?;
    client.abort();
    receiver.close();
    tokio::time::sleep(REST).await;
    server.resident()
}

async fn subscribe(
    server: &Server,
    world: &World,
    load: Load,
    (changes, seen): (&Changes, &Arc<Seen>),
    times: &mpsc::UnboundedSender<Duration>,
) -> anyhow::Result<Vec<tokio::task::JoinHandle<()>>> {
    let mut clients = Vec::with_capacity(load.sockets);
    let mut from = 0;
    for socket in 0..load.sockets {
        let to = load.subscriptions * (socket + 1) / load.sockets;
        let watch = client::Watch {
            address: server.address,
            token: world.admin.token.clone(),
            jobs: changes.jobs(from, to),
            commits: changes.commits(),
            seen: seen.clone(),
            times: times.clone(),
        };
        clients.push(client::start(watch).await?);
        from = to;
    }
    Ok(clients)
}

/// Waits until so many events were seen.
async fn arrive(seen: &Seen, events: u64) -> anyhow::Result<()> {
    let began = Instant::now();
    while seen.events.load(Ordering::Relaxed) < events {
        if began.elapsed() > PATIENCE {
            let arrived = seen.events.load(Ordering::Relaxed);
            bail!("{arrived} of {events} events arrived in {PATIENCE:?}");
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

fn collect(mut receiver: mpsc::UnboundedReceiver<Duration>) -> Vec<Duration> {
    let mut times = Vec::new();
    while let Ok(time) = receiver.try_recv() {
        times.push(time);
    }
    times.sort_unstable();
    times
}

fn report(load: Load, times: &[Duration], memory: &Memory) -> anyhow::Result<()> {
    let at = |share: usize| -> anyhow::Result<Duration> {
        let place = (times.len() * share / 1000).min(times.len().saturating_sub(1));
        times.get(place).copied().context("no event arrived")
    };
    say(&format!(
        "{} subscriptions on {} sockets, {} jobs, {} changes a second for {} s",
        load.subscriptions, load.sockets, load.jobs, load.changes, load.seconds
    ));
    say(&format!(
        "commit to client: p50 {:.0?}, p90 {:.0?}, p99 {:.0?}, most {:.0?}",
        at(500)?,
        at(900)?,
        at(990)?,
        at(1000)?
    ));
    let subscribers = u64::try_from(load.subscriptions)?;
    let each = |now: u64| now.saturating_sub(memory.empty) / subscribers;
    say(&format!(
        "memory: {} MiB with one subscription, {} MiB with all ({} bytes each), {} MiB after the load \
         ({} bytes each)",
        memory.empty >> 20,
        memory.watched >> 20,
        each(memory.watched),
        memory.busy >> 20,
        each(memory.busy),
    ));
    Ok(())
}

#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "figures for people"
)]
fn rate(count: u64, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64().max(0.001)
}
