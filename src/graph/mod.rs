//! The root of the graph: merges of the areas, the node dispatch, the schema.

mod audit_event;
mod policies;
mod registry;

pub use policies::{Policies, policies, policies_json};
pub use registry::Node;

use crate::{
    domains::{
        access, content,
        identity::{self, password::Passwords},
        project, warehouse,
    },
    gql::FreshScopes,
    services::Outside,
};
use async_graphql::{
    EmptySubscription, MergedObject, SDLExportOptions, SchemaBuilder, ValidationMode,
};

/// Where reading starts.
#[derive(MergedObject, Default)]
pub struct Query(
    registry::NodeQuery,
    identity::IdentityQuery,
    access::AccessQuery,
    project::ProjectAreaQuery,
    content::ContentQuery,
);

/// Where changing starts. Each field is one transaction.
#[derive(MergedObject, Default)]
pub struct Mutation(
    identity::IdentityMutation,
    access::AccessMutation,
    project::ProjectAreaMutation,
    content::ContentMutation,
    warehouse::WarehouseMutation,
);

/// The graph.
pub type Schema = async_graphql::Schema<Query, Mutation, EmptySubscription>;

fn builder() -> SchemaBuilder<Query, Mutation, EmptySubscription> {
    // The guard has validated every document before (and better); the engine only executes.
    // No extensions: one would send every field down the slow path.
    async_graphql::Schema::build(Query::default(), Mutation::default(), EmptySubscription)
        // Implemented by what other fields answer, returned by none itself.
        .register_output_type::<content::Content>()
        .validation_mode(ValidationMode::Fast)
        .limit_recursive_depth(64)
        .disable_suggestions()
}

/// Makes the schema.
pub fn schema(passwords: Passwords, outside: Outside) -> Schema {
    with(passwords, outside).finish()
}

/// Makes the schema that subscriptions run on: the same graph, whose events have scopes of their
/// own.
pub fn live_schema(passwords: Passwords, outside: Outside) -> Schema {
    with(passwords, outside).extension(FreshScopes).finish()
}

fn with(
    passwords: Passwords,
    outside: Outside,
) -> SchemaBuilder<Query, Mutation, EmptySubscription> {
    builder()
        .data(passwords)
        .data(outside.vault)
        .data(outside.warehouses)
}

/// The schema as text, sorted, with a trailing newline: what `schema.graphql` holds.
pub fn sdl() -> String {
    let options = SDLExportOptions::new()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items()
        .prefer_single_line_descriptions()
        .include_specified_by();
    let mut text = builder().finish().sdl_with_options(options);
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}
