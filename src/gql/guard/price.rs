//! Builds the cost expression of each operation from its typed syntax tree.
//!
//! Fragments are priced once and their price is added where they are spread. A field's parent type
//! decides what the field means, so a price does not depend on where the fragment is spread.

use std::collections::HashMap;

use apollo_compiler::{
    ExecutableDocument, Node,
    ast::{OperationType, Value, VariableDefinition},
    executable::{Field, Operation, Selection, SelectionSet},
};

use super::{
    cost::{Cost, Size, SizeVariable},
    limits::Weights,
    schema::Model,
};

/// Prices the operations of one document.
pub(super) struct Pricer<'d> {
    document: &'d ExecutableDocument,
    model: &'d Model,
    weights: &'d Weights,
}

/// Price of a selection set: once per set, and once per node of the page that the set stands for
/// (zero unless the set is that of a connection).
#[derive(Debug, Clone, Default)]
struct Price {
    once: Cost,
    per_node: Cost,
}

/// What differs between operations that share fragments: the defaults of their variables.
struct Scope<'d> {
    variables: &'d [Node<VariableDefinition>],
    fragments: HashMap<&'d str, Price>,
}

impl<'d> Pricer<'d> {
    pub(super) fn new(
        document: &'d ExecutableDocument,
        model: &'d Model,
        weights: &'d Weights,
    ) -> Self {
        Self {
            document,
            model,
            weights,
        }
    }

    pub(super) fn operation(&self, operation: &'d Operation) -> Cost {
        let mut scope = Scope {
            variables: &operation.variables,
            fragments: HashMap::new(),
        };
        let root = match operation.operation_type {
            OperationType::Query => None,
            OperationType::Mutation => Some(self.weights.mutation_root),
            OperationType::Subscription => Some(self.weights.subscription_root),
        };
        self.set(&operation.selection_set, &mut scope, root).once
    }

    /// `root` is the base price of the set's fields, where the set is a root that has one.
    fn set(&self, set: &'d SelectionSet, scope: &mut Scope<'d>, root: Option<u32>) -> Price {
        let mut price = Price::default();
        for selection in &set.selections {
            match selection {
                Selection::Field(field) => self.field(&set.ty, field, scope, root, &mut price),
                Selection::InlineFragment(inline) => {
                    price.add(&self.set(&inline.selection_set, scope, root));
                }
                Selection::FragmentSpread(spread) => {
                    let name = spread.fragment_name.as_str();
                    if let Some(known) = scope.fragments.get(name) {
                        price.add(known);
                    } else if let Some(fragment) = self.document.fragments.get(name) {
                        let of_fragment = self.set(&fragment.selection_set, scope, root);
                        price.add(&of_fragment);
                        scope.fragments.insert(name, of_fragment);
                    }
                }
            }
        }
        price
    }

    fn field(
        &self,
        parent: &str,
        field: &'d Field,
        scope: &mut Scope<'d>,
        root: Option<u32>,
        price: &mut Price,
    ) {
        let ty = &field.definition.ty;
        let fixed = self.fixed(parent, field);
        if !self.model.is_composite(ty.inner_named_type()) {
            let total = field.name == "totalCount" && self.model.is_connection(parent);
            let leaf = match root {
                _ if field.name == "__typename" => 0,
                None if total => self.weights.total_count,
                root => root.unwrap_or_default(),
            };
            let leaf = fixed.unwrap_or(u64::from(leaf));
            return price.once.add(&Cost::constant(leaf));
        }
        let below = self.set(&field.selection_set, scope, None);
        let object = u64::from(root.unwrap_or(self.weights.object));
        if self.model.is_connection(parent) {
            match field.name.as_str() {
                "pageInfo" => return price.once.add(&below.flat(self.weights)),
                "edges" => return price.per_node.add(&below.flat(self.weights)),
                "nodes" => {
                    let node = below.flat(self.weights).plus(fixed.unwrap_or(object));
                    return price.per_node.add(&node);
                }
                _ => {}
            }
        }
        let introspection = matches!(field.name.as_str(), "__schema" | "__type");
        let points = fixed.unwrap_or(object);
        price.once.add(&if introspection {
            let objects = below.flat(self.weights).known();
            let per_point = u64::from(self.weights.introspection_per_point.max(1));
            Cost::constant(objects.div_ceil(per_point)).plus(points)
        } else if self.model.is_connection(ty.inner_named_type()) {
            let mut cost = below.per_node.times(self.page(field, scope));
            cost.add(&below.once);
            cost.plus(points)
        } else if ty.is_list() {
            let items = below.flat(self.weights).plus(points);
            items.times(self.list(parent, field, scope))
        } else {
            below.flat(self.weights).plus(points)
        });
    }

