//! `make faults`: kills workers, freezes them, kills PostgreSQL and its listeners, and counts what is
//! left. Seeded (`CHARTROOM_TEST_SEED`), bounded to a few minutes, ends with a verdict.
//!
//! The workers are real processes; the database is a cluster of this run's own. What must hold is in
//! `docs/jobs.md`: one end per job, versions without gap, effects at most attempts.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a program for people at a terminal, which may panic"
)]
#![allow(missing_docs, reason = "nobody calls it")]

mod crash_loop;
mod database;
mod receiver;
mod stage;
mod verdict;
mod watchers;

use rand::{SeedableRng as _, rngs::StdRng};
use stage::Stage;
use verdict::Verdict;

fn main() {
    let seed = std::env::var("CHARTROOM_TEST_SEED")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(20_261_122);
    println!("seed {seed} (CHARTROOM_TEST_SEED chooses another)");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .thread_stack_size(8 * 1024 * 1024)
        .enable_all()
        .build()
        .expect("a runtime");
    let verdict = runtime.block_on(async {
        let mut random = StdRng::seed_from_u64(seed);
        let mut verdict = Verdict::default();
        let stage = Stage::start().await;
        crash_loop::run(&stage, &mut random, &mut verdict).await;
        watchers::run(&stage, &mut random, &mut verdict).await;
        database::run(&stage, &mut random, &mut verdict).await;
        stage.end().await;
        verdict
    });
    runtime.shutdown_background();
    std::process::exit(i32::from(!verdict.tell()));
}
