//! Mistakes that a form can show: data in the payload, by field.

use crate::kernel::{
    Entity, Id, IdError,
    text::{self, TextError},
};
use async_graphql::{Enum, ID, MaybeUndefined, SimpleObject};

/// What kind of mistake it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
pub enum UserErrorCode {
    /// The value is not acceptable; the message says why.
    Invalid,
    /// A value is needed here.
    Required,
    /// There is no such thing, or the caller may not see it.
    NotFound,
    /// Something with this name, key or address exists already.
    AlreadyExists,
    /// The caller lacks the permission.
    Forbidden,
    /// The change does not fit what is stored now.
    Conflict,
    /// This cannot be changed after creation.
    Immutable,
    /// Built-in things cannot be changed.
    BuiltIn,
    /// The thing is still used elsewhere.
    InUse,
    /// The thing is past its date.
    Expired,
    /// More than allowed.
    LimitExceeded,
    /// Too many jobs of the organization wait already.
    QueueFull,
    /// Every attempt of the job failed.
    AttemptsExhausted,
    /// The job's workers died, several times.
    Poison,
    /// A fault of the server.
    Internal,
    /// The name or the password is wrong; which one is not told.
    CredentialsInvalid,
    /// Too many failed tries; wait before the next.
    TooManyAttempts,
    /// The caller is in an organization already.
    AlreadyInOrganization,
    /// Somebody has to stay who can administer the organization.
    LastAdmin,
    /// The password is too short, too long or too common.
    PasswordTooWeak,
    /// The warehouse cannot be reached, or refuses.
    WarehouseError,
    /// The explore that is asked did not compile.
    ExploreError,
    /// The project asks for the caller's own warehouse credentials.
    CredentialsRequired,
    /// The present password is not this one.
    PasswordIncorrect,
    /// The two new passwords differ.
    PasswordMismatch,
}

/// One mistake in the input of a mutation.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct UserError {
    /// What kind of mistake it is.
    pub code: UserErrorCode,
    /// A sentence for people: what was wrong, and what would be right.
    pub message: String,
    /// Path of the input field, for example `["tiles", "3", "chartId"]`.
    pub path: Option<Vec<String>>,
}

impl UserError {
    /// A mistake at `path`, written with dots: `"tiles.3.chartId"`; empty for the input as a whole.
    pub fn new(code: UserErrorCode, path: &str, message: impl Into<String>) -> Self {
        let path =
            (!path.is_empty()).then(|| path.split('.').map(str::to_owned).collect::<Vec<_>>());
        Self {
            code,
            message: message.into(),
            path,
        }
    }
}

/// Most mistakes in one answer, so that a small input cannot ask for a huge one.
const MOST_TOLD: usize = 100;

/// Collects mistakes, so that a form hears of all of them at once.
#[derive(Debug, Default)]
pub struct UserErrors(Vec<UserError>);

impl UserErrors {
    /// Notes a mistake. Of very many, the first hundred are told.
    pub fn add(&mut self, code: UserErrorCode, path: &str, message: impl Into<String>) {
        if self.0.len() >= MOST_TOLD {
            return;
        }
        self.0.push(UserError::new(code, path, message));
    }

    /// Keeps the value of a text that follows the rules; notes the mistake of one that does not.
    pub fn text<T: Default>(&mut self, path: &str, result: Result<T, TextError>) -> T {
        result.unwrap_or_else(|error| {
            let code = match error {
                TextError::Empty => UserErrorCode::Required,
                TextError::Invisible | TextError::TooLong { .. } | TextError::Control { .. } => {
                    UserErrorCode::Invalid
                }
            };
            self.add(code, path, format!("{path} {error}"));
            T::default()
        })
    }

    /// The id that the text stands for; of another text, a nil id, and the mistake is noted.
    pub fn id<T: Entity>(&mut self, path: &str, text: &str) -> Id<T> {
        text.parse().unwrap_or_else(|error: IdError| {
            self.add(UserErrorCode::Invalid, path, format!("{path}: {error}"));
            Id::from_uuid(uuid::Uuid::nil())
        })
    }

    /// The same for a field that may be left out or cleared by null.
    pub fn maybe_id<T: Entity>(
        &mut self,
        path: &str,
        text: &MaybeUndefined<ID>,
    ) -> Option<Option<Id<T>>> {
        text.as_opt_ref()
            .map(|text| text.map(|text| self.id(path, text)))
    }

    /// A description: several lines, at most 10,000 characters.
    pub fn description(&mut self, text: Option<&str>) -> Option<String> {
        let text = text?;
        self.text("description", text::lines(text, text::DESCRIPTION_MAX));
        Some(text.to_owned())
    }

    /// The same for a field that may be left out or cleared by null.
    pub fn maybe_description(&mut self, text: &MaybeUndefined<String>) -> Option<Option<String>> {
        text.as_opt_ref()
            .map(|text| self.description(text.map(String::as_str)))
    }

    /// How many mistakes there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is any mistake.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The mistakes.
    pub fn into_list(self) -> Vec<UserError> {
        self.0
    }

    /// Ends the mutation if there is any mistake.
    ///
    /// # Errors
    /// The mistakes.
    pub fn check(self) -> Result<(), super::Refusal> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(super::Refusal::User(self.0))
        }
    }
}

impl From<UserErrors> for Vec<UserError> {
    fn from(errors: UserErrors) -> Self {
        errors.0
    }
}

/// The id that the input names at `path`.
///
/// # Errors
/// A mistake at `path`: `INVALID` for an id of something else, which is a slip and not a thing that
/// does not exist.
pub fn id_at<T: Entity>(path: &str, text: &str) -> Result<Id<T>, super::Refusal> {
    let mut errors = UserErrors::default();
    let id = errors.id(path, text);
    errors.check()?;
    Ok(id)
}
