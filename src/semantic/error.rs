//! What can be wrong with a model or a query, in one shape: a code, a place, a sentence.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What kind of mistake it is: what a caller can do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    /// There is no such explore.
    UnknownExplore,
    /// The explore did not compile.
    ExploreError,
    /// There is no such field, or it is hidden.
    UnknownField,
    /// The explore or field asks for attributes that the user does not have. Place and sentence are those
    /// of what is not there; who tells users says [`Refused::concealed`].
    ForbiddenField,
    /// A row filter or an expression needs an attribute that the user lacks or that is empty.
    MissingAttribute,
    /// A parameter has no value.
    MissingParameter,
    /// A parameter's value does not fit its definition.
    BadParameter,
    /// A filter value does not fit the field or the operator.
    BadValue,
    /// The operator does not fit the type of the field.
    BadOperator,
    /// A reference in SQL leads nowhere.
    BadReference,
    /// A reference leads back to itself.
    CircularReference,
    /// SQL that is not one harmless expression.
    BadSql,
    /// A sort that cannot be followed.
    BadSort,
    /// A limit below one.
    BadLimit,
    /// A limit above the maximum.
    LimitTooHigh,
    /// A query without fields.
    EmptyQuery,
    /// Two things of one name.
    DuplicateName,
    /// A definition that is wrong in itself.
    BadDefinition,
    /// A table that the explore needs is not there.
    MissingTable,
    /// A model without dimensions.
    NoDimensions,
    /// Something that the warehouse cannot do.
    Unsupported,
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Issue {
    /// What kind.
    pub code: Code,
    /// Where, as a path into what was given.
    pub path: String,
    /// A sentence for people.
    pub message: String,
}

impl Issue {
    /// A mistake at a path.
    pub fn new(code: Code, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code,
            path: path.into(),
            message: message.into(),
        }
    }

    /// The same mistake at another place.
    #[must_use]
    pub fn at(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }
}

/// That there is no such explore.
pub fn unknown_explore(name: &str) -> Issue {
    let message =
        format!("the project has no explore `{name}`; deploy its models, or name another");
    Issue::new(Code::UnknownExplore, EXPLORE_NAME, message)
}

/// Where a query names its explore.
const EXPLORE_NAME: &str = "exploreName";

/// What was refused, with every mistake that was found: at least one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Refused {
    /// The mistakes, in the order of the query.
    pub issues: Vec<Issue>,
}

impl Refused {
    /// The same for whoever may not learn what is there: what asks for attributes that the user does
    /// not have is not there.
    #[must_use]
    pub fn concealed(mut self) -> Self {
        for issue in &mut self.issues {
            if issue.code == Code::ForbiddenField {
                issue.code = match issue.path.as_str() {
                    EXPLORE_NAME => Code::UnknownExplore,
                    _ => Code::UnknownField,
                };
            }
        }
        self
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, issue) in self.issues.iter().enumerate() {
            let separator = if n == 0 { "" } else { "; " };
            write!(f, "{separator}{}: {}", issue.path, issue.message)?;
        }
        Ok(())
    }
}

impl From<Issue> for Refused {
    fn from(issue: Issue) -> Self {
        Self {
            issues: vec![issue],
        }
    }
}

/// A result whose mistake is one issue.
pub type Result<T, E = Issue> = std::result::Result<T, E>;
