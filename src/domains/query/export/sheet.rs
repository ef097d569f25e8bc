//! Rows of cells as bytes of a file.

use super::{
    cell::{Cell, harmless},
    input::OutputFormat,
};
use anyhow::Context as _;
use chrono::Datelike as _;
use csv::{Terminator, WriterBuilder};
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};
use std::{
    fs::DirBuilder,
    io::{self, Write},
    os::unix::fs::DirBuilderExt as _,
    path::Path,
};
use tokio::sync::mpsc::Sender;

/// Most rows under the titles of a sheet.
pub(super) const SHEET_ROWS: u64 = 1_048_575;
/// Longest text of a cell of a sheet, in UTF-16.
const SHEET_TEXT: usize = 32_767;
/// Tells spreadsheets that a file of values separated by commas is UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A file being written.
pub(super) enum Sheet {
    /// Values separated by commas.
    Csv,
    /// A workbook.
    Xlsx(Box<Book>),
}

impl Sheet {
    /// An empty file. What does not fit in memory lies in `directory`, without a name: it is gone with
    /// this process, however that ends.
    pub(super) fn new(format: OutputFormat, directory: &Path) -> anyhow::Result<Self> {
        match format {
            OutputFormat::Csv => Ok(Self::Csv),
            OutputFormat::Xlsx => Ok(Self::Xlsx(Box::new(Book::new(directory)?))),
        }
    }

    /// Writes the titles; gives the bytes that are done.
    pub(super) fn titles(&mut self, titles: &[String]) -> anyhow::Result<Vec<u8>> {
        match self {
            Self::Csv => {
                let titles: Vec<_> = titles.iter().map(|title| harmless(title)).collect();
                let record = titles.iter().map(AsRef::as_ref);
                records(BYTE_ORDER_MARK.to_vec(), [record])
            }
            Self::Xlsx(book) => {
                book.titles(titles)?;
                Ok(Vec::new())
            }
        }
    }

    /// Writes rows; gives the bytes that are done.
    pub(super) fn rows(&mut self, rows: &[Vec<Cell>]) -> anyhow::Result<Vec<u8>> {
        match self {
            Self::Csv => {
                let texts: Vec<Vec<_>> = rows
                    .iter()
                    .map(|row| row.iter().map(Cell::harmless).collect())
                    .collect();
                let rows = texts.iter().map(|row| row.iter().map(AsRef::as_ref));
                records(Vec::new(), rows)
            }
            Self::Xlsx(book) => {
                for row in rows {
                    book.row(row)?;
                }
                Ok(Vec::new())
            }
        }
    }

    /// Whether texts were cut, since the form has no room for them.
    pub(super) fn has_cut_texts(&self) -> bool {
        matches!(self, Self::Xlsx(book) if book.has_cut_texts)
    }

    /// About how many bytes are kept aside until the end.
    pub(super) fn kept(&self) -> u64 {
        match self {
            Self::Csv => 0,
            Self::Xlsx(book) => book.kept,
        }
    }

    /// The rest of the file goes to `out`. Blocks for as long as it takes.
    pub(super) fn finish(self, out: Sender<Vec<u8>>) -> anyhow::Result<()> {
        match self {
            Self::Csv => Ok(()),
            Self::Xlsx(mut book) => {
                let pipe = Pipe {
                    out,
                    held: Vec::new(),
                };
                book.workbook
                    .save_to_writer(pipe)
                    .context("a workbook cannot be saved")
            }
        }
    }
}

/// RFC 4180: commas, quotes where they are needed, CR LF.
fn records<'a, R>(out: Vec<u8>, rows: impl IntoIterator<Item = R>) -> anyhow::Result<Vec<u8>>
where
    R: IntoIterator<Item = &'a str>,
{
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .flexible(true)
        .from_writer(out);
    for row in rows {
        writer.write_record(row)?;
    }
    let out = writer.into_inner();
    out.map_err(|error| anyhow::anyhow!("values cannot be written: {}", error.error()))
}

/// A workbook with one sheet. Rows leave the memory as soon as the next one begins.
pub(super) struct Book {
    workbook: Workbook,
    next: u32,
    formats: Formats,
    has_cut_texts: bool,
    kept: u64,
}

struct Formats {
    title: Format,
    whole: Format,
    fraction: Format,
    day: Format,
    moment: Format,
}

