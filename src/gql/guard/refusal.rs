//! What the guard answers when it says no: one type for every layer above, small enough to cache
//! and to send, and never an echo of the document.

use std::fmt;

use apollo_compiler::{
    parser::{LineColumn, SourceMap, SourceSpan},
    validation::DiagnosticList,
};

use super::limits::LimitName;

/// Longest message in characters. Messages may quote names, and a name may be 60 KB long.
const MESSAGE_CHARS: usize = 200;

/// Why the guard cannot be built: the schema text itself is wrong.
#[derive(Debug, thiserror::Error)]
pub enum GuardError {
    /// The schema's text does not parse or is not a valid schema.
    #[error("the schema for the document guard is invalid: {0}")]
    Schema(String),
    /// A weight names a field that the schema does not have.
    #[error("the cost table names an unknown field: {0}")]
    UnknownField(String),
}

/// The class of a refusal, for `extensions.code`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefusalCode {
    /// The text is not GraphQL.
    ParseFailed,
    /// The document does not fit the schema.
    ValidationFailed,
    /// A ceiling of [`super::Limits`] is passed.
    LimitExceeded,
    /// `operationName` is unknown, or missing where several operations stand.
    OperationResolutionFailed,
    /// Introspection was asked for by somebody who may not.
    IntrospectionDisabled,
    /// A variable is missing, or its value does not fit its type.
    InvalidVariables,
}

impl RefusalCode {
    /// The stable text for `extensions.code`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ParseFailed => "PARSE_FAILED",
            Self::ValidationFailed => "VALIDATION_FAILED",
            Self::LimitExceeded => "LIMIT_EXCEEDED",
            Self::OperationResolutionFailed => "OPERATION_RESOLUTION_FAILED",
            Self::IntrospectionDisabled => "INTROSPECTION_DISABLED",
            Self::InvalidVariables => "INVALID",
        }
    }
}

/// A place in the document; both numbers start at 1, columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Location {
    /// Line.
    pub line: usize,
    /// Column.
    pub column: usize,
}

impl Location {
    /// The place of a byte offset. Walks the text, so for the failure path only.
    pub(super) fn at(text: &str, offset: usize) -> Self {
        let (mut line, mut column, mut previous) = (1, 1, ' ');
        for (index, c) in text.char_indices() {
            if index >= offset {
                break;
            }
            match c {
                '\n' if previous == '\r' => {}
                '\n' | '\r' => (line, column) = (line + 1, 1),
                _ => column += 1,
            }
            previous = c;
        }
        Self { line, column }
    }

    pub(super) fn of(span: Option<SourceSpan>, sources: &SourceMap) -> Option<Self> {
        span.and_then(|span| span.line_column(sources))
            .map(Self::from)
    }
}

impl From<LineColumn> for Location {
    fn from(place: LineColumn) -> Self {
        Self {
            line: place.line,
            column: place.column,
        }
    }
}

/// One thing that is wrong with a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong: one sentence, at most 200 characters.
    pub message: String,
    /// A "did you mean" that names parts of the schema; not for anonymous callers.
    pub hint: Option<String>,
    /// Where, if it is at one place.
    pub location: Option<Location>,
}

impl Problem {
    pub(super) fn new(message: impl fmt::Display, location: Option<Location>) -> Self {
        let mut short = Bounded::default();
        // A full buffer stops the formatting by an error, which is the point of it.
        if fmt::write(&mut short, format_args!("{message}")).is_err() {
            short.0.push('…');
        }
        Self {
            message: short.0,
            hint: None,
            location,
        }
    }

    /// The message, with the hint behind it where `with_hint` is set.
    pub fn text(&self, with_hint: bool) -> String {
        match &self.hint {
            Some(hint) if with_hint => format!("{} {hint}", self.message),
            _ => self.message.clone(),
        }
    }
}

/// A buffer that stops its writer when it is full, so that a message is never built in full only
/// to be cut.
#[derive(Default)]
struct Bounded(String, usize);

impl fmt::Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            if self.1 >= MESSAGE_CHARS {
                return Err(fmt::Error);
            }
            self.1 += 1;
            self.0.push(if c.is_control() { ' ' } else { c });
        }
        Ok(())
    }
}

/// Which ceiling was passed, and by how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitExceeded {
    /// The ceiling.
    pub limit: LimitName,
    /// The largest value that passes.
    pub maximum: u64,
    /// What was found; counting may have stopped there, so read it as "at least".
    pub found: u64,
}

/// A document, operation or set of variables that does not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The class of the refusal.
    pub code: RefusalCode,
    /// At least one problem, in the order of the text, at most `Limits::problems`.
    pub problems: Vec<Problem>,
    /// Problems that were found and are not listed.
    pub omitted: usize,
    /// Set when the code is [`RefusalCode::LimitExceeded`].
    pub limit: Option<LimitExceeded>,
}

impl Refusal {
    pub(super) fn new(code: RefusalCode, message: impl fmt::Display) -> Self {
        Self::at(code, message, None)
    }

    pub(super) fn at(
        code: RefusalCode,
        message: impl fmt::Display,
        location: Option<Location>,
    ) -> Self {
        Self {
            code,
            problems: vec![Problem::new(message, location)],
            omitted: 0,
            limit: None,
        }
    }

    /// All of `problems` under one code, at most `most` of them kept.
    pub(super) fn of(code: RefusalCode, mut problems: Vec<Problem>, most: usize) -> Self {
        let omitted = problems.len().saturating_sub(most.max(1));
        problems.truncate(most.max(1));
        Self {
            code,
            problems,
            omitted,
            limit: None,
        }
    }

    /// Passes unless `found` is above `maximum`.
    pub(super) fn check(limit: LimitName, maximum: usize, found: u64) -> Result<(), Self> {
        let maximum = u64::try_from(maximum).unwrap_or(u64::MAX);
        if found <= maximum {
            return Ok(());
        }
        let subject = limit.subject();
        let mut refusal = Self::new(
            RefusalCode::LimitExceeded,
            format_args!("{subject}: at most {maximum} are allowed, found {found}."),
        );
        refusal.limit = Some(LimitExceeded {
            limit,
            maximum,
            found,
        });
        Err(refusal)
    }

    /// Introspection asked for by somebody who may not.
    pub fn introspection_disabled() -> Self {
        Self::new(
            RefusalCode::IntrospectionDisabled,
            "Introspection needs a signed-in user; the schema is published as a file.",
        )
    }

    /// The first problem's message.
    pub fn message(&self) -> &str {
        self.problems
            .first()
            .map_or("", |problem| problem.message.as_str())
    }

    /// Bytes on the heap, roughly, for the cache.
    pub(super) fn weight(&self) -> usize {
        let of = |problem: &Problem| {
            96 + problem.message.len() + problem.hint.as_ref().map_or(0, String::len)
        };
        128 + self.problems.iter().map(of).sum::<usize>()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.message())
    }
}

impl std::error::Error for Refusal {}

/// Turns apollo's diagnostics into problems. Formats no more than `most` of them.
pub(super) fn problems(errors: &DiagnosticList, most: usize) -> (Vec<Problem>, usize) {
    let listed = errors.iter().take(most).map(|diagnostic| {
        let location = diagnostic
            .line_column_range()
            .map(|range| range.start.into());
        Problem::new(sentence(&diagnostic.error.to_string()), location)
    });
    (listed.collect(), errors.len().saturating_sub(most))
}

/// Apollo's messages start small and end bare; ours are sentences.
fn sentence(message: &str) -> String {
    let mut chars = message.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    let mut text: String = first.into_iter().chain(chars).collect();
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    text
}
