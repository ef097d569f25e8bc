//! Lists: condition, order and keyset in one place, for one parent, many parents or none.
//!
//! Pages are cut by the values of the sort keys (never OFFSET), so that inserts and deletes do not
//! shift them. Many parents are served by one statement: `unnest(ids), LATERAL (… LIMIT n)`, which
//! reads n rows per parent from an index, however many there are.

use diesel::{
    expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate},
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    query_dsl::methods::{FilterDsl, LimitDsl, OrderDsl},
    result::QueryResult,
    sql_types::{Array, BigInt, Nullable, Text, Uuid as SqlUuid},
};
use diesel_async::{RunQueryDsl, methods::LoadQuery};
use futures_util::{TryStreamExt as _, future::BoxFuture};
use std::{collections::HashMap, pin::pin, sync::Arc};
use uuid::Uuid;

use super::{Bind, Conn, Fragment, sql};
use crate::kernel::Result;

/// A boxed select of rows with their sort keys, over one table.
pub type Boxed<T, R> = diesel::internal::table_macro::BoxedSelectStatement<
    'static,
    (
        diesel::dsl::SqlTypeOf<diesel::dsl::AsSelect<R, Pg>>,
        Nullable<Array<Text>>,
    ),
    diesel::internal::table_macro::FromClause<T>,
    Pg,
>;

/// One sort key.
#[derive(Debug, Clone)]
pub struct OrderTerm {
    /// The expression; never NULL. Each `?` stands for the next of the values.
    pub expression: &'static str,
    /// Values in the expression.
    pub binds: Vec<Bind>,
    /// SQL type of the expression, by which a cursor's text is read back.
    pub cast: &'static str,
    /// Whether higher values come first.
    pub descending: bool,
}

impl OrderTerm {
    fn sql(&self) -> Fragment {
        sql(self.expression, self.binds.iter().cloned())
    }
}

/// What to list, in which order, from where, and how many.
#[derive(Debug, Clone, Default)]
pub struct ListQuery {
    /// Rows that count at all, beside the policy.
    pub condition: Fragment,
    /// Sort keys; the last one is unique.
    pub order: Vec<OrderTerm>,
    /// Only rows behind these key values.
    pub after: Option<Vec<String>>,
    /// Only rows before these key values.
    pub before: Option<Vec<String>>,
    /// Whether the page is the last rows instead of the first.
    pub backward: bool,
    /// Rows on a page. One more is read, to tell whether there are others.
    pub limit: i64,
    /// Whether the key values of each row are wanted, for cursors.
    pub with_keys: bool,
}

/// Rows for which there is room before they come.
const MOST_AHEAD: usize = 256;

/// Which parents a list is wanted for.
#[derive(Debug, Clone)]
pub struct Parents {
    /// The parents' ids.
    pub ids: Vec<Uuid>,
    /// Condition that ties a row to its parent `p.id`, for example `charts.space_id = p.id`.
    pub link: &'static str,
}

/// A row as it is read, with its key values in the order of the list.
pub type Read<R> = (R, Option<Vec<String>>);

/// A row with its key values in the order of the list.
pub type Keyed<R> = (Arc<R>, Option<Vec<String>>);

/// The rows of each parent.
pub type LateralRows<R> = HashMap<Uuid, Vec<Keyed<R>>>;

/// The sort keys of a row as an array of texts, or NULL if no cursor is wanted.
#[derive(Debug, Clone)]
pub struct Keys(Fragment);

impl ListQuery {
    /// The expression for the second column of the select.
    pub fn keys(&self) -> Keys {
        if !self.with_keys {
            return Keys(sql("NULL::text[]", []));
        }
        let mut array = sql("ARRAY[", []);
        for (n, term) in self.order.iter().enumerate() {
            array.push(if n == 0 { "(" } else { ", (" });
            array.append(term.sql());
            array.push(")::text");
        }
        array.push("]");
        Keys(array)
    }

    fn keyset(&self) -> Fragment {
        let after = self.after.as_deref().map(|keys| self.beyond(keys, false));
        let before = self.before.as_deref().map(|keys| self.beyond(keys, true));
        Fragment::all(after.into_iter().chain(before))
    }

    /// Rows behind `keys` (or, if `reverse`, before them).
    fn beyond(&self, keys: &[String], reverse: bool) -> Fragment {
        let first = self
            .order
            .as_slice()
            .first()
            .is_some_and(|term| term.descending);
        if self.order.iter().all(|term| term.descending == first) {
            // A row comparison uses the index from its start; the expanded form would not.
            let mut row = sql("(", []);
            for (n, term) in self.order.iter().enumerate() {
                row.push(if n == 0 { "" } else { ", " });
                row.append(term.sql());
            }
            row.push(if first == reverse { ") > (" } else { ") < (" });
            for (n, (term, key)) in self.order.iter().zip(keys).enumerate() {
                row.push(if n == 0 { "" } else { ", " });
                row.append(bound(key, term));
            }
            row.push(")");
            return row;
        }
        let step = |n: usize| {
            let equal = self
                .order
                .iter()
                .zip(keys)
                .take(n)
                .map(|(term, key)| term.sql().then(" = ", []).with(bound(key, term)));
            let beyond = self
                .order
                .iter()
                .zip(keys)
                .skip(n)
                .take(1)
                .map(|(term, key)| {
                    term.sql()
                        .then(
                            if term.descending == reverse {
                                " > "
                            } else {
                                " < "
                            },
                            [],
                        )
                        .with(bound(key, term))
                });
            Fragment::all(equal.chain(beyond))
        };
        Fragment::any((0..self.order.len()).map(step))
    }

