//! Runs operations that were checked before, without checking them again.
//!
//! The engine's own entrance takes a copy of the whole document, walks through it for its rules and limits, and asks at
//! each field of a query's root whether any type of the schema has a federation key. The guard has answered all of that
//! once for the document. So an operation without directives and introspection is given to the engine's resolvers by
//! [`Engine::execute`] itself; any other goes through the entrance, which stays the reference: tests compare the two.
//!
//! The context that resolvers get is public in the engine, for its macros, but no stable part of it: a new version of the
//! engine may ask for changes here, and nowhere else.

use async_graphql::{
    ContainerType, Context, ContextSelectionSet, Data, IntrospectionMode, ObjectType, OutputType,
    Positioned, QueryEnv, QueryEnvInner, Request, Response, Schema, SchemaEnv, ServerError,
    ServerResult, SubscriptionType, Value,
    extensions::Extensions,
    parser::types::{
        DocumentOperations, ExecutableDocument, Field, OperationDefinition, OperationType,
        Selection, SelectionSet,
    },
    registry::Registry,
    resolver_utils::{resolve_container, resolve_container_serial},
};
use futures_util::FutureExt as _;
use std::{
    borrow::Cow,
    sync::{Arc, Mutex, PoisonError},
};

/// A document that passed the guard, as the engine runs it.
#[derive(Debug)]
pub struct Tree {
    document: ExecutableDocument,
    is_plain: bool,
}

impl Tree {
    /// Looks through the document once.
    pub fn new(document: ExecutableDocument) -> Self {
        let fragments = document.fragments.values().map(|fragment| &fragment.node);
        let is_plain = document
            .operations
            .iter()
            .all(|(_, operation)| is_plain(&operation.node.selection_set.node))
            && fragments
                .map(|fragment| &fragment.selection_set.node)
                .all(is_plain);
        Self { document, is_plain }
    }

    /// The document.
    pub const fn document(&self) -> &ExecutableDocument {
        &self.document
    }

    fn operation(&self, name: Option<&str>) -> Option<&Positioned<OperationDefinition>> {
        match (&self.document.operations, name) {
            (DocumentOperations::Single(only), _) => Some(only),
            (DocumentOperations::Multiple(named), Some(name)) => named.get(name),
            (DocumentOperations::Multiple(_), None) => None,
        }
    }
}

/// Whether nothing in a selection asks for more than values of fields.
fn is_plain(set: &SelectionSet) -> bool {
    set.items.iter().all(|selection| {
        let below = match &selection.node {
            Selection::Field(field) => match field.node.name.node.as_str() {
                "__schema" | "__type" => return false,
                _ => Some(&field.node.selection_set),
            },
            Selection::InlineFragment(inline) => Some(&inline.node.selection_set),
            Selection::FragmentSpread(_) => None,
        };
        selection.node.directives().is_empty() && below.is_none_or(|below| is_plain(&below.node))
    })
}

/// A schema with its resolvers.
pub struct Engine<Q, M, S> {
    schema: Schema<Entrance<Q>, M, S>,
    inside: Inside,
    query: Q,
    mutation: M,
}

/// What every operation on a schema shares.
struct Inside {
    schema: SchemaEnv,
    extensions: Extensions,
    session: Arc<Data>,
}

