//! Kinds of catalog items, and their ids.

use crate::{
    db::text_enum,
    kernel::{Id, entity::Project, entity::ProjectId},
};
use chrono::{DateTime, Utc};
use uuid::Uuid;

text_enum! {
    /// What a catalog item is.
    pub enum CatalogItemKind {
        /// A table.
        Table = "TABLE",
        /// A field to group and filter by.
        Dimension = "DIMENSION",
        /// A field that is computed over groups of rows.
        Metric = "METRIC",
    }
}

/// The id of an item: the same in every deployment. The name of a table's item is empty.
pub fn item_id(project: ProjectId, kind: CatalogItemKind, table: &str, name: &str) -> Uuid {
    let made = project.uuid().get_timestamp().map(|time| time.to_unix());
    let made = made.and_then(|(seconds, nanos)| {
        DateTime::<Utc>::from_timestamp(i64::try_from(seconds).ok()?, nanos)
    });
    // NUL stands in no name.
    let text = format!("{project}\0{}\0{table}\0{name}", kind.as_str());
    Id::<Project>::deterministic(made.unwrap_or_default(), &text).uuid()
}
