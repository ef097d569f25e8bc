//! Members of organizations.

use crate::support::{Actor, Answer, Tenant, TestApp};
use chartroom::{
    db::{Bind, sql},
    kernel::entity::UserId,
};
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl as _;
use serde_json::{Value, json};

const UPDATE: &str = "mutation ($input: UpdateOrganizationMembershipInput!) { \
    updateOrganizationMembership(input: $input) { membership { id role { key } principal { ... on User { id } } } \
    userErrors { code message path } } }";
const REMOVE: &str = "mutation ($input: RemoveOrganizationMembersInput!) { \
    removeOrganizationMembers(input: $input) { deletedIds userErrors { code message path } } }";
const MEMBERS: &str = "query ($id: ID!, $filter: OrganizationMembershipFilter, $orderBy: [OrganizationMembershipOrder!], \
    $first: Int, $after: String) { organization(id: $id) { \
    members(filter: $filter, orderBy: $orderBy, first: $first, after: $after) { totalCount \
    nodes { id isDefault isPending isInviteExpired organization { name } role { key } \
    principal { __typename ... on User { id } ... on Group { name } } } \
    pageInfo { hasNextPage endCursor } } } }";
const GROUP: &str = "mutation ($input: CreateGroupInput!) { createGroup(input: $input) { \
    group { id } userErrors { code message path } } }";

async fn count(app: &TestApp, text: &'static str, binds: Vec<Bind>) -> i64 {
    let conn = app.conn().await;
    sql(text, binds)
        .statement::<BigInt>()
        .get_result(&mut &*conn)
        .await
        .expect("the count")
}

async fn run(app: &TestApp, text: &'static str, binds: Vec<Bind>) {
    let conn = app.conn().await;
    sql(text, binds)
        .statement::<()>()
        .execute(&mut &*conn)
        .await
        .expect("the statement runs");
}

fn id_of(actor: Actor) -> UserId {
    match actor {
        Actor::User(user, _) => user,
        Actor::Anonymous => panic!("nobody"),
    }
}

async fn set(app: &TestApp, tenant: &Tenant, by: Actor, whose: Actor, role: &str) -> Answer {
    let input = json!({
        "organizationId": tenant.id.to_string(), "userId": id_of(whose).to_string(), "role": { "key": role },
    });
    app.gql(by, UPDATE, json!({ "input": input })).await
}

async fn remove(app: &TestApp, tenant: &Tenant, by: Actor, users: &[Actor]) -> Answer {
    let ids: Vec<_> = users.iter().map(|user| id_of(*user).to_string()).collect();
    let input = json!({ "organizationId": tenant.id.to_string(), "userIds": ids });
    app.gql(by, REMOVE, json!({ "input": input })).await
}

async fn custom_role(app: &TestApp, tenant: &Tenant, key: &str, permissions: &[&str]) {
    let query = "mutation ($input: CreateRoleInput!) { createRole(input: $input) { \
                 role { id } userErrors { code message path } } }";
    let input = json!({
        "name": key, "key": key, "scope": "ORGANIZATION", "organizationId": tenant.id.to_string(),
        "permissions": permissions, "isActive": true,
    });
    let answer = app
        .gql(tenant.admin, query, json!({ "input": input }))
        .await;
    answer.done("createRole");
}

async fn role_of(app: &TestApp, tenant: &Tenant, user: Actor) -> Option<String> {
    let conn = app.conn().await;
    let found: Vec<String> = sql(
        "SELECT r.key FROM access_grants g JOIN roles r ON r.id = g.role_id WHERE g.scope_id = ? AND g.user_id = ?",
        [tenant.id.into(), id_of(user).into()],
    )
    .statement::<diesel::sql_types::Text>()
    .load(&mut &*conn)
    .await
    .expect("roles");
    found.into_iter().next()
}

async fn names(app: &TestApp, tenant: &Tenant, filter: Value) -> Vec<String> {
    let variables = json!({ "id": tenant.id.to_string(), "filter": filter });
    let answer = app.gql(tenant.admin, MEMBERS, variables).await;
    let nodes = answer
        .at("/organization/members/nodes")
        .as_array()
        .unwrap()
        .clone();
    let shown = nodes
        .iter()
        .map(|node| match node["principal"]["__typename"].as_str() {
            Some("Group") => node["principal"]["name"].as_str().unwrap().to_owned(),
            _ => node["role"]["key"].as_str().unwrap().to_owned(),
        });
    shown.collect()
}

