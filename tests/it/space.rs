//! Spaces: the tree, what private means, moves.

use crate::support::{Actor, Tenant, TestApp};
use serde_json::{Value, json};

const CREATE: &str = "mutation ($input: CreateSpaceInput!) { createSpace(input: $input) { \
    space { id name slug isPrivate parent { id } path { name } project { id } createdBy { id } } \
    userErrors { code message path } } }";
const UPDATE: &str = "mutation ($input: UpdateSpaceInput!) { updateSpace(input: $input) { \
    space { id name slug isPrivate parent { id } path { name } } userErrors { code message path } } }";
const DELETE: &str = "mutation ($input: DeleteSpacesInput!) { deleteSpaces(input: $input) { \
    deletedIds userErrors { code message path } } }";
const LIST: &str = "query ($id: ID!, $filter: SpaceFilter, $orderBy: [SpaceOrder!]) { \
    project(id: $id) { spaces(filter: $filter, orderBy: $orderBy) { nodes { name } totalCount } } }";

async fn run(app: &TestApp, actor: Actor, query: &str, input: Value) -> super::support::Answer {
    app.gql(actor, query, json!({ "input": input })).await
}

/// Names of the spaces that somebody sees in a project.
async fn seen(app: &TestApp, actor: Actor, project: &str) -> Vec<String> {
    let answer = app.gql(actor, LIST, json!({ "id": project })).await;
    if answer.at("/project").is_null() {
        return Vec::new();
    }
    let names = answer.texts("/project/spaces/nodes", "name");
    assert_eq!(
        *answer.at("/project/spaces/totalCount"),
        json!(names.len()),
        "the count agrees"
    );
    names
}

#[tokio::test]
async fn spaces_make_a_tree() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let project = tenant.project(&app, "Sales").await;
    let input = json!({ "projectId": project, "name": "  North & South " });
    let answer = run(&app, tenant.admin, CREATE, input).await;
    let space = answer.done("createSpace")["space"].clone();
    assert_eq!(space["name"], "North & South");
    assert_eq!(space["slug"], "north-south");
    assert_eq!(space["isPrivate"], false);
    assert_eq!(space["project"]["id"], project.as_str());
    assert!(space["parent"].is_null());
    let root = space["id"].as_str().unwrap();
    let input = json!({ "projectId": project, "parentId": root, "name": "Deep" });
    let answer = run(&app, tenant.admin, CREATE, input).await;
    assert_eq!(answer.done("createSpace")["space"]["parent"]["id"], root);
    assert_eq!(
        answer.texts("/createSpace/space/path", "name"),
        ["North & South", "Deep"]
    );

    let filter = json!({ "parentId": { "isNull": true } });
    let answer = app
        .gql(
            tenant.admin,
            LIST,
            json!({ "id": project, "filter": filter }),
        )
        .await;
    assert_eq!(
        answer.texts("/project/spaces/nodes", "name"),
        ["North & South"]
    );
    let filter = json!({ "parentId": { "eq": root } });
    let answer = app
        .gql(
            tenant.admin,
            LIST,
            json!({ "id": project, "filter": filter }),
        )
        .await;
    assert_eq!(answer.texts("/project/spaces/nodes", "name"), ["Deep"]);
    let query = format!(
        "{{ space(id: \"{root}\") {{ children {{ nodes {{ name }} }} }} node(id: \"{root}\") {{ __typename }} }}"
    );
    let answer = app.ask(tenant.admin, &query).await;
    assert_eq!(answer.texts("/space/children/nodes", "name"), ["Deep"]);
    assert_eq!(answer.at("/node/__typename"), "Space");
}

#[tokio::test]
async fn names_are_unique_among_siblings_and_slugs_evade() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let project = tenant.project(&app, "Sales").await;
    let create = async |actor, name: &str, private: bool| {
        let input = json!({ "projectId": project, "name": name, "isPrivate": private });
        run(&app, actor, CREATE, input).await
    };
    create(tenant.admin, "Sales", true)
        .await
        .done("createSpace");
    let again = create(tenant.admin, "sales", false).await;
    assert_eq!(again.user_errors("createSpace"), ["ALREADY_EXISTS name"]);
    let other = create(tenant.admin, "Sales!", false).await;
    assert_eq!(other.text("/createSpace/space/slug"), "sales-2");
    // Who cannot see the private space is not told of its name.
    let editor = tenant.user(&app, "editor", "editor").await;
    let hidden = create(editor, "Sales", false).await;
    assert_eq!(hidden.text("/createSpace/space/slug"), "sales-3");
    assert_eq!(
        create(editor, " ", false).await.user_errors("createSpace"),
        ["REQUIRED name"]
    );
    assert_eq!(
        create(editor, "a\0", false)
            .await
            .user_errors("createSpace"),
        ["INVALID name"]
    );
    assert_eq!(
        seen(&app, tenant.admin, &project).await,
        ["Sales", "Sales", "Sales!"]
    );
}

