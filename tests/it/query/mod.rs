//! Queries on a warehouse, as callers run them.

mod asked;
mod calculations;
mod charts;
mod concealed;
mod runs;
mod set_explores;
pub(crate) mod stage;
mod validation;
mod versions;
