//! The schema as the guard needs it: apollo's validated schema, plus what apollo 1.33 does not
//! know of the September 2025 specification (`@oneOf`).

use std::collections::{HashMap, HashSet};

use apollo_compiler::{
    Name, Schema,
    ast::Document,
    parser::Parser,
    schema::{ExtendedType, FieldDefinition},
    validation::Valid,
};

use super::refusal::GuardError;

/// Added where the schema's text does not define it.
const ONE_OF: &str = "directive @oneOf on INPUT_OBJECT";
/// The introspection field that belongs to `@oneOf`; apollo's built-in `__Type` lacks it, current
/// `getIntrospectionQuery` asks for it, and the engine answers it.
const IS_ONE_OF: &str = "extend type __Type { isOneOf: Boolean }";

/// The schema and what was worked out from it once.
pub(super) struct Model {
    pub(super) schema: Valid<Schema>,
    one_of: HashSet<Name>,
    connections: HashSet<Name>,
    introspection: HashMap<&'static str, u64>,
}

impl Model {
    pub(super) fn parse(sdl: &str) -> Result<Self, GuardError> {
        let mut parser = Parser::new();
        let ast = parser
            .parse_ast(sdl, "schema.graphql")
            .map_err(|e| invalid(&e.errors))?;
        let mut builder = Schema::builder();
        parser.parse_into_schema_builder(sdl, "schema.graphql", &mut builder);
        if !defines_one_of(&ast) {
            parser.parse_into_schema_builder(ONE_OF, "one_of.graphql", &mut builder);
        }
        parser.parse_into_schema_builder(IS_ONE_OF, "introspection.graphql", &mut builder);
        let schema = builder.build().map_err(|e| invalid(&e.errors))?;
        let schema = schema.validate().map_err(|e| invalid(&e.errors))?;
        let one_of = |ty: &ExtendedType| ty.is_input_object() && ty.directives().has("oneOf");
        let names = |wanted: &dyn Fn(&ExtendedType) -> bool| {
            schema
                .types
                .values()
                .filter(|ty| wanted(ty))
                .map(|ty| ty.name().clone())
                .collect()
        };
        Ok(Self {
            one_of: names(&one_of),
            connections: names(&is_connection),
            introspection: introspection_sizes(&schema),
            schema,
        })
    }

    /// Does this input object take exactly one of its fields?
    pub(super) fn is_one_of(&self, input: &str) -> bool {
        self.one_of.contains(input)
    }

    /// Is this type a page of a list?
    pub(super) fn is_connection(&self, ty: &str) -> bool {
        self.connections.contains(ty)
    }

    /// How long an introspection list is on average in this schema, rounded up.
    pub(super) fn introspection_size(&self, field: &str) -> u64 {
        self.introspection.get(field).copied().unwrap_or(1)
    }

    /// Is this type an object, an interface or a union?
    pub(super) fn is_composite(&self, ty: &str) -> bool {
        self.schema.types.get(ty).is_some_and(|ty| {
            matches!(
                ty,
                ExtendedType::Object(_) | ExtendedType::Interface(_) | ExtendedType::Union(_)
            )
        })
    }

    /// The field of an object or interface, meta fields included.
    pub(super) fn field(&self, ty: &str, field: &str) -> Option<&FieldDefinition> {
        self.schema
            .type_field(ty, field)
            .ok()
            .map(|component| &***component)
    }
}

/// Average lengths of the lists that introspection gives: over the types that have such a list, so
/// that nested introspection is not underrated; arguments over all fields.
fn introspection_sizes(schema: &Schema) -> HashMap<&'static str, u64> {
    let (mut lists, mut args) = (HashMap::new(), (0, 0));
    let mut count = |name: &'static str, length: usize| {
        let (sum, types) = lists.entry(name).or_insert((0, 0));
        (*sum, *types) = (*sum + length, *types + usize::from(length > 0));
    };
    for ty in schema.types.values() {
        match ty {
            ExtendedType::Object(object) => {
                count("fields", object.fields.len());
                count("interfaces", object.implements_interfaces.len());
                args.0 += object
                    .fields
                    .values()
                    .map(|field| field.arguments.len())
                    .sum::<usize>();
                args.1 += object.fields.len();
            }
            ExtendedType::Union(union) => count("possibleTypes", union.members.len()),
            ExtendedType::Enum(of) => count("enumValues", of.values.len()),
            ExtendedType::InputObject(input) => count("inputFields", input.fields.len()),
            ExtendedType::Interface(_) | ExtendedType::Scalar(_) => {}
        }
    }
    lists.insert("args", args);
    lists.insert("types", (schema.types.len(), 1));
    lists.insert("directives", (schema.directive_definitions.len(), 1));
    let average = |(sum, of): (usize, usize)| {
        u64::try_from(sum.div_ceil(of.max(1)))
            .unwrap_or(u64::MAX)
            .max(1)
    };
    lists
        .into_iter()
        .map(|(name, pair)| (name, average(pair)))
        .collect()
}

/// Relay's naming rule plus the fields that cost is counted by.
fn is_connection(ty: &ExtendedType) -> bool {
    let ExtendedType::Object(object) = ty else {
        return false;
    };
    let has = |name: &str| object.fields.contains_key(name);
    object.name.ends_with("Connection") && has("pageInfo") && (has("edges") || has("nodes"))
}

fn defines_one_of(ast: &Document) -> bool {
    ast.definitions.iter().any(|definition| {
        definition
            .as_directive_definition()
            .is_some_and(|directive| directive.name == "oneOf")
    })
}

fn invalid(errors: &apollo_compiler::validation::DiagnosticList) -> GuardError {
    GuardError::Schema(errors.to_string())
}
