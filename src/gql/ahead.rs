//! Lists below a root, asked for together with the root.
//!
//! A list that needs nothing of its parent but the id need not wait until the parent is there. So
//! fields that answer one thing by its id begin its lists first: the keys wait in their lanes when the
//! thing itself is asked for, and one trip brings both. What a caller may not see stays hidden, since
//! lists tell of their rows, not of their parents, who may see them.

use async_graphql::{
    ContainerType, Context, ContextSelectionSet,
    parser::types::{Selection, SelectionSet},
};
use futures_util::FutureExt as _;

/// Begins the fields of `lists` that are selected below the field of `ctx`.
///
/// They are asked for once more when the thing is there, and find in their lanes what was begun here;
/// whatever else they do, mistakes included, is left to them.
pub fn ask_ahead<T: ContainerType>(ctx: &Context<'_>, lists: &T) {
    let set = &ctx.item.node.selection_set;
    begin(&ctx.with_selection_set(set), &set.node, lists);
}

fn begin<T: ContainerType>(ctx: &ContextSelectionSet<'_>, set: &SelectionSet, lists: &T) {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => {
                // Polled once, which is as far as it comes before its keys are sent.
                let _begun = lists.resolve_field(&ctx.with_field(field)).now_or_never();
            }
            Selection::InlineFragment(inline) => {
                begin(ctx, &inline.node.selection_set.node, lists);
            }
            Selection::FragmentSpread(spread) => {
                let name = &spread.node.fragment_name.node;
                if let Some(fragment) = ctx.query_env.fragments.get(name) {
                    begin(ctx, &fragment.node.selection_set.node, lists);
                }
            }
        }
    }
}
