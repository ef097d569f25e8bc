//! PostgreSQL is killed five times while jobs are asked for and run.

use crate::{
    stage::{Stage, Worker},
    verdict::Verdict,
};
use chartroom::kernel::entity::JobId;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use rand::{Rng as _, rngs::StdRng};
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};
use tokio::time::sleep;

const KILLS: usize = 5;

pub(crate) async fn run(stage: &Stage, random: &mut StdRng, verdict: &mut Verdict) {
    println!("database: PostgreSQL killed {KILLS} times");
    stage.run("DELETE FROM jobs").await;
    stage.receiver.clear();
    let cluster = stage.cluster.clone();
    let supervisor = tokio::spawn(async move { cluster.supervise().await });
    let mut workers = [stage.worker(), stage.worker()];
    sleep(Duration::from_secs(1)).await;
    let began = Instant::now();
    let mut acknowledged: HashMap<String, JobId> = HashMap::new();
    let (mut doubts, mut slowest) = (0, Duration::ZERO);
    let mut next_kill = began + Duration::from_secs(5);
    let mut kills = 0;
    let mut n = 0;
    while kills < KILLS || began.elapsed() < Duration::from_secs(45) {
        if kills < KILLS && Instant::now() >= next_kill {
            let pid = stage.cluster.pid().expect("it runs");
            kill(Pid::from_raw(pid.cast_signed()), Signal::SIGKILL).expect("killed");
            kills += 1;
            next_kill = Instant::now() + Duration::from_millis(random.random_range(6_000..9_000));
        }
        // Whether a request that failed was stored is not known: it is sent again under its key.
        let key = format!("key-{n}");
        let new = stage.job(1, 0.1, true).idempotent(key.clone());
        let asked = Instant::now();
        loop {
            match stage.put(&new).await {
                Ok(id) => {
                    acknowledged.insert(key, id);
                    break;
                }
                Err(_unknown) => {
                    doubts += 1;
                    sleep(Duration::from_millis(100)).await;
                }
            }
            assert!(
                asked.elapsed() < Duration::from_mins(1),
                "the database stays away"
            );
        }
        slowest = slowest.max(asked.elapsed());
        n += 1;
        sleep(Duration::from_millis(40)).await;
        if began.elapsed() > Duration::from_mins(2) {
            break;
        }
    }
    let drained = stage.drained(Duration::from_mins(1)).await;
    println!(
        "  {} requests acknowledged, {doubts} in doubt, the slowest took {slowest:?}",
        acknowledged.len()
    );
    verdict.check(
        kills == KILLS,
        format!("PostgreSQL was killed {kills} times"),
    );
    verdict.check(workers.iter_mut().all(Worker::is_alive), "no worker ended");
    verdict.check(
        drained.is_some(),
        format!("drained within 60 s ({drained:?})"),
    );
    let mut lost = 0;
    for id in acknowledged.values() {
        let there = "SELECT count(*) FROM jobs WHERE id = ?";
        let count = stage.number(there, vec![(*id).into()]).await;
        lost += usize::from(count.expect("an answer") != 1);
    }
    verdict.check(
        lost == 0,
        format!("every acknowledged job is there ({lost} are not)"),
    );
    let all = stage
        .number(
            "SELECT count(*) FROM jobs WHERE kind = 'SELFTEST'",
            Vec::new(),
        )
        .await;
    let all = all.expect("an answer");
    verdict.check(
        all == i64::try_from(acknowledged.len()).expect("few"),
        format!("one job for each key: {all}"),
    );
    stage.check_quiet(verdict).await;
    supervisor.abort();
}
