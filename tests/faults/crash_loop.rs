//! 1,000 jobs, two workers of eight slots, twenty signals: seven of ten kill a worker, the others
//! freeze it past its lease and let it go on as a zombie.

use crate::{
    stage::{SLOTS, Stage, Worker},
    verdict::Verdict,
};
use nix::sys::signal::Signal;
use rand::{Rng as _, rngs::StdRng};
use std::time::{Duration, Instant};
use tokio::time::sleep;

const JOBS: usize = 1_000;
const SIGNALS: usize = 20;
/// Past the lease of three seconds.
const FREEZE: Duration = Duration::from_secs(4);

pub(crate) async fn run(stage: &Stage, random: &mut StdRng, verdict: &mut Verdict) {
    println!("crash loop: {JOBS} jobs, 2 workers of {SLOTS} slots, {SIGNALS} signals");
    for _ in 0..JOBS {
        stage.put(&stage.job(2, 0.15, true)).await.expect("stored");
    }
    let mut workers = [stage.worker(), stage.worker()];
    let began = Instant::now();
    let (mut kills, mut freezes) = (0, 0);
    let mut thawing: Vec<tokio::task::JoinHandle<()>> = Vec::new();
    sleep(Duration::from_secs(2)).await;
    for n in 0..SIGNALS {
        let which = random.random_range(0..2_usize);
        if random.random_bool(0.7) {
            workers[which].signal(Signal::SIGKILL);
            let dead = std::mem::replace(&mut workers[which], stage.worker());
            dead.bury();
            kills += 1;
        } else {
            freeze(&workers[which], &mut thawing);
            freezes += 1;
        }
        let pause = random.random_range(700..1_600);
        sleep(Duration::from_millis(pause)).await;
        if n % 5 == 4 {
            let left = stage
                .number(
                    "SELECT count(*) FROM jobs WHERE finished_at IS NULL",
                    Vec::new(),
                )
                .await;
            println!("  {} signals, {:?} jobs left", n + 1, left.ok());
        }
    }
    for thaw in thawing {
        thaw.await.expect("no panic");
    }
    let drained = stage.drained(Duration::from_secs(90)).await;
    println!(
        "  {kills} kills, {freezes} freezes, {:?} in all",
        began.elapsed()
    );
    verdict.check(
        drained.is_some(),
        format!("drained within 90 s of the last signal ({drained:?})"),
    );
    verdict.check(
        workers.iter_mut().all(Worker::is_alive),
        "no worker ended by itself",
    );
    let (effects, keys) = stage.receiver.counts();
    let most = JOBS + (kills + freezes) * SLOTS;
    verdict.check(
        effects <= most,
        format!("effects are at most jobs + signals × slots: {effects} ≤ {most}"),
    );
    verdict.check(keys == JOBS, format!("one effect key for each job: {keys}"));
    stage.check_quiet(verdict).await;
}

/// Stops a worker for longer than its lease.
fn freeze(worker: &Worker, thawing: &mut Vec<tokio::task::JoinHandle<()>>) {
    worker.signal(Signal::SIGSTOP);
    let pid = worker.pid();
    thawing.push(tokio::spawn(async move {
        sleep(FREEZE).await;
        // It may have been killed meanwhile, and buried.
        let _ = nix::sys::signal::kill(pid, Signal::SIGCONT);
    }));
}
