//! From rows to a stored file.

use super::{
    cell::Cell,
    layout::Layout,
    name::file_name,
    order::Shape,
    pivot::Pivot,
    sheet::Sheet,
    store::{self, Finished, Part},
};
use crate::{
    authz::System,
    config::ExportConfig,
    domains::query::failure::warehouse,
    jobs::{Failure, RunContext},
    kernel::{
        Error,
        entity::{ExportedFileId, OrganizationId},
    },
    services::warehouse::{Row, Rows, Value},
};
use tokio::sync::mpsc;

/// Bytes of a chunk.
const CHUNK: usize = 1 << 20;
/// Largest file, in bytes, as far as it can be known while rows are written.
const LARGEST: u64 = 1 << 30;
/// Rows of a pivot that are written together.
const TOGETHER: usize = 500;

/// A file that is being stored, chunk by chunk.
struct Chunks<'a> {
    ctx: &'a RunContext,
    organization: OrganizationId,
    file: ExportedFileId,
    next: i32,
    size: u64,
    held: Vec<u8>,
}

impl Chunks<'_> {
    async fn push(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.held.extend_from_slice(bytes);
        while self.held.len() >= CHUNK {
            let rest = self.held.split_off(CHUNK);
            let full = std::mem::replace(&mut self.held, rest);
            self.store(full).await?;
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), Failure> {
        if self.held.is_empty() {
            return Ok(());
        }
        let rest = std::mem::take(&mut self.held);
        self.store(rest).await
    }

    async fn store(&mut self, bytes: Vec<u8>) -> Result<(), Failure> {
        let part = Part {
            organization: self.organization,
            file: self.file,
            number: self.next,
        };
        let length = u64::try_from(bytes.len()).unwrap_or_default();
        let system = System::new("storing a part of an export for its user");
        let conn = self.ctx.db.get().await?;
        let stored = store::append(&conn, system, self.ctx.lease(), part, bytes).await?;
        if !stored {
            return Err(Failure::Stopped);
        }
        self.next += 1;
        self.size += length;
        Ok(())
    }

    fn written(&self) -> u64 {
        self.size + u64::try_from(self.held.len()).unwrap_or_default()
    }
}

/// What is to be written, and how.
pub(super) struct Work<'a> {
    pub(super) ctx: &'a RunContext,
    pub(super) shape: &'a Shape,
    pub(super) layout: &'a Layout,
    pub(super) config: &'a ExportConfig,
    /// Most rows.
    pub(super) room: u64,
    pub(super) organization: OrganizationId,
    pub(super) file: ExportedFileId,
}

impl Work<'_> {
    /// Writes all rows into the file, and tells what became of it.
    pub(super) async fn write(&self, mut rows: Rows) -> Result<Finished, Failure> {
        let mut sheet = Sheet::new(self.shape.format, &self.config.directory).map_err(fault)?;
        let mut chunks = Chunks {
            ctx: self.ctx,
            organization: self.organization,
            file: self.file,
            next: 0,
            size: 0,
            held: Vec::new(),
        };
        let (count, is_cut) = match &self.layout.fold {
            None => self.flat(&mut sheet, &mut chunks, &mut rows).await?,
            Some(fold) => {
                let pivot = Pivot::new(self.layout, fold, self.shape.only_raw);
                let count = self
                    .folded(pivot, &mut sheet, &mut chunks, &mut rows)
                    .await?;
                (count, false)
            }
        };
        let is_truncated = rows.is_truncated() || is_cut || sheet.has_cut_texts();
        // The warehouse need not wait for what follows.
        drop(rows);
        self.ctx.progress(count, None, "storing the file");
        finish(sheet, &mut chunks).await?;
        let extension = self.shape.format.extension();
        Ok(Finished {
            name: file_name(&self.shape.name, extension, is_truncated),
            size: i64::try_from(chunks.size).unwrap_or(i64::MAX),
            row_count: count,
            is_truncated,
            life: self.config.life,
        })
    }

    /// Writes rows as they come; how many, and whether the file was full before their end.
    async fn flat(
        &self,
        sheet: &mut Sheet,
        chunks: &mut Chunks<'_>,
        rows: &mut Rows,
    ) -> Result<(i32, bool), Failure> {
        let titles = self.layout.columns.iter();
        let titles: Vec<String> = titles.map(|placed| placed.title.clone()).collect();
        chunks.push(&sheet.titles(&titles).map_err(fault)?).await?;
        let mut count = 0_i32;
        let mut left = usize::try_from(self.room).unwrap_or(usize::MAX);
        while let Some(mut batch) = rows.next().await.map_err(|error| warehouse(&error))? {
            self.ctx.checkpoint()?;
            let is_full = batch.len() > left;
            batch.truncate(left);
            left -= batch.len();
            let cells: Vec<Vec<Cell>> = batch.iter().map(|row| self.cells(row)).collect();
            chunks.push(&sheet.rows(&cells).map_err(fault)?).await?;
            count = count.saturating_add(i32::try_from(batch.len()).unwrap_or(i32::MAX));
            self.ctx.progress(count, None, "writing rows");
            if is_full || chunks.written().saturating_add(sheet.kept()) > LARGEST {
                return Ok((count, true));
            }
        }
        Ok((count, false))
    }

    fn cells(&self, row: &Row) -> Vec<Cell> {
        let cell = |placed: &super::layout::Placed| {
            let value = row.get(placed.at).unwrap_or(&Value::Null);
            Cell::of(value, &placed.format, self.shape.only_raw)
        };
        self.layout.columns.iter().map(cell).collect()
    }

    async fn folded(
        &self,
        mut pivot: Pivot<'_>,
        sheet: &mut Sheet,
        chunks: &mut Chunks<'_>,
        rows: &mut Rows,
    ) -> Result<i32, Failure> {
        let mut read = 0_i32;
        while let Some(batch) = rows.next().await.map_err(|error| warehouse(&error))? {
            self.ctx.checkpoint()?;
            for row in &batch {
                pivot.add(row).map_err(Failure::invalid)?;
            }
            read = read.saturating_add(i32::try_from(batch.len()).unwrap_or(i32::MAX));
            self.ctx.progress(read, None, "reading rows");
        }
        let (titles, lines) = pivot.finish();
        chunks.push(&sheet.titles(&titles).map_err(fault)?).await?;
        let lines: Vec<Vec<Cell>> = lines.collect();
        for some in lines.chunks(TOGETHER) {
            chunks.push(&sheet.rows(some).map_err(fault)?).await?;
        }
        Ok(i32::try_from(lines.len()).unwrap_or(i32::MAX))
    }
}

/// Stores what the sheet has kept until its end.
async fn finish(sheet: Sheet, chunks: &mut Chunks<'_>) -> Result<(), Failure> {
    let (out, mut pieces) = mpsc::channel(2);
    // Compressing takes seconds: on a thread that may block. It ends with its reader.
    let writing = tokio::task::spawn_blocking(move || sheet.finish(out));
    while let Some(piece) = pieces.recv().await {
        chunks.push(&piece).await?;
    }
    let written = writing.await.map_err(anyhow::Error::new);
    written.and_then(|written| written).map_err(fault)?;
    chunks.flush().await
}

fn fault(error: anyhow::Error) -> Failure {
    Error::from(error).into()
}
