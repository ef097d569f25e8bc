//! Projects.

use crate::support::{Actor, Tenant, TestApp};
use serde_json::json;

const CREATE: &str = "mutation ($input: CreateProjectInput!) { createProject(input: $input) { \
    project { id name organization { id } createdBy { id } } userErrors { code message path } } }";
const UPDATE: &str = "mutation ($input: UpdateProjectInput!) { updateProject(input: $input) { \
    project { id name description isActive upstreamProject { id } } userErrors { code message path } } }";
const DELETE: &str = "mutation ($input: DeleteProjectsInput!) { deleteProjects(input: $input) { \
    deletedIds userErrors { code message path } } }";
const LIST: &str = "query ($first: Int, $after: String, $orderBy: [ProjectOrder!]) { \
    projects(first: $first, after: $after, orderBy: $orderBy) { \
    nodes { id name } totalCount pageInfo { hasNextPage hasPreviousPage endCursor } } }";

#[tokio::test]
async fn an_admin_creates_changes_and_deletes_a_project() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let organization = tenant.id.to_string();
    let input = json!({ "organizationId": organization, "name": "  Sales " });
    let answer = app
        .gql(tenant.admin, CREATE, json!({ "input": input }))
        .await;
    let project = &answer.done("createProject")["project"];
    assert_eq!(project["name"], "Sales");
    assert_eq!(project["organization"]["id"], organization);
    let id = project["id"].as_str().unwrap();

    let input = json!({ "id": id, "description": "Numbers", "isActive": false });
    let answer = app
        .gql(tenant.admin, UPDATE, json!({ "input": input }))
        .await;
    let project = &answer.done("updateProject")["project"];
    assert_eq!(project["name"], "Sales", "a field left out stays");
    assert_eq!(project["description"], "Numbers");
    let input = json!({ "id": id, "description": null });
    let answer = app
        .gql(tenant.admin, UPDATE, json!({ "input": input }))
        .await;
    assert!(
        answer.done("updateProject")["project"]["description"].is_null(),
        "null clears"
    );

    let answer = app
        .gql(tenant.admin, DELETE, json!({ "input": { "ids": [id] } }))
        .await;
    assert_eq!(answer.done("deleteProjects")["deletedIds"], json!([id]));
    let answer = app.gql(tenant.admin, LIST, json!({})).await;
    assert_eq!(answer.at("/projects/totalCount"), 0);
}

#[tokio::test]
async fn mistakes_are_told_by_field_and_nothing_is_stored() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    tenant.project(&app, "Sales").await;
    let organization = tenant.id.to_string();
    let try_name = async |name: &str| {
        let input = json!({ "organizationId": organization, "name": name });
        let answer = app
            .gql(tenant.admin, CREATE, json!({ "input": input }))
            .await;
        answer.user_errors("createProject")
    };
    assert_eq!(try_name("sales").await, ["ALREADY_EXISTS name"]);
    assert_eq!(try_name(" ").await, ["REQUIRED name"]);
    assert_eq!(try_name("a\0b").await, ["INVALID name"]);
    assert_eq!(try_name(&"x".repeat(10_000)).await, ["INVALID name"]);
    let input = json!({ "organizationId": "chart_01h455vb4pex5vsknk084sn02q", "name": "" });
    let answer = app
        .gql(tenant.admin, CREATE, json!({ "input": input }))
        .await;
    assert_eq!(
        answer.user_errors("createProject"),
        ["INVALID organizationId", "REQUIRED name"]
    );
    let answer = app.gql(tenant.admin, LIST, json!({})).await;
    assert_eq!(answer.at("/projects/totalCount"), 1);
}

