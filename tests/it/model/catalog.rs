//! The catalog: search, usage, tags and icons.

use crate::support::{Tenant, TestApp, deploy_demo};
use serde_json::json;

async fn stage() -> (TestApp, Tenant, String) {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "a").await;
    let project = tenant.project(&app, "p").await;
    deploy_demo(&app, project.parse().expect("an id")).await;
    (app, tenant, project)
}

const SEARCH: &str = "query ($id: ID!, $filter: CatalogItemFilter, $orderBy: [CatalogItemOrder!], $first: Int, $after: String) { \
    project(id: $id) { catalog(filter: $filter, orderBy: $orderBy, first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor } \
      nodes { __typename ... on Table { id name label } ... on Dimension { id name label tableName } ... on Metric { id name label tableName } } } } }";

#[tokio::test]
async fn words_are_found_by_their_beginning_and_titles_come_first() {
    let (app, tenant, project) = stage().await;
    let search = async |text: &str| {
        let variables = json!({ "id": project, "filter": { "search": text }, "first": 20 });
        app.gql(tenant.admin, SEARCH, variables).await
    };
    let answer = search("camp").await;
    let labels = answer.texts("/project/catalog/nodes", "label");
    assert!(labels[0].to_lowercase().contains("camp"), "{labels:?}");
    // A whole label before what only begins with it.
    let answer = search(" Orders ").await;
    let labels = answer.texts("/project/catalog/nodes", "label");
    let exact = labels.iter().filter(|label| *label == "Orders").count();
    assert!(
        exact > 0 && labels[..exact].iter().all(|label| label == "Orders"),
        "{labels:?}"
    );
    assert!(
        search("ord tot")
            .await
            .at("/project/catalog/totalCount")
            .as_i64()
            > Some(0)
    );
    assert_eq!(search("zebra").await.at("/project/catalog/totalCount"), 0);
    assert!(
        search("' | & !")
            .await
            .at("/project/catalog/totalCount")
            .as_i64()
            > Some(0),
        "no word is no search"
    );
    // Pages of a ranked search meet without gap or repeat.
    let mut found = Vec::new();
    let mut after = json!(null);
    loop {
        let variables =
            json!({ "id": project, "filter": { "search": "order" }, "first": 7, "after": after });
        let page = app.gql(tenant.admin, SEARCH, variables).await;
        found.extend(page.texts("/project/catalog/nodes", "id"));
        if page.at("/project/catalog/pageInfo/hasNextPage") == false {
            assert_eq!(
                page.at("/project/catalog/totalCount").as_u64(),
                u64::try_from(found.len()).ok()
            );
            break;
        }
        after = page.at("/project/catalog/pageInfo/endCursor").clone();
    }
    let distinct: std::collections::BTreeSet<_> = found.iter().collect();
    assert_eq!(distinct.len(), found.len());
    let tables = json!({ "id": project, "filter": { "kind": { "eq": "TABLE" } }, "orderBy": [{ "field": "NAME" }], "first": 100 });
    let tables = app.gql(tenant.admin, SEARCH, tables).await;
    assert_eq!(tables.at("/project/catalog/totalCount"), 19);
}

#[tokio::test]
async fn usage_counts_the_charts_that_the_caller_sees() {
    let (app, tenant, project) = stage().await;
    let open = tenant.space(&app, &project, None, "open", false).await;
    let private = tenant.space(&app, &project, None, "private", true).await;
    for space in [&open, &private] {
        tenant.chart(&app, space, "c").await;
    }
    let query = "query ($id: ID!) { project(id: $id) { table(name: \"orders\") { usage { chartCount charts { nodes { name } } } \
        dimensions { fieldId usage { chartCount } } } } }";
    let counts = async |actor| {
        let answer = app.gql(actor, query, json!({ "id": project })).await;
        let ids = answer.texts("/project/table/dimensions", "fieldId");
        let status = ids.iter().position(|id| id == "orders_status").expect("it");
        (
            answer.at("/project/table/usage/chartCount").clone(),
            answer
                .at(&format!(
                    "/project/table/dimensions/{status}/usage/chartCount"
                ))
                .clone(),
            answer.statements,
        )
    };
    let (table, field, _) = counts(tenant.admin).await;
    assert_eq!((table, field), (json!(2), json!(2)));
    let viewer = tenant.user(&app, "v", "viewer").await;
    let (table, field, statements) = counts(viewer).await;
    assert_eq!((table, field), (json!(1), json!(1)));
    assert!(statements < 12, "{statements} statements");
}

#[tokio::test]
async fn tags_and_icons_stay_when_models_are_deployed_again() {
    let (app, tenant, project) = stage().await;
    let create = "mutation ($input: CreateTagInput!) { createTag(input: $input) { tag { id name color } userErrors { code path message } } }";
    let input = json!({ "projectId": project, "name": "Core", "color": "#1f6feb" });
    let tag = app
        .gql(tenant.admin, create, json!({ "input": input }))
        .await;
    tag.done("createTag");
    let tag = tag.text("/createTag/tag/id");
    let twice = json!({ "projectId": project, "name": "core", "color": "#1f6feb" });
    let twice = app
        .gql(tenant.admin, create, json!({ "input": twice }))
        .await;
    assert_eq!(twice.text("/createTag/userErrors/0/code"), "ALREADY_EXISTS");
    let table = "query ($id: ID!) { project(id: $id) { table(name: \"orders\") { id tags { name } icon { ... on EmojiIcon { unicode } } } tags { totalCount } } }";
    let found = app.gql(tenant.admin, table, json!({ "id": project })).await;
    let item = found.text("/project/table/id");
    let change = "mutation ($tag: TagCatalogItemInput!, $icon: SetCatalogItemIconInput!) { \
        tagCatalogItem(input: $tag) { catalogItem { ... on Table { tags { name } } } userErrors { code path message } } \
        setCatalogItemIcon(input: $icon) { catalogItem { ... on Table { icon { ... on EmojiIcon { unicode } } } } userErrors { code path message } } }";
    let variables = json!({ "tag": { "catalogItemId": item, "tagId": tag }, "icon": { "catalogItemId": item, "icon": { "unicode": "☕" } } });
    let viewer = tenant.user(&app, "v", "viewer").await;
    let refused = app.gql(viewer, change, variables.clone()).await;
    assert_eq!(
        refused.text("/tagCatalogItem/userErrors/0/code"),
        "FORBIDDEN"
    );
    app.gql(tenant.admin, change, variables)
        .await
        .done("tagCatalogItem");
    deploy_demo(&app, project.parse().expect("an id")).await;
    let found = app.gql(viewer, table, json!({ "id": project })).await;
    assert_eq!(
        found.at("/project/table/tags"),
        &json!([{ "name": "Core" }])
    );
    assert_eq!(found.at("/project/table/icon"), &json!({ "unicode": "☕" }));
    let tagged = json!({ "id": project, "filter": { "tagIds": [tag] } });
    let tagged = app.gql(viewer, SEARCH, tagged).await;
    assert_eq!(tagged.texts("/project/catalog/nodes", "id"), [item]);
    let delete = "mutation ($input: DeleteTagsInput!) { deleteTags(input: $input) { deletedIds userErrors { code path message } } }";
    app.gql(tenant.admin, delete, json!({ "input": { "ids": [tag] } }))
        .await
        .done("deleteTags");
    let found = app.gql(viewer, table, json!({ "id": project })).await;
    assert_eq!(found.at("/project/table/tags"), &json!([]));
}
