//! What queries need of models: the active explore, settings, facts about users.

use crate::support::{Actor, Tenant, TestApp, deploy_demo};
use chartroom::{
    domains::model::{attribute::user_facts, explore::query_settings},
    kernel::entity::ProjectId,
};
use diesel_async::SimpleAsyncConnection as _;

#[tokio::test]
async fn a_project_shows_the_explores_of_its_last_deployment() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "a").await;
    let project: ProjectId = tenant.project(&app, "p").await.parse().expect("an id");
    let conn = app.conn().await;
    let models = &app.app.queries.models;
    let none = models.active_explore(&conn, project, "orders").await;
    assert!(none.expect("an answer").is_none());
    let first = deploy_demo(&app, project).await;
    let found = models.active_explore(&conn, project, "orders").await;
    let found = found.expect("an answer").expect("the explore");
    assert_eq!(found.deployment, first);
    assert!(
        found.explore.errors.is_empty(),
        "{:?}",
        found.explore.errors
    );
    assert_eq!(
        found.explore.tables.keys().next().map(String::as_str),
        Some("orders")
    );
    let again = models.active_explore(&conn, project, "orders").await;
    let again = again.expect("an answer").expect("the explore");
    assert!(
        std::sync::Arc::ptr_eq(&found.explore, &again.explore),
        "parsed twice"
    );
    let missing = models.active_explore(&conn, project, "nothing").await;
    assert!(missing.expect("an answer").is_none());
    let second = deploy_demo(&app, project).await;
    let found = models.active_explore(&conn, project, "orders").await;
    assert_eq!(
        found.expect("an answer").expect("the explore").deployment,
        second
    );
    let settings = query_settings(&conn, project).await.expect("settings");
    assert_eq!(settings.warehouse, None);
}

#[tokio::test]
async fn attributes_are_those_of_the_user_and_of_active_groups_or_the_default() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "a").await;
    let Actor::User(user, _) = tenant.user(&app, "u", "member").await else {
        panic!("a user");
    };
    let Actor::User(other, _) = tenant.user(&app, "o", "member").await else {
        panic!("a user");
    };
    let mut conn = app.conn().await;
    let text = format!(
        "INSERT INTO groups (id, organization_id, key, name, is_active) VALUES \
           ('00000000-0000-7000-8000-0000000000a1', '{org}', 'g1', 'g1', true), \
           ('00000000-0000-7000-8000-0000000000a2', '{org}', 'g2', 'g2', false); \
         INSERT INTO group_members (organization_id, group_id, user_id) SELECT '{org}', id, '{user}' FROM groups; \
         INSERT INTO user_attributes (id, organization_id, name, default_value) VALUES \
           ('00000000-0000-7000-8000-0000000000b1', '{org}', 'region', 'none'), \
           ('00000000-0000-7000-8000-0000000000b2', '{org}', 'is_hr', NULL); \
         INSERT INTO user_attribute_users VALUES ('{org}', '00000000-0000-7000-8000-0000000000b1', '{user}', 'north'); \
         INSERT INTO user_attribute_groups VALUES \
           ('{org}', '00000000-0000-7000-8000-0000000000b1', '00000000-0000-7000-8000-0000000000a1', 'south'), \
           ('{org}', '00000000-0000-7000-8000-0000000000b1', '00000000-0000-7000-8000-0000000000a2', 'west')",
        org = tenant.id.uuid(),
        user = user.uuid(),
    );
    conn.batch_execute(&text).await.expect("the attributes");
    let facts = user_facts(&conn, tenant.id, user).await.expect("facts");
    assert_eq!(facts.attributes.len(), 1);
    assert_eq!(facts.attributes["region"], ["north", "south"]);
    let facts = user_facts(&conn, tenant.id, other).await.expect("facts");
    assert_eq!(facts.attributes["region"], ["none"]);
    assert!(facts.email.is_some());
}