#[tokio::test]
async fn a_private_space_is_seen_by_its_maker_and_admins_only() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let project = tenant.project(&app, "Sales").await;
    let maker = tenant.user(&app, "maker", "editor").await;
    let other = tenant.user(&app, "other", "editor").await;
    let input = json!({ "projectId": project, "name": "Plans", "isPrivate": true });
    let answer = run(&app, maker, CREATE, input).await;
    let space = &answer.done("createSpace")["space"];
    assert_eq!(
        answer.texts("/createSpace/space/path", "name"),
        ["Plans"],
        "the maker sees it at once"
    );
    let id = space["id"].as_str().unwrap();
    let input = json!({ "projectId": project, "parentId": id, "name": "Inner" });
    let refused = run(&app, maker, CREATE, input.clone()).await;
    assert_eq!(
        refused.user_errors("createSpace"),
        ["FORBIDDEN parentId"],
        "space roles have no SPACE_CREATE"
    );
    run(&app, tenant.admin, CREATE, input.clone())
        .await
        .done("createSpace");
    assert_eq!(seen(&app, maker, &project).await, ["Inner", "Plans"]);
    assert_eq!(seen(&app, tenant.admin, &project).await, ["Inner", "Plans"]);
    assert_eq!(seen(&app, other, &project).await, Vec::<String>::new());
    let refused = run(&app, other, CREATE, input).await;
    assert_eq!(refused.user_errors("createSpace"), ["NOT_FOUND parentId"]);
    let refused = run(&app, other, DELETE, json!({ "ids": [id] })).await;
    assert_eq!(refused.user_errors("deleteSpaces"), ["NOT_FOUND ids.0"]);
}

#[tokio::test]
async fn access_can_be_given_at_once_but_not_more_than_one_has() {
    let app = TestApp::start().await;
    let (tenant, foreign) = (
        Tenant::create(&app, "acme").await,
        Tenant::create(&app, "other").await,
    );
    let project = tenant.project(&app, "Sales").await;
    let editor = tenant.user(&app, "editor", "editor").await;
    tenant.user(&app, "guest", "member").await;
    foreign.user(&app, "stranger", "member").await;
    let entry = |user: &str, role: &str| json!({ "principal": { "user": { "username": user } }, "role": { "key": role } });
    let create = async |actor, name: &str, access: Value| {
        let input =
            json!({ "projectId": project, "name": name, "isPrivate": true, "access": access });
        run(&app, actor, CREATE, input).await
    };
    create(editor, "Shared", json!([entry("guest", "viewer")]))
        .await
        .done("createSpace");
    let guest = tenant.actor(&app, "guest").await;
    assert_eq!(seen(&app, guest, &project).await, ["Shared"]);
    let refused = create(editor, "A", json!([entry("stranger", "viewer")])).await;
    assert_eq!(
        refused.user_errors("createSpace"),
        ["NOT_FOUND access.0.principal.user"]
    );
    let refused = create(
        editor,
        "A",
        json!([entry("guest", "viewer"), entry("guest", "admin")]),
    )
    .await;
    assert_eq!(
        refused.user_errors("createSpace"),
        ["INVALID access.1.principal"]
    );
    let refused = create(editor, "A", json!([entry("guest", "developer")])).await;
    assert_eq!(
        refused.user_errors("createSpace"),
        ["NOT_FOUND access.0.role"]
    );
    assert_eq!(
        seen(&app, tenant.admin, &project).await,
        ["Shared"],
        "nothing else was stored"
    );
}

#[tokio::test]
async fn restricting_keeps_the_access_there_was_and_opening_lets_the_rest_in() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let project = tenant.project(&app, "Sales").await;
    let root = tenant.space(&app, &project, None, "Root", false).await;
    tenant
        .space(&app, &project, Some(&root), "Leaf", false)
        .await;
    let editor = tenant.user(&app, "editor", "editor").await;
    let viewer = tenant.user(&app, "viewer", "viewer").await;
    let late = async |name: &str| tenant.user(&app, name, "developer").await;
    let set = async |actor, private: bool| {
        run(
            &app,
            actor,
            UPDATE,
            json!({ "id": root, "isPrivate": private }),
        )
        .await
    };
    assert_eq!(
        set(viewer, true).await.user_errors("updateSpace"),
        ["FORBIDDEN id"]
    );
    assert_eq!(
        set(editor, true).await.done("updateSpace")["space"]["isPrivate"],
        true
    );
    let newcomer = late("newcomer").await;
    for actor in [editor, viewer, tenant.admin] {
        assert_eq!(
            seen(&app, actor, &project).await,
            ["Leaf", "Root"],
            "kept for {actor:?}"
        );
    }
    assert_eq!(seen(&app, newcomer, &project).await, Vec::<String>::new());
    let rename = json!({ "id": root, "name": "Mine" });
    assert_eq!(
        run(&app, viewer, UPDATE, rename.clone())
            .await
            .user_errors("updateSpace"),
        ["FORBIDDEN id"],
        "as a viewer"
    );
    run(&app, editor, UPDATE, rename).await.done("updateSpace");
    set(editor, false).await.done("updateSpace");
    assert_eq!(seen(&app, newcomer, &project).await, ["Leaf", "Mine"]);
}