#[tokio::test]
async fn a_foreign_project_answers_like_an_absent_one() {
    let app = TestApp::start().await;
    let (ours, theirs) = (
        Tenant::create(&app, "ours").await,
        Tenant::create(&app, "theirs").await,
    );
    let foreign = theirs.project(&app, "Secret").await;
    let absent = "project_01h455vb4pex5vsknk084sn02q";
    let mut answers = Vec::new();
    for id in [foreign.as_str(), absent] {
        let get = format!("{{ project(id: \"{id}\") {{ name }} node(id: \"{id}\") {{ id }} }}");
        let read = app.ask(ours.admin, &get).await.body;
        let update = json!({ "id": id, "name": "Mine" });
        let update = app
            .gql(ours.admin, UPDATE, json!({ "input": update }))
            .await
            .body;
        let delete = json!({ "ids": [id] });
        let delete = app
            .gql(ours.admin, DELETE, json!({ "input": delete }))
            .await
            .body;
        answers.push((read, update, delete));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(
        answers[0].0["data"],
        json!({ "project": null, "node": null })
    );
    assert_eq!(
        answers[0].1["data"]["updateProject"]["userErrors"][0]["code"],
        "NOT_FOUND"
    );
    let name = app
        .ask(
            theirs.admin,
            &format!("{{ project(id: \"{foreign}\") {{ name }} }}"),
        )
        .await;
    assert_eq!(name.at("/project/name"), "Secret");
}

#[tokio::test]
async fn viewers_see_but_do_not_change_and_members_see_nothing() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let id = tenant.project(&app, "Sales").await;
    let viewer = tenant.user(&app, "viewer", "viewer").await;
    let member = tenant.user(&app, "member", "member").await;
    let update = json!({ "input": { "id": id, "name": "Mine" } });
    assert_eq!(
        app.gql(viewer, LIST, json!({}))
            .await
            .at("/projects/totalCount"),
        1
    );
    assert_eq!(
        app.gql(viewer, UPDATE, update.clone())
            .await
            .user_errors("updateProject"),
        ["FORBIDDEN id"]
    );
    assert_eq!(
        app.gql(member, LIST, json!({}))
            .await
            .at("/projects/totalCount"),
        0
    );
    assert_eq!(
        app.gql(member, UPDATE, update.clone())
            .await
            .user_errors("updateProject"),
        ["NOT_FOUND id"]
    );
    let anonymous = app.gql(Actor::Anonymous, UPDATE, update).await;
    assert_eq!(anonymous.code(), "UNAUTHENTICATED");
}

#[tokio::test]
async fn either_end_of_a_page_has_its_cursor_in_both_directions() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    for name in ["a", "b", "c", "d", "e"] {
        tenant.project(&app, name).await;
    }
    for arguments in ["first: 3", "last: 3"] {
        let page = async |selection: &str| {
            let query = format!("{{ projects({arguments}) {{ {selection} }} }}");
            app.ask(tenant.admin, &query).await
        };
        let each = page("edges { cursor }").await;
        let cursors = each.texts("/projects/edges", "cursor");
        for (end, cursor) in [("startCursor", &cursors[0]), ("endCursor", &cursors[2])] {
            let found = page(&format!("nodes {{ id }} pageInfo {{ {end} }}")).await;
            let path = format!("/projects/pageInfo/{end}");
            assert_eq!(&found.text(&path), cursor, "{arguments} {end}");
        }
    }
}

#[tokio::test]
async fn pages_are_cut_by_keys_and_survive_deletes() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let mut ids = Vec::new();
    for name in ["a", "b", "c", "d", "e"] {
        ids.push(tenant.project(&app, name).await);
    }
    let page = app.gql(tenant.admin, LIST, json!({ "first": 2 })).await;
    assert_eq!(page.texts("/projects/nodes", "name"), ["a", "b"]);
    assert_eq!(page.at("/projects/pageInfo/hasNextPage"), true);
    let cursor = page.text("/projects/pageInfo/endCursor");
    app.gql(
        tenant.admin,
        DELETE,
        json!({ "input": { "ids": [ids[1]] } }),
    )
    .await
    .done("deleteProjects");
    let page = app
        .gql(tenant.admin, LIST, json!({ "first": 2, "after": cursor }))
        .await;
    assert_eq!(
        page.texts("/projects/nodes", "name"),
        ["c", "d"],
        "the deleted row's cursor holds"
    );
    assert_eq!(page.at("/projects/pageInfo/hasPreviousPage"), true);

    let descending = json!([{ "field": "NAME", "direction": "DESC" }]);
    let variables = json!({ "after": cursor, "orderBy": descending });
    let answer = app.gql(tenant.admin, LIST, variables).await;
    assert_eq!(answer.code(), "INVALID", "a cursor belongs to one order");
    let answer = app.gql(tenant.admin, LIST, json!({ "first": 1000 })).await;
    assert_eq!(answer.code(), "INVALID");
    assert!(answer.message().contains("200"), "{}", answer.message());
    let answer = app
        .ask(
            tenant.admin,
            "{ project(id: \"chart_01h455vb4pex5vsknk084sn02q\") { id } }",
        )
        .await;
    assert_eq!(answer.code(), "INVALID");
    assert!(
        answer.message().contains("`project_`"),
        "{}",
        answer.message()
    );
}

