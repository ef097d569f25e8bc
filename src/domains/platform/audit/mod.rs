//! The audit log.

mod list;
mod object;
mod policy;
mod row;

pub use object::AuditEvent;
pub use row::*;
