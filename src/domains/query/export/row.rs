//! The row of `exported_files`.

use crate::{
    db::schema::exported_files,
    kernel::entity::{ExportedFileId, OrganizationId},
};
use chrono::{DateTime, Utc};
use diesel::{pg::Pg, prelude::*};

/// A file that an export made.
#[derive(Debug, Clone, Queryable, Selectable, Identifiable)]
#[diesel(table_name = exported_files, check_for_backend(Pg))]
pub struct ExportedFileRow {
    /// Id.
    pub id: ExportedFileId,
    /// Its organization.
    pub organization_id: OrganizationId,
    /// Name for people.
    pub file_name: String,
    /// Media type.
    pub mime_type: String,
    /// Bytes.
    pub size: i64,
    /// Rows under the titles.
    pub row_count: i32,
    /// Whether there were more rows, or longer texts.
    pub is_truncated: bool,
    /// Until when it is kept.
    pub expires_at: DateTime<Utc>,
}
