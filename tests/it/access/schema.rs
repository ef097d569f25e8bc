//! The served schema, read for tests: what a client can see of it is what is tested.

use apollo_compiler::{
    Schema,
    schema::{ExtendedType, InputObjectType, Type},
};
use std::sync::LazyLock;

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    Schema::parse(chartroom::graph::sdl(), "schema.graphql").expect("the schema is one")
});

/// The schema.
pub(super) fn schema() -> &'static Schema {
    &SCHEMA
}

/// Names of the fields of a root type.
pub(super) fn root_fields(root: &str) -> Vec<String> {
    let ExtendedType::Object(object) = &schema().types[root] else {
        panic!("{root} is an object")
    };
    object.fields.keys().map(ToString::to_string).collect()
}

/// Kinds of nodes.
pub(super) fn node_types() -> Vec<String> {
    let mut names: Vec<_> = schema()
        .types
        .iter()
        .filter_map(|(name, kind)| match kind {
            ExtendedType::Object(object) => object
                .implements_interfaces
                .iter()
                .any(|interface| interface.name.as_str() == "Node")
                .then(|| name.to_string()),
            _ => None,
        })
        .collect();
    names.sort();
    names
}

/// The input type of that name.
pub(super) fn input(name: &str) -> Option<&'static InputObjectType> {
    match schema().types.get(name)? {
        ExtendedType::InputObject(input) => Some(input),
        _ => None,
    }
}

/// The arguments of a root field: name and type.
pub(super) fn arguments(root: &str, field: &str) -> Vec<(String, Type)> {
    let ExtendedType::Object(object) = &schema().types[root] else {
        panic!("{root} is an object")
    };
    let arguments = object.fields[field].arguments.iter();
    arguments
        .map(|argument| (argument.name.to_string(), (*argument.ty).clone()))
        .collect()
}
