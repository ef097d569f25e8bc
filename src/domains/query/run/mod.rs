//! Runs of queries: what was asked, how it went, and the rows.
//!
//! A run is seen by who asked for it, for as long as they may ask it.

mod list;
mod object;
mod policy;
mod row;
mod rows;
pub(super) mod store;

pub use object::QueryRun;
pub use row::{QueryKind, QueryRunRow};
