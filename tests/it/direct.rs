//! Lists that are written directly, and operations that are run without the engine's own entrance, are byte for byte
//! those of the engine.
//!
//! A document that selects one object in two places has no list written directly, and one with a directive goes through
//! the entrance; so each question is asked twice: with both at its end and without.

use crate::support::{Actor, Reply, TestApp};
use apollo_compiler::{Schema, schema::ExtendedType};
use serde_json::json;

const DIRECT: &str = " _: viewer { user { id username } }";
const ENGINE: &str = " _: viewer { user { id } } ... on Query @include(if: true) { _: viewer { user { username } } }";

/// The data of an answer as text, and the statements it took.
async fn data(app: &TestApp, actor: Actor, document: &str) -> (String, String) {
    let body = json!({ "query": document }).to_string();
    let request = app.request(actor).await.body(body.into());
    let response = app.send(request.expect("a request")).await;
    let statements = format!(
        "{:?}",
        response.extensions().get::<chartroom::http::Statements>()
    );
    let text = Reply::of(response).await.text;
    let (data, _) = text.split_once(",\"extensions\"").expect(&text);
    assert!(data.starts_with("{\"data\":"), "{document}\n{text}");
    (data.to_owned(), statements)
}

async fn same(app: &TestApp, actor: Actor, selection: &str) -> String {
    let (direct, statements) = data(app, actor, &format!("{{ {selection}{DIRECT} }}")).await;
    let (engine, of_engine) = data(app, actor, &format!("{{ {selection}{ENGINE} }}")).await;
    assert_eq!(direct, engine, "{selection}");
    assert_eq!(statements, of_engine, "{selection}");
    direct
}

/// Fields of a type without arguments: leaves, and objects with an id.
fn fields(schema: &Schema, name: &str) -> Vec<String> {
    let object = schema.get_object(name).expect(name);
    let selection = |field: &apollo_compiler::schema::FieldDefinition| {
        let ty = &schema.types[field.ty.inner_named_type()];
        match ty {
            ExtendedType::Scalar(_) | ExtendedType::Enum(_) => Some(field.name.to_string()),
            ExtendedType::Object(object) if object.fields.contains_key("id") => {
                Some(format!("{} {{ id __typename }}", field.name))
            }
            _ => None,
        }
    };
    object
        .fields
        .values()
        .filter(|field| field.arguments.is_empty())
        .filter_map(|field| selection(field))
        .collect()
}

#[tokio::test]
async fn every_field_is_that_of_the_engine() {
    let app = TestApp::with_demo().await;
    let schema = Schema::parse(chartroom::graph::sdl(), "schema.graphql").expect("the schema");
    let project = data(
        &app,
        app.somebody("admin").await,
        "{ projects(first: 1) { nodes { id } } }",
    )
    .await
    .0;
    let project = project.split('"').find(|text| text.starts_with("project_"));
    let project = project.expect("a project");
    for username in ["admin", "viewer"] {
        let actor = app.somebody(username).await;
        for (parent, list, node) in [
            ("project", "charts", "Chart"),
            ("project", "dashboards", "Dashboard"),
            ("project", "spaces", "Space"),
            ("", "projects", "Project"),
            ("", "users", "User"),
            ("", "organizations", "Organization"),
            ("", "roles", "Role"),
            ("", "groups", "Group"),
            ("project", "effectiveAccess", "EffectiveAccess"),
        ] {
            let fields = fields(&schema, node);
            let least = if node == "EffectiveAccess" { 3 } else { 6 };
            assert!(fields.len() >= least, "{node}: {fields:?}");
            for field in fields {
                let lists = format!(
                    "a: {list}(first: 9) {{ nodes {{ {field} }} }} \
                     b: {list}(first: 9) {{ edges {{ cursor node {{ {field} }} }} pageInfo {{ \
                     hasNextPage hasPreviousPage startCursor endCursor }} }}"
                );
                let selection = match parent {
                    "project" => format!("project(id: \"{project}\") {{ {lists} }}"),
                    _ => lists,
                };
                same(&app, actor, &selection).await;
            }
        }
    }
}

