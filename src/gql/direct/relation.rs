//! From nodes to other nodes.

use super::{
    Json,
    plan::{Direct, Plan},
};
use async_graphql::{Context, ContextSelectionSet, Positioned, parser::types::Field as Selected};
use futures_util::future::{BoxFuture, JoinAll, MaybeDone, join_all, maybe_done};
use std::{
    future::{Future, poll_fn},
    ops::Range,
    pin::Pin,
    task::Poll,
};

/// A way from nodes to others.
pub trait Relation<N>: Send + Sync {
    /// What is written of the others; `None` where only the engine can answer.
    #[expect(private_interfaces, reason = "plans are made here only")]
    fn plan<'a>(
        &self,
        ctx: &'a ContextSelectionSet<'a>,
        field: &'a Positioned<Selected>,
    ) -> Option<Box<dyn Below<N> + 'a>>;
}

/// The planned part of a selection below some nodes.
pub(super) trait Below<N>: Send + Sync {
    /// Writes what each node leads to; `None` where that fails.
    fn write<'b>(&'b self, nodes: &'b [&'b N]) -> BoxFuture<'b, Option<Texts>>;
}

/// The JSON of many nodes in one buffer, which holds nothing else.
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

/// A value that is loaded.
pub struct Later<N> {
    /// Loads and writes it for each of the nodes; `None` if that fails for any.
    pub load: for<'b> fn(&'b [&'b N], &'b Context<'b>) -> BoxFuture<'b, Option<Texts>>,
}

struct LaterBelow<'a, N> {
    load: for<'b> fn(&'b [&'b N], &'b Context<'b>) -> BoxFuture<'b, Option<Texts>>,
    ctx: Context<'a>,
}

#[expect(private_interfaces, reason = "plans are made here only")]
impl<N: Sync + 'static> Relation<N> for Later<N> {
    fn plan<'a>(
        &self,
        ctx: &'a ContextSelectionSet<'a>,
        field: &'a Positioned<Selected>,
    ) -> Option<Box<dyn Below<N> + 'a>> {
        Some(Box::new(LaterBelow {
            load: self.load,
            ctx: ctx.with_field(field),
        }))
    }
}

impl<N: Sync> Below<N> for LaterBelow<'_, N> {
    fn write<'b>(&'b self, nodes: &'b [&'b N]) -> BoxFuture<'b, Option<Texts>> {
        (self.load)(nodes, &self.ctx)
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

struct OneBelow<'a, N, T: 'static> {
    load: Load<N, T>,
    ctx: Context<'a>,
    plan: Plan<'a, T>,
}

#[expect(private_interfaces, reason = "plans are made here only")]
impl<N: Sync + 'static, T: Direct> Relation<N> for One<N, T> {
    fn plan<'a>(
        &self,
        ctx: &'a ContextSelectionSet<'a>,
        field: &'a Positioned<Selected>,
    ) -> Option<Box<dyn Below<N> + 'a>> {
        Some(Box::new(OneBelow {
            load: self.load,
            ctx: ctx.with_field(field),
            plan: Plan::<T>::new(ctx, &field.node.selection_set.node)?,
        }))
    }
}

impl<N: Sync, T: Direct> Below<N> for OneBelow<'_, N, T> {
    fn write<'b>(&'b self, nodes: &'b [&'b N]) -> BoxFuture<'b, Option<Texts>> {
        Box::pin(async move {
            let found = (self.load)(nodes, &self.ctx).await?;
            let there: Vec<&T> = found.iter().flatten().collect();
            let mut texts = self.plan.write(&there).await?;
            if there.len() < found.len() {
                let start = texts.text.len();
                texts.text.extend_from_slice(b"null");
                let null = start..texts.text.len();
                let mut places = texts.places.into_iter();
                texts.places = found
                    .iter()
                    .map(|found| found.as_ref().and_then(|_| places.next()))
                    .map(|place| place.unwrap_or_else(|| null.clone()))
                    .collect();
            }
            Some(texts)
        })
    }
}

/// To a part of the node itself.
pub struct Inside<N, T> {
    /// The part.
    pub of: for<'b> fn(&'b N) -> &'b T,
}

struct InsideBelow<'a, N, T: 'static> {
    of: for<'b> fn(&'b N) -> &'b T,
    plan: Plan<'a, T>,
}

#[expect(private_interfaces, reason = "plans are made here only")]
impl<N: Sync + 'static, T: Direct> Relation<N> for Inside<N, T> {
    fn plan<'a>(
        &self,
        ctx: &'a ContextSelectionSet<'a>,
        field: &'a Positioned<Selected>,
    ) -> Option<Box<dyn Below<N> + 'a>> {
        Some(Box::new(InsideBelow {
            of: self.of,
            plan: Plan::<T>::new(ctx, &field.node.selection_set.node)?,
        }))
    }
}

impl<N: Sync, T: Direct> Below<N> for InsideBelow<'_, N, T> {
    fn write<'b>(&'b self, nodes: &'b [&'b N]) -> BoxFuture<'b, Option<Texts>> {
        Box::pin(async move {
            let parts: Vec<&T> = nodes.iter().map(|node| (self.of)(node)).collect();
            self.plan.write(&parts).await
        })
    }
}

/// To a list of parts of the node itself.
pub struct Many<N, T> {
    /// The parts.
    pub of: for<'b> fn(&'b N) -> Vec<&'b T>,
}

struct ManyBelow<'a, N, T: 'static> {
    of: for<'b> fn(&'b N) -> Vec<&'b T>,
    plan: Plan<'a, T>,
}

#[expect(private_interfaces, reason = "plans are made here only")]
impl<N: Sync + 'static, T: Direct> Relation<N> for Many<N, T> {
    fn plan<'a>(
        &self,
        ctx: &'a ContextSelectionSet<'a>,
        field: &'a Positioned<Selected>,
    ) -> Option<Box<dyn Below<N> + 'a>> {
        Some(Box::new(ManyBelow {
            of: self.of,
            plan: Plan::<T>::new(ctx, &field.node.selection_set.node)?,
        }))
    }
}

impl<N: Sync, T: Direct> Below<N> for ManyBelow<'_, N, T> {
    fn write<'b>(&'b self, nodes: &'b [&'b N]) -> BoxFuture<'b, Option<Texts>> {
        Box::pin(async move {
            let mut parts: Vec<&T> = Vec::new();
            let mut ends = Vec::with_capacity(nodes.len());
            for node in nodes {
                parts.extend((self.of)(node));
                ends.push(parts.len());
            }
            let texts = self.plan.write(&parts).await?;
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
