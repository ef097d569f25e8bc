//! Concepts that every layer shares: ids, errors, time, paging arguments, secrets.
//!
//! Imports nothing else of Chartroom, so that everything may import it.

mod clock;
pub mod entity;
mod error;
mod id;
mod secret;
pub mod text;

pub use clock::{Clock, FixedClock, SystemClock, milliseconds};
pub use error::{Error, Result};
pub use id::{AnyId, Entity, Id, IdError};
pub use secret::{Secret, SecretKind};