    /// The points that the table gives to this very field.
    fn fixed(&self, parent: &str, field: &Field) -> Option<u64> {
        if self.weights.fields.is_empty() {
            return None;
        }
        self.weights
            .fields
            .get(&format!("{parent}.{}", field.name))
            .copied()
            .map(u64::from)
    }

    fn page(&self, field: &'d Field, scope: &Scope<'d>) -> Size {
        let mut size = Size {
            known: None,
            variables: Vec::new(),
            default: u64::from(self.weights.page),
            page_max: Some(u64::from(self.weights.page_max)),
        };
        for name in ["first", "last"] {
            measure(field, name, scope, &mut size);
        }
        size
    }

    fn list(&self, parent: &str, field: &'d Field, scope: &Scope<'d>) -> Size {
        if field.definition.argument_by_name("first").is_some() {
            return self.page(field, scope);
        }
        let default = if parent.starts_with("__") {
            self.model.introspection_size(&field.name)
        } else {
            u64::from(self.weights.list)
        };
        let mut size = Size {
            known: None,
            variables: Vec::new(),
            default,
            page_max: None,
        };
        measure(field, "ids", scope, &mut size);
        size
    }
}

impl Price {
    fn add(&mut self, other: &Self) {
        self.once.add(&other.once);
        self.per_node.add(&other.per_node);
    }

    /// As the price of a set that is no connection's. A page can only be inside by way of an
    /// abstract type that connections implement; then the default page counts.
    fn flat(self, weights: &Weights) -> Cost {
        let page = Size {
            known: Some(u64::from(weights.page)),
            variables: Vec::new(),
            default: 0,
            page_max: None,
        };
        let mut cost = self.per_node.times(page);
        cost.add(&self.once);
        cost
    }
}

/// Takes the size that argument `name` of the field gives into `size`.
fn measure(field: &Field, name: &str, scope: &Scope<'_>, size: &mut Size) {
    let Some(definition) = field.definition.argument_by_name(name) else {
        return;
    };
    let given = field
        .arguments
        .iter()
        .find(|argument| argument.name == name);
    match given.map(|argument| &*argument.value) {
        Some(Value::Variable(variable)) => {
            let defined = scope
                .variables
                .iter()
                .find(|defined| defined.name == *variable);
            let default = defined.and_then(|defined| defined.default_value.as_deref());
            size.variables.push(SizeVariable {
                name: variable.as_str().into(),
                default: default
                    .or(definition.default_value.as_deref())
                    .and_then(size_of),
            });
        }
        Some(value) => size.known = size_of(value).max(size.known),
        None => {
            let default = definition.default_value.as_deref().and_then(size_of);
            size.default = default.unwrap_or(size.default);
        }
    }
}

/// The size that a literal means: a number as it is, a list by its length.
fn size_of(value: &Value) -> Option<u64> {
    match value {
        Value::Null => None,
        Value::Int(int) => Some(int.as_str().parse().unwrap_or(1)),
        Value::List(items) => Some(u64::try_from(items.len()).unwrap_or(u64::MAX)),
        _ => Some(1),
    }
}
