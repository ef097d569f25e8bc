//! What can be listed: rows with their policy, implemented by macros.

use crate::{
    authz::Viewer,
    db::{Conn, Fragment, Keyed, LateralRows, ListQuery, Parents},
    kernel::Result,
};
use async_graphql::OutputType;
use std::{future::Future, sync::Arc};

/// A kind of row that is listed. Declared by `listing!`; the policy is in its functions.
pub trait Listing: Send + Sync + Sized + 'static {
    /// The node in the graph.
    type Node: OutputType + From<Arc<Self>>;

    /// The page of a list without parent.
    fn rows(
        conn: &Conn,
        viewer: &Arc<Viewer>,
        query: &ListQuery,
    ) -> impl Future<Output = Result<Vec<Keyed<Self>>>> + Send;

    /// The page of each parent.
    fn rows_of(
        conn: &Conn,
        viewer: &Arc<Viewer>,
        query: &ListQuery,
        parents: &Parents,
    ) -> impl Future<Output = Result<LateralRows<Self>>> + Send;

    /// The value of a sort key, as PostgreSQL would write it, if the row holds it. Keys that no row
    /// holds (counts, names of relations) are read with the rows where a cursor is wanted.
    fn key(&self, expression: &str) -> Option<String>;

    /// The sort keys that [`Listing::key`] knows.
    const KEYS: &'static [&'static str];

    /// `table WHERE policy`, for counts.
    fn counted(viewer: &Arc<Viewer>) -> Fragment;
}

/// Implements [`Listing`] for a row over one table; the policy is that of the entity.
///
/// ```text
/// listing! { ChartRow in charts as Chart, for entity::Chart, keys { "charts.name" => name } }
/// ```
macro_rules! listing {
    ($row:ident in $table:ident as $node:ty, for $entity:ty
        $(, keys { $($expression:literal => $field:ident),* $(,)? })?) => {
        impl $crate::gql::Listing for $row {
            type Node = $node;

            const KEYS: &'static [&'static str] = &[$($($expression),*)?];

            fn key(&self, expression: &str) -> Option<String> {
                match expression {
                    $($($expression => Some($crate::gql::Key::to_key(&self.$field)),)*)?
                    _ => None,
                }
            }

            async fn rows(
                conn: &$crate::db::Conn,
                viewer: &std::sync::Arc<$crate::authz::Viewer>,
                query: &$crate::db::ListQuery,
            ) -> $crate::kernel::Result<Vec<$crate::db::Keyed<Self>>> {
                use diesel::QueryDsl as _;
                static COLUMNS: $crate::db::ColumnsText<$row> = $crate::db::ColumnsText::new();
                let columns = COLUMNS.get()?;
                let select = $table::table.select((columns, query.keys()));
                let select: $crate::db::Boxed<$table::table, Self> = select.into_boxed();
                let visible = <$entity as $crate::authz::Resource>::visible(viewer);
                query.load(conn, select.filter(visible)).await
            }

            async fn rows_of(
                conn: &$crate::db::Conn,
                viewer: &std::sync::Arc<$crate::authz::Viewer>,
                query: &$crate::db::ListQuery,
                parents: &$crate::db::Parents,
            ) -> $crate::kernel::Result<$crate::db::LateralRows<Self>> {
                use diesel::QueryDsl as _;
                static COLUMNS: $crate::db::ColumnsText<$row> = $crate::db::ColumnsText::new();
                let columns = COLUMNS.get()?;
                let select = $table::table.select((columns, query.keys()));
                let select: $crate::db::Boxed<$table::table, Self> = select.into_boxed();
                let visible = <$entity as $crate::authz::Resource>::visible(viewer);
                query.load_of(conn, select.filter(visible), parents).await
            }

            fn counted(viewer: &std::sync::Arc<$crate::authz::Viewer>) -> $crate::db::Fragment {
                $crate::db::sql(concat!(stringify!($table), " WHERE "), [])
                    .with(<$entity as $crate::authz::Resource>::visible(viewer))
            }
        }
    };
}
pub(crate) use listing;

/// Implements [`super::ById`] for a row over one table; the policy is that of the entity.
///
/// ```text
/// by_id_loader! { ChartRow in charts for entity::Chart }
/// ```
macro_rules! by_id_loader {
    ($row:ident in $table:ident for $entity:ty) => {
        impl $crate::gql::ById for $row {
            type Entity = $entity;

            async fn by_ids(
                scope: std::sync::Arc<$crate::gql::Scope>,
                ids: Vec<$crate::kernel::Id<$entity>>,
            ) -> $crate::kernel::Result<Vec<($crate::kernel::Id<$entity>, Self)>> {
                use diesel::{ExpressionMethods as _, QueryDsl as _};
                use diesel_async::RunQueryDsl as _;
                static COLUMNS: $crate::db::ColumnsText<$row> = $crate::db::ColumnsText::new();
                let visible = <$entity as $crate::authz::Resource>::visible(scope.viewer()?);
                let conn = scope.conn().await?;
                let mut conn = conn.get()?;
                let rows: Vec<Self> = $table::table
                    .select(COLUMNS.get()?)
                    .filter($table::id.eq_any(ids))
                    .filter(visible)
                    .load(&mut conn)
                    .await?;
                Ok(rows.into_iter().map(|row| (row.id, row)).collect())
            }
        }
    };
}
pub(crate) use by_id_loader;