#[tokio::test]
async fn members_are_listed_filtered_and_ordered() {
    let app = TestApp::start().await;
    let (tenant, other) = (
        Tenant::create(&app, "acme").await,
        Tenant::create(&app, "other").await,
    );
    let viewer = tenant.user(&app, "vera", "viewer").await;
    let member = tenant.user(&app, "mel", "member").await;
    let input = json!({ "name": "Crew", "organizationId": tenant.id.to_string() });
    let answer = app
        .gql(tenant.admin, GROUP, json!({ "input": input }))
        .await;
    answer.done("createGroup");
    let group = answer.text("/createGroup/group/id");
    let grant = "mutation ($input: GrantAccessInput!) { grantAccess(input: $input) { accessGrant { id } userErrors { code message path } } }";
    let input = json!({ "scopeId": tenant.id.to_string(), "principal": { "group": { "id": group } }, "role": { "key": "editor" } });
    app.gql(tenant.admin, grant, json!({ "input": input }))
        .await
        .done("grantAccess");

    assert_eq!(
        names(&app, &tenant, json!({})).await,
        ["Crew", "admin", "member", "viewer"]
    );
    assert_eq!(
        names(&app, &tenant, json!({ "type": { "eq": "GROUP" } })).await,
        ["Crew"]
    );
    assert_eq!(
        names(&app, &tenant, json!({ "search": "ver" })).await,
        ["viewer"]
    );
    assert_eq!(
        names(&app, &tenant, json!({ "search": "%" })).await,
        [""; 0],
        "% stands for itself"
    );
    assert_eq!(
        names(&app, &tenant, json!({ "email": { "startsWith": "mel@" } })).await,
        ["member"]
    );
    assert_eq!(
        names(&app, &tenant, json!({ "email": { "isNull": true } })).await,
        ["Crew"]
    );
    assert_eq!(
        names(&app, &tenant, json!({ "name": { "eq": "Crew" } })).await,
        ["Crew"]
    );
    assert_eq!(
        names(&app, &tenant, json!({ "isDefault": { "eq": true } })).await,
        [""; 0]
    );
    run(
        &app,
        "UPDATE users SET default_organization_id = ?, status = 'INVITED' WHERE id = ?",
        vec![tenant.id.into(), id_of(member).into()],
    )
    .await;
    assert_eq!(
        names(&app, &tenant, json!({ "isDefault": { "eq": true } })).await,
        ["member"]
    );
    let variables = json!({ "id": tenant.id.to_string(), "filter": { "name": { "eq": "mel" } } });
    let answer = app.gql(viewer, MEMBERS, variables).await;
    let node = answer.at("/organization/members/nodes/0");
    assert_eq!(
        (
            &node["isDefault"],
            &node["isPending"],
            &node["isInviteExpired"]
        ),
        (&json!(true), &json!(true), &json!(false))
    );
    let id = node["id"].as_str().unwrap();
    assert!(id.starts_with("membership_"));
    let query = format!(
        "{{ node(id: \"{id}\") {{ __typename id ... on OrganizationMembership {{ role {{ key }} }} }} }}"
    );
    let answer = app.ask(viewer, &query).await;
    assert_eq!(
        *answer.at("/node"),
        json!({ "__typename": "OrganizationMembership", "id": id, "role": { "key": "member" } })
    );
    let answer = app.ask(other.admin, &query).await;
    assert!(answer.at("/node").is_null());

    let member = async |actor: Actor, principal: &str| {
        let query = format!(
            "{{ organizations {{ nodes {{ member(principal: {principal}) {{ role {{ key }} }} }} }} }}"
        );
        app.ask(actor, &query)
            .await
            .at("/organizations/nodes/0/member")
            .clone()
    };
    assert_eq!(
        member(viewer, "{ user: { username: \"MEL\" } }").await["role"]["key"],
        "member"
    );
    assert_eq!(
        member(tenant.admin, "{ group: { key: \"crew\" } }").await["role"]["key"],
        "editor"
    );
    assert!(
        member(viewer, "{ group: { key: \"crew\" } }")
            .await
            .is_null(),
        "without GROUP_VIEW"
    );
    assert!(
        member(viewer, "{ user: { username: \"admin-of-other\" } }")
            .await
            .is_null()
    );
    assert!(
        member(viewer, "{ user: { id: \"nonsense\" } }")
            .await
            .is_null()
    );
    let variables = json!({ "id": tenant.id.to_string() });
    let answer = app.gql(viewer, MEMBERS, variables).await;
    assert_eq!(
        answer.at("/organization/members/totalCount"),
        3,
        "groups need GROUP_VIEW"
    );
    assert!(
        answer.statements <= 7,
        "no statement per member: {}",
        answer.statements
    );
    for field in ["TYPE", "NAME", "EMAIL", "CREATED_AT"] {
        let mut seen = 0;
        let mut after = Value::Null;
        loop {
            let order = json!([{ "field": field, "direction": "DESC" }]);
            let variables = json!({ "id": tenant.id.to_string(), "orderBy": order, "first": 1, "after": after });
            let answer = app.gql(tenant.admin, MEMBERS, variables).await;
            seen += answer
                .at("/organization/members/nodes")
                .as_array()
                .unwrap()
                .len();
            if answer.at("/organization/members/pageInfo/hasNextPage") == false {
                break;
            }
            after = answer
                .at("/organization/members/pageInfo/endCursor")
                .clone();
        }
        assert_eq!(seen, 4, "{field}");
    }
}

