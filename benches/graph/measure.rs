//! The run: rounds of slices in rotating order, and the medians of what they gave.

use crate::{
    Args,
    cases::{self, Case, Size},
    check,
    dataset::{Persona, Postgres, World},
    load::{Request, Sample},
    report::{self, Figures, say},
    servers::{Server, first_answer},
};
use anyhow::{Context as _, ensure};
use std::time::Duration;

/// Before measuring: connections open, statements prepared, plans settled.
const WARM_UP: Duration = Duration::from_millis(700);

/// The servers of a run.
struct Field {
    world: World,
    reference: Server,
    /// The same program again: what differs between the two is noise.
    control: Server,
    chartroom: Server,
    /// For what Chartroom refuses as too expensive, if there is anything.
    lifted: Option<Server>,
    /// Where Q4 starts.
    cursor: String,
}

/// Measures everything and prints it.
pub(crate) async fn all(args: &Args, postgres: &Postgres) -> anyhow::Result<()> {
    let field = Field::start(args, postgres.world(1).await?).await?;
    if args.hold {
        return field.hold().await;
    }
    let mut figures = Vec::new();
    for case in Case::ALL.into_iter().filter(|case| wanted(args, *case)) {
        say(&format!("Measuring {}…", case.name()));
        figures.push(field.measure(args, case).await?);
    }
    report::table(args, &figures);
    if wanted(args, Case::Q2) {
        report::growth(field.growth(args).await?);
    }
    if args.tenfold {
        let tenfold = Field::start(args, postgres.world(10).await?).await?;
        for case in Case::ALL.into_iter().filter(|case| wanted(args, *case)) {
            let one = field.ask(case, Size::Full);
            let ten = tenfold.ask(case, Size::Full);
            let rounds = rounds(args, case, args.connections, &[&one, &ten]).await?;
            report::tenfold(case, ratio(&rounds, 1, 0, |sample| sample.per_second)?);
        }
    }
    Ok(())
}

/// Why a query was refused, if it was for its cost.
fn too_expensive(answer: &str) -> Option<String> {
    let answer: serde_json::Value = serde_json::from_str(answer).ok()?;
    let error = answer.pointer("/errors/0")?;
    let limit = error.pointer("/extensions/limit/name")?;
    let message = error.get("message")?.as_str()?;
    (limit == "COST").then(|| message.to_owned())
}

fn wanted(args: &Args, case: Case) -> bool {
    args.only.is_empty()
        || args
            .only
            .iter()
            .any(|name| name.eq_ignore_ascii_case(case.name()))
}

impl Field {
    async fn start(args: &Args, world: World) -> anyhow::Result<Self> {
        let reference = Server::reference(&world).await?;
        let control = Server::reference(&world).await?;
        let chartroom = Server::chartroom(args, &world).await?;
        let before = first_answer(&cases::pages_before(chartroom.address, &world)).await?;
        let before: serde_json::Value = serde_json::from_str(&before)?;
        let cursor = before
            .pointer("/data/project/charts/pageInfo/endCursor")
            .and_then(serde_json::Value::as_str)
            .with_context(|| format!("no cursor: {before}"))?
            .to_owned();
        let mut field = Self {
            world,
            reference,
            control,
            chartroom,
            lifted: None,
            cursor,
        };
        if wanted(args, Case::Q3)
            && let Some(refusal) = too_expensive(&field.ask(Case::Q3, Size::Full).once().await?)
        {
            say(&format!(
                "Chartroom refuses Q3: {refusal} It is measured without the limit of cost."
            ));
            field.lifted = Some(Server::lifted(&field.world).await?);
        }
        for case in Case::ALL.into_iter().filter(|case| wanted(args, *case)) {
            let reference = case.of_reference(field.reference.address, &field.world, Size::Full);
            check::same(
                case.name(),
                &reference.once().await?,
                &field.ask(case, Size::Full).once().await?,
            )?;
        }
        Ok(field)
    }

    /// The query to Chartroom, by somebody who sees everything.
    fn ask(&self, case: Case, size: Size) -> Request {
        self.ask_as(&self.world.admin, case, size)
    }

    fn ask_as(&self, persona: &Persona, case: Case, size: Size) -> Request {
        let lifted = self.lifted.as_ref().filter(|_| case == Case::Q3);
        let address = lifted.unwrap_or(&self.chartroom).address;
        case.of_chartroom(address, &self.world, persona, size, Some(&self.cursor))
    }

