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
        model, platform, project,
        query::{self, Queries},
        warehouse,
    },
    gql::{self, Entrance, FreshScopes},
    jobs::Jobs,
    services::Outside,
};
use anyhow::Context as _;
use async_graphql::{
    MergedObject, MergedSubscription, SDLExportOptions, SchemaBuilder, ValidationMode,
};

/// Where reading starts.
#[derive(MergedObject, Default)]
pub struct Query(
    registry::NodeQuery,
    identity::IdentityQuery,
    access::AccessQuery,
    project::ProjectAreaQuery,
    content::ContentQuery,
    platform::PlatformQuery,
    query::CompileQuery,
);

/// Where changing starts. Each field is one transaction.
#[derive(MergedObject, Default)]
pub struct Mutation(
    identity::IdentityMutation,
    access::AccessMutation,
    project::ProjectAreaMutation,
    content::ContentMutation,
    platform::PlatformMutation,
    warehouse::WarehouseMutation,
    query::QueryRunMutation,
    query::ExportMutation,
    query::validation::ValidationMutation,
    model::ModelMutation,
);

/// Where following begins. Each operation follows one field.
#[derive(MergedSubscription, Default)]
pub struct Subscription(platform::job::JobSubscription);

/// The graph.
pub type Schema = async_graphql::Schema<Entrance<Query>, Mutation, Subscription>;

/// What runs queries and mutations on the graph.
pub type Engine = gql::Engine<Query, Mutation, Subscription>;

/// What resolvers use beside the request's scope.
#[derive(Clone)]
pub struct Services {
    /// Hashes passwords.
    pub passwords: Passwords,
    /// The job queue.
    pub jobs: Jobs,
    /// Secrets and warehouses.
    pub outside: Outside,
    /// Explores, and how they are asked.
    pub queries: Queries,
}

fn builder() -> SchemaBuilder<Entrance<Query>, Mutation, Subscription> {
    // The guard has validated every document before (and better); the engine only executes.
    // No extensions: one would send every field down the slow path, and see only the operations that go through the
    // engine's own entrance (`gql::engine`).
    async_graphql::Schema::build(
        Entrance::default(),
        Mutation::default(),
        Subscription::default(),
    )
    // Implemented by what other fields answer, returned by none itself.
    .register_output_type::<content::Content>()
    .validation_mode(ValidationMode::Fast)
    .limit_recursive_depth(64)
    .disable_suggestions()
}

/// Makes the engine of the graph.
///
/// # Errors
/// The engine cannot be entered, which would be a fault of the server.
pub fn engine(services: Services) -> anyhow::Result<Engine> {
    Engine::new(with(services).finish()).context("the engine does not let in")
}

/// Makes the schema that subscriptions run on: the same graph, whose events have scopes of their
/// own.
pub fn live_schema(services: Services) -> Schema {
    with(services).extension(FreshScopes).finish()
}

fn with(services: Services) -> SchemaBuilder<Entrance<Query>, Mutation, Subscription> {
    builder()
        .data(services.passwords)
        .data(services.jobs)
        .data(services.queries.models.clone())
        .data(services.queries)
        .data(services.outside.vault)
        .data(services.outside.warehouses)
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

#[cfg(test)]
mod tests {
    use super::Query;
    use crate::domains::{
        content::{chart::Chart, dashboard::Dashboard, space::Space},
        identity::{organization::Organization, user::User, viewer::Viewer},
        project::project::Project,
    };
    use async_graphql::{ContainerType, Context};

    /// The engine allocates and moves a future of this size for every field of the type.
    fn future<T: ContainerType + 'static>() -> usize {
        fn size<A, B, F>(_: impl FnOnce(A, B) -> F) -> usize {
            std::mem::size_of::<F>()
        }
        size(|of: &'static T, ctx: &'static Context<'static>| of.resolve_field(ctx))
    }

    #[test]
    fn futures_of_fields_stay_small() {
        for (kind, size) in [
            ("Query", future::<Query>()),
            ("Viewer", future::<Viewer>()),
            ("User", future::<User>()),
            ("Organization", future::<Organization>()),
            ("Project", future::<Project>()),
            ("Space", future::<Space>()),
            ("Chart", future::<Chart>()),
            ("Dashboard", future::<Dashboard>()),
        ] {
            assert!(
                size <= 2560,
                "{kind}: {size} bytes; box what waits in the largest field"
            );
        }
    }
}
