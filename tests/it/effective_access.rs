//! Who can open what, and why.

use crate::support::{Actor, Tenant, TestApp};
use chartroom::{
    db::{Bind, Conn, sql},
    kernel::entity::{GroupId, UserId},
};
use diesel_async::RunQueryDsl as _;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const ENTRIES: &str = "totalCount nodes { user { id } role { id key } permissions \
    sources { kind role { id key } grant { id } group { id } } }";

pub(crate) async fn run(conn: &Conn, text: &'static str, binds: Vec<Bind>) {
    sql(text, binds)
        .statement::<()>()
        .execute(&mut &*conn)
        .await
        .expect(text);
}

pub(crate) fn id(actor: Actor) -> UserId {
    let Actor::User(id, _) = actor else {
        panic!("a user")
    };
    id
}

/// The entries of a project or a space by user.
pub(crate) async fn entries(
    app: &TestApp,
    actor: Actor,
    field: &str,
    id: &str,
) -> Option<BTreeMap<String, Value>> {
    let query =
        format!("{{ {field}(id: \"{id}\") {{ effectiveAccess(first: 60) {{ {ENTRIES} }} }} }}");
    let answer = app.ask(actor, &query).await;
    if answer.at(&format!("/{field}")).is_null() {
        return None;
    }
    let page = answer.at(&format!("/{field}/effectiveAccess"));
    let nodes = page["nodes"].as_array().unwrap();
    assert_eq!(page["totalCount"], json!(nodes.len()));
    let user = |node: &Value| node["user"]["id"].as_str().unwrap().to_owned();
    Some(
        nodes
            .iter()
            .map(|node| (user(node), node.clone()))
            .collect(),
    )
}

fn kinds(entry: &Value) -> BTreeSet<String> {
    let sources = entry["sources"].as_array().unwrap().iter();
    let text = |source: &Value| {
        format!(
            "{} {}",
            source["kind"].as_str().unwrap(),
            source["role"]["key"].as_str().unwrap()
        )
    };
    sources.map(text).collect()
}

pub(crate) async fn group(
    app: &TestApp,
    tenant: &Tenant,
    name: &str,
    members: &[Actor],
) -> GroupId {
    let group = GroupId::new();
    let conn = app.conn().await;
    run(
        &conn,
        "INSERT INTO groups (id, organization_id, key, name) VALUES (?, ?, ?, ?)",
        vec![group.into(), tenant.id.into(), name.into(), name.into()],
    )
    .await;
    for member in members {
        run(
            &conn,
            "INSERT INTO group_members (organization_id, group_id, user_id) VALUES (?, ?, ?)",
            vec![tenant.id.into(), group.into(), id(*member).into()],
        )
        .await;
    }
    group
}

async fn grant_group(app: &TestApp, tenant: &Tenant, scope: &str, group: GroupId, role: &str) {
    let query = "mutation ($input: GrantAccessInput!) { grantAccess(input: $input) { userErrors { code message path } } }";
    let input = json!({ "scopeId": scope, "principal": { "group": { "id": group.to_string() } }, "role": { "key": role } });
    app.gql(tenant.admin, query, json!({ "input": input }))
        .await
        .done("grantAccess");
}

