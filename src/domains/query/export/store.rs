//! Statements on files. What an attempt writes asks for its lease: one that was given up changes nothing.

use super::ExportedFileRow;
use crate::{
    authz::{Grant, Permission, System, View},
    db::{Bind, Conn, schema::exported_files, sql},
    jobs::Lease,
    kernel::{
        Error, Result,
        entity::{ChartId, ExportedFile, ExportedFileId, OrganizationId, ProjectId, UserId},
    },
};
use diesel::{OptionalExtension as _, prelude::*, sql_types as st};
use diesel_async::RunQueryDsl;
use std::time::Duration;

/// Most chunks that a purge removes at a time.
const CHUNKS: i64 = 64;

/// A file to be written.
pub(super) struct NewFile {
    pub(super) id: ExportedFileId,
    pub(super) organization: OrganizationId,
    pub(super) project: ProjectId,
    pub(super) user: UserId,
    pub(super) chart: Option<ChartId>,
    pub(super) permissions: Vec<Permission>,
    pub(super) name: String,
    pub(super) mime_type: &'static str,
    pub(super) life: Duration,
}

/// Begins a file, in place of what an attempt before has left; false if the attempt is over.
pub(super) async fn begin(mut conn: &Conn, _: System, lease: Lease, new: &NewFile) -> Result<bool> {
    sql(
        "DELETE FROM exported_files WHERE job_id = (SELECT jobs.id FROM jobs WHERE ",
        [],
    )
    .with(lease.holds())
    .then(")", [])
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    let permissions = new.permissions.iter();
    let permissions = permissions.map(|needed| needed.as_str().to_owned());
    let begun = sql(
        "INSERT INTO exported_files (id, organization_id, project_id, job_id, user_id, chart_id, permissions, \
           file_name, mime_type, expires_at) \
         SELECT ?, ?, ?, jobs.id, ?, ?, ?, ?, ?, now() + make_interval(secs => ?) FROM jobs WHERE ",
        [
            new.id.into(),
            new.organization.into(),
            new.project.into(),
            new.user.into(),
            new.chart.into(),
            Bind::Texts(permissions.collect()),
            new.name.as_str().into(),
            new.mime_type.into(),
            new.life.as_secs_f64().into(),
        ],
    )
    .with(lease.holds())
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(begun == 1)
}

/// Where a chunk goes.
#[derive(Clone, Copy)]
pub(super) struct Part {
    pub(super) organization: OrganizationId,
    pub(super) file: ExportedFileId,
    /// From 0.
    pub(super) number: i32,
}

/// Stores a chunk; false if the attempt is over.
pub(super) async fn append(
    mut conn: &Conn,
    _: System,
    lease: Lease,
    part: Part,
    bytes: Vec<u8>,
) -> Result<bool> {
    let stored = sql(
        "INSERT INTO exported_file_chunks (organization_id, file_id, part, bytes) SELECT ?, ?, ?, ? FROM jobs WHERE ",
        [
            part.organization.into(),
            part.file.into(),
            part.number.into(),
            bytes.into(),
        ],
    )
    .with(lease.holds())
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(stored == 1)
}

/// What is known of a file once it is written.
pub(super) struct Finished {
    pub(super) name: String,
    pub(super) size: i64,
    pub(super) row_count: i32,
    pub(super) is_truncated: bool,
    pub(super) life: Duration,
}

/// Makes a file one that can be fetched; false if the attempt is over.
pub(super) async fn finish(
    mut conn: &Conn,
    _: System,
    lease: Lease,
    id: ExportedFileId,
    finished: &Finished,
) -> Result<bool> {
    let changed = sql(
        "UPDATE exported_files SET file_name = ?, size = ?, row_count = ?, is_truncated = ?, finished_at = now(), \
           expires_at = now() + make_interval(secs => ?) \
         WHERE exported_files.id = ? AND EXISTS (SELECT FROM jobs WHERE jobs.id = exported_files.job_id AND ",
        [
            finished.name.as_str().into(),
            finished.size.into(),
            finished.row_count.into(),
            finished.is_truncated.into(),
            finished.life.as_secs_f64().into(),
            id.into(),
        ],
    )
    .with(lease.holds())
    .then(")", [])
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(changed == 1)
}

/// Removes a file that will not be finished.
pub(super) async fn remove(mut conn: &Conn, _: System, id: ExportedFileId) -> Result<()> {
    sql("DELETE FROM exported_files WHERE id = ?", [id.into()])
        .statement::<()>()
        .execute(&mut conn)
        .await?;
    Ok(())
}

/// A file that somebody may fetch.
pub(super) async fn get(
    mut conn: &Conn,
    grant: &Grant<View, ExportedFile>,
) -> Result<ExportedFileRow> {
    let row = exported_files::table
        .select(ExportedFileRow::as_select())
        .filter(exported_files::id.eq(grant.id()))
        .first(&mut conn)
        .await
        .optional()?;
    row.ok_or(Error::NotFound)
}

/// A part of a file; none behind its end.
pub(super) async fn part(
    mut conn: &Conn,
    grant: &Grant<View, ExportedFile>,
    number: i32,
) -> Result<Option<Vec<u8>>> {
    let found: Option<Vec<u8>> = sql(
        "SELECT bytes FROM exported_file_chunks WHERE file_id = ? AND part = ?",
        [grant.id().into(), number.into()],
    )
    .statement::<st::Binary>()
    .get_result(&mut conn)
    .await
    .optional()?;
    Ok(found)
}

/// Forgets files past their time, and those that no attempt writes any more; a bounded piece of work at
/// a time. Gives back how many rows went, chunks among them.
///
/// # Errors
/// The database fails.
pub async fn purge(mut conn: &Conn, _: System) -> Result<usize> {
    let is_over = || {
        sql(
            "CASE WHEN f.finished_at IS NOT NULL THEN f.expires_at < now() \
             ELSE EXISTS (SELECT FROM jobs j WHERE j.id = f.job_id AND j.finished_at IS NOT NULL) END",
            [],
        )
    };
    // Chunks first: a large file at once would take longer than a statement may.
    let chunks = sql(
        "DELETE FROM exported_file_chunks WHERE (file_id, part) IN (\
           SELECT c.file_id, c.part FROM exported_file_chunks c JOIN exported_files f ON f.id = c.file_id WHERE ",
        [],
    )
    .with(is_over())
    .then(" LIMIT ?)", [CHUNKS.into()])
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    let files = sql("DELETE FROM exported_files f WHERE ", [])
        .with(is_over())
        .then(
            " AND NOT EXISTS (SELECT FROM exported_file_chunks c WHERE c.file_id = f.id)",
            [],
        )
        .statement::<()>()
        .execute(&mut conn)
        .await?;
    Ok(chunks + files)
}
