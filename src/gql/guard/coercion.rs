//! Whether the values of variables fit their types, by the specification's
//! `CoerceVariableValues`.
//!
//! The engine looks at a value only where a resolver takes it, when half of a mutation may have run
//! already, and never at a variable that ends in a skipped field. A request with a wrong value is
//! refused as a whole instead. Scalars of our own are left to the resolvers, which know them.

use apollo_compiler::{ast::Type, schema::ExtendedType};
use serde_json::{Map, Value as Json};
use std::fmt;

use super::{
    document::Operation,
    limits::Limits,
    refusal::{Problem, Refusal, RefusalCode},
    schema::Model,
};

/// A variable that an operation declares.
#[derive(Debug)]
pub(super) struct Declared {
    pub(super) name: Box<str>,
    pub(super) ty: Type,
    pub(super) has_default: bool,
}

/// Where a value stands: `$input.filter.0`.
#[derive(Clone, Copy)]
enum Path<'p> {
    Variable(&'p str),
    Field(&'p Path<'p>, &'p str),
    Item(&'p Path<'p>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => write!(f, "${name}"),
            Self::Field(parent, name) => write!(f, "{parent}.{name}"),
            Self::Item(parent, index) => write!(f, "{parent}.{index}"),
        }
    }
}

struct Values<'m> {
    model: &'m Model,
    most: usize,
    problems: Vec<Problem>,
}

/// Refuses values that do not fit the variables of the operation.
pub(super) fn check(
    operation: &Operation,
    values: &Map<String, Json>,
    model: &Model,
    limits: &Limits,
) -> Result<(), Refusal> {
    let most = limits.problems;
    let mut checks = Values {
        model,
        most,
        problems: Vec::new(),
    };
    for declared in operation.variables() {
        let path = Path::Variable(&declared.name);
        match values.get(&*declared.name) {
            Some(value) => checks.value(path, &declared.ty, value),
            None if declared.ty.is_non_null() && !declared.has_default => {
                checks.wrong(format_args!(
                    "`{path}` of type `{}` is missing.",
                    declared.ty
                ));
            }
            None => {}
        }
    }
    if checks.problems.is_empty() {
        return Ok(());
    }
    Err(Refusal::of(
        RefusalCode::InvalidVariables,
        checks.problems,
        most,
    ))
}

impl Values<'_> {
    fn wrong(&mut self, message: fmt::Arguments<'_>) {
        if self.problems.len() < self.most {
            self.problems.push(Problem::new(message, None));
        }
    }

    fn expected(&mut self, path: Path<'_>, ty: &Type, value: &Json) {
        let found = match value {
            Json::Null => "null",
            Json::Bool(_) => "a boolean",
            Json::Number(_) => "a number",
            Json::String(_) => "a string",
            Json::Array(_) => "a list",
            Json::Object(_) => "an object",
        };
        self.wrong(format_args!(
            "`{path}` must be of type `{ty}`, found {found}."
        ));
    }

    /// Recurses as deep as the variables' text nests, which is bounded.
    fn value(&mut self, path: Path<'_>, ty: &Type, value: &Json) {
        if self.problems.len() >= self.most {
            return;
        }
        if value.is_null() {
            if ty.is_non_null() {
                self.expected(path, ty, value);
            }
            return;
        }
        match ty {
            Type::List(item) | Type::NonNullList(item) => match value {
                Json::Array(items) => {
                    for (index, value) in items.iter().enumerate() {
                        self.value(Path::Item(&path, index), item, value);
                    }
                }
                // One item stands for a list of one.
                single => self.value(path, item, single),
            },
            Type::Named(name) | Type::NonNullNamed(name) => {
                let fits = match self.model.schema.types.get(name) {
                    Some(ExtendedType::InputObject(_)) => match value {
                        Json::Object(fields) => return self.object(path, name, fields),
                        _ => false,
                    },
                    Some(ExtendedType::Enum(of)) => value
                        .as_str()
                        .is_some_and(|value| of.values.contains_key(value)),
                    _ => scalar(name, value),
                };
                if !fits {
                    self.expected(path, ty, value);
                }
            }
        }
    }

    fn object(&mut self, path: Path<'_>, name: &str, fields: &Map<String, Json>) {
        let Some(ExtendedType::InputObject(input)) = self.model.schema.types.get(name) else {
            return;
        };
        for field in fields.keys() {
            if !input.fields.contains_key(field.as_str()) {
                self.wrong(format_args!("`{path}`: `{name}` has no field `{field}`."));
            }
        }
        for (field, definition) in &input.fields {
            let path = Path::Field(&path, field);
            match fields.get(field.as_str()) {
                Some(value) => self.value(path, &definition.ty, value),
                None if definition.ty.is_non_null() && definition.default_value.is_none() => {
                    self.wrong(format_args!(
                        "`{path}` of type `{}` is missing.",
                        definition.ty
                    ));
                }
                None => {}
            }
        }
        if self.model.is_one_of(name) && (fields.len() != 1 || fields.values().any(Json::is_null)) {
            self.wrong(format_args!(
                "`{path}`: `{name}` takes exactly one field, and not null."
            ));
        }
    }
}

fn scalar(name: &str, value: &Json) -> bool {
    match name {
        "Int" => value
            .as_i64()
            .is_some_and(|number| i32::try_from(number).is_ok()),
        "Float" => value.is_number(),
        "String" => value.is_string(),
        "Boolean" => value.is_boolean(),
        "ID" => value.is_string() || value.is_i64() || value.is_u64(),
        _ => true,
    }
}
