//! From a selection to text.

use super::{
    Field, How,
    json::Json as _,
    relation::{Below, LaterBelow, Texts, all},
};
use async_graphql::{
    Context, ContextSelectionSet, OutputType, Positioned,
    parser::types::{Field as Selected, Selection, SelectionSet},
};

/// An object type with fields that can be answered directly.
pub trait Direct: OutputType + Sized + 'static {
    /// Those fields.
    const FIELDS: &'static [Field<Self>];
}

/// What is written of each node: the selected fields in their order.
pub(super) struct Plan<'a, N: 'static> {
    parts: Vec<Part<'a, N>>,
    relations: Vec<Box<dyn Below<N> + 'a>>,
}

struct Part<'a, N> {
    response_key: &'a str,
    /// The text in front of the value: comma, name, colon.
    lead: Vec<u8>,
    value: PartValue<'a, N>,
}

enum PartValue<'a, N> {
    TypeName,
    Plain(fn(&N, &Context<'_>, &mut Vec<u8>) -> bool, Context<'a>),
    Below(usize),
}

impl<'a, N: Direct> Plan<'a, N> {
    /// A plan for the selection; `None` where it holds something that only the engine can answer.
    ///
    /// All fields get their context from `ctx`, so paths in them are those of the topmost list: only
    /// errors would show them, and errors come from the engine.
    pub(super) fn new(ctx: &'a ContextSelectionSet<'a>, set: &'a SelectionSet) -> Option<Self> {
        if N::FIELDS.is_empty() {
            return None;
        }
        let mut plan = Self {
            parts: Vec::with_capacity(set.items.len()),
            relations: Vec::new(),
        };
        plan.add(ctx, set)?;
        Some(plan)
    }

    fn add(&mut self, ctx: &'a ContextSelectionSet<'a>, set: &'a SelectionSet) -> Option<()> {
        for selection in &set.items {
            if !selection.node.directives().is_empty() {
                return None;
            }
            let (condition, set) = match &selection.node {
                Selection::Field(field) => {
                    self.field(ctx, field)?;
                    continue;
                }
                Selection::InlineFragment(inline) => (
                    inline.node.type_condition.as_ref(),
                    &inline.node.selection_set,
                ),
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    let fragment = &ctx.query_env.fragments.get(name)?.node;
                    (Some(&fragment.type_condition), &fragment.selection_set)
                }
            };
            if condition.is_some_and(|condition| *condition.node.on.node != *N::type_name()) {
                return None;
            }
            self.add(ctx, &set.node)?;
        }
        Some(())
    }

    fn field(
        &mut self,
        ctx: &'a ContextSelectionSet<'a>,
        field: &'a Positioned<Selected>,
    ) -> Option<()> {
        let response_key = field.node.response_key().node.as_str();
        if self
            .parts
            .iter()
            .any(|part| part.response_key == response_key)
        {
            // Objects are never selected twice where answers are direct, and of plain fields that
            // merge, one is like the other.
            return Some(());
        }
        let name = field.node.name.node.as_str();
        let value = if name == "__typename" {
            PartValue::TypeName
        } else if !field.node.arguments.is_empty() {
            return None;
        } else {
            match &N::FIELDS.iter().find(|known| is(known.name, name))?.how {
                How::Plain(write) => PartValue::Plain(*write, ctx.with_field(field)),
                How::Later(load) => {
                    let ctx = ctx.with_field(field);
                    let later = LaterBelow { load: *load, ctx };
                    self.relations.push(Box::new(later));
                    PartValue::Below(self.relations.len() - 1)
                }
                How::Below(relation) => {
                    self.relations.push(relation.plan(ctx, field)?);
                    PartValue::Below(self.relations.len() - 1)
                }
            }
        };
        let mut lead = Vec::with_capacity(response_key.len() + 4);
        lead.push(if self.parts.is_empty() { b'{' } else { b',' });
        response_key.json(&mut lead);
        lead.push(b':');
        self.parts.push(Part {
            response_key,
            lead,
            value,
        });
        Some(())
    }

    /// Writes the nodes; `None` where that fails.
    pub(super) async fn write(&self, nodes: &[&N]) -> Option<Texts> {
        let below = match self.relations.as_slice() {
            [] => Vec::new(),
            [one] => vec![one.write(nodes).await?],
            many => {
                let texts = all(many.iter().map(|relation| relation.write(nodes))).await;
                texts.into_iter().collect::<Option<_>>()?
            }
        };
        let mut text = Vec::with_capacity(nodes.len() * self.parts.len() * 32);
        let mut places = Vec::with_capacity(nodes.len());
        for (n, node) in nodes.iter().enumerate() {
            let start = text.len();
            for part in &self.parts {
                text.extend_from_slice(&part.lead);
                match &part.value {
                    PartValue::TypeName => N::type_name().json(&mut text),
                    PartValue::Plain(write, ctx) => {
                        if !write(node, ctx, &mut text) {
                            return None;
                        }
                    }
                    PartValue::Below(relation) => {
                        let texts: &Texts = below.get(*relation)?;
                        text.extend_from_slice(texts.of(n));
                    }
                }
            }
            text.push(b'}');
            places.push(start..text.len());
        }
        Some(Texts { text, places })
    }
}

/// Whether a resolver's name, such as `full_name`, is that of the field, such as `fullName`.
fn is(resolver: &str, field: &str) -> bool {
    let mut field = field.bytes();
    let mut upper = false;
    for byte in resolver.bytes() {
        if byte == b'_' {
            upper = true;
            continue;
        }
        let expected = if upper {
            byte.to_ascii_uppercase()
        } else {
            byte
        };
        upper = false;
        if field.next() != Some(expected) {
            return false;
        }
    }
    field.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::is;

    #[test]
    fn names_of_resolvers_are_those_of_fields() {
        for (resolver, field) in [
            ("id", "id"),
            ("full_name", "fullName"),
            ("is_marketing_opted_in", "isMarketingOptedIn"),
            ("type", "type"),
        ] {
            assert!(is(resolver, field), "{resolver} {field}");
        }
        for (resolver, field) in [
            ("id", "ids"),
            ("ids", "id"),
            ("full_name", "fullname"),
            ("full_name", "full_name"),
            ("full_name", "full"),
            ("name", "Name"),
        ] {
            assert!(!is(resolver, field), "{resolver} {field}");
        }
    }
}