#[tokio::test]
async fn every_path_is_told_and_the_highest_role() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let project = tenant.project(&app, "Sales").await;
    let open = tenant.space(&app, &project, None, "Open", false).await;
    let inner = tenant
        .space(&app, &project, Some(&open), "Inner", false)
        .await;
    let secret = tenant
        .space(&app, &project, Some(&inner), "Secret", true)
        .await;
    let deep = tenant
        .space(&app, &project, Some(&secret), "Deep", false)
        .await;
    let ann = tenant.user(&app, "ann", "viewer").await;
    let bob = tenant.user(&app, "bob", "member").await;
    let cid = tenant.user(&app, "cid", "member").await;
    let idle = tenant.user(&app, "idle", "viewer").await;
    let people = group(&app, &tenant, "people", &[bob, idle]).await;
    grant_group(&app, &tenant, &open, people, "editor").await;
    tenant.grant(&app, &inner, ann, "admin").await;
    tenant.grant(&app, &secret, cid, "viewer").await;
    let conn = app.conn().await;
    run(
        &conn,
        "UPDATE users SET status = 'INACTIVE' WHERE id = ?",
        vec![id(idle).into()],
    )
    .await;
    drop(conn);

    let key = |entry: &Value| entry["role"]["key"].as_str().unwrap().to_owned();
    let seen = entries(&app, tenant.admin, "space", &inner).await.unwrap();
    assert_eq!(
        seen.len(),
        3,
        "admin, ann and bob; nobody who is switched off"
    );
    let of_ann = &seen[&id(ann).to_string()];
    assert_eq!(
        kinds(of_ann),
        ["DIRECT admin", "INHERITED viewer"]
            .map(str::to_owned)
            .into()
    );
    assert_eq!(
        key(of_ann),
        "admin",
        "full access here outranks looking at everything"
    );
    let of_bob = &seen[&id(bob).to_string()];
    assert_eq!(
        kinds(of_bob),
        ["GROUP editor"].map(str::to_owned).into(),
        "the group's grant on the space above"
    );
    assert_eq!(of_bob["sources"][0]["group"]["id"], people.to_string());

    let seen = entries(&app, tenant.admin, "space", &deep).await.unwrap();
    let who: BTreeSet<_> = seen.keys().cloned().collect();
    assert_eq!(
        who,
        [id(tenant.admin).to_string(), id(cid).to_string()].into(),
        "nothing comes in from above a private space"
    );
    assert_eq!(
        kinds(&seen[&id(cid).to_string()]),
        ["INHERITED viewer"].map(str::to_owned).into()
    );
    let by_cid = entries(&app, cid, "space", &deep).await.unwrap();
    assert_eq!(by_cid.len(), 2, "members see each other");
    let opened = entries(&app, tenant.admin, "project", &project)
        .await
        .unwrap();
    let who: BTreeSet<_> = opened.keys().cloned().collect();
    assert_eq!(
        who,
        [id(tenant.admin).to_string(), id(ann).to_string()].into()
    );

    let conn = app.conn().await;
    run(
        &conn,
        "UPDATE groups SET is_active = false WHERE id = ?",
        vec![people.into()],
    )
    .await;
    drop(conn);
    let seen = entries(&app, tenant.admin, "space", &inner).await.unwrap();
    assert!(
        !seen.contains_key(&id(bob).to_string()),
        "an inactive group gives nothing"
    );
}

