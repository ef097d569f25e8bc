//! Exports: the rows of a query as a file.
//!
//! ```text
//! input → Order ─job→ Compiled → rows of the warehouse ─Layout→ cells ─Sheet→ bytes → chunks → signed link
//! ```
//!
//! Nothing holds all rows but a pivot, which is bounded: rows come in batches from the warehouse and go on
//! as chunks of a megabyte into the database (a workbook on its way through an unnamed file). What a file
//! takes to fetch is asked when it is ordered, when it is made, and whenever its link is used.

mod cell;
mod download;
mod input;
mod kind;
mod layout;
mod link;
mod list;
mod mutation;
mod name;
mod object;
mod order;
mod pivot;
mod policy;
mod row;
mod sheet;
mod store;
mod work;

pub use download::{Contents, NoDownload, open};
pub use kind::ExportReport;
pub(super) use kind::RunExport;
pub use mutation::ExportMutation;
pub use object::ExportedFile;
pub use row::ExportedFileRow;
pub use store::purge;
