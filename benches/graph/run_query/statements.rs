//! How many statements a run is on Chartroom's own database.

use super::{
    IN_ONE_ANSWER,
    question::Question,
    wire::{Seen, Wire},
};
use crate::{Args, client::Client, report::say, servers::Server};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// Runs that are counted.
const RUNS: u32 = 20;
/// How long the server is watched doing nothing: it has clocks of its own.
const REST: Duration = Duration::from_secs(4);

/// Counts the statements of runs of the smallest questions, and shows them if that is asked for.
pub(super) async fn count(
    args: &Args,
    shown: bool,
    database: &str,
    questions: &[Question],
) -> anyhow::Result<()> {
    let wire = Wire::open(database).await?;
    let server = Server::querying(args, wire.url(), IN_ONE_ANSWER).await?;
    let client = Client::enter(&server).await?;
    for question in questions.iter().take(2) {
        // What is read once is not a run's.
        for _ in 0..3 {
            question.run(&client).await?;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        wire.take();
        tokio::time::sleep(REST).await;
        let idle = wire.take();
        let began = Instant::now();
        for _ in 0..RUNS {
            question.run(&client).await?;
        }
        // Bells that were rung are answered.
        tokio::time::sleep(Duration::from_millis(200)).await;
        let share = began.elapsed().as_secs_f64() / REST.as_secs_f64();
        let seen = wire.take();
        report(question, shown, &idle, &seen, share)?;
    }
    Ok(())
}

fn report(
    question: &Question,
    shown: bool,
    idle: &Seen,
    seen: &Seen,
    share: f64,
) -> anyhow::Result<()> {
    let of_one = |count: usize, idle: usize| -> anyhow::Result<f64> {
        let (count, idle) = (u32::try_from(count)?, u32::try_from(idle)?);
        Ok((f64::from(count) - f64::from(idle) * share) / f64::from(RUNS))
    };
    let all = |seen: &Seen| seen.values().sum::<usize>();
    say(&format!(
        "{}: {:.1} statements of one run on Chartroom's own database",
        question.form,
        of_one(all(seen), all(idle))?
    ));
    if shown {
        let sorted: BTreeMap<_, _> = seen.iter().collect();
        for (text, count) in sorted {
            let one = of_one(*count, idle.get(text).copied().unwrap_or(0))?;
            if one > 0.04 {
                let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
                let line: String = line.chars().take(150).collect();
                say(&format!("  {one:5.2}  {line}"));
            }
        }
    }
    Ok(())
}