#[tokio::test]
async fn members_who_can_view_a_project() {
    let app = TestApp::start().await;
    let (tenant, other) = (
        Tenant::create(&app, "acme").await,
        Tenant::create(&app, "other").await,
    );
    let project = tenant.project(&app, "Sales").await;
    let foreign = other.project(&app, "Theirs").await;
    tenant.user(&app, "vera", "viewer").await;
    let member = tenant.user(&app, "mel", "member").await;
    let filter = |id: &str| json!({ "canViewProjectId": id });
    assert_eq!(
        names(&app, &tenant, filter(&project)).await,
        ["admin", "viewer"]
    );
    tenant.grant(&app, &project, member, "viewer").await;
    assert_eq!(
        names(&app, &tenant, filter(&project)).await,
        ["admin", "member", "viewer"]
    );
    let negated = json!({ "not": filter(&project) });
    assert_eq!(names(&app, &tenant, negated).await, [""; 0]);
    assert_eq!(names(&app, &tenant, filter(&foreign)).await, [""; 0]);

    // A project in sight of nobody but its admins tells a plain member nothing.
    let hidden = tenant.project(&app, "Hidden").await;
    let variables =
        |id: &str| json!({ "id": tenant.id.to_string(), "filter": { "not": filter(id) } });
    let (seen, unseen) = (
        app.gql(
            member,
            MEMBERS,
            variables("project_01h455vb4pex5vsknk084sn02q"),
        )
        .await,
        app.gql(member, MEMBERS, variables(&hidden)).await,
    );
    assert_eq!(seen.at("/organization/members/totalCount"), 3);
    assert_eq!(seen.body, unseen.body);
    let variables = json!({ "id": tenant.id.to_string(), "filter": filter("chart_01h455vb4pex5vsknk084sn02q") });
    assert_eq!(
        app.gql(tenant.admin, MEMBERS, variables).await.code(),
        "INVALID"
    );
}

#[tokio::test]
async fn an_admin_gives_a_member_another_role() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let user = tenant.user(&app, "vera", "viewer").await;
    let answer = set(&app, &tenant, tenant.admin, user, "editor").await;
    let made = &answer.done("updateOrganizationMembership")["membership"];
    assert_eq!(made["role"]["key"], "editor");
    assert_eq!(made["principal"]["id"], id_of(user).to_string());
    let audited = "SELECT count(*) FROM audit_events WHERE action = 'updateOrganizationMembership' \
                   AND outcome = 'SUCCEEDED' AND organization_id = ? AND target_id = ? AND changes = '{role}'";
    let binds = vec![tenant.id.into(), id_of(user).to_string().into()];
    assert_eq!(count(&app, audited, binds).await, 1);
    run(
        &app,
        "DELETE FROM access_grants WHERE user_id = ?",
        vec![id_of(user).into()],
    )
    .await;
    set(&app, &tenant, tenant.admin, user, "viewer")
        .await
        .done("updateOrganizationMembership");
    assert_eq!(
        role_of(&app, &tenant, user).await.as_deref(),
        Some("viewer"),
        "also without one before"
    );
}

