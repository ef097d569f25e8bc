//! How large an operation is once its fragments are expanded, counted without expanding them.
//!
//! Each fragment is measured once, in an order in which everything it spreads is measured before
//! it; a spread then adds the fragment's figures. The work is linear in the text, while the figures
//! may be astronomic (they saturate): 870 bytes of doubling fragments would keep the engine busy
//! for seconds. This runs on the bare syntax tree, before validation, because validation itself
//! recurses along fragments and is only as cheap as the expansion is small.

use std::collections::HashMap;

use apollo_compiler::ast::{Definition, DirectiveList, Document, OperationType, Selection, Value};

use super::{
    fragments::dependency_order,
    limits::{LimitName, Limits},
    refusal::Refusal,
};

/// Fields of introspection types that give lists which can be nested into each other without end.
const NESTABLE_LISTS: [&str; 4] = ["fields", "inputFields", "interfaces", "possibleTypes"];

/// Figures of a selection set with its fragments expanded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Shape {
    /// Fields, spreads and inline fragments.
    pub(super) selections: u64,
    /// Aliased fields.
    pub(super) aliases: u64,
    /// Values of arguments, of directives too.
    values: u64,
    /// Fields that stand in the set itself, not below another field.
    pub(super) roots: u64,
    /// Levels of fields outside introspection.
    pub(super) depth: u64,
    /// Levels of fields down to the bottom of an introspection, 0 without one.
    pub(super) introspection_depth: u64,
    /// Levels of braces and spreads.
    nesting: u64,
    /// Nested [`NESTABLE_LISTS`]; means something only below `__schema` and `__type`.
    lists: u64,
    /// The same, of the introspections inside.
    introspection_lists: u64,
}

impl Shape {
    fn add(&mut self, other: Self) {
        self.selections = self.selections.saturating_add(other.selections);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.values = self.values.saturating_add(other.values);
        self.roots = self.roots.saturating_add(other.roots);
        self.depth = self.depth.max(other.depth);
        self.introspection_depth = self.introspection_depth.max(other.introspection_depth);
        self.nesting = self.nesting.max(other.nesting);
        self.lists = self.lists.max(other.lists);
        self.introspection_lists = self.introspection_lists.max(other.introspection_lists);
    }

    /// The same set one level of braces further down, as one more selection.
    fn nested(mut self) -> Self {
        self.selections = self.selections.saturating_add(1);
        self.nesting = self.nesting.saturating_add(1);
        self
    }

    /// The set below a field, as that field.
    fn below(self, name: &str, aliased: bool) -> Self {
        let mut field = self.nested();
        field.roots = 1;
        field.aliases = field.aliases.saturating_add(u64::from(aliased));
        if matches!(name, "__schema" | "__type") {
            field.introspection_depth = self.depth.max(self.introspection_depth).saturating_add(1);
            field.introspection_lists = self.lists.max(self.introspection_lists);
            (field.depth, field.lists) = (0, 0);
        } else {
            field.depth = self.depth.saturating_add(1);
            if self.introspection_depth > 0 {
                field.introspection_depth = self.introspection_depth.saturating_add(1);
            }
            field.lists = self
                .lists
                .saturating_add(u64::from(NESTABLE_LISTS.contains(&name)));
        }
        field
    }

    /// What holds for fragments too, used or not, so that nothing after this meets a large one.
    /// Depth does not: what a fragment's fields count as depends on where it is spread.
    fn check_size(&self, limits: &Limits) -> Result<(), Refusal> {
        Refusal::check(LimitName::Selections, limits.selections, self.selections)?;
        Refusal::check(LimitName::Nesting, limits.nesting, self.nesting)
    }

    fn check(&self, limits: &Limits) -> Result<(), Refusal> {
        self.check_size(limits)?;
        Refusal::check(LimitName::Depth, limits.depth, self.depth)?;
        let (depth, lists) = (self.introspection_depth, self.introspection_lists);
        Refusal::check(
            LimitName::IntrospectionDepth,
            limits.introspection_depth,
            depth,
        )?;
        Refusal::check(
            LimitName::IntrospectionLists,
            limits.introspection_lists,
            lists,
        )?;
        Refusal::check(LimitName::Aliases, limits.aliases, self.aliases)
    }
}