#[tokio::test]
async fn upstream_projects_form_no_circle() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let (a, b, c) = (
        tenant.project(&app, "A").await,
        tenant.project(&app, "B").await,
        tenant.project(&app, "C").await,
    );
    let follow = async |project: &str, upstream: &str| {
        let input = json!({ "id": project, "upstreamProjectId": upstream });
        app.gql(tenant.admin, UPDATE, json!({ "input": input }))
            .await
    };
    follow(&a, &b).await.done("updateProject");
    follow(&b, &c).await.done("updateProject");
    for (project, upstream) in [(&b, &a), (&c, &a), (&c, &b)] {
        let answer = follow(project, upstream).await;
        assert_eq!(
            answer.user_errors("updateProject"),
            ["INVALID upstreamProjectId"]
        );
    }
    // Two at once, each of which would be fine alone.
    let input = json!({ "id": b, "upstreamProjectId": null });
    app.gql(tenant.admin, UPDATE, json!({ "input": input }))
        .await
        .done("updateProject");
    let (one, two) = tokio::join!(follow(&b, &c), follow(&c, &b));
    let refused = [&one, &two]
        .iter()
        .filter(|answer| !answer.user_errors("updateProject").is_empty())
        .count();
    assert_eq!(refused, 1);
}

#[tokio::test]
async fn mistakes_in_filters_are_told_where_they_are() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let own = tenant.id.to_string();
    for (filter, argument) in [
        (
            json!({ "name": { "contains": "a\0" } }),
            "filter.name.contains",
        ),
        (
            json!({ "or": [{ "name": { "eq": "a" } }, { "not": { "organizationId": { "in": [&own, "project_x"] } } }] }),
            "filter.or.1.not.organizationId.in.1",
        ),
        (
            json!({ "and": [{ "upstreamProjectId": { "ne": &own } }] }),
            "filter.and.0.upstreamProjectId.ne",
        ),
    ] {
        let query = "query ($filter: ProjectFilter) { projects(filter: $filter) { nodes { id } } }";
        let answer = app
            .gql(tenant.admin, query, json!({ "filter": filter }))
            .await;
        let error = &answer.body["errors"][0];
        assert_eq!(error["extensions"]["code"], "INVALID", "{error}");
        assert_eq!(error["extensions"]["argument"], argument, "{error}");
    }
    let project = tenant.project(&app, "Sales").await;
    for (asked, argument) in [
        ("users(filter: { search: \"a\\u0000\" })", "filter.search"),
        (
            "users(filter: { canViewProjectId: \"x\" })",
            "filter.canViewProjectId",
        ),
        (
            "users(filter: { username: { in: [\"a\", \"b\\u0000\"] } })",
            "filter.username.in.1",
        ),
        (
            "users(filter: { groupId: { notIn: [\"group_x\"] } })",
            "filter.groupId.notIn.0",
        ),
    ] {
        let query = format!("{{ {asked} {{ nodes {{ id }} }} }}");
        let error = &app.ask(tenant.admin, &query).await.body["errors"][0];
        assert_eq!(error["extensions"]["argument"], argument, "{error}");
    }
    for (asked, argument) in [
        (
            "accessGrants(filter: { principalId: { in: [\"project_x\"] } })",
            "filter.principalId.in.0",
        ),
        (
            "effectiveAccess(filter: { roleId: { ne: \"project_x\" } })",
            "filter.roleId.ne",
        ),
        ("explores(filter: { tag: \"a\\u0000\" })", "filter.tag"),
        (
            "catalog(filter: { tableName: { eq: \"a\\u0000\" } })",
            "filter.tableName.eq",
        ),
        ("catalog(filter: { tagIds: [\"x\"] })", "filter.tagIds.0"),
    ] {
        let query = format!("{{ project(id: \"{project}\") {{ {asked} {{ totalCount }} }} }}");
        let error = &app.ask(tenant.admin, &query).await.body["errors"][0];
        assert_eq!(error["extensions"]["argument"], argument, "{error}");
    }
    let log = "auditLog(filter: { not: { targetId: { eq: \"x\" } } }) { totalCount }";
    let query = format!("{{ organization(id: \"{own}\") {{ {log} }} }}");
    let error = &app.ask(tenant.admin, &query).await.body["errors"][0];
    assert_eq!(
        error["extensions"]["argument"], "filter.not.targetId.eq",
        "{error}"
    );
}