#[tokio::test]
async fn nobody_gives_what_they_lack_or_takes_what_they_lack() {
    let app = TestApp::start().await;
    let (tenant, other) = (
        Tenant::create(&app, "acme").await,
        Tenant::create(&app, "other").await,
    );
    custom_role(
        &app,
        &tenant,
        "clerk",
        &[
            "ORGANIZATION_VIEW",
            "MEMBER_VIEW",
            "API_KEY_USE",
            "MEMBER_MANAGE",
        ],
    )
    .await;
    let clerk = tenant.user(&app, "clerk", "clerk").await;
    let user = tenant.user(&app, "mel", "member").await;
    let stranger = other.user(&app, "stranger", "viewer").await;
    let mutation = "updateOrganizationMembership";

    let answer = set(&app, &tenant, clerk, user, "editor").await;
    assert_eq!(answer.user_errors(mutation), ["FORBIDDEN role"]);
    let answer = set(&app, &tenant, clerk, clerk, "admin").await;
    assert_eq!(
        answer.user_errors(mutation),
        ["FORBIDDEN role"],
        "not to themselves either"
    );
    let answer = set(&app, &tenant, clerk, tenant.admin, "member").await;
    assert_eq!(
        answer.user_errors(mutation),
        ["FORBIDDEN userId"],
        "the admin holds more"
    );
    let answer = remove(&app, &tenant, clerk, &[tenant.admin]).await;
    assert_eq!(
        answer.user_errors("removeOrganizationMembers"),
        ["FORBIDDEN userIds.0"]
    );
    set(&app, &tenant, clerk, user, "clerk")
        .await
        .done(mutation);
    set(&app, &tenant, clerk, user, "member")
        .await
        .done(mutation);

    for persona in ["member", "viewer", "editor"] {
        let actor = tenant.user(&app, &format!("some-{persona}"), persona).await;
        let answer = set(&app, &tenant, actor, user, "viewer").await;
        assert_eq!(
            answer.user_errors(mutation),
            ["FORBIDDEN organizationId"],
            "{persona}"
        );
        let answer = remove(&app, &tenant, actor, &[user]).await;
        assert_eq!(
            answer.user_errors("removeOrganizationMembers"),
            ["FORBIDDEN organizationId"],
            "{persona}"
        );
    }
    let answer = set(&app, &tenant, other.admin, user, "viewer").await;
    assert_eq!(answer.user_errors(mutation), ["NOT_FOUND organizationId"]);
    let answer = set(&app, &tenant, tenant.admin, stranger, "viewer").await;
    assert_eq!(
        answer.user_errors(mutation),
        ["NOT_FOUND userId"],
        "no member here"
    );
    let answer = set(&app, &tenant, tenant.admin, user, "no-such").await;
    assert_eq!(answer.user_errors(mutation), ["NOT_FOUND role"]);
    let answer = set(&app, &tenant, tenant.admin, user, "system_admin").await;
    assert_eq!(
        answer.user_errors(mutation),
        ["NOT_FOUND role"],
        "no role of organizations"
    );
    assert_eq!(
        role_of(&app, &tenant, user).await.as_deref(),
        Some("member")
    );
    assert_eq!(
        role_of(&app, &tenant, tenant.admin).await.as_deref(),
        Some("admin")
    );
    assert_eq!(role_of(&app, &tenant, stranger).await, None);
    let denied =
        "SELECT count(*) FROM audit_events WHERE outcome = 'DENIED' AND target_id IS NOT NULL";
    assert_eq!(count(&app, denied, vec![]).await, 14);
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let idle = tenant.user(&app, "idle", "admin").await;
    run(
        &app,
        "UPDATE users SET status = 'INACTIVE' WHERE id = ?",
        vec![id_of(idle).into()],
    )
    .await;
    let answer = set(&app, &tenant, tenant.admin, tenant.admin, "editor").await;
    assert_eq!(
        answer.user_errors("updateOrganizationMembership"),
        ["LAST_ADMIN userId"],
        "an inactive one does not count"
    );
    let answer = remove(&app, &tenant, tenant.admin, &[tenant.admin, idle]).await;
    assert_eq!(
        answer.user_errors("removeOrganizationMembers"),
        ["LAST_ADMIN userIds"]
    );
    assert_eq!(
        role_of(&app, &tenant, tenant.admin).await.as_deref(),
        Some("admin")
    );
    assert_eq!(
        role_of(&app, &tenant, idle).await.as_deref(),
        Some("admin"),
        "all or none"
    );
    run(
        &app,
        "UPDATE users SET status = 'ACTIVE' WHERE id = ?",
        vec![id_of(idle).into()],
    )
    .await;
    set(&app, &tenant, tenant.admin, tenant.admin, "editor")
        .await
        .done("updateOrganizationMembership");
}

