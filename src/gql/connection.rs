//! Relay connections, for every kind of node.
//!
//! Follows the GraphQL Cursor Connections Specification, with `nodes` and `totalCount` beside.

use super::{
    OrderTerms, Scope, ScopeExt, cursor,
    direct::{self, Direct, How, Inside, Json as _, Listed, Many, direct},
};
use crate::{db::ListQuery, kernel::Result};
use async_graphql::{
    Context, ContextSelectionSet, Object, OutputType, Positioned, ServerResult, SimpleObject,
    TypeName, Value, parser::types::Field, registry::Registry,
};
use futures_util::future::BoxFuture;
use std::{borrow::Cow, sync::Arc};

/// A kind of node that has connections.
pub trait ListNode: OutputType + Sized + 'static {
    /// Name of the connection type, for example `ChartConnection`.
    const CONNECTION: &'static str;
    /// Name of the edge type, for example `ChartEdge`.
    const EDGE: &'static str;
    /// Fields that can be answered directly.
    const DIRECT: &'static [direct::Field<Self>] = &[];
}

impl<N: ListNode> Direct for N {
    const FIELDS: &'static [direct::Field<Self>] = N::DIRECT;
}

/// Counts all nodes of a connection; run only if `totalCount` is selected.
pub(crate) type Count = Box<dyn Fn(Arc<Scope>) -> BoxFuture<'static, Result<i64>> + Send + Sync>;

/// One page of a list.
pub struct Connection<N>(Page<N>);

/// The page as the engine sees it.
struct Page<N> {
    edges: Vec<Edge<N>>,
    info: PageInfo,
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
        Self(Page {
            edges,
            info: page,
            count,
        })
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
        Self(Page {
            edges,
            info: page,
            count,
        })
    }

    /// The nodes of the page.
    pub fn nodes(&self) -> impl Iterator<Item = &N> {
        self.0.edges.iter().map(|edge| &edge.node)
    }
}

impl<N: ListNode> OutputType for Connection<N> {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed(N::CONNECTION)
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Page::<N>::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        direct::resolve(&self.0, ctx, field).await
    }
}

impl<N: ListNode> TypeName for Page<N> {
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
impl<N: ListNode> Page<N> {
    /// The nodes of the page, each with its cursor.
    async fn edges(&self) -> Listed<'_, Edge<N>> {
        Listed(self.edges.iter().collect())
    }

    /// The nodes of the page.
    #[graphql(name = "nodes")]
    async fn node_list(&self) -> Listed<'_, N> {
        Listed(self.edges.iter().map(|edge| &edge.node).collect())
    }

    /// Where the page lies in the list.
    async fn page_info(&self) -> &PageInfo {
        &self.info
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

impl<N: ListNode> Direct for Page<N> {
    /// All but the count, which is asked of the database.
    const FIELDS: &'static [direct::Field<Self>] = &[
        direct::Field {
            name: "nodes",
            how: How::Below(&Many::<Self, N> {
                of: |page| page.edges.iter().map(|edge| &edge.node).collect(),
            }),
        },
        direct::Field {
            name: "edges",
            how: How::Below(&Many::<Self, Edge<N>> {
                of: |page| page.edges.iter().collect(),
            }),
        },
        direct::Field {
            name: "page_info",
            how: How::Below(&Inside::<Self, PageInfo> {
                of: |page| &page.info,
            }),
        },
    ];
}

impl<N: ListNode> Direct for Edge<N> {
    const FIELDS: &'static [direct::Field<Self>] = &[
        direct::Field {
            name: "node",
            how: How::Below(&Inside::<Self, N> {
                of: |edge| &edge.node,
            }),
        },
        direct::Field {
            name: "cursor",
            how: How::Plain(|edge, _, out| {
                edge.cursor.as_deref().unwrap_or_default().json(out);
                true
            }),
        },
    ];
}

direct! {
    PageInfo: plain { has_next_page, has_previous_page, start_cursor, end_cursor }
}

impl Direct for PageInfo {
    const FIELDS: &'static [direct::Field<Self>] = Self::DIRECT;
}
