//! From nodes to other nodes.

use super::{
    Json,
    plan::{Direct, Plan},
};
use crate::{
    gql::{ById, ScopeExt as _},
    kernel::Id,
};
use async_graphql::{Context, ContextSelectionSet, Positioned, parser::types::Field as Selected};
use foldhash::{HashMap, HashMapExt as _};
use futures_util::{
    FutureExt as _,
    future::{BoxFuture, JoinAll, MaybeDone, join_all, maybe_done, ready},
};
use std::{
    collections::hash_map::Entry,
    future::{Future, poll_fn},
    ops::Range,
    pin::Pin,
    sync::Arc,
    task::Poll,
};

/// A way from nodes to others.
pub trait Relation<N>: Send + Sync {
    /// What is written of the others; `None` where only the engine can answer.
    #[expect(private_interfaces, reason = "plans are made here only")]
    fn plan<'a>(
        &'a self,
        ctx: &'a ContextSelectionSet<'a>,
        field: &'a Positioned<Selected>,
    ) -> Option<Box<dyn Below<N> + 'a>>;
}

/// The planned part of a selection below some nodes.
pub(super) trait Below<N>: Send + Sync {
    /// Writes what each node leads to; `None` where that fails.
    fn write<'b>(&'b self, nodes: &'b [&'b N]) -> BoxFuture<'b, Option<Texts>>;
}

/// The JSON of many nodes in one buffer; that of a plan holds nothing else.
#[derive(Default)]
pub struct Texts {
    pub(super) text: Vec<u8>,
    /// Where each node stands; several may share a place.
    pub(super) places: Vec<Range<usize>>,
}

impl Texts {
    /// Writes one more.
    pub fn add(&mut self, value: &impl Json) {
        let start = self.text.len();
        value.json(&mut self.text);
        self.places.push(start..self.text.len());
    }

    /// Gives each of `found` a place: what was written is of those that are there, the others are null.
    /// Tells where the null is.
    fn spread<T>(&mut self, found: &[Option<T>]) -> Range<usize> {
        let start = self.text.len();
        self.text.extend_from_slice(b"null");
        let null = start..self.text.len();
        let mut places = std::mem::take(&mut self.places).into_iter();
        self.places = found
            .iter()
            .map(|found| found.as_ref().and_then(|_| places.next()))
            .map(|place| place.unwrap_or_else(|| null.clone()))
            .collect();
        null
    }

    /// The text of a node.
    pub(super) fn of(&self, node: usize) -> &[u8] {
        let place = self.places.get(node).cloned().unwrap_or_default();
        self.text.get(place).unwrap_or_default()
    }

    /// Writes some nodes as a list.
    pub(super) fn list(&self, nodes: Range<usize>, out: &mut Vec<u8>) {
        let first = nodes.start;
        out.push(b'[');
        for node in nodes {
            if node > first {
                out.push(b',');
            }
            out.extend_from_slice(self.of(node));
        }
        out.push(b']');
    }
}

/// How a value is loaded and written for each of some nodes; `None` if that fails for any.
pub type Later<N> = for<'b> fn(&'b [&'b N], &'b Context<'b>) -> BoxFuture<'b, Option<Texts>>;

/// A value that is loaded, in a plan.
pub(super) struct LaterBelow<'a, N> {
    pub(super) load: Later<N>,
    pub(super) ctx: Context<'a>,
}

impl<N: Sync> Below<N> for LaterBelow<'_, N> {
    fn write<'b>(&'b self, nodes: &'b [&'b N]) -> BoxFuture<'b, Option<Texts>> {
        (self.load)(nodes, &self.ctx)
    }
}

/// A relation to nodes that a plan of their own writes.
trait Way<N>: Send + Sync {
    /// What it leads to.
    type To: Direct;

    /// Writes what each node leads to; `None` where that fails.
    fn write<'b>(
        &'b self,
        nodes: &'b [&'b N],
        ctx: &'b Context<'b>,
        plan: &'b Plan<'b, Self::To>,
    ) -> BoxFuture<'b, Option<Texts>>;
}

struct WayBelow<'a, W, T: 'static> {
    way: &'a W,
    ctx: Context<'a>,
    plan: Plan<'a, T>,
}

#[expect(private_interfaces, reason = "plans are made here only")]
impl<N: Sync + 'static, W: Way<N>> Relation<N> for W {
    fn plan<'a>(
        &'a self,
        ctx: &'a ContextSelectionSet<'a>,
        field: &'a Positioned<Selected>,
    ) -> Option<Box<dyn Below<N> + 'a>> {
        Some(Box::new(WayBelow {
            way: self,
            ctx: ctx.with_field(field),
            plan: Plan::<W::To>::new(ctx, &field.node.selection_set.node)?,
        }))
    }
}

impl<N: Sync, W: Way<N>> Below<N> for WayBelow<'_, W, W::To> {
    fn write<'b>(&'b self, nodes: &'b [&'b N]) -> BoxFuture<'b, Option<Texts>> {
        self.way.write(nodes, &self.ctx, &self.plan)
    }
}

/// To a node that is loaded, or null.
pub struct One<N, T> {
    /// Loads it for each of the nodes; `None` if that fails for any.
    pub load: Load<N, T>,
}

