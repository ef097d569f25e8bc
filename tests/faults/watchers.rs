//! 180 followers on two nodes, each cut off four times, while the connections that listen are killed
//! every second: every status reaches every follower.

use crate::{stage::Stage, verdict::Verdict};
use chartroom::{
    jobs::{Hub, JobStatus, Jobs},
    kernel::entity::JobId,
};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};
use tokio::time::{sleep, timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

const JOBS: usize = 30;
const FOLLOWERS: usize = 6;
const CUTS: usize = 4;

/// What a follower saw: version, status, attempt.
type Saw = Vec<(i32, JobStatus, i32)>;

pub(crate) async fn run(stage: &Stage, random: &mut StdRng, verdict: &mut Verdict) {
    println!(
        "watchers: {} followers on 2 nodes, {CUTS} cuts each",
        JOBS * FOLLOWERS
    );
    stage.run("DELETE FROM jobs").await;
    let (tasks, stopping) = (TaskTracker::new(), CancellationToken::new());
    let node = || Jobs::new(&stage.db, Stage::config(), &tasks, &stopping);
    let nodes = [node(), node()];
    let worker = stage.worker();
    let began = Instant::now();
    let mut followers = Vec::new();
    for _ in 0..JOBS {
        let id = stage.put(&stage.job(12, 0.3, false)).await.expect("stored");
        for _ in 0..FOLLOWERS {
            let hubs = [nodes[0].hub.clone(), nodes[1].hub.clone()];
            let seed = random.random();
            followers.push((id, tokio::spawn(follow(hubs, id, seed))));
        }
    }
    let killer = tokio::spawn({
        let db = stage.db.clone();
        let stopping = stopping.clone();
        async move {
            use diesel_async::RunQueryDsl as _;
            let mut kills = 0;
            while stopping
                .run_until_cancelled(sleep(Duration::from_secs(1)))
                .await
                .is_some()
            {
                if let Ok(conn) = db.get().await {
                    let killed = chartroom::db::sql(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                         WHERE query LIKE 'LISTEN%' OR (query = 'SELECT 1' AND application_name = '')",
                        [],
                    )
                    .statement::<diesel::sql_types::Bool>()
                    .execute(&mut &*conn)
                    .await;
                    kills += killed.unwrap_or_default();
                }
            }
            kills
        }
    });
    let mut saw: HashMap<JobId, Vec<Saw>> = HashMap::new();
    for (id, follower) in followers {
        saw.entry(id)
            .or_default()
            .push(follower.await.expect("no panic"));
    }
    stopping.cancel();
    let kills = killer.await.expect("no panic");
    drop(worker);
    println!(
        "  {kills} listening connections killed, {:?}",
        began.elapsed()
    );
    let (mut missed, mut complete) = (0, 0);
    for (id, all) in saw {
        let conn = stage.db.get().await.expect("a connection");
        let events = chartroom::jobs::history::events(&conn, id, 0)
            .await
            .expect("the events");
        let stored = changes(events.iter().map(|event| (event.status, event.attempt)));
        for one in all {
            let rises = one.windows(2).all(|pair| pair[0].0 < pair[1].0);
            let seen = changes(one.iter().map(|(_, status, attempt)| (*status, *attempt)));
            if rises && seen == stored {
                complete += 1;
            } else {
                missed += 1;
            }
        }
    }
    verdict.check(
        missed == 0 && complete == JOBS * FOLLOWERS,
        format!(
            "every follower saw every status in order, and the end: {complete}, {missed} did not"
        ),
    );
    verdict.check(kills > 0, "listening connections were killed meanwhile");
    stage.check_quiet(verdict).await;
}

/// Without what repeats the status before.
fn changes(all: impl Iterator<Item = (JobStatus, i32)>) -> Vec<(JobStatus, i32)> {
    let mut changes: Vec<(JobStatus, i32)> = all.collect();
    changes.dedup();
    changes
}

async fn follow(hubs: [Hub; 2], id: JobId, seed: u64) -> Saw {
    let mut random = StdRng::seed_from_u64(seed);
    let mut saw: Saw = Vec::new();
    let mut cuts = CUTS;
    loop {
        let mut watch = hubs[random.random_range(0..2_usize)].watch(id);
        let mut left = random.random_range(1..5);
        loop {
            let after = saw.last().map_or(0, |last| last.0);
            let Ok(Some(seen)) = watch.after(after).await else {
                sleep(Duration::from_millis(200)).await;
                continue;
            };
            for event in &seen.events {
                saw.push((event.version, event.status, event.attempt));
            }
            if saw.last().is_some_and(|last| last.1.is_terminal()) {
                return saw;
            }
            left -= 1;
            if left == 0 && cuts > 0 {
                cuts -= 1;
                break;
            }
            let news = timeout(Duration::from_secs(60), watch.changed()).await;
            if news.is_err() {
                return saw;
            }
        }
    }
}
