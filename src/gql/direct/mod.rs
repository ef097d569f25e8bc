//! Direct answers: plain fields of many nodes, written to text without the engine.
//!
//! The engine makes a future, a map and several allocations for every field of every node, which is
//! most of what a list costs. Where a selection holds only fields that a type declares with
//! [`direct!`], it becomes a [`plan::Plan`] once per list, and the plan writes the JSON of all nodes
//! itself. It calls the resolvers that the engine would call, so there is one definition of a field; but for
//! relations by an id of the row, whose resolvers must do nothing but load the row of that id.
//!
//! The engine stays the reference: whatever a plan does not know (arguments, other types' fragments,
//! directives), and whatever fails, makes it give up, and the engine answers the whole list. What
//! loaders have read meanwhile stays with them, so nothing is read twice, and errors come from where
//! they always do.
//!
//! A scalar that is JSON already, such as stored rows, is [`Written`] in the same way.
//!
//! A written answer travels through the engine as [`Value::Binary`], which nothing else uses, and is
//! copied into the response by [`Verbatim`]. The engine cannot merge such values, so documents that
//! select an object twice under one name are left to it: see [`Allowed`].

mod json;
mod plan;
mod relation;
#[cfg(test)]
mod tests;
mod written;

pub use self::{
    json::{Json, Verbatim},
    plan::Direct,
    relation::{ByKey, Inside, Later, Load, Many, One, Relation, Texts, all, at_once, held},
    written::Written,
};

use self::plan::Plan;
use async_graphql::{
    Context, ContextSelectionSet, OutputType, Positioned, ServerResult, Value,
    parser::types::Field as Selected, registry::Registry,
};
use std::borrow::Cow;

/// A field that can be answered directly.
pub struct Field<N: 'static> {
    /// The name of the resolver, or that of the field where they differ.
    pub name: &'static str,
    /// How.
    pub how: How<N>,
}

/// How a field is answered.
pub enum How<N: 'static> {
    /// Writes the value of a field that needs nothing but the node; `false` if that fails.
    Plain(fn(&N, &Context<'_>, &mut Vec<u8>) -> bool),
    /// Loads the value.
    Later(Later<N>),
    /// Goes on to other nodes.
    Below(&'static dyn Relation<N>),
}

/// Data of a request whose document selects no object twice under one name, and whose answer is
/// written by [`Verbatim`].
#[derive(Debug, Clone, Copy)]
pub struct Allowed;

async fn texts<T: Direct>(nodes: &[&T], ctx: &ContextSelectionSet<'_>) -> Option<Texts> {
    ctx.data_opt::<Allowed>()?;
    let plan = Plan::<T>::new(ctx, &ctx.item.node)?;
    plan.write(nodes).await
}

/// Answers a node directly where its selection allows that, and by the engine where not.
///
/// # Errors
/// Those of the fields.
pub async fn resolve<T: Direct>(
    node: &T,
    ctx: &ContextSelectionSet<'_>,
    field: &Positioned<Selected>,
) -> ServerResult<Value> {
    match Box::pin(texts(&[node], ctx)).await {
        Some(texts) => Ok(Value::Binary(texts.text.into())),
        None => node.resolve(ctx, field).await,
    }
}

/// An object that is written directly where its selection allows that.
pub struct Single<T>(pub T);

impl<T: Direct> OutputType for Single<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        field: &Positioned<Selected>,
    ) -> ServerResult<Value> {
        resolve(&self.0, ctx, field).await
    }
}

/// A list of objects that is written directly where its selection allows that.
pub struct Listed<'a, T>(pub Vec<&'a T>);

impl<T: Direct> Listed<'_, T> {
    async fn text(&self, ctx: &ContextSelectionSet<'_>) -> Option<Value> {
        let texts = texts(&self.0, ctx).await?;
        let mut text = Vec::with_capacity(texts.text.len() + self.0.len() + 2);
        texts.list(0..self.0.len(), &mut text);
        Some(Value::Binary(text.into()))
    }
}

impl<'a, T: Direct> OutputType for Listed<'a, T> {
    fn type_name() -> Cow<'static, str> {
        <Vec<&'a T> as OutputType>::type_name()
    }

    fn qualified_type_name() -> String {
        <Vec<&'a T> as OutputType>::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <Vec<&'a T> as OutputType>::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        field: &Positioned<Selected>,
    ) -> ServerResult<Value> {
        match Box::pin(self.text(ctx)).await {
            Some(text) => Ok(text),
            None => self.0.resolve(ctx, field).await,
        }
    }
}

