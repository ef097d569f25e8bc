//! Validation rules that apollo-compiler 1.33 lacks.
//!
//! Apollo looks at a variable's position only when it is a whole argument, and knows nothing of
//! `@oneOf`. The engine validates in fast mode and finds some of this while it executes, when half
//! of a mutation may have run already. So the rest of the specification is checked here, on
//! documents that apollo has found valid (every name resolves, every type fits but for variables):
//!
//! - variables in lists and input objects stand where their type is allowed, and `null` as a
//!   default does not make a nullable variable fit a non-null position;
//! - variables inside literals of custom scalars are defined, and count as used by apollo already;
//! - input object literals name each field once;
//! - literals of `@oneOf` inputs have exactly one field, not null, and a variable in it is non-null;
//! - a mutation selects each response name once at its root: the engine runs duplicates twice.

use std::collections::{HashMap, HashSet};

use apollo_compiler::{
    ExecutableDocument, Name, Node,
    ast::{Argument, DirectiveList, InputValueDefinition, Type, Value, VariableDefinition},
    executable::{Operation, Selection, SelectionSet},
    parser::SourceSpan,
    schema::ExtendedType,
};

use super::{
    limits::Limits,
    refusal::{Location, Problem, Refusal, RefusalCode},
    schema::Model,
};

/// Applies the rules to a document that is valid to apollo.
pub(super) fn check(
    document: &ExecutableDocument,
    model: &Model,
    limits: &Limits,
) -> Result<(), Refusal> {
    let mut problems = Vec::new();
    let mut reported = HashSet::new();
    for operation in document.operations.iter() {
        let variables = operation.variables.iter();
        let mut rules = Rules {
            document,
            model,
            variables: variables
                .map(|variable| (variable.name.as_str(), &**variable))
                .collect(),
            seen: HashSet::new(),
            reported: &mut reported,
            problems: &mut problems,
        };
        rules.operation(operation);
        if problems.len() >= limits.problems {
            break;
        }
    }
    if problems.is_empty() {
        return Ok(());
    }
    problems.sort_by_key(|problem| problem.location.map(|at| (at.line, at.column)));
    Err(Refusal::of(
        RefusalCode::ValidationFailed,
        problems,
        limits.problems,
    ))
}

struct Rules<'d> {
    document: &'d ExecutableDocument,
    model: &'d Model,
    variables: HashMap<&'d str, &'d VariableDefinition>,
    seen: HashSet<&'d str>,
    /// Offsets already reported: operations may share fragments.
    reported: &'d mut HashSet<usize>,
    problems: &'d mut Vec<Problem>,
}

/// The place a value stands in: its type, and whether the place has a default of its own.
#[derive(Clone, Copy)]
struct Position<'t> {
    ty: &'t Type,
    has_default: bool,
    /// Directly in a `@oneOf` input object.
    in_one_of: bool,
}

impl<'d> Rules<'d> {
    fn operation(&mut self, operation: &'d Operation) {
        self.directives(&operation.directives);
        for variable in &operation.variables {
            self.directives(&variable.directives);
            if let Some(default) = &variable.default_value {
                let position = Position {
                    ty: &variable.ty,
                    has_default: false,
                    in_one_of: false,
                };
                self.value(default, Some(position));
            }
        }
        if operation.is_mutation() {
            self.mutation_roots(operation);
        }
        self.set(&operation.selection_set);
    }

    fn mutation_roots(&mut self, operation: &'d Operation) {
        let mut keys = HashSet::new();
        // Not `root_fields`, which visits each fragment only once, as the specification does.
        let mut queue = vec![&operation.selection_set];
        while let Some(set) = queue.pop() {
            for selection in &set.selections {
                match selection {
                    Selection::Field(field) if !keys.insert(field.response_key()) => {
                        let key = field.response_key();
                        self.report(
                            field.location(),
                            format_args!("The mutation selects `{key}` twice; give one an alias."),
                        );
                    }
                    Selection::Field(_) => {}
                    Selection::InlineFragment(inline) => queue.push(&inline.selection_set),
                    Selection::FragmentSpread(spread) => {
                        let fragment = self.document.fragments.get(&spread.fragment_name);
                        queue.extend(fragment.map(|fragment| &fragment.selection_set));
                    }
                }
            }
        }
    }