impl Formats {
    /// The format that shows a number as it is written; none if the plain number is.
    fn like(&self, number: f64, shown: &str) -> Option<&Format> {
        if shown.contains('e') || *shown == number.to_string() {
            return None;
        }
        Some(if shown.contains('.') {
            &self.fraction
        } else {
            &self.whole
        })
    }
}

impl Book {
    fn new(directory: &Path) -> anyhow::Result<Self> {
        let made = DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory);
        made.with_context(|| format!("cannot make {}", directory.display()))?;
        let mut workbook = Workbook::new();
        workbook.set_tempdir(directory)?;
        let sheet = workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name("Export")?.set_freeze_panes(1, 0)?;
        let numbers = |text: &str| Format::new().set_num_format(text);
        Ok(Self {
            workbook,
            next: 0,
            formats: Formats {
                title: Format::new().set_bold(),
                whole: numbers("#,##0"),
                fraction: numbers("#,##0.###"),
                day: numbers("yyyy-mm-dd"),
                moment: numbers("yyyy-mm-dd hh:mm:ss"),
            },
            has_cut_texts: false,
            kept: 0,
        })
    }

    fn titles(&mut self, titles: &[String]) -> Result<(), XlsxError> {
        for (column, title) in (0..).zip(titles) {
            let title = self.fitting(title);
            let sheet = self.workbook.worksheet_from_index(0)?;
            sheet.write_string_with_format(0, column, title, &self.formats.title)?;
        }
        self.next = 1;
        Ok(())
    }

    fn row(&mut self, cells: &[Cell]) -> Result<(), XlsxError> {
        let row = self.next;
        for (column, cell) in (0..).zip(cells) {
            let text = match cell {
                Cell::Text(text) | Cell::Figure(text) => self.fitting(text),
                _ => String::new(),
            };
            self.kept += 32 + u64::try_from(text.len()).unwrap_or_default();
            let sheet = self.workbook.worksheet_from_index(0)?;
            write(sheet, (row, column), cell, text, &self.formats)?;
        }
        self.next += 1;
        Ok(())
    }

    /// The text, as far as a cell has room.
    fn fitting(&mut self, text: &str) -> String {
        if text.len() <= SHEET_TEXT {
            return text.to_owned();
        }
        let mut room = SHEET_TEXT;
        let fits = |c: &char| match room.checked_sub(c.len_utf16()) {
            Some(left) => {
                room = left;
                true
            }
            None => false,
        };
        let fitting: String = text.chars().take_while(fits).collect();
        self.has_cut_texts |= fitting.len() < text.len();
        fitting
    }
}

/// Writes a cell as what it is: text is never looked at for formulas or links.
fn write(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    cell: &Cell,
    text: String,
    formats: &Formats,
) -> Result<(), XlsxError> {
    // Spreadsheets know days from 1900 to 9999.
    let is_known = |year: i32| (1900..=9999).contains(&year);
    match cell {
        Cell::Empty => {}
        Cell::Text(_) | Cell::Figure(_) => {
            sheet.write_string(row, column, text)?;
        }
        Cell::Number(number, shown) => {
            match formats.like(*number, shown) {
                Some(format) => sheet.write_number_with_format(row, column, *number, format)?,
                None => sheet.write_number(row, column, *number)?,
            };
        }
        Cell::Boolean(value) => {
            sheet.write_boolean(row, column, *value)?;
        }
        Cell::Date(day) if is_known(day.year()) => {
            sheet.write_datetime_with_format(row, column, day, &formats.day)?;
        }
        Cell::Date(day) => {
            sheet.write_string(row, column, day.to_string())?;
        }
        Cell::Moment(moment, _) if is_known(moment.year()) => {
            sheet.write_datetime_with_format(row, column, moment, &formats.moment)?;
        }
        Cell::Moment(_, text) => {
            sheet.write_string(row, column, text)?;
        }
    }
    Ok(())
}

/// Bytes on their way out of a thread that may block.
struct Pipe {
    out: Sender<Vec<u8>>,
    held: Vec<u8>,
}

/// Bytes that go together.
const PIECE: usize = 256 * 1024;

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        if self.held.len() >= PIECE {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.held.is_empty() {
            return Ok(());
        }
        let piece = std::mem::take(&mut self.held);
        let sent = self.out.blocking_send(piece);
        sent.map_err(|_gone| io::Error::from(io::ErrorKind::BrokenPipe))
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        // The end of the file, if the writer did not ask for it: who reads notices what is missing.
        if let Err(error) = self.flush() {
            tracing::debug!(%error, "nobody takes the rest of a workbook");
        }
    }
}