#[tokio::test]
async fn a_space_moves_with_all_below_it() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let project = tenant.project(&app, "Sales").await;
    let other = tenant.project(&app, "Other").await;
    let a = tenant.space(&app, &project, None, "A", false).await;
    let b = tenant.space(&app, &project, Some(&a), "B", false).await;
    let c = tenant.space(&app, &project, Some(&b), "C", false).await;
    let closed = tenant.space(&app, &project, None, "Closed", true).await;
    let elsewhere = tenant.space(&app, &other, None, "Elsewhere", false).await;
    let viewer = tenant.user(&app, "viewer", "viewer").await;
    let to = async |id: &str, parent: Value| {
        run(
            &app,
            tenant.admin,
            UPDATE,
            json!({ "id": id, "parentId": parent }),
        )
        .await
    };
    for inner in [&a, &b, &c] {
        assert_eq!(
            to(&a, json!(inner)).await.user_errors("updateSpace"),
            ["INVALID parentId"]
        );
    }
    assert_eq!(
        to(&a, json!(elsewhere)).await.user_errors("updateSpace"),
        ["INVALID parentId"]
    );
    assert_eq!(
        to(&a, json!(project)).await.user_errors("updateSpace"),
        ["INVALID parentId"]
    );
    let moved = to(&b, json!(closed)).await;
    assert_eq!(
        moved.texts("/updateSpace/space/path", "name"),
        ["Closed", "B"]
    );
    let path = format!("{{ space(id: \"{c}\") {{ path {{ name }} }} }}");
    let answer = app.ask(tenant.admin, &path).await;
    assert_eq!(answer.texts("/space/path", "name"), ["Closed", "B", "C"]);
    assert_eq!(
        seen(&app, viewer, &project).await,
        ["A"],
        "what is below a private space is not seen"
    );
    let moved = to(&b, Value::Null).await;
    assert!(moved.done("updateSpace")["space"]["parent"].is_null());
    assert_eq!(seen(&app, viewer, &project).await, ["A", "B", "C"]);
    let stay = run(
        &app,
        tenant.admin,
        UPDATE,
        json!({ "id": c, "name": "Sea" }),
    )
    .await;
    assert_eq!(
        stay.done("updateSpace")["space"]["parent"]["id"],
        b.as_str(),
        "left out, it stays"
    );
    tenant.space(&app, &project, None, "Sea", false).await;
    assert_eq!(
        to(&c, Value::Null).await.user_errors("updateSpace"),
        ["ALREADY_EXISTS parentId"]
    );
}

#[tokio::test]
async fn parallel_moves_make_no_circle() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let project = tenant.project(&app, "Sales").await;
    let a = tenant.space(&app, &project, None, "A", false).await;
    let b = tenant.space(&app, &project, None, "B", false).await;
    for _ in 0..5 {
        let into = |id: &str, parent: &str| json!({ "id": id, "parentId": parent });
        let (one, two) = tokio::join!(
            run(&app, tenant.admin, UPDATE, into(&a, &b)),
            run(&app, tenant.admin, UPDATE, into(&b, &a)),
        );
        let refused = [one, two]
            .iter()
            .filter(|answer| answer.at("/updateSpace/space").is_null())
            .count();
        assert_eq!(refused, 1, "one of the two is refused");
        for id in [&a, &b] {
            run(
                &app,
                tenant.admin,
                UPDATE,
                json!({ "id": id, "parentId": null }),
            )
            .await
            .done("updateSpace");
        }
    }
}

#[tokio::test]
async fn trees_have_a_limit() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let project = tenant.project(&app, "Sales").await;
    let mut above: Option<String> = None;
    for n in 0..32 {
        above = Some(
            tenant
                .space(&app, &project, above.as_deref(), &format!("S{n}"), false)
                .await,
        );
    }
    let input = json!({ "projectId": project, "parentId": above, "name": "Too deep" });
    let answer = run(&app, tenant.admin, CREATE, input).await;
    assert_eq!(
        answer.user_errors("createSpace"),
        ["LIMIT_EXCEEDED parentId"]
    );
    let single = tenant.space(&app, &project, None, "Single", false).await;
    let answer = run(
        &app,
        tenant.admin,
        UPDATE,
        json!({ "id": single, "parentId": above }),
    )
    .await;
    assert_eq!(
        answer.user_errors("updateSpace"),
        ["LIMIT_EXCEEDED parentId"]
    );
    assert_eq!(seen(&app, tenant.admin, &project).await.len(), 33);
}

