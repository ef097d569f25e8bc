//! Queries on a warehouse, as callers run them.

mod calculations;
mod charts;
mod runs;
pub(crate) mod stage;
mod validation;
mod versions;