    fn set(&mut self, set: &'d SelectionSet) {
        for selection in &set.selections {
            match selection {
                Selection::Field(field) => {
                    self.directives(&field.directives);
                    self.arguments(&field.arguments, &field.definition.arguments);
                    self.set(&field.selection_set);
                }
                Selection::InlineFragment(inline) => {
                    self.directives(&inline.directives);
                    self.set(&inline.selection_set);
                }
                Selection::FragmentSpread(spread) => {
                    self.directives(&spread.directives);
                    let name = spread.fragment_name.as_str();
                    if let Some(fragment) = self.document.fragments.get(name)
                        && self.seen.insert(name)
                    {
                        self.directives(&fragment.directives);
                        self.set(&fragment.selection_set);
                    }
                }
            }
        }
    }

    fn directives(&mut self, directives: &DirectiveList) {
        let model = self.model;
        for directive in directives {
            if let Some(definition) = model.schema.directive_definitions.get(&directive.name) {
                self.arguments(&directive.arguments, &definition.arguments);
            }
        }
    }

    fn arguments(&mut self, given: &[Node<Argument>], defined: &[Node<InputValueDefinition>]) {
        for argument in given {
            let definition = defined
                .iter()
                .find(|definition| definition.name == argument.name);
            self.value(
                &argument.value,
                definition.map(|definition| place(definition, false)),
            );
        }
    }

    /// Recurses along the brackets of the text. `None` is a place inside a custom scalar, where
    /// anything goes.
    fn value(&mut self, value: &Node<Value>, position: Option<Position<'_>>) {
        match &**value {
            Value::Variable(name) => self.variable(name, value.location(), position),
            Value::List(items) => {
                let item = position.filter(|position| position.ty.is_list());
                let item = item.map(|position| Position {
                    ty: position.ty.item_type(),
                    has_default: false,
                    in_one_of: false,
                });
                for value in items {
                    self.value(value, item);
                }
            }
            Value::Object(fields) => {
                self.unique(fields);
                let model = self.model;
                let input = position
                    .and_then(|position| model.schema.types.get(position.ty.inner_named_type()))
                    .and_then(ExtendedType::as_input_object);
                let one_of = input.is_some_and(|input| model.is_one_of(&input.name));
                if one_of && (fields.len() != 1 || fields.iter().any(|(_, value)| value.is_null()))
                {
                    let name = input.map_or("", |input| input.name.as_str());
                    self.report(
                        value.location(),
                        format_args!("`{name}` takes exactly one field, and it must not be null."),
                    );
                }
                for (name, value) in fields {
                    let field = input.and_then(|input| input.fields.get(name));
                    self.value(value, field.map(|field| place(field, one_of)));
                }
            }
            _ => {}
        }
    }

    fn variable(&mut self, name: &Name, at: Option<SourceSpan>, position: Option<Position<'_>>) {
        let Some(variable) = self.variables.get(name.as_str()).copied() else {
            self.report(at, format_args!("Variable `${name}` is not defined."));
            return;
        };
        let Some(position) = position else { return };
        if position.in_one_of && !variable.ty.is_non_null() {
            self.report(
                at,
                format_args!("Variable `${name}` must be non-null to be used in a oneOf input."),
            );
        } else if !is_allowed(variable, position) {
            let (given, wanted) = (&variable.ty, position.ty);
            self.report(
                at,
                format_args!("Variable `${name}` of type `{given}` cannot be used as `{wanted}`."),
            );
        }
    }

    fn unique(&mut self, fields: &[(Name, Node<Value>)]) {
        let mut names = HashSet::new();
        for (name, value) in fields {
            if !names.insert(name) {
                let at = name.location().or(value.location());
                self.report(at, format_args!("The input field `{name}` is given twice."));
            }
        }
    }

    fn report(&mut self, at: Option<SourceSpan>, message: std::fmt::Arguments<'_>) {
        if at.is_none_or(|span| self.reported.insert(span.offset())) {
            let location = Location::of(at, &self.document.sources);
            self.problems.push(Problem::new(message, location));
        }
    }
}

fn place(definition: &InputValueDefinition, in_one_of: bool) -> Position<'_> {
    Position {
        ty: &definition.ty,
        has_default: definition.default_value.is_some(),
        in_one_of,
    }
}

/// The specification's `IsVariableUsageAllowed`.
fn is_allowed(variable: &VariableDefinition, position: Position<'_>) -> bool {
    if position.ty.is_non_null() && !variable.ty.is_non_null() {
        let default = variable.default_value.as_ref();
        let has_default = position.has_default || default.is_some_and(|value| !value.is_null());
        return has_default
            && variable
                .ty
                .is_assignable_to(&position.ty.clone().nullable());
    }
    variable.ty.is_assignable_to(position.ty)
}
