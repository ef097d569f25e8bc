//! The audit log: who did what, when and from where, denials included.
//!
//! Rows are written by the frame of every mutation and never changed. Who may read them: `policy`.
//! The type's fields are in `graph`, since the target of an event can be any node.

mod list;
mod object;
mod policy;
mod row;

pub use list::{AuditEventFilter, AuditOutcomeFilter, NewestFirst};
pub use object::AuditEvent;
pub use row::AuditEventRow;