/// Declares which fields of an object can be answered directly, by the names of their resolvers:
///
/// - `plain` ones need nothing but the node, `later` ones are values that a loader brings.
/// - `always` leads to a node that there always is and `perhaps` to one that may be null, both loaded by
///   the id in a field of the row: each is asked for and written once, however many nodes share it.
///   Their resolvers must be `ctx.by_id(…)` of that field: they are not called here.
/// - `one` and `maybe` lead to such nodes by calling the resolver for each node.
/// - What the node itself holds are `has`, `may_have` and `lists`.
///
/// ```text
/// direct! { Chart: plain { id, name, chart_type as "type" } always { space: SpaceRow as Space = space_id } }
/// direct! { Viewer: plain {} one { user: User } maybe { session: Session } }
/// direct! { Access: plain {} has { role: Role } may_have { group: Group } lists { sources: Source = |node| &node.sources } }
/// ```
macro_rules! direct {
    ($node:ty:
        plain { $($plain:ident $(as $alias:literal)?),* $(,)? }
        $(later { $($later:ident),* $(,)? })?
        $(always { $($always:ident: $always_row:ty as $always_type:ty = $always_id:ident),* $(,)? })?
        $(perhaps { $($perhaps:ident: $perhaps_row:ty as $perhaps_type:ty = $perhaps_id:ident),* $(,)? })?
        $(one { $($one:ident: $one_type:ty),* $(,)? })?
        $(maybe { $($maybe:ident: $maybe_type:ty),* $(,)? })?
        $(has { $($has:ident: $has_type:ty),* $(,)? })?
        $(may_have { $($may:ident: $may_type:ty),* $(,)? })?
        $(lists { $($list:ident: $list_type:ty = $list_of:expr),* $(,)? })?
    ) => {
        impl $node {
            /// What can be answered directly.
            pub(crate) const DIRECT: &'static [$crate::gql::direct::Field<Self>] = &[
                $($crate::gql::direct::Field {
                    name: $crate::gql::direct::direct!(@name $plain $($alias)?),
                    how: $crate::gql::direct::How::Plain(|node, ctx, out| {
                        match $crate::gql::direct::at_once(node.$plain(ctx)) {
                            Some(value) => {
                                $crate::gql::direct::Json::json(&value, out);
                                true
                            }
                            None => false,
                        }
                    }),
                },)*
                $($($crate::gql::direct::Field {
                    name: stringify!($later),
                    how: $crate::gql::direct::How::Later(|nodes, ctx| Box::pin(async move {
                        let found = $crate::gql::direct::all(nodes.iter().map(|node| node.$later(ctx))).await;
                        let mut texts = $crate::gql::direct::Texts::default();
                        for value in found {
                            texts.add(&value.ok()?);
                        }
                        Some(texts)
                    })),
                },)*)?
                $($($crate::gql::direct::Field {
                    name: stringify!($always),
                    how: $crate::gql::direct::How::Below(&$crate::gql::direct::ByKey::<Self, $always_row, $always_type> {
                        id: |node| node.0.$always_id.into(),
                        needed: true,
                        node: <$always_type>::from,
                    }),
                },)*)?
                $($($crate::gql::direct::Field {
                    name: stringify!($perhaps),
                    how: $crate::gql::direct::How::Below(&$crate::gql::direct::ByKey::<Self, $perhaps_row, $perhaps_type> {
                        id: |node| node.0.$perhaps_id.into(),
                        needed: false,
                        node: <$perhaps_type>::from,
                    }),
                },)*)?
                $($($crate::gql::direct::Field {
                    name: stringify!($one),
                    how: $crate::gql::direct::How::Below(&$crate::gql::direct::One::<Self, $one_type> {
                        load: |nodes, ctx| Box::pin(async move {
                            let found = $crate::gql::direct::all(nodes.iter().map(|node| node.$one(ctx))).await;
                            found.into_iter().map(|found| found.ok().map(Some)).collect()
                        }),
                    }),
                },)*)?
                $($($crate::gql::direct::Field {
                    name: stringify!($maybe),
                    how: $crate::gql::direct::How::Below(&$crate::gql::direct::One::<Self, $maybe_type> {
                        load: |nodes, ctx| Box::pin(async move {
                            let found = $crate::gql::direct::all(nodes.iter().map(|node| node.$maybe(ctx))).await;
                            found
                                .into_iter()
                                .map(|found| found.ok().and_then(|found| found.transpose().ok()))
                                .collect()
                        }),
                    }),
                },)*)?
                $($($crate::gql::direct::Field {
                    name: stringify!($has),
                    how: $crate::gql::direct::How::Below(&$crate::gql::direct::One::<Self, $has_type> {
                        load: |nodes, ctx| $crate::gql::direct::held(
                            nodes.iter().map(|node| $crate::gql::direct::at_once(node.$has(ctx)).map(Some)),
                        ),
                    }),
                },)*)?
                $($($crate::gql::direct::Field {
                    name: stringify!($may),
                    how: $crate::gql::direct::How::Below(&$crate::gql::direct::One::<Self, $may_type> {
                        load: |nodes, ctx| $crate::gql::direct::held(
                            nodes.iter().map(|node| $crate::gql::direct::at_once(node.$may(ctx))),
                        ),
                    }),
                },)*)?
                $($($crate::gql::direct::Field {
                    name: stringify!($list),
                    how: $crate::gql::direct::How::Below(&$crate::gql::direct::Many::<Self, $list_type> {
                        of: |node| {
                            let list: fn(&Self) -> &[$list_type] = $list_of;
                            list(node).iter().collect()
                        },
                    }),
                },)*)?
            ];
        }
    };
    (@name $plain:ident) => { stringify!($plain) };
    (@name $plain:ident $alias:literal) => { $alias };
}
pub(crate) use direct;
