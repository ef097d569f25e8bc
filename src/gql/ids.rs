//! Ids as callers write them.

use crate::kernel::{Entity, Error, Id, Result};
use async_graphql::ID;

/// The id that an argument stands for.
///
/// # Errors
/// [`Error::Invalid`] naming the argument and the prefix that was expected.
pub fn id_argument<T: Entity>(argument: &'static str, id: &ID) -> Result<Id<T>> {
    parse_id(argument, id.as_str())
}

/// The id that a text in the argument stands for.
///
/// # Errors
/// [`Error::Invalid`] naming the argument and the prefix that was expected.
pub fn parse_id<T: Entity>(argument: &'static str, text: &str) -> Result<Id<T>> {
    text.parse()
        .map_err(|error: crate::kernel::IdError| Error::invalid(argument, error.to_string()))
}

/// The id as callers see it.
pub fn id_text<T: Entity>(id: Id<T>) -> ID {
    ID(id.text())
}
