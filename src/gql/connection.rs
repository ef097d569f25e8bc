//! Relay connections, for every kind of node.
//!
//! Follows the GraphQL Cursor Connections Specification, with `nodes` and `totalCount` beside.

use super::{OrderTerms, Scope, ScopeExt, cursor};
use crate::{db::ListQuery, kernel::Result};
use async_graphql::{Context, Object, OutputType, SimpleObject, TypeName};
use futures_util::future::BoxFuture;
use std::{borrow::Cow, sync::Arc};

/// A kind of node that has connections.
pub trait ListNode: OutputType {
    /// Name of the connection type, for example `ChartConnection`.
    const CONNECTION: &'static str;
    /// Name of the edge type, for example `ChartEdge`.
    const EDGE: &'static str;
}

/// Counts all nodes of a connection; run only if `totalCount` is selected.
pub(crate) type Count = Box<dyn Fn(Arc<Scope>) -> BoxFuture<'static, Result<i64>> + Send + Sync>;

/// One page of a list.
pub struct Connection<N> {
    edges: Vec<Edge<N>>,
    page: PageInfo,
    count: Count,
}

/// A node and its place in the list.
pub struct Edge<N> {
    node: N,
    cursor: Option<String>,
}

/// Whether there are more nodes on either side, and the cursors to ask for them.
#[derive(Debug, Clone, Default, SimpleObject)]
pub struct PageInfo {
    /// Whether there are nodes after this page.
    pub has_next_page: bool,
    /// Whether there are nodes before this page.
    pub has_previous_page: bool,
    /// Cursor of the first node: give it as `before` to page backwards.
    pub start_cursor: Option<String>,
    /// Cursor of the last node: give it as `after` to page forwards.
    pub end_cursor: Option<String>,
}

impl<N> Connection<N> {
    /// The page that `rows` make, which are one more than the page where there are others.
    pub fn new<R>(
        query: &ListQuery,
        order: &OrderTerms,
        rows: impl IntoIterator<Item = (R, Option<Vec<String>>)>,
        count: Count,
    ) -> Self
    where
        N: From<R>,
    {
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        let mut edges: Vec<Edge<N>> = rows
            .into_iter()
            .map(|(row, keys)| Edge {
                node: N::from(row),
                cursor: keys.map(|keys| cursor::encode(order, &keys)),
            })
            .collect();
        let more = edges.len() > limit;
        edges.truncate(limit);
        if query.backward {
            edges.reverse();
        }
        let page = PageInfo {
            has_next_page: if query.backward {
                query.before.is_some()
            } else {
                more
            },
            has_previous_page: if query.backward {
                more
            } else {
                query.after.is_some()
            },
            start_cursor: edges.first().and_then(|edge| edge.cursor.clone()),
            end_cursor: edges.last().and_then(|edge| edge.cursor.clone()),
        };
        Self { edges, page, count }
    }

    /// The page of a list whose nodes are known by their position.
    pub(crate) fn at_positions(
        nodes: impl Iterator<Item = (N, String)>,
        page: PageInfo,
        count: Count,
    ) -> Self {
        let edges = nodes
            .map(|(node, cursor)| Edge {
                node,
                cursor: Some(cursor),
            })
            .collect();
        Self { edges, page, count }
    }

    /// The nodes of the page.
    pub fn nodes(&self) -> impl Iterator<Item = &N> {
        self.edges.iter().map(|edge| &edge.node)
    }
}

impl<N: ListNode> TypeName for Connection<N> {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed(N::CONNECTION)
    }
}

impl<N: ListNode> TypeName for Edge<N> {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed(N::EDGE)
    }
}

/// One page of a list: ask for `nodes`, or for `edges` where each needs its cursor.
#[Object(name_type)]
impl<N: ListNode> Connection<N> {
    /// The nodes of the page, each with its cursor.
    async fn edges(&self) -> &[Edge<N>] {
        &self.edges
    }

    /// The nodes of the page.
    #[graphql(name = "nodes")]
    async fn node_list(&self) -> Vec<&N> {
        self.edges.iter().map(|edge| &edge.node).collect()
    }

    /// Where the page lies in the list.
    async fn page_info(&self) -> &PageInfo {
        &self.page
    }

    /// How many nodes there are on all pages, as far as the caller may see them. Costs a statement.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<i64> {
        (self.count)(ctx.scope().clone()).await
    }
}

/// A node and its place in the list.
#[Object(name_type)]
impl<N: ListNode> Edge<N> {
    /// The node.
    async fn node(&self) -> &N {
        &self.node
    }

    /// The node's place in this list and order; opaque.
    async fn cursor(&self) -> &str {
        self.cursor.as_deref().unwrap_or_default()
    }
}
