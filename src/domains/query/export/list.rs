//! How rows of `exported_files` are loaded.

use super::ExportedFileRow;
use crate::{db::schema::exported_files, gql::by_id_loader, kernel::entity};

by_id_loader! { ExportedFileRow in exported_files for entity::ExportedFile }