/// How nodes are loaded for others.
pub type Load<N, T> =
    for<'b> fn(&'b [&'b N], &'b Context<'b>) -> BoxFuture<'b, Option<Vec<Option<T>>>>;

impl<N: Sync, T: Direct> Way<N> for One<N, T> {
    type To = T;

    fn write<'b>(
        &'b self,
        nodes: &'b [&'b N],
        ctx: &'b Context<'b>,
        plan: &'b Plan<'b, T>,
    ) -> BoxFuture<'b, Option<Texts>> {
        Box::pin(async move {
            let found = (self.load)(nodes, ctx).await?;
            let there: Vec<&T> = found.iter().flatten().collect();
            let mut texts = plan.write(&there).await?;
            if there.len() < found.len() {
                texts.spread(&found);
            }
            Some(texts)
        })
    }
}

/// To a node that is loaded by its id, or null. Each is asked for and written once, however many lead
/// to it.
pub struct ByKey<N, R: ById, T> {
    /// Its id; `None` is null.
    pub id: fn(&N) -> Option<Id<R::Entity>>,
    /// Whether one that is not there is an error, which the engine tells, and not null.
    pub needed: bool,
    /// Makes it of its row.
    pub node: fn(Arc<R>) -> T,
}

impl<N: Sync, R: ById, T: Direct> Way<N> for ByKey<N, R, T> {
    type To = T;

    fn write<'b>(
        &'b self,
        nodes: &'b [&'b N],
        ctx: &'b Context<'b>,
        plan: &'b Plan<'b, T>,
    ) -> BoxFuture<'b, Option<Texts>> {
        Box::pin(async move {
            let mut ids = Vec::new();
            // Where the id of each node stands in `ids`.
            let mut positions = Vec::with_capacity(nodes.len());
            let mut known = HashMap::with_capacity(nodes.len());
            for node in nodes {
                positions.push((self.id)(node).map(|id| match known.entry(id) {
                    Entry::Occupied(known) => *known.get(),
                    Entry::Vacant(new) => {
                        ids.push(id);
                        *new.insert(ids.len() - 1)
                    }
                }));
            }
            let rows = ctx.scope().lanes.by_ids::<R>(&ids).await.ok()?;
            let lacks = positions.contains(&None) || rows.iter().any(Option::is_none);
            if self.needed && lacks {
                return None;
            }
            let there: Vec<T> = rows.iter().flatten().cloned().map(self.node).collect();
            let there: Vec<&T> = there.iter().collect();
            let mut texts = plan.write(&there).await?;
            let null = texts.spread(&rows);
            let of_rows = std::mem::take(&mut texts.places);
            texts.places = positions
                .into_iter()
                .map(|position| position.and_then(|position| of_rows.get(position)))
                .map(|place| place.unwrap_or(&null).clone())
                .collect();
            Some(texts)
        })
    }
}

/// To a part of the node itself.
pub struct Inside<N, T> {
    /// The part.
    pub of: for<'b> fn(&'b N) -> &'b T,
}

impl<N: Sync, T: Direct> Way<N> for Inside<N, T> {
    type To = T;

    fn write<'b>(
        &'b self,
        nodes: &'b [&'b N],
        _: &'b Context<'b>,
        plan: &'b Plan<'b, T>,
    ) -> BoxFuture<'b, Option<Texts>> {
        Box::pin(async move {
            let parts: Vec<&T> = nodes.iter().map(|node| (self.of)(node)).collect();
            plan.write(&parts).await
        })
    }
}

/// To a list of parts of the node itself.
pub struct Many<N, T> {
    /// The parts.
    pub of: for<'b> fn(&'b N) -> Vec<&'b T>,
}

impl<N: Sync, T: Direct> Way<N> for Many<N, T> {
    type To = T;

    fn write<'b>(
        &'b self,
        nodes: &'b [&'b N],
        _: &'b Context<'b>,
        plan: &'b Plan<'b, T>,
    ) -> BoxFuture<'b, Option<Texts>> {
        Box::pin(async move {
            let mut parts: Vec<&T> = Vec::new();
            let mut ends = Vec::with_capacity(nodes.len());
            for node in nodes {
                parts.extend((self.of)(node));
                ends.push(parts.len());
            }
            let texts = plan.write(&parts).await?;
            let mut text = Vec::with_capacity(texts.text.len() + parts.len() + 2 * nodes.len());
            let mut places = Vec::with_capacity(nodes.len());
            let mut next = 0;
            for end in ends {
                let start = text.len();
                texts.list(next..end, &mut text);
                places.push(start..text.len());
                next = end;
            }
            Some(Texts { text, places })
        })
    }
}

/// The value of a field that waits for nothing; `None` where it fails.
pub fn at_once<T, E>(field: impl Future<Output = Result<T, E>>) -> Option<T> {
    field.now_or_never()?.ok()
}

/// What nodes hold themselves, as if it had been loaded; `None` where that fails for any.
pub fn held<'b, T: Send + 'b>(
    found: impl Iterator<Item = Option<Option<T>>>,
) -> BoxFuture<'b, Option<Vec<Option<T>>>> {
    Box::pin(ready(found.collect()))
}

/// Futures that share an allocation.
const TOGETHER: usize = 30;

/// Polls all futures before it waits for any, so that loaders see every key of a level at once.
pub async fn all<F: Future>(mut futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut chunks: Vec<MaybeDone<JoinAll<F>>> = Vec::new();
    loop {
        // So many are polled in place at most; more of them would be queued one by one.
        let chunk: Vec<F> = futures.by_ref().take(TOGETHER).collect();
        if chunk.is_empty() {
            break;
        }
        chunks.push(maybe_done(join_all(chunk)));
    }
    poll_fn(|cx| {
        let mut ready = true;
        for chunk in &mut chunks {
            ready &= Pin::new(chunk).poll(cx).is_ready();
        }
        if ready {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    let outputs = chunks
        .iter_mut()
        .filter_map(|chunk| Pin::new(chunk).take_output());
    outputs.flatten().collect()
}
