//! Explores, tables and fields as the graph shows them.

use crate::support::{Actor, Tenant, TestApp, deploy_demo};
use serde_json::json;

async fn stage() -> (TestApp, Tenant, String) {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "a").await;
    let project = tenant.project(&app, "p").await;
    deploy_demo(&app, project.parse().expect("an id")).await;
    (app, tenant, project)
}

#[tokio::test]
async fn an_explore_shows_its_tables_and_fields() {
    let (app, tenant, project) = stage().await;
    let query = "query ($id: ID!) { project(id: $id) { explore(name: \"orders\") { \
        name label databaseName schemaName warehouse errors { message } \
        baseTable { id name label modelName schemaName usage { chartCount } \
          dimensions { id fieldId label type hidden timeInterval sql tableLabel groups } \
          metrics { id fieldId type sql format } } \
        joinedTables { table { name } type sqlOn hidden } tables { name } } } }";
    let answer = app.gql(tenant.admin, query, json!({ "id": project })).await;
    let explore = answer.at("/project/explore");
    assert_eq!(explore["baseTable"]["name"], "orders");
    assert_eq!(explore["schemaName"], "jaffle_house", "{explore:#}");
    assert_eq!(explore["warehouse"], json!(null));
    let tables = answer.texts("/project/explore/tables", "name");
    assert_eq!(tables[0], "orders");
    assert_eq!(
        tables.len(),
        1 + explore["joinedTables"].as_array().expect("a list").len()
    );
    let ids = answer.texts("/project/explore/baseTable/dimensions", "fieldId");
    assert!(
        ids.contains(&"orders_ordered_at_month".to_owned()),
        "{ids:?}"
    );
    let month = &explore["baseTable"]["dimensions"][ids
        .iter()
        .position(|id| id == "orders_ordered_at_month")
        .expect("it")];
    assert_eq!(
        (&month["timeInterval"], &month["type"]),
        (&json!("MONTH"), &json!("DATE"))
    );
    // The same things by their ids.
    let node = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Table { name } ... on Dimension { fieldId label } ... on Metric { fieldId } } }";
    let ids = json!([
        explore["baseTable"]["id"],
        month["id"],
        explore["baseTable"]["metrics"][0]["id"]
    ]);
    let nodes = app.gql(tenant.admin, node, json!({ "ids": ids })).await;
    assert_eq!(
        nodes.texts("/nodes", "__typename"),
        ["Table", "Dimension", "Metric"]
    );
    assert_eq!(nodes.text("/nodes/1/fieldId"), "orders_ordered_at_month");
    assert_eq!(
        nodes.text("/nodes/1/label"),
        month["label"].as_str().expect("a label")
    );
    // Ids stay from deployment to deployment.
    deploy_demo(&app, project.parse().expect("an id")).await;
    let again = app.gql(tenant.admin, query, json!({ "id": project })).await;
    assert_eq!(
        again.at("/project/explore/baseTable/id"),
        &explore["baseTable"]["id"]
    );
    // What a query may set.
    let parameters = "query ($id: ID!) { project(id: $id) { explores(first: 50) { nodes { \
        parameters { name label description type default multiple allowCustomValues options } } } } }";
    let answer = app
        .gql(tenant.admin, parameters, json!({ "id": project }))
        .await;
    let explores = answer
        .at("/project/explores/nodes")
        .as_array()
        .expect("a list");
    let mut found = explores
        .iter()
        .filter_map(|explore| explore["parameters"].get(0));
    assert_eq!(
        found.next().expect("one that has a parameter"),
        &json!({ "name": "engaged_pages", "label": "Pages of an engaged visit",
            "description": "From how many pages on a visit counts as engaged.", "type": "NUMBER", "default": 3,
            "multiple": false, "allowCustomValues": true, "options": [2, 3, 5] })
    );
    // Strangers see nothing of it.
    let other = Tenant::create(&app, "b").await;
    let nodes = app.gql(other.admin, node, json!({ "ids": ids })).await;
    assert_eq!(nodes.at("/nodes"), &json!([null, null, null]));
}

#[tokio::test]
async fn many_explores_cost_as_many_statements_as_one() {
    let (app, tenant, project) = stage().await;
    let query = "query ($id: ID!, $n: Int!) { project(id: $id) { explores(first: $n) { nodes { name tables { label dimensions { label tags { name } } } } } } }";
    let one = app
        .gql(tenant.admin, query, json!({ "id": project, "n": 1 }))
        .await;
    one.data();
    let all = app
        .gql(tenant.admin, query, json!({ "id": project, "n": 19 }))
        .await;
    assert_eq!(all.texts("/project/explores/nodes", "name").len(), 19);
    assert!(
        all.statements <= one.statements + 1,
        "{} for one, {} for all",
        one.statements,
        all.statements
    );
}

#[tokio::test]
async fn what_asks_for_attributes_is_not_there_without_them() {
    let (app, tenant, project) = stage().await;
    let manifest: serde_json::Value =
        serde_json::from_str(chartroom::domains::platform::demo::FILES.manifest).expect("JSON");
    let asks = find(&manifest);
    let query = "query ($id: ID!) { project(id: $id) { explores { totalCount nodes { name } } catalog(first: 200) { totalCount } \
        payroll: explore(name: \"payroll_entries\") { name } } }";
    let viewer = tenant.user(&app, "v", "viewer").await;
    let before = app.gql(viewer, query, json!({ "id": project })).await;
    let (name, value) = asks;
    let create = "mutation ($input: CreateUserAttributeInput!) { createUserAttribute(input: $input) { userAttribute { id } userErrors { code message path } } }";
    let Actor::User(user, _) = viewer else {
        panic!("a user")
    };
    let input = json!({ "organizationId": tenant.id.to_string(), "name": name,
        "users": [{ "user": { "id": user.to_string() }, "value": value }], "groups": [] });
    app.gql(tenant.admin, create, json!({ "input": input }))
        .await
        .done("createUserAttribute");
    let after = app.gql(viewer, query, json!({ "id": project })).await;
    let count = |answer: &crate::support::Answer| {
        answer
            .at("/project/catalog/totalCount")
            .as_i64()
            .expect("a number")
    };
    assert!(
        count(&after) > count(&before),
        "{} and {}",
        count(&before),
        count(&after)
    );
}

/// The first attribute that anything in the manifest asks for, and a value of it.
fn find(value: &serde_json::Value) -> (String, String) {
    fn walk(value: &serde_json::Value) -> Option<(String, String)> {
        if let Some(rules) = value
            .get("required_attributes")
            .and_then(serde_json::Value::as_object)
        {
            let (name, wanted) = rules.iter().next()?;
            let wanted = wanted.as_str().or_else(|| wanted[0].as_str())?;
            return Some((name.clone(), wanted.to_owned()));
        }
        match value {
            serde_json::Value::Object(fields) => fields.values().find_map(walk),
            serde_json::Value::Array(items) => items.iter().find_map(walk),
            _ => None,
        }
    }
    walk(value).expect("the demo has a field with required attributes")
}
