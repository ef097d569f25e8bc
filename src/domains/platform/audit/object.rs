//! The type `AuditEvent`; its fields are in `graph`.

use super::AuditEventRow;
use std::sync::Arc;

/// A record of who did what.
pub struct AuditEvent(pub Arc<AuditEventRow>);

impl From<Arc<AuditEventRow>> for AuditEvent {
    fn from(row: Arc<AuditEventRow>) -> Self {
        Self(row)
    }
}
