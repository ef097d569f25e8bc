//! Charts.

mod list;
mod object;
mod policy;
mod row;

pub use object::Chart;
pub use row::*;