/// Refuses documents whose operations grow too large. Fragments that spread themselves are refused
/// too, as invalid; unknown ones count nothing and are left to validation. Gives the shapes of the
/// operations in the order of the text.
pub(super) fn check(document: &Document, limits: &Limits) -> Result<Vec<Shape>, Refusal> {
    let mut fragments = HashMap::new();
    let mut operations = Vec::new();
    for definition in &document.definitions {
        match definition {
            Definition::FragmentDefinition(fragment) => {
                // Of two fragments with one name the first counts, as in validation, which will
                // refuse the second.
                fragments
                    .entry(fragment.name.as_str())
                    .or_insert(&**fragment);
            }
            Definition::OperationDefinition(operation) => operations.push(&**operation),
            _ => {}
        }
    }
    let count = |wanted: fn(&Definition) -> bool| {
        let found = document
            .definitions
            .iter()
            .filter(|definition| wanted(definition))
            .count();
        u64::try_from(found).unwrap_or(u64::MAX)
    };
    let found = count(|definition| matches!(definition, Definition::FragmentDefinition(_)));
    Refusal::check(LimitName::Fragments, limits.fragments, found)?;
    let found = count(|definition| matches!(definition, Definition::OperationDefinition(_)));
    Refusal::check(LimitName::Operations, limits.operations, found)?;

    let mut measure = Measure {
        limits,
        fragments: HashMap::new(),
        directives: 0,
    };
    for fragment in dependency_order(document, &fragments)? {
        measure.directives(&fragment.directives)?;
        let shape = measure.set(&fragment.selection_set)?;
        shape.check_size(limits)?;
        measure.fragments.insert(fragment.name.as_str(), shape);
    }
    let mut shapes = Vec::new();
    let (mut selections, mut values): (u64, u64) = (0, 0);
    for operation in operations {
        measure.directives(&operation.directives)?;
        for variable in &operation.variables {
            measure.directives(&variable.directives)?;
        }
        let shape = measure.set(&operation.selection_set)?;
        shape.check(limits)?;
        match operation.operation_type {
            OperationType::Query => {
                Refusal::check(LimitName::QueryRoots, limits.query_roots, shape.roots)?;
            }
            OperationType::Mutation => {
                Refusal::check(LimitName::MutationRoots, limits.mutation_roots, shape.roots)?;
            }
            OperationType::Subscription => {}
        }
        selections = selections.saturating_add(shape.selections);
        Refusal::check(
            LimitName::DocumentSelections,
            limits.document_selections,
            selections,
        )?;
        values = values.saturating_add(shape.values);
        Refusal::check(LimitName::DocumentValues, limits.document_values, values)?;
        shapes.push(shape);
    }
    Ok(shapes)
}

struct Measure<'a> {
    limits: &'a Limits,
    fragments: HashMap<&'a str, Shape>,
    directives: u64,
}

impl Measure<'_> {
    /// Recurses along the braces of the text only, which [`super::prescan`] has bounded.
    fn set(&mut self, selections: &[Selection]) -> Result<Shape, Refusal> {
        let mut shape = Shape::default();
        for selection in selections {
            shape.values = shape.values.saturating_add(values(selection));
            shape.add(match selection {
                Selection::Field(field) => {
                    self.directives(&field.directives)?;
                    let aliased = field
                        .alias
                        .as_ref()
                        .is_some_and(|alias| *alias != field.name);
                    self.set(&field.selection_set)?.below(&field.name, aliased)
                }
                Selection::InlineFragment(inline) => {
                    self.directives(&inline.directives)?;
                    self.set(&inline.selection_set)?.nested()
                }
                Selection::FragmentSpread(spread) => {
                    self.directives(&spread.directives)?;
                    let name = spread.fragment_name.as_str();
                    self.fragments
                        .get(name)
                        .copied()
                        .unwrap_or_default()
                        .nested()
                }
            });
        }
        Ok(shape)
    }

    fn directives(&mut self, directives: &DirectiveList) -> Result<(), Refusal> {
        let found = u64::try_from(directives.len()).unwrap_or(u64::MAX);
        Refusal::check(
            LimitName::DirectivesPerNode,
            self.limits.directives_per_node,
            found,
        )?;
        self.directives = self.directives.saturating_add(found);
        Refusal::check(
            LimitName::Directives,
            self.limits.directives,
            self.directives,
        )
    }
}

/// Values written at a selection itself.
fn values(selection: &Selection) -> u64 {
    let (arguments, directives) = match selection {
        Selection::Field(field) => (field.arguments.as_slice(), &field.directives),
        Selection::InlineFragment(inline) => (&[][..], &inline.directives),
        Selection::FragmentSpread(spread) => (&[][..], &spread.directives),
    };
    let of_directives = directives.iter().flat_map(|directive| &directive.arguments);
    let mut stack: Vec<_> = arguments
        .iter()
        .chain(of_directives)
        .map(|a| &a.value)
        .collect();
    let mut count = 0_u64;
    while let Some(value) = stack.pop() {
        count += 1;
        match &**value {
            Value::List(items) => stack.extend(items),
            Value::Object(fields) => stack.extend(fields.iter().map(|(_, value)| value)),
            _ => {}
        }
    }
    count
}
