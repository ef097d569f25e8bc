//! What is printed.

use crate::{
    Args,
    cases::{Case, LONE_GOAL},
};
use std::io::Write as _;

/// The figures of one query: medians over the rounds.
#[derive(Debug)]
pub(crate) struct Figures {
    pub(crate) case: Case,
    /// Answers per second of the reference.
    pub(crate) reference: f64,
    /// The reference in terms of itself.
    pub(crate) control: f64,
    /// Chartroom in terms of the reference, for an administrator: equal answers.
    pub(crate) ratio: f64,
    /// The same for an editor, who sees a little less.
    pub(crate) editor: f64,
    /// Median time of Chartroom's answer under load, in seconds.
    pub(crate) p50: f64,
    /// Median time of the reference for a lone client, in seconds.
    pub(crate) lone_reference: f64,
    /// The reference in terms of itself.
    pub(crate) lone_control: f64,
    /// Chartroom's time in terms of the reference's.
    pub(crate) lone: f64,
}

/// Prints a line.
pub(crate) fn say(line: &str) {
    // Nothing can be done where nobody listens.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// The table of all queries, as Markdown.
pub(crate) fn table(args: &Args, figures: &[Figures]) {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    say(&format!(
        "\n{} connections, {} rounds, {cores} cores shared by client, servers and PostgreSQL\n",
        args.connections, args.rounds
    ));
    row("", figures, |f| f.case.name().to_owned());
    say(&format!("|---|{}", "---|".repeat(figures.len())));
    row("sqljson, answers/s", figures, |f| {
        format!("{:.0}", f.reference)
    });
    row("sqljson again, ratio", figures, |f| {
        format!("{:.2}", f.control)
    });
    row("**chartroom, ratio**", figures, |f| {
        format!("**{:.2}**", f.ratio)
    });
    row("must", figures, |f| {
        format!(
            "{} {}",
            f.case.aim().must,
            verdict(f.ratio >= f.case.aim().must)
        )
    });
    row("goal", figures, |f| {
        format!(
            "{} {}",
            f.case.aim().goal,
            verdict(f.ratio >= f.case.aim().goal)
        )
    });
    row("chartroom as editor, ratio", figures, |f| {
        format!("{:.2}", f.editor)
    });
    row("chartroom p50 under load, ms", figures, |f| {
        format!("{:.1}", f.p50 * 1000.0)
    });
    row("lone client: sqljson p50, ms", figures, |f| {
        format!("{:.2}", f.lone_reference * 1000.0)
    });
    row("lone client: sqljson again, × time", figures, |f| {
        format!("{:.2}", f.lone_control)
    });
    row("**lone client: chartroom, × time**", figures, |f| {
        format!("**{:.2}**", f.lone)
    });
    row("must be at most", figures, |f| {
        format!(
            "{} {}",
            f.case.aim().lone_must,
            verdict(f.lone <= f.case.aim().lone_must)
        )
    });
    row("goal", figures, |f| {
        format!("{LONE_GOAL} {}", verdict(f.lone <= LONE_GOAL))
    });
}

/// The line about an answer of 25 times the nodes.
pub(crate) fn growth(times: f64) {
    say(&format!(
        "\n25 × the nodes in one answer (Q2): {times:.1} × the time; at most 18: {}",
        verdict(times <= 18.0)
    ));
}

/// The line about a database of ten times the size.
pub(crate) fn tenfold(case: Case, ratio: f64) {
    say(&format!(
        "{} on 10 × the data: {ratio:.2} × the throughput; at least 0.8: {}",
        case.name(),
        verdict(ratio >= 0.8)
    ));
}

fn row(name: &str, figures: &[Figures], cell: impl Fn(&Figures) -> String) {
    let cells: Vec<String> = figures.iter().map(cell).collect();
    say(&format!("| {name} | {} |", cells.join(" | ")));
}

const fn verdict(met: bool) -> &'static str {
    if met { "✓" } else { "✗" }
}