#[tokio::test]
async fn deleting_takes_what_is_inside_unless_something_may_not_go() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let project = tenant.project(&app, "Sales").await;
    let root = tenant.space(&app, &project, None, "Root", false).await;
    let open = tenant.space(&app, &project, None, "Open", false).await;
    tenant
        .space(&app, &project, Some(&open), "Below", false)
        .await;
    tenant
        .space(&app, &project, Some(&root), "Hidden", true)
        .await;
    let editor = tenant.user(&app, "editor", "editor").await;
    let refused = run(&app, editor, DELETE, json!({ "ids": [open, root] })).await;
    assert_eq!(refused.user_errors("deleteSpaces"), ["FORBIDDEN ids.1"]);
    assert_eq!(
        seen(&app, tenant.admin, &project).await.len(),
        4,
        "nothing was deleted"
    );
    let deleted = run(&app, editor, DELETE, json!({ "ids": [open] })).await;
    assert_eq!(deleted.done("deleteSpaces")["deletedIds"], json!([open]));
    run(&app, tenant.admin, DELETE, json!({ "ids": [root] }))
        .await
        .done("deleteSpaces");
    assert_eq!(
        seen(&app, tenant.admin, &project).await,
        Vec::<String>::new()
    );
    assert_eq!(
        run(&app, editor, DELETE, json!({ "ids": [] }))
            .await
            .user_errors("deleteSpaces"),
        ["REQUIRED ids"]
    );
}

#[tokio::test]
async fn foreign_spaces_answer_like_absent_ones() {
    let app = TestApp::start().await;
    let (ours, theirs) = (
        Tenant::create(&app, "ours").await,
        Tenant::create(&app, "theirs").await,
    );
    let project = ours.project(&app, "Sales").await;
    let mine = ours.space(&app, &project, None, "Mine", false).await;
    let their_project = theirs.project(&app, "Secret").await;
    let foreign = theirs
        .space(&app, &their_project, None, "Secret", false)
        .await;
    let mut answers = Vec::new();
    for id in [foreign.as_str(), "space_01h455vb4pex5vsknk084sn02q"] {
        let get = format!("{{ space(id: \"{id}\") {{ name }} node(id: \"{id}\") {{ id }} }}");
        let mut all = vec![app.ask(ours.admin, &get).await.body];
        all.push(
            run(&app, ours.admin, UPDATE, json!({ "id": id, "name": "x" }))
                .await
                .body,
        );
        all.push(
            run(
                &app,
                ours.admin,
                UPDATE,
                json!({ "id": mine, "parentId": id }),
            )
            .await
            .body,
        );
        all.push(
            run(&app, ours.admin, DELETE, json!({ "ids": [mine, id] }))
                .await
                .body,
        );
        let input = json!({ "projectId": project, "parentId": id, "name": "x" });
        all.push(run(&app, ours.admin, CREATE, input).await.body);
        answers.push(all);
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(
        answers[0][0]["data"],
        json!({ "space": null, "node": null })
    );
    assert_eq!(seen(&app, ours.admin, &project).await, ["Mine"]);
    let anonymous = run(&app, Actor::Anonymous, DELETE, json!({ "ids": [mine] })).await;
    assert_eq!(anonymous.code(), "UNAUTHENTICATED");
}

/// The statement of a list is sent before it is known whether its parent is there.
#[tokio::test]
async fn lists_are_asked_for_together_with_what_they_are_in() {
    let app = TestApp::start().await;
    let (tenant, other) = (
        Tenant::create(&app, "acme").await,
        Tenant::create(&app, "other").await,
    );
    let project = tenant.project(&app, "Sales").await;
    let space = tenant.space(&app, &project, None, "North", false).await;
    tenant.chart(&app, &space, "Revenue").await;
    let document = "query ($project: ID!, $space: ID!) { \
        project(id: $project) { ...P } space(id: $space) { ... on Space { charts { nodes { name } } } } } \
        fragment P on Project { spaces { nodes { name } } }";
    let ids = json!({ "project": project, "space": space });
    let answer = app.gql(tenant.admin, document, ids.clone()).await;
    assert_eq!(answer.texts("/project/spaces/nodes", "name"), ["North"]);
    assert_eq!(answer.texts("/space/charts/nodes", "name"), ["Revenue"]);
    assert_eq!(answer.statements, 4, "two things and two lists");
    let answer = app.gql(other.admin, document, ids).await;
    assert_eq!(*answer.data(), json!({ "project": null, "space": null }));
    assert_eq!(answer.statements, 4, "in one trip, so nobody knew yet");
}
