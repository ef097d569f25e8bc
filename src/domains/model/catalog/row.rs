//! Rows of `catalog_items`, by kind.

use super::CatalogItemKind;
use crate::{
    db::schema::catalog_items,
    kernel::{
        Id, entity,
        entity::{OrganizationId, ProjectId},
    },
};
use diesel::{pg::Pg, prelude::*};

/// An item of the catalog.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = catalog_items, check_for_backend(Pg))]
pub struct ItemRow {
    /// Id, told apart by kind.
    pub id: Id<entity::CatalogItem>,
    /// The organization of its project.
    pub organization_id: OrganizationId,
    /// The project.
    pub project_id: ProjectId,
    /// What it is.
    pub kind: CatalogItemKind,
    /// Name of the table in its explore.
    pub table_name: String,
    /// Name of the field; empty for a table.
    pub name: String,
    /// Title.
    pub label: String,
    /// The explore that defines it.
    pub explore_name: String,
}

macro_rules! rows_of_kinds {
    ($($(#[$doc:meta])* $name:ident of $entity:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name(pub ItemRow);

        impl crate::gql::ById for $name {
            type Entity = entity::$entity;

            async fn by_ids(
                scope: std::sync::Arc<crate::gql::Scope>,
                ids: Vec<Id<entity::$entity>>,
            ) -> crate::kernel::Result<Vec<(Id<entity::$entity>, Self)>> {
                let rows = super::list::items_by_ids(
                    scope,
                    CatalogItemKind::$entity,
                    ids.into_iter().map(Id::uuid).collect(),
                );
                Ok(rows
                    .await?
                    .into_iter()
                    .map(|row| (Id::from_uuid(row.id.uuid()), Self(row)))
                    .collect())
            }
        }
    )*};
}
rows_of_kinds! {
    /// A table.
    TableRow of Table;
    /// A dimension.
    DimensionRow of Dimension;
    /// A metric.
    MetricRow of Metric;
}
