//! Calendar units that dates are cut to.

use async_graphql::Enum;

/// A calendar unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
pub enum DateGranularity {
    /// Days.
    Day,
    /// Weeks.
    Week,
    /// Months.
    Month,
    /// Quarters.
    Quarter,
    /// Years.
    Year,
}
