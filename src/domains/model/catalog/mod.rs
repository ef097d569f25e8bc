//! The catalog: tables, dimensions and metrics of a project as things with ids of their own.
//!
//! An id is made of the project, the kind and the names, so it stays the same from deployment to deployment,
//! and tags and icons with it. What the active deployment lacks is kept but not shown. A joined table with
//! an alias is a table of its own, which is not listed.

mod build;
mod field;
mod kind;
mod list;
mod loader;
mod mutation;
mod part;
mod policy;
mod relation;
mod row;
mod store;
mod table;
mod usage;

pub(super) use build::items;
pub use field::{Dimension, Metric};
pub use kind::{CatalogItemKind, item_id};
pub use list::{CatalogItem, CatalogItemFilter, CatalogItemOrder, catalog_of};
pub use loader::table_of;
pub use mutation::CatalogMutation;
pub(super) use part::Part;
pub use policy::POLICIES;
pub(super) use relation::Relation;
pub use row::{DimensionRow, MetricRow, TableRow};
pub(super) use store::replace;
pub use table::{CatalogIcon, CustomIcon, EmojiIcon, Table};
pub use usage::CatalogUsage;
