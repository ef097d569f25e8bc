//! `make bench ARGS=runs`: what `runQuery` and `exportQueryResults` take beside the bare SQL of the same
//! answer.
//!
//! The server is a process of its own with the demo, whose warehouse makes up the rows: as SQL, and as an
//! explore of each size, whose compiled SQL is what the bare side runs. Both read every row and compare the
//! first and the last. The answers take turns with the bare statements, one client, nothing from the cache.

mod bare;
mod file;
mod question;
mod statements;
mod wire;

use crate::{
    Args,
    client::Client,
    dataset::Postgres,
    export::{MIB, watched},
    report::say,
    servers::Server,
};
use anyhow::{Context as _, ensure};
use bare::{Answer, Bare};
use question::Question;
use std::time::{Duration, Instant};

/// The most rows that are asked of `runQuery`; the operator's limit is set to it.
const IN_ONE_ANSWER: u64 = 100_000;
/// The least rows that are exported.
const IN_A_FILE: u64 = 10_000;
/// The most that the memory of the server may grow by while it writes a file.
const MOST: u64 = 256 * MIB;
/// What a run may take more than the bare SQL: the greater of the two.
const GOAL: (f64, f64) = (0.1, 0.005);

/// What to measure.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Load {
    /// Numbers of rows.
    #[arg(long, value_delimiter = ',', default_values_t = [10, 100, 1_000, 10_000, 100_000, 1_000_000])]
    sizes: Vec<u64>,
    /// Shows the statements of one run on the server's own database, and measures no times.
    #[arg(long)]
    statements: bool,
}

/// Measures, and prints.
pub(crate) async fn run(args: &Args, load: &Load, postgres: &Postgres) -> anyhow::Result<()> {
    let rounds = if args.quick { 1 } else { args.rounds };
    ensure!(
        !load.sizes.is_empty() && !load.sizes.contains(&0) && rounds > 0,
        "nothing to measure"
    );
    let world = postgres.world(1).await?;
    let server = Server::querying(args, &world.url, IN_ONE_ANSWER).await?;
    let client = Client::enter(&server).await?;
    let project = client.project().await?;
    let questions = question::all(&client, &project, &load.sizes).await?;
    if !load.statements {
        let bare = Bare::connect(&world.url).await?;
        say(
            "| rows | of | by | bare, ms | chartroom, ms | more, ms | more, % | memory before, at most, MiB | goal |",
        );
        say("|---|---|---|---|---|---|---|---|---|");
        for question in &questions {
            let side = Side {
                server: &server,
                client: &client,
                bare: &bare,
                question,
            };
            if question.rows <= IN_ONE_ANSWER {
                side.measure(Way::Answer, rounds).await?;
            }
            if question.rows >= IN_A_FILE {
                side.measure(Way::File, rounds).await?;
            }
        }
    }
    drop((client, server));
    // Beside the times: whoever counts statements slows them.
    statements::count(args, load.statements, &world.url, &questions).await
}

/// How Chartroom gives the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// `runQuery`, and the rows from `table`.
    Answer,
    /// `exportQueryResults`, and the file.
    File,
}

/// Both sides of one question.
struct Side<'a> {
    server: &'a Server,
    client: &'a Client,
    bare: &'a Bare,
    question: &'a Question,
}

impl Side<'_> {
    /// The medians of both, in turns, and the most memory meanwhile.
    async fn measure(&self, way: Way, rounds: usize) -> anyhow::Result<()> {
        let expected = self.bare.ask(&self.question.bare).await?;
        self.check(&expected)?;
        self.agree(way, &expected).await?;
        let before = self.server.resident()?;
        let all = async {
            let (mut bare, mut own) = (Vec::new(), Vec::new());
            for turn in 0..rounds * self.turns() {
                let is_first = turn % 2 == 0;
                if is_first {
                    bare.push(self.bare(&expected).await?);
                }
                own.push(self.agree(way, &expected).await?);
                if !is_first {
                    bare.push(self.bare(&expected).await?);
                }
            }
            Ok((median(bare)?, median(own)?))
        };
        let ((bare, own), most) = watched(self.server, all).await?;
        let more = own - bare;
        let goal = more <= (bare * GOAL.0).max(GOAL.1);
        say(&format!(
            "| {} | {} | {} | {:.2} | {:.2} | {:.2} | {:.0} | {} {} | {} |",
            self.question.rows,
            self.question.form,
            match way {
                Way::Answer => "runQuery",
                Way::File => "exportQueryResults",
            },
            bare * 1_000.0,
            own * 1_000.0,
            more * 1_000.0,
            more / bare * 100.0,
            before / MIB,
            most / MIB,
            if goal { "✓" } else { "✗" },
        ));
        let grown = most.saturating_sub(before);
        ensure!(
            way == Way::Answer || grown < MOST,
            "the server grew by {} MiB",
            grown / MIB
        );
        Ok(())
    }

    /// How often it is asked in a round: what is quick is noisy.
    const fn turns(&self) -> usize {
        match self.question.rows {
            0..=1_000 => 20,
            1_001..=10_000 => 5,
            _ => 1,
        }
    }

    /// Whether the bare side itself has the rows that it should have.
    fn check(&self, expected: &Answer) -> anyhow::Result<()> {
        ensure!(
            expected.rows == self.question.rows
                && expected.first.0 == 1
                && u64::try_from(expected.last.0) == Ok(self.question.rows),
            "the bare SQL gives {expected:?}"
        );
        Ok(())
    }

    async fn bare(&self, expected: &Answer) -> anyhow::Result<f64> {
        let began = Instant::now();
        let answer = self.bare.ask(&self.question.bare).await?;
        let took = began.elapsed();
        ensure!(answer == *expected, "{answer:?} for {expected:?}");
        Ok(took.as_secs_f64())
    }

    /// How long Chartroom takes for the same rows.
    async fn agree(&self, way: Way, expected: &Answer) -> anyhow::Result<f64> {
        let (answer, took): (Answer, Duration) = match way {
            Way::Answer => self.question.run(self.client).await?,
            Way::File => file::export(self.client, self.question).await?,
        };
        ensure!(answer == *expected, "{answer:?} for {expected:?}");
        Ok(took.as_secs_f64())
    }
}

fn median(mut times: Vec<f64>) -> anyhow::Result<f64> {
    times.sort_unstable_by(f64::total_cmp);
    let middle = times.get(times.len() / 2).copied();
    middle.context("nothing was measured")
}