#[tokio::test]
async fn entries_are_paged_by_username_and_filtered() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let project = tenant.project(&app, "Sales").await;
    let mut users = Vec::new();
    for name in ["bea", "Ada", "cy", "dot"] {
        users.push(tenant.user(&app, name, "viewer").await);
    }
    let people = group(&app, &tenant, "people", &[users[2]]).await;
    grant_group(&app, &tenant, &project, people, "editor").await;
    let order: Vec<_> = [users[1], tenant.admin, users[0], users[2], users[3]]
        .iter()
        .map(|user| id(*user).to_string())
        .collect();
    let page = async |arguments: &str| {
        let query = format!(
            "{{ project(id: \"{project}\") {{ effectiveAccess({arguments}) {{ totalCount nodes {{ user {{ id }} }} \
            pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }} }}"
        );
        app.ask(tenant.admin, &query).await
    };
    let users_of = |answer: &crate::support::Answer| -> Vec<String> {
        let nodes = answer
            .at("/project/effectiveAccess/nodes")
            .as_array()
            .unwrap();
        nodes
            .iter()
            .map(|node| node["user"]["id"].as_str().unwrap().to_owned())
            .collect()
    };
    let first = page("first: 2").await;
    assert_eq!(users_of(&first), order[..2]);
    assert_eq!(*first.at("/project/effectiveAccess/totalCount"), json!(5));
    assert_eq!(
        first.at("/project/effectiveAccess/pageInfo/hasNextPage"),
        true
    );
    let cursor = first.text("/project/effectiveAccess/pageInfo/endCursor");
    let second = page(&format!("first: 3, after: \"{cursor}\"")).await;
    assert_eq!(users_of(&second), order[2..]);
    assert_eq!(
        second.at("/project/effectiveAccess/pageInfo/hasNextPage"),
        false
    );
    let cursor = second.text("/project/effectiveAccess/pageInfo/startCursor");
    let back = page(&format!("last: 1, before: \"{cursor}\"")).await;
    assert_eq!(users_of(&back), order[1..2]);
    assert_eq!(
        back.at("/project/effectiveAccess/pageInfo/hasPreviousPage"),
        true
    );
    assert_eq!(users_of(&page("last: 2").await), order[3..]);

    let projects = app
        .ask(tenant.admin, "{ projects { pageInfo { endCursor } } }")
        .await;
    let foreign = projects.text("/projects/pageInfo/endCursor");
    assert_eq!(
        page(&format!("after: \"{foreign}\"")).await.code(),
        "INVALID"
    );
    assert_eq!(page("first: 201").await.code(), "INVALID");
    assert_eq!(
        page("filter: { roleId: { eq: \"user_01h455vb4pex5vsknk084sn02q\" } }")
            .await
            .code(),
        "INVALID"
    );

    assert_eq!(
        users_of(&page("filter: { search: \"AD\" }").await),
        order[..2],
        "Ada, and the admin"
    );
    let of_group = page(&format!("filter: {{ groupId: {{ eq: \"{people}\" }} }}")).await;
    assert_eq!(users_of(&of_group), order[3..4]);
    assert_eq!(
        *of_group.at("/project/effectiveAccess/totalCount"),
        json!(1)
    );
    assert_eq!(
        users_of(&page("filter: { sourceKind: { ne: GROUP } }").await).len(),
        4
    );
    assert_eq!(
        users_of(&page("filter: { sourceKind: { eq: DIRECT } }").await).len(),
        0
    );
}

#[tokio::test]
async fn many_spaces_take_no_more_statements_than_few() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let project = tenant.project(&app, "Sales").await;
    let mut users = Vec::new();
    for n in 0..6 {
        users.push(
            tenant
                .user(
                    &app,
                    &format!("user{n}"),
                    if n < 3 { "viewer" } else { "member" },
                )
                .await,
        );
    }
    let people = group(&app, &tenant, "people", &users[2..5]).await;
    let mut spaces: Vec<String> = Vec::new();
    for n in 0_usize..20 {
        let parent = (n > 0).then(|| spaces[(n - 1) / 2].clone());
        spaces.push(
            tenant
                .space(
                    &app,
                    &project,
                    parent.as_deref(),
                    &format!("s{n:02}"),
                    n % 7 == 3,
                )
                .await,
        );
        tenant.grant(&app, &spaces[n], users[n % 6], "editor").await;
        if n % 3 == 0 {
            grant_group(&app, &tenant, &spaces[n], people, "viewer").await;
        }
    }
    let ask = async |first: usize, on_space: &str, on_source: &str| {
        let query = format!(
            "{{ project(id: \"{project}\") {{ spaces(first: {first}) {{ nodes {{ id {on_space} \
             effectiveAccess(first: 4) {{ totalCount nodes {{ user {{ id }} role {{ key }} permissions \
             sources {{ kind role {{ key }} group {{ id }} grant {{ id }} {on_source} }} }} }} }} }} }} }}"
        );
        let answer = app.ask(tenant.admin, &query).await;
        let spaces = answer.at("/project/spaces/nodes").as_array().unwrap();
        assert_eq!(spaces.len(), first);
        answer.statements
    };
    let few = ask(2, "", "").await;
    assert_eq!(ask(20, "", "").await, few);
    assert!(few <= 8, "{few} statements");
    assert_eq!(
        ask(20, "viewerRole { key }", "").await,
        few + 1,
        "one for all roles"
    );
    let scope = "scope { ... on Space { id } ... on Project { id } ... on Organization { id } }";
    assert!(
        ask(20, "", scope).await <= few + 2,
        "spaces and the organization"
    );
}
