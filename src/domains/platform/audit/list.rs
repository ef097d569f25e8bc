//! How rows of `audit_events` are loaded and listed.

use super::{AuditEvent, AuditEventRow};
use crate::{
    db::schema::audit_events,
    gql::{ListNode, by_id_loader, listing},
    kernel::entity,
};

by_id_loader! { AuditEventRow in audit_events for entity::AuditEvent }
listing! { AuditEventRow in audit_events as AuditEvent, for entity::AuditEvent }

impl ListNode for AuditEvent {
    const CONNECTION: &'static str = "AuditEventConnection";
    const EDGE: &'static str = "AuditEventEdge";
}
