//! What an import found and did, in words for the terminal.

use super::yaml::Mark;
use std::{cell::RefCell, collections::HashSet, fmt};

/// How much a problem weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is imported until it is put right.
    Error,
    /// The file is left out, as was asked for; the import goes on.
    LeftOut,
    /// The import goes on; what the message names is not taken over, or not as it was.
    Warning,
}

/// Something that could not be taken as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// How much it weighs.
    pub severity: Severity,
    /// The file, relative to the folder.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::LeftOut => "left out",
            Severity::Warning => "warning",
        };
        write!(
            f,
            "{severity}: {}:{}:{}: {}",
            self.file, self.line, self.column, self.message
        )
    }
}

/// What became of one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was not there before.
    Created,
    /// It was there and differed.
    Updated,
    /// It was there and is the same.
    Unchanged,
}

/// What kind of thing was imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A space.
    Space,
    /// A chart.
    Chart,
    /// A dashboard.
    Dashboard,
}

/// One thing and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What kind of thing.
    pub kind: Kind,
    /// Its slug; the whole path for a space.
    pub slug: String,
    /// What became of it.
    pub outcome: Outcome,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = match self.outcome {
            Outcome::Created => "created",
            Outcome::Updated => "updated",
            Outcome::Unchanged => "unchanged",
        };
        write!(f, "{outcome} {} {}", self.kind.name(1), self.slug)
    }
}

impl Kind {
    const fn name(self, count: usize) -> &'static str {
        match (self, count) {
            (Self::Space, 1) => "space",
            (Self::Space, _) => "spaces",
            (Self::Chart, 1) => "chart",
            (Self::Chart, _) => "charts",
            (Self::Dashboard, 1) => "dashboard",
            (Self::Dashboard, _) => "dashboards",
        }
    }
}

/// What an import found and did. Nothing was written if it holds an error or was a dry run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Files that were read.
    pub files: usize,
    /// What could not be taken as it stands, by file and line.
    pub problems: Vec<Problem>,
    /// What was done, or would be in a dry run; empty if there are errors.
    pub changes: Vec<Change>,
    /// Whether nothing was written because nothing was to be.
    pub dry_run: bool,
}

impl Report {
    /// Whether something has to be put right first.
    pub fn failed(&self) -> bool {
        self.problems
            .iter()
            .any(|problem| problem.severity == Severity::Error)
    }

    /// How many things of a kind had an outcome.
    pub fn count(&self, kind: Kind, outcome: Outcome) -> usize {
        self.changes
            .iter()
            .filter(|change| change.kind == kind && change.outcome == outcome)
            .count()
    }

    /// How many files were left out.
    pub fn left_out(&self) -> usize {
        let left_out = self
            .problems
            .iter()
            .filter(|problem| problem.severity == Severity::LeftOut);
        left_out
            .map(|problem| &problem.file)
            .collect::<HashSet<_>>()
            .len()
    }

    fn problems_of(&self, severity: Severity) -> usize {
        self.problems
            .iter()
            .filter(|problem| problem.severity == severity)
            .count()
    }
}

impl fmt::Display for Report {
    /// Every problem, every change but the unchanged, and the sums.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.problems {
            writeln!(f, "{problem}")?;
        }
        for change in self
            .changes
            .iter()
            .filter(|change| change.outcome != Outcome::Unchanged)
        {
            writeln!(f, "{change}")?;
        }
        for kind in [Kind::Space, Kind::Chart, Kind::Dashboard] {
            if self.changes.iter().any(|change| change.kind == kind) {
                writeln!(
                    f,
                    "{}: {} created, {} updated, {} unchanged",
                    kind.name(2),
                    self.count(kind, Outcome::Created),
                    self.count(kind, Outcome::Updated),
                    self.count(kind, Outcome::Unchanged),
                )?;
            }
        }
        write!(f, "{} read, ", counted(self.files, "file"))?;
        if self.left_out() > 0 {
            write!(f, "{} left out, ", counted(self.left_out(), "file"))?;
        }
        write!(
            f,
            "{}, {}",
            counted(self.problems_of(Severity::Error), "error"),
            counted(self.problems_of(Severity::Warning), "warning"),
        )?;
        if self.failed() {
            f.write_str(": nothing was imported")
        } else if self.dry_run {
            f.write_str(": a dry run, nothing was written")
        } else {
            Ok(())
        }
    }
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// Collects the problems of one file.
#[derive(Debug)]
pub(super) struct Sink<'a> {
    file: &'a str,
    problems: RefCell<Vec<Problem>>,
}

impl<'a> Sink<'a> {
    /// For a file.
    pub(super) const fn new(file: &'a str) -> Self {
        Self {
            file,
            problems: RefCell::new(Vec::new()),
        }
    }

    /// The file.
    pub(super) const fn file(&self) -> &'a str {
        self.file
    }

    /// Notes what has to be put right.
    pub(super) fn error(&self, at: Mark, message: impl Into<String>) {
        self.note(Severity::Error, at, message.into());
    }

    /// Notes what is not taken over.
    pub(super) fn warning(&self, at: Mark, message: impl Into<String>) {
        self.note(Severity::Warning, at, message.into());
    }

    fn note(&self, severity: Severity, at: Mark, message: String) {
        self.problems.borrow_mut().push(Problem {
            severity,
            file: self.file.to_owned(),
            line: at.line,
            column: at.column,
            message,
        });
    }

    /// How many errors were noted so far.
    pub(super) fn errors(&self) -> usize {
        let problems = self.problems.borrow();
        problems
            .iter()
            .filter(|problem| problem.severity == Severity::Error)
            .count()
    }

    /// What was noted.
    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.problems.into_inner()
    }
}