#[tokio::test]
async fn two_administrators_cannot_demote_each_other_at_once() {
    let app = TestApp::start().await;
    for round in 0..5 {
        let tenant = Tenant::create(&app, &format!("acme-{round}")).await;
        let second = tenant.user(&app, &format!("second-{round}"), "admin").await;
        let (one, two) = tokio::join!(
            set(&app, &tenant, tenant.admin, second, "member"),
            set(&app, &tenant, second, tenant.admin, "member"),
        );
        let mistakes: Vec<_> = [one, two]
            .iter()
            .flat_map(|answer| answer.user_errors("updateOrganizationMembership"))
            .collect();
        assert_eq!(mistakes.len(), 1, "{mistakes:?}");
        let admins = "SELECT count(*) FROM access_grants g JOIN roles r ON r.id = g.role_id \
                      WHERE g.scope_id = ? AND r.key = 'admin'";
        assert_eq!(count(&app, admins, vec![tenant.id.into()]).await, 1);

        let third = tenant.user(&app, &format!("third-{round}"), "admin").await;
        let rest = if mistakes == ["LAST_ADMIN userId"] {
            "left"
        } else {
            "denied"
        };
        let admin = if role_of(&app, &tenant, second).await.as_deref() == Some("admin") {
            second
        } else {
            tenant.admin
        };
        let (one, two) = tokio::join!(
            remove(&app, &tenant, admin, std::slice::from_ref(&third)),
            remove(&app, &tenant, third, std::slice::from_ref(&admin)),
        );
        let refused = [one, two]
            .iter()
            .filter(|answer| !answer.user_errors("removeOrganizationMembers").is_empty())
            .count();
        assert_eq!(refused, 1, "after {rest}");
        assert_eq!(count(&app, admins, vec![tenant.id.into()]).await, 1);
    }
}

#[tokio::test]
async fn who_leaves_loses_everything_there_and_finds_another_home() {
    let app = TestApp::start().await;
    let (tenant, other) = (
        Tenant::create(&app, "acme").await,
        Tenant::create(&app, "other").await,
    );
    let project = tenant.project(&app, "Sales").await;
    let (both, local) = (
        tenant.user(&app, "both", "viewer").await,
        tenant.user(&app, "local", "viewer").await,
    );
    run(
        &app,
        "INSERT INTO organization_members (organization_id, user_id) VALUES (?, ?)",
        vec![other.id.into(), id_of(both).into()],
    )
    .await;
    tenant.grant(&app, &project, both, "editor").await;
    let input = json!({ "name": "Crew", "organizationId": tenant.id.to_string(),
        "memberIds": [id_of(both).to_string(), id_of(local).to_string()] });
    app.gql(tenant.admin, GROUP, json!({ "input": input }))
        .await
        .done("createGroup");
    run(
        &app,
        "UPDATE users SET default_organization_id = organization_id WHERE organization_id = ?",
        vec![tenant.id.into()],
    )
    .await;

    let stranger = other.admin;
    let answer = remove(&app, &tenant, tenant.admin, &[both, stranger]).await;
    assert_eq!(
        answer.user_errors("removeOrganizationMembers"),
        ["NOT_FOUND userIds.1"]
    );
    let held = "SELECT (SELECT count(*) FROM access_grants WHERE organization_id = ? AND user_id = ?) \
                + (SELECT count(*) FROM group_members WHERE user_id = ?)";
    let of = |user: Actor| vec![tenant.id.into(), id_of(user).into(), id_of(user).into()];
    assert_eq!(count(&app, held, of(both)).await, 3, "nothing happened");

    let answer = remove(&app, &tenant, tenant.admin, &[both, local]).await;
    let removed = json!([id_of(both).to_string(), id_of(local).to_string()]);
    assert_eq!(
        answer.done("removeOrganizationMembers")["deletedIds"],
        removed
    );
    assert_eq!(count(&app, held, of(both)).await, 0);
    assert_eq!(count(&app, held, of(local)).await, 0);
    let home = "SELECT count(*) FROM users WHERE id = ? AND organization_id = ? AND default_organization_id IS NULL";
    assert_eq!(
        count(&app, home, vec![id_of(both).into(), other.id.into()]).await,
        1
    );
    let homeless = "SELECT count(*) FROM users WHERE id = ? AND organization_id IS NULL AND default_organization_id IS NULL";
    assert_eq!(
        count(&app, homeless, vec![id_of(local).into()]).await,
        1,
        "the account stays"
    );
    let query = format!("{{ project(id: \"{project}\") {{ id }} }}");
    assert!(app.ask(both, &query).await.at("/project").is_null());

    for (ids, mistake) in [
        (vec![], "REQUIRED userIds"),
        (vec!["nonsense"], "INVALID userIds.0"),
        (vec!["x"; 101], "LIMIT_EXCEEDED userIds"),
    ] {
        let input = json!({ "organizationId": tenant.id.to_string(), "userIds": ids });
        let answer = app
            .gql(tenant.admin, REMOVE, json!({ "input": input }))
            .await;
        assert_eq!(answer.user_errors("removeOrganizationMembers"), [mistake]);
    }
}
