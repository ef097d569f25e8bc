//! From the arguments of a list field to its page, for one parent among many or none.

use super::{
    Batch, Connection, OrderField, OrderTerms, Scope, ScopeExt, connection::Count, cursor,
};
use crate::{
    authz::Viewer,
    db::{Conn, Fragment, Keyed, LateralRows, ListQuery, Parents, count, count_of},
    kernel::{Error, Result},
};
use async_graphql::{Context, OutputType};
use std::{collections::HashMap, future::Future, sync::Arc};
use uuid::Uuid;

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

    /// `table WHERE policy`, for counts.
    fn counted(viewer: &Arc<Viewer>) -> Fragment;
}

/// The arguments that every list has.
#[derive(Debug, Clone, Default)]
pub struct PageArgs {
    /// How many from the start.
    pub first: Option<i32>,
    /// Behind this cursor.
    pub after: Option<String>,
    /// How many from the end.
    pub last: Option<i32>,
    /// Before this cursor.
    pub before: Option<String>,
}

impl PageArgs {
    /// The arguments as they came.
    pub fn new(
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Self {
        Self {
            first,
            after,
            last,
            before,
        }
    }

    /// How many nodes, and whether from the end.
    ///
    /// # Errors
    /// [`Error::Invalid`] for both `first` and `last`, a negative number or one above the maximum.
    pub fn size(&self, limits: super::Limits) -> Result<(i64, bool)> {
        let (argument, count, backward) = match (self.first, self.last) {
            (Some(_), Some(_)) => {
                return Err(Error::invalid(
                    "last",
                    "give either `first` or `last`, not both",
                ));
            }
            (None, Some(last)) => ("last", i64::from(last), true),
            (Some(first), None) => ("first", i64::from(first), false),
            (None, None) => ("first", limits.page_default, false),
        };
        if count < 0 || count > limits.page_max {
            let maximum = limits.page_max;
            return Err(Error::invalid(
                argument,
                format!("must be between 0 and {maximum}, got {count}"),
            ));
        }
        Ok((count, backward))
    }

    /// The query of the page: condition, order, cursors, size.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a wrong size or a cursor of another list or order.
    pub fn query(
        &self,
        ctx: &Context<'_>,
        condition: Fragment,
        order: &OrderTerms,
    ) -> Result<ListQuery> {
        let (limit, backward) = self.size(ctx.scope().limits)?;
        let decode = |argument, cursor: &Option<String>| {
            cursor
                .as_deref()
                .map(|cursor| cursor::decode(argument, order, cursor))
                .transpose()
        };
        Ok(ListQuery {
            condition,
            order: order.terms.clone(),
            after: decode("after", &self.after)?,
            before: decode("before", &self.before)?,
            backward,
            limit,
            with_keys: wants_cursors(ctx),
        })
    }
}

fn wants_cursors(ctx: &Context<'_>) -> bool {
    let look = ctx.look_ahead();
    let page = look.field("pageInfo");
    page.field("endCursor").exists()
        || page.field("startCursor").exists()
        || look.field("edges").field("cursor").exists()
}

/// A list without parent.
///
/// # Errors
/// Wrong arguments, lack of sign-in, outages.
pub async fn list<L: Listing, F: OrderField>(
    ctx: &Context<'_>,
    page: &PageArgs,
    order: &[(F, super::OrderDirection)],
    condition: Fragment,
) -> Result<Connection<L::Node>> {
    let scope = ctx.scope();
    let order = OrderTerms::new(order);
    let query = page.query(ctx, condition.clone(), &order)?;
    let viewer = scope.viewer()?;
    let rows = L::rows(scope.conn().await?.get()?, viewer, &query).await?;
    let count: Count = Box::new(move |scope| {
        let condition = condition.clone();
        Box::pin(async move {
            let from = L::counted(scope.viewer()?)
                .then(" AND ", [])
                .with(condition);
            count(scope.conn().await?.get()?, from).await
        })
    });
    let rows = rows.into_iter().map(|(row, keys)| (Arc::new(row), keys));
    Ok(Connection::new(&query, &order, rows, count))
}

struct Children<L: Listing> {
    query: ListQuery,
    link: &'static str,
    listing: std::marker::PhantomData<fn() -> L>,
}

/// Rows of one parent, shared by everybody who asked for them.
type Shared<L> = Arc<Vec<(Arc<L>, Option<Vec<String>>)>>;

impl<L: Listing> Batch for Children<L> {
    type Key = Uuid;
    type Value = Shared<L>;