    async fn measure(&self, args: &Args, case: Case) -> anyhow::Result<Figures> {
        let world = &self.world;
        let reference = case.of_reference(self.reference.address, world, Size::Full);
        let control = case.of_reference(self.control.address, world, Size::Full);
        let admin = self.ask(case, Size::Full);
        let editor = self.ask_as(&world.editor, case, Size::Full);
        let loaded = rounds(
            args,
            case,
            args.connections,
            &[&reference, &control, &admin, &editor],
        )
        .await?;
        let lone = rounds(args, case, 1, &[&reference, &control, &admin]).await?;
        let speed = |sample: &Sample| sample.per_second;
        let time = |sample: &Sample| sample.p50.as_secs_f64();
        Ok(Figures {
            case,
            reference: median(loaded.iter().filter_map(|round| round.first()).map(speed))?,
            control: ratio(&loaded, 1, 0, speed)?,
            ratio: ratio(&loaded, 2, 0, speed)?,
            editor: ratio(&loaded, 3, 0, speed)?,
            p50: median(loaded.iter().filter_map(|round| round.get(2)).map(time))?,
            lone_reference: median(lone.iter().filter_map(|round| round.first()).map(time))?,
            lone_control: ratio(&lone, 1, 0, time)?,
            lone: ratio(&lone, 2, 0, time)?,
        })
    }

    /// How much longer an answer of 25 times the nodes takes, for a lone client.
    async fn growth(&self, args: &Args) -> anyhow::Result<f64> {
        let (small, full) = (
            self.ask(Case::Q2, Size::Small),
            self.ask(Case::Q2, Size::Full),
        );
        let rounds = rounds(args, Case::Q1, 1, &[&small, &full]).await?;
        ratio(&rounds, 1, 0, |sample| sample.p50.as_secs_f64())
    }

    async fn hold(&self) -> anyhow::Result<()> {
        say(&format!(
            "chartroom: process {:?}, http://{}/graphql",
            self.chartroom.pid(),
            self.chartroom.address
        ));
        say(&format!(
            "sqljson: process {:?}, http://{}",
            self.reference.pid(),
            self.reference.address
        ));
        say(&format!("Authorization: Bearer {}", self.world.admin.token));
        say(&format!(
            "project: {}, Q4 after: {}",
            self.world.project, self.cursor
        ));
        std::future::pending().await
    }
}

/// One sample per contestant and round. Each round starts with another one.
async fn rounds(
    args: &Args,
    case: Case,
    connections: usize,
    contestants: &[&Request],
) -> anyhow::Result<Vec<Vec<Sample>>> {
    let (count, slice) = if args.quick {
        (1, Duration::from_millis(200))
    } else {
        // A lone client has no queue that a short slice could cut off.
        let slice = if connections > 1 {
            case.slice()
        } else {
            Duration::from_secs(1)
        };
        (
            args.rounds,
            args.slice.map_or(slice, Duration::from_secs_f64),
        )
    };
    ensure!(count > 0, "there must be a round");
    for contestant in contestants {
        contestant.repeat(connections, WARM_UP.min(slice)).await?;
    }
    let mut rounds = Vec::with_capacity(count);
    for round in 0..count {
        let mut samples: Vec<Option<Sample>> = vec![None; contestants.len()];
        for turn in 0..contestants.len() {
            let who = (turn + round) % contestants.len();
            if let (Some(request), Some(place)) = (contestants.get(who), samples.get_mut(who)) {
                *place = Some(request.repeat(connections, slice).await?);
            }
        }
        rounds.push(samples.into_iter().flatten().collect());
    }
    Ok(rounds)
}

/// The median over the rounds of one contestant's figure in terms of another's.
fn ratio(
    rounds: &[Vec<Sample>],
    of: usize,
    to: usize,
    figure: impl Fn(&Sample) -> f64,
) -> anyhow::Result<f64> {
    median(
        rounds
            .iter()
            .filter_map(|round| Some(figure(round.get(of)?) / figure(round.get(to)?))),
    )
}

fn median(values: impl Iterator<Item = f64>) -> anyhow::Result<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let (low, high) = (values.len().saturating_sub(1) / 2, values.len() / 2);
    let (low, high) = (values.get(low), values.get(high));
    Ok((low.context("no samples")? + high.context("no samples")?) / 2.0)
}
