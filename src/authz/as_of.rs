//! As of when rights were read, and whether they still hold.
//!
//! Each transaction that changes what gives rights (what `access.sql` reads) or where callers work leaves
//! its number in `rights_changes`: triggers on those tables see to that. Rights that were read under one
//! snapshot of the database hold as long as no transaction is in that table which the snapshot did not
//! see. Credentials are looked for themselves.

use super::System;
use crate::{
    db::{Conn, Fragment, sql},
    kernel::Result,
};
use diesel_async::RunQueryDsl as _;
use std::time::{Duration, Instant};

/// For how long it is known whether rights hold: far below the hour that changes are kept for, and as short
/// as a socket's caller needs, since a database that was set back counts its transactions anew.
const LONGEST: Duration = Duration::from_mins(1);

/// When rights were read.
#[derive(Debug, Clone)]
pub struct AsOf {
    /// The snapshot of the database, as `pg_snapshot` is written.
    snapshot: String,
    at: Instant,
}

impl AsOf {
    /// Rights that were asked for at that time or later, and read under a snapshot.
    pub(super) const fn new(snapshot: String, at: Instant) -> Self {
        Self { snapshot, at }
    }

    /// The condition that nobody's rights were changed since; `None` if that is not known any more.
    pub(super) fn holds(&self) -> Option<Fragment> {
        let snapshot = || self.snapshot.as_str().into();
        // In this form the newest changes are found by the index: a plan for any value takes EXISTS for
        // a reason to read the whole table.
        (self.at.elapsed() < LONGEST).then(|| {
            sql(
                "(SELECT c.xid FROM rights_changes c \
                  WHERE c.xid >= pg_snapshot_xmin(?::text::pg_snapshot) \
                  AND NOT pg_visible_in_snapshot(c.xid, ?::text::pg_snapshot) \
                  ORDER BY c.xid DESC LIMIT 1) IS NULL",
                [snapshot(), snapshot()],
            )
        })
    }
}

/// Forgets changes of rights that whoever knew the rights before them has long noticed.
///
/// Counted from when they were seen here, not from when they were made: a transaction can be long.
///
/// # Errors
/// The database fails.
pub async fn forget_changes(mut conn: &Conn, _: System) -> Result<usize> {
    let forgotten = sql(
        "DELETE FROM rights_changes WHERE seen_at < now() - interval '1 hour'",
        [],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    sql(
        "UPDATE rights_changes SET seen_at = now() WHERE seen_at IS NULL",
        [],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(forgotten)
}