#[tokio::test]
async fn selections_of_every_shape_are_those_of_the_engine() {
    let app = TestApp::with_demo().await;
    for (username, sees) in [("admin", true), ("viewer", false)] {
        let actor = app.somebody(username).await;
        for selection in [
            // Names, order and merging.
            "projects { nodes { b: name a: id name name __typename kind: __typename } __typename }",
            // Fragments of the type itself, and of an interface, which only the engine knows.
            "projects { nodes { ... on Project { id ... { name } } ... @include(if: true) { description } } }",
            "projects { nodes { ... on Node { id } name @skip(if: false) isActive @include(if: false) } }",
            // Counts and lists below are the engine's; what is around and inside is written directly.
            "projects(first: 2) { totalCount nodes { id name } pageInfo { endCursor } }",
            "projects(first: 3) { nodes { spaces(first: 3) { nodes { name charts(first: 3) { nodes { name \
             createdBy { fullName organization { name } } space { path { name } parent { name } project { name } } } } } } } }",
            // Relations to what there is not, or what one may not see.
            "projects { nodes { upstreamProject { name } updatedBy { id } createdBy { username } organization { name parent { name } } } }",
            "projects(first: 3) { nodes { charts(first: 20) { nodes { dashboard { id name } updatedBy { id } space { parent { name } } } } } }",
            // What nodes hold themselves, and what only the engine knows of it.
            "projects(first: 2) { nodes { spaces(first: 4) { nodes { effectiveAccess(first: 20) { totalCount nodes { \
             user { id fullName organization { name } } role { name permissions } permissions \
             sources { kind group { id name organization { name } } role { id type scope } __typename } } } } } } }",
            "projects(first: 1) { nodes { effectiveAccess(first: 9) { edges { cursor node { user { id } \
             sources { kind grant { id } scope { ... on Project { id } } } } } } } }",
            // Nobody and nothing.
            "projects(filter: { name: { eq: \"nothing\" } }) { nodes { id createdBy { id } } edges { cursor node { id } } pageInfo { endCursor hasNextPage } }",
        ] {
            let text = same(&app, actor, selection).await;
            assert!(text.contains("\"projects\":{"), "{text}");
        }
        let access = "projects(first: 1) { nodes { effectiveAccess(first: 50) { nodes { sources { group { id } } } } } }";
        let text = same(&app, actor, access).await;
        assert_eq!(
            text.contains("{\"group\":{") && text.contains("{\"group\":null}"),
            sees,
            "{text}"
        );
        let private =
            "projects(first: 3) { nodes { charts(first: 200) { nodes { space { isPrivate } } } } }";
        let text = same(&app, actor, private).await;
        assert_eq!(text.contains("{\"isPrivate\":true}"), sees, "{username}");
    }
}

#[tokio::test]
async fn texts_are_escaped_alike() {
    let app = TestApp::start().await;
    let tenant = crate::support::Tenant::create(&app, "acme").await;
    for name in ["\"quoted\" \\ back", "ünï 🎻 \u{2028} </script>"] {
        tenant.project(&app, name).await;
    }
    let text = same(
        &app,
        tenant.admin,
        "projects { nodes { name description } }",
    )
    .await;
    assert!(text.contains("\\\"quoted\\\" \\\\ back"), "{text}");
}

#[tokio::test]
async fn variables_mistakes_and_mutations_come_through_alike() {
    let app = TestApp::start().await;
    let tenant = crate::support::Tenant::create(&app, "acme").await;
    let project = tenant.project(&app, "Sales").await;
    let update = |directive: &str| {
        format!(
            "mutation M($id: ID!, $text: String = \"by default\") {{ \
             first: updateProject(input: {{ id: $id, description: $text }}) {directive} {{ project {{ description }} userErrors {{ code path }} }} \
             second: updateProject(input: {{ id: $id, name: \"\" }}) {{ project {{ id }} userErrors {{ code path message }} }} }}"
        )
    };
    let list = |directive: &str| {
        format!(
            "query Q($first: Int = 1, $after: String) {{ projects(first: $first, after: $after) {directive} \
             {{ nodes {{ ...P }} pageInfo {{ hasNextPage }} }} node(id: \"project_x\") {{ id }} }} \
             fragment P on Project {{ name description }}"
        )
    };
    let engine = "@include(if: true)";
    for (direct, engine, variables) in [
        (update(""), update(engine), json!({ "id": project })),
        (
            update(""),
            update(engine),
            json!({ "id": project, "text": null }),
        ),
        (list(""), list(engine), json!({})),
        (
            list(""),
            list(engine),
            json!({ "first": 2, "after": "nothing" }),
        ),
    ] {
        let direct = app.gql(tenant.admin, &direct, variables.clone()).await;
        let engine = app.gql(tenant.admin, &engine, variables).await;
        let parts = |body: &serde_json::Value| {
            let mut errors = body["errors"].clone();
            for error in errors.as_array_mut().into_iter().flatten() {
                error["extensions"]["requestId"].take();
                // The directive moves what is behind it.
                error["locations"].take();
            }
            (body["data"].clone(), errors)
        };
        assert_eq!(parts(&direct.body), parts(&engine.body));
        assert_eq!(direct.statements, engine.statements);
        assert!(!direct.body["data"].is_null() || !direct.body["errors"].is_null());
    }
}
