//! From nodes to other nodes.

use super::plan::{Direct, Plan, Texts};
use async_graphql::{Context, ContextSelectionSet, Positioned, parser::types::Field as Selected};
use futures_util::future::BoxFuture;
use std::{
    future::{Future, poll_fn},
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

/// Polls all futures before it waits for any, so that loaders see every key of a level at once.
pub async fn all<F: Future>(mut futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut waiting: Vec<(usize, Pin<Box<F>>)> = Vec::new();
    let mut done: Vec<Option<F::Output>> = Vec::with_capacity(futures.size_hint().0);
    poll_fn(|cx| {
        waiting.retain_mut(|(place, future)| match future.as_mut().poll(cx) {
            Poll::Ready(output) => {
                if let Some(slot) = done.get_mut(*place) {
                    *slot = Some(output);
                }
                false
            }
            Poll::Pending => true,
        });
        for future in futures.by_ref() {
            let mut future = Box::pin(future);
            match future.as_mut().poll(cx) {
                Poll::Ready(output) => done.push(Some(output)),
                Poll::Pending => {
                    waiting.push((done.len(), future));
                    done.push(None);
                }
            }
        }
        if waiting.is_empty() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    done.into_iter().flatten().collect()
}
