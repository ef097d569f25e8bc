//! Explores as they are compiled, stored and queried.
//!
//! Everything here is plain data that can be written as JSON and read again. What was written in the
//! model is resolved: references name their table, fields know which tables, parameters and attributes
//! they need.

mod access;
mod explore;
mod field;
mod format;
mod interval;
mod parameter;

pub use access::{AccessRule, Needs};
pub use explore::{Explore, Join, JoinKind, Relationship, RequiredFilter, Table, TimeDimension};
pub use field::{Dimension, Display, Granularity, Metric, MetricType, NonAdditive};
pub use format::{Compact, FormatKeys, FormatType, Separator};
pub use interval::{Interval, NamePart, NumberPart, TimeUnit};
pub use parameter::{ParameterDefinition, ParameterType};

/// The id by which queries name a field of a table.
pub fn field_id(table: &str, name: &str) -> String {
    format!("{table}_{name}").replace('.', "__")
}