    fn order_by(&self) -> Fragment {
        let mut order = Fragment::default();
        for (n, term) in self.order.iter().enumerate() {
            order.push(if n == 0 { "" } else { ", " });
            order.append(term.sql());
            order.push(if term.descending == self.backward {
                " ASC"
            } else {
                " DESC"
            });
        }
        order
    }

    fn finish<Q>(&self, query: Q) -> Q
    where
        Q: FilterDsl<Fragment, Output = Q> + OrderDsl<Fragment, Output = Q> + LimitDsl<Output = Q>,
    {
        let query = query.filter(self.condition.clone()).filter(self.keyset());
        query
            .order(self.order_by())
            .limit(self.limit.saturating_add(1))
    }

    /// Loads the page of a list that has no parent.
    ///
    /// Fails if the database does. Boxed, so that callers need not prove anything of the query.
    pub fn load<'a, Q, R>(
        &self,
        mut conn: &'a Conn,
        query: Q,
    ) -> BoxFuture<'a, Result<Vec<Keyed<R>>>>
    where
        Q: FilterDsl<Fragment, Output = Q> + OrderDsl<Fragment, Output = Q> + LimitDsl<Output = Q>,
        Q: LoadQuery<'static, &'a Conn, Read<R>> + Send + 'static,
        R: Send + Sync + 'static,
    {
        let query = self.finish(query);
        let most = usize::try_from(self.limit.saturating_add(1)).unwrap_or_default();
        Box::pin(async move {
            let mut read = pin!(RunQueryDsl::load_stream::<Read<R>>(query, &mut conn).await?);
            let mut rows = Vec::with_capacity(most.min(MOST_AHEAD));
            while let Some((row, keys)) = read.try_next().await? {
                rows.push((Arc::new(row), keys));
            }
            Ok(rows)
        })
    }

    /// Loads the page of each parent, in one statement.
    ///
    /// Fails if the database does. Boxed, so that callers need not prove anything of the query.
    pub fn load_of<'a, Q, R>(
        &self,
        mut conn: &'a Conn,
        query: Q,
        parents: &Parents,
    ) -> BoxFuture<'a, Result<LateralRows<R>>>
    where
        Q: FilterDsl<Fragment, Output = Q> + OrderDsl<Fragment, Output = Q> + LimitDsl<Output = Q>,
        Q: Send + 'static,
        Lateral<Q>: LoadQuery<'static, &'a Conn, (Uuid, Read<R>)>,
        R: Send + Sync + 'static,
    {
        let inner = self.finish(query.filter(sql(parents.link, [])));
        let lateral = Lateral {
            parents: parents.ids.clone(),
            inner,
        };
        Box::pin(async move {
            let mut grouped: LateralRows<R> = HashMap::with_capacity(lateral.parents.len());
            let read = RunQueryDsl::load_stream::<(Uuid, Read<R>)>(lateral, &mut conn).await?;
            let mut read = pin!(read);
            while let Some((parent, (row, keys))) = read.try_next().await? {
                let rows = grouped.entry(parent).or_default();
                rows.push((Arc::new(row), keys));
            }
            Ok(grouped)
        })
    }
}

fn bound(key: &str, term: &OrderTerm) -> Fragment {
    let mut fragment = sql("(?::text)", [Bind::Text(key.to_owned())]);
    fragment.push(term.cast);
    fragment
}

/// A query for each of many parents: `unnest(ids) p, LATERAL (inner)`.
#[derive(Debug)]
pub struct Lateral<Q> {
    /// The parents' ids.
    pub parents: Vec<Uuid>,
    /// The query, which may refer to `p.id`.
    pub inner: Q,
}

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Lateral<Q> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        pass.push_sql("SELECT p.id, c.* FROM unnest(");
        pass.push_bind_param::<Array<SqlUuid>, _>(&self.parents)?;
        pass.push_sql(") AS p(id), LATERAL (");
        self.inner.walk_ast(pass.reborrow())?;
        pass.push_sql(") AS c");
        Ok(())
    }
}
impl<Q> QueryId for Lateral<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
impl<Q: Query> Query for Lateral<Q> {
    type SqlType = (SqlUuid, Q::SqlType);
}

/// Counts the rows of each parent in one statement; `from` is a table with its condition.
///
/// # Errors
/// The database fails.
pub async fn count_of(
    mut conn: &Conn,
    from: Fragment,
    parents: &Parents,
) -> Result<HashMap<Uuid, i64>> {
    let statement = sql("SELECT p.id, (SELECT count(*) FROM ", [])
        .with(from)
        .then(" AND ", [])
        .then(parents.link, [])
        .then(
            ") FROM unnest(?) AS p(id)",
            [Bind::Uuids(parents.ids.clone())],
        )
        .statement::<(SqlUuid, BigInt)>();
    let rows: Vec<(Uuid, i64)> = statement.load(&mut conn).await?;
    Ok(rows.into_iter().collect())
}

/// Counts rows; `from` is a table with its condition.
///
/// # Errors
/// The database fails.
pub async fn count(mut conn: &Conn, from: Fragment) -> Result<i64> {
    let statement = sql("SELECT count(*) FROM ", [])
        .with(from)
        .statement::<BigInt>();
    let count: i64 = statement.get_result(&mut conn).await?;
    Ok(count)
}

impl QueryFragment<Pg> for Keys {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(pass)
    }
}
impl QueryId for Keys {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
impl Expression for Keys {
    type SqlType = Nullable<Array<Text>>;
}
impl<QS> AppearsOnTable<QS> for Keys {}
impl<QS> SelectableExpression<QS> for Keys {}
impl ValidGrouping<()> for Keys {
    type IsAggregate = is_aggregate::Never;
}
