//! What list fields call.

use super::{
    Listing, PageArgs,
    keys::{Cursors, held_by_rows, keyed, wanted_cursors},
};
use crate::{
    authz::Viewer,
    db::{Fragment, Keyed, ListQuery, Parents, count, count_of},
    gql::{
        Batch, Connection, OrderDirection, OrderField, OrderTerms, Scope, ScopeExt as _,
        connection::Count,
    },
    kernel::Result,
};
use async_graphql::Context;
use futures_util::future::BoxFuture;
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;

/// A list without parent.
///
/// # Errors
/// Wrong arguments, lack of sign-in, outages.
pub fn list<'a, L: Listing, F: OrderField>(
    ctx: &'a Context<'_>,
    page: &'a PageArgs,
    order: &[(F, OrderDirection)],
    condition: Fragment,
) -> BoxFuture<'a, Result<Connection<L::Node>>> {
    let order = OrderTerms::new(order);
    Box::pin(root::<L>(ctx, page, order, condition))
}

async fn root<L: Listing>(
    ctx: &Context<'_>,
    page: &PageArgs,
    order: OrderTerms,
    condition: Fragment,
) -> Result<Connection<L::Node>> {
    let scope = ctx.scope();
    let mut query = page.query(ctx, condition.clone(), &order)?;
    let viewer = scope.viewer()?;
    let cursors = wanted_cursors(ctx);
    query.with_keys = cursors != Cursors::None && !held_by_rows::<L>(&query);
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
    Ok(Connection::new(
        &query,
        &order,
        keyed(rows.into_iter(), &query, cursors),
        count,
    ))
}

struct Children<L: Listing> {
    query: ListQuery,
    link: &'static str,
    listing: std::marker::PhantomData<fn() -> L>,
}

/// Rows of one parent, shared by everybody who asked for them.
type Shared<L> = Arc<Vec<Keyed<L>>>;

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
        Ok(parents
            .ids
            .into_iter()
            .map(|id| (id, Arc::new(rows.remove(&id).unwrap_or_default())))
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
pub fn field_place(ctx: &Context<'_>) -> usize {
    std::ptr::from_ref(ctx.item).addr()
}

/// The list of one parent. All parents of a level are served by one statement.
///
/// `link` ties a row to its parent `p.id`. `condition` is made once per level.
///
/// # Errors
/// Wrong arguments, lack of sign-in, outages.
pub fn children<'a, L: Listing, F: OrderField>(
    ctx: &'a Context<'_>,
    parent: Uuid,
    link: &'static str,
    page: &'a PageArgs,
    order: &[(F, OrderDirection)],
    condition: impl FnOnce(&Viewer) -> Result<Fragment>,
) -> BoxFuture<'a, Result<Connection<L::Node>>> {
    let order = OrderTerms::new(order);
    let condition = ctx.scope().viewer().and_then(|viewer| condition(viewer));
    // Boxed here: the engine boxes every field of a type in a future as large as the largest one.
    Box::pin(async move { below::<L>(ctx, parent, link, page, (order, condition?)).await })
}

/// The same in an order that is made for the request, such as one by how well a row fits a search.
///
/// # Errors
/// Wrong arguments, lack of sign-in, outages.
pub fn children_by<'a, L: Listing>(
    ctx: &'a Context<'_>,
    (parent, link): (Uuid, &'static str),
    page: &'a PageArgs,
    order: OrderTerms,
    condition: Fragment,
) -> BoxFuture<'a, Result<Connection<L::Node>>> {
    Box::pin(below::<L>(ctx, parent, link, page, (order, condition)))
}

async fn below<L: Listing>(
    ctx: &Context<'_>,
    parent: Uuid,
    link: &'static str,
    page: &PageArgs,
    (order, condition): (OrderTerms, Fragment),
) -> Result<Connection<L::Node>> {
    let place = field_place(ctx);
    let cursors = wanted_cursors(ctx);
    let mut query = page.query(ctx, condition.clone(), &order)?;
    query.with_keys = cursors != Cursors::None && !held_by_rows::<L>(&query);
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
    Ok(Connection::new(
        &query,
        &order,
        keyed(rows, &query, cursors),
        count,
    ))
}
