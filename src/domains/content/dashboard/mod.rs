//! Dashboards.

mod list;
mod object;
mod policy;
mod row;

pub use object::Dashboard;
pub use row::*;