    async fn load(&self, scope: Arc<Scope>, ids: Vec<Uuid>) -> Result<HashMap<Uuid, Shared<L>>> {
        let parents = Parents {
            ids,
            link: self.link,
        };
        let conn = scope.conn().await?;
        let mut rows = L::rows_of(conn.get()?, scope.viewer()?, &self.query, &parents).await?;
        let share = |rows: Vec<Keyed<L>>| {
            Arc::new(
                rows.into_iter()
                    .map(|(row, keys)| (Arc::new(row), keys))
                    .collect(),
            )
        };
        Ok(parents
            .ids
            .into_iter()
            .map(|id| (id, share(rows.remove(&id).unwrap_or_default())))
            .collect())
    }
}

struct Counts<L: Listing> {
    condition: Fragment,
    link: &'static str,
    listing: std::marker::PhantomData<fn() -> L>,
}

impl<L: Listing> Batch for Counts<L> {
    type Key = Uuid;
    type Value = i64;

    async fn load(&self, scope: Arc<Scope>, ids: Vec<Uuid>) -> Result<HashMap<Uuid, i64>> {
        let from = L::counted(scope.viewer()?)
            .then(" AND ", [])
            .with(self.condition.clone());
        let conn = scope.conn().await?;
        count_of(
            conn.get()?,
            from,
            &Parents {
                ids,
                link: self.link,
            },
        )
        .await
    }
}

/// A place in the document: siblings of one level share it, and so share a statement.
fn place(ctx: &Context<'_>) -> usize {
    std::ptr::from_ref(ctx.item).addr()
}

/// The list of one parent. All parents of a level are served by one statement.
///
/// `link` ties a row to its parent `p.id`. `condition` is made once per level.
///
/// # Errors
/// Wrong arguments, lack of sign-in, outages.
pub async fn children<L: Listing, F: OrderField>(
    ctx: &Context<'_>,
    parent: Uuid,
    link: &'static str,
    page: &PageArgs,
    order: &[(F, super::OrderDirection)],
    condition: impl FnOnce() -> Result<Fragment>,
) -> Result<Connection<L::Node>> {
    let place = place(ctx);
    let order = OrderTerms::new(order);
    let condition = condition()?;
    let query = page.query(ctx, condition.clone(), &order)?;
    let batch = || {
        Ok(Children::<L> {
            query: query.clone(),
            link,
            listing: std::marker::PhantomData,
        })
    };
    let rows = ctx
        .scope()
        .lanes
        .load(place, batch, parent)
        .await?
        .unwrap_or_default();
    let count: Count = Box::new(move |scope| {
        let condition = condition.clone();
        Box::pin(async move {
            let batch = || {
                Ok(Counts::<L> {
                    condition,
                    link,
                    listing: std::marker::PhantomData,
                })
            };
            Ok(scope
                .lanes
                .load(place, batch, parent)
                .await?
                .unwrap_or_default())
        })
    });
    let rows = rows.iter().map(|(row, keys)| (row.clone(), keys.clone()));
    Ok(Connection::new(&query, &order, rows, count))
}

/// Implements [`Listing`] for a row over one table; the policy is that of the entity.
///
/// ```text
/// listing! { ChartRow in charts as Chart, for entity::Chart }
/// ```
macro_rules! listing {
    ($row:ident in $table:ident as $node:ty, for $entity:ty) => {
        impl $crate::gql::Listing for $row {
            type Node = $node;

            async fn rows(
                conn: &$crate::db::Conn,
                viewer: &std::sync::Arc<$crate::authz::Viewer>,
                query: &$crate::db::ListQuery,
            ) -> $crate::kernel::Result<Vec<$crate::db::Keyed<Self>>> {
                use diesel::{QueryDsl as _, SelectableHelper as _};
                let select = $table::table.select((Self::as_select(), query.keys()));
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
                use diesel::{QueryDsl as _, SelectableHelper as _};
                let select = $table::table.select((Self::as_select(), query.keys()));
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
                use diesel::{ExpressionMethods as _, QueryDsl as _, SelectableHelper as _};
                use diesel_async::RunQueryDsl as _;
                let visible = <$entity as $crate::authz::Resource>::visible(scope.viewer()?);
                let conn = scope.conn().await?;
                let mut conn = conn.get()?;
                let rows: Vec<Self> = $table::table
                    .select(Self::as_select())
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
