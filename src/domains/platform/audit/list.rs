//! Filters of the audit log, and its order.

use super::{AuditEvent, AuditEventRow};
use crate::{
    authz::{AuditOutcome, Viewer},
    db::{Fragment, schema::audit_events},
    gql::{
        ColumnFilter as _, DateTimeFilter, IdFilter, ListNode, OrderDirection, OrderField,
        StringFilter, by_id_loader, column, enum_filter, filterable, listing,
    },
    kernel::{AnyId, Error, Result, entity},
};

by_id_loader! { AuditEventRow in audit_events for entity::AuditEvent }
listing! {
    AuditEventRow in audit_events as AuditEvent, for entity::AuditEvent, keys {
        "audit_events.id" => id,
        "audit_events.at" => at,
    }
}

impl ListNode for AuditEvent {
    const CONNECTION: &'static str = "AuditEventConnection";
    const EDGE: &'static str = "AuditEventEdge";
}

enum_filter! { AuditOutcomeFilter on AuditOutcome }

filterable! {
    /// Which events to list.
    pub struct AuditEventFilter {
        /// By this user.
        actor_id: IdFilter => IdFilter::of::<entity::User>("audit_events.actor_id"),
        /// By the name of the mutation.
        action: StringFilter => column("audit_events.action"),
        /// By how it ended.
        outcome: AuditOutcomeFilter => column("audit_events.outcome"),
        /// Done to this thing, of whatever type.
        target_id: IdFilter => on_target,
        /// By the time.
        at: DateTimeFilter => column("audit_events.at"),
    }
}

/// Targets are stored in the text form of their ids, since they are of every kind.
fn on_target(filter: &IdFilter, _: &Viewer) -> Result<Fragment> {
    let of = filter.read(|id| {
        AnyId::parse(id).map(|_| id.to_string()).ok_or_else(|| {
            Error::invalid("", "expected an id like `chart_01h455vb4pex5vsknk084sn02q`")
        })
    })?;
    StringFilter {
        eq: of.eq,
        ne: of.ne,
        within: of.within,
        not_in: of.not_in,
        is_null: of.is_null,
        ..Default::default()
    }
    .on("audit_events.target_id")
}

/// The one order of the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewestFirst;

impl OrderField for NewestFirst {
    const LIST: &'static str = "audit_events";
    const TIE: (&'static str, &'static str) = ("audit_events.id", "::uuid");

    fn term(self) -> (&'static str, &'static str) {
        ("audit_events.at", "::timestamptz")
    }

    fn default_order() -> (Self, OrderDirection) {
        (Self, OrderDirection::Desc)
    }
}