impl<Q, M, S> Engine<Q, M, S>
where
    Q: ObjectType + Default + 'static,
    M: ObjectType + Default + 'static,
    S: SubscriptionType + 'static,
{
    /// The engine of a schema; `None` if the schema does not show what is in it, which would be a fault of this
    /// module.
    pub fn new(schema: Schema<Entrance<Q>, M, S>) -> Option<Self> {
        let look = Look::default();
        let request = Request::new("{ look }").data(look.clone());
        let _nothing = schema.execute(request).now_or_never()?;
        let inside = look.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        Some(Self {
            inside: inside?,
            schema,
            query: Q::default(),
            mutation: M::default(),
        })
    }

    /// Runs the operation of the document that the request names.
    pub async fn execute(&self, tree: &Tree, mut request: Request) -> Response {
        let operation = tree.operation(request.operation_name.as_deref());
        match operation.filter(|_| tree.is_plain) {
            Some(operation) => self.resolve(tree, operation, request).await,
            None => {
                request.set_parsed_query(tree.document.clone());
                self.schema.execute(request).await
            }
        }
    }

    async fn resolve(
        &self,
        tree: &Tree,
        operation: &Positioned<OperationDefinition>,
        request: Request,
    ) -> Response {
        let env = QueryEnv::new(QueryEnvInner {
            extensions: self.inside.extensions.clone(),
            variables: request.variables,
            operation_name: request.operation_name,
            operation: head(operation),
            fragments: tree.document.fragments.clone(),
            uploads: Vec::new(),
            session_data: self.inside.session.clone(),
            query_data: Arc::new(request.data),
            http_headers: Mutex::default(),
            introspection_mode: IntrospectionMode::Enabled,
            errors: Mutex::default(),
        });
        let ctx = env.create_context(
            &self.inside.schema,
            None,
            &operation.node.selection_set,
            None,
        );
        let resolved = match operation.node.ty {
            OperationType::Query => resolve_container(&ctx, &self.query).await,
            OperationType::Mutation => resolve_container_serial(&ctx, &self.mutation).await,
            OperationType::Subscription => Err(ServerError::new(
                "subscriptions have more than one answer",
                None,
            )),
        };
        let mut response =
            resolved.map_or_else(|error| Response::from_errors(vec![error]), Response::new);
        let mut errors = env.errors.lock().unwrap_or_else(PoisonError::into_inner);
        response.errors.append(&mut errors);
        drop(errors);
        response
    }
}

/// An operation without its selection: resolvers look up nothing but its variables.
fn head(operation: &Positioned<OperationDefinition>) -> Positioned<OperationDefinition> {
    let set = SelectionSet { items: Vec::new() };
    let head = OperationDefinition {
        ty: operation.node.ty,
        variable_definitions: operation.node.variable_definitions.clone(),
        directives: Vec::new(),
        selection_set: Positioned::new(set, operation.node.selection_set.pos),
    };
    Positioned::new(head, operation.pos)
}

/// The root of queries behind the engine's own entrance, where a look inside is to be had.
#[derive(Debug, Default)]
pub struct Entrance<Q>(pub Q);

/// Data of the one request that takes the look.
#[derive(Clone, Default)]
struct Look(Arc<Mutex<Option<Inside>>>);

impl<Q: ObjectType> ContainerType for Entrance<Q> {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        let Some(look) = ctx.data_opt::<Look>() else {
            return self.0.resolve_field(ctx).await;
        };
        let inside = Inside {
            schema: ctx.schema_env.clone(),
            extensions: ctx.query_env.extensions.clone(),
            session: ctx.query_env.session_data.clone(),
        };
        look.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .replace(inside);
        Ok(None)
    }
}

impl<Q: ObjectType> OutputType for Entrance<Q> {
    fn type_name() -> Cow<'static, str> {
        Q::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Q::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        self.0.resolve(ctx, field).await
    }
}

impl<Q: ObjectType> ObjectType for Entrance<Q> {}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;

    #[test]
    fn directives_and_introspection_are_for_the_entrance() {
        let plain = |text: &str| Tree::new(parse_query(text).unwrap()).is_plain;
        for text in [
            "{ a { b(c: 1) { __typename } } }",
            "query A { a } query B { ...F } fragment F on Query { a { ... on X { b } ... { c } } }",
        ] {
            assert!(plain(text), "{text}");
        }
        for text in [
            "{ a { b @skip(if: false) } }",
            "{ a { ... @include(if: true) { b } } }",
            "query A { a } query B { ...F } fragment F on Query { a { ...G @include(if: true) } } fragment G on X { b }",
            "{ a __schema { types { name } } }",
            "{ ... { x: __type(name: \"A\") { name } } }",
        ] {
            assert!(!plain(text), "{text}");
        }
    }
}
