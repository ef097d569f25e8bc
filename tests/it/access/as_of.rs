//! Rights that were read stay good until a transaction changes some, and not longer.

use super::stage::Stage;
use chartroom::{
    authz::{Access, Credential, System, Viewer, forget_changes},
    db::{Conn, sql},
    kernel::{Id, entity::SessionId},
};
use chrono::Utc;
use diesel::sql_types::Text;
use diesel_async::{RunQueryDsl as _, SimpleAsyncConnection as _};
use std::sync::Arc;

/// Somebody with a role, a group and a grant on a space.
async fn colleague(stage: &Stage, conn: &Conn) -> Arc<Viewer> {
    let session = SessionId::from_uuid(stage.ours.uuid("session"));
    let viewer = Viewer::read(conn, Credential::Session(session), Utc::now()).await;
    Arc::new(viewer.expect("a look").expect("a good session"))
}

async fn renewed(viewer: &Arc<Viewer>, conn: &Conn) -> Option<Arc<Viewer>> {
    viewer.renewed(conn, Utc::now()).await.expect("a look")
}

/// Whether their rights need not be read again.
async fn holds(viewer: &Arc<Viewer>, conn: &Conn) -> bool {
    let now = renewed(viewer, conn).await.expect("a good session");
    Arc::ptr_eq(&now, viewer)
}

/// What somebody holds, to be compared.
fn held(access: &Access) -> String {
    let mut holdings: Vec<_> = access
        .holdings
        .iter()
        .map(|held| format!("{held:?}"))
        .collect();
    holdings.sort();
    format!(
        "{holdings:?} {:?} {:?}",
        access.organizations, access.groups
    )
}

#[tokio::test]
async fn each_kind_of_change_is_noticed() {
    let stage = Stage::new().await;
    let conn = stage.app.conn().await;
    let id = |slot: &str| stage.ours.uuid(slot);
    let (user, organization, group) = (id("user.colleague"), id("organization"), id("group"));
    let (project, role, session) = (id("project.main"), id("role.project"), id("session"));
    let mut viewer = colleague(&stage, &conn).await;
    for change in [
        format!(
            "UPDATE access_grants SET role_id = (SELECT id FROM roles WHERE scope = 'SPACE' AND key = 'editor') WHERE id = '{}'",
            id("grant.on_open")
        ),
        format!(
            "UPDATE roles SET permissions = '{{PROJECT_VIEW}}' WHERE id = (SELECT role_id FROM access_grants WHERE id = '{}')",
            id("grant.on_open")
        ),
        format!("INSERT INTO role_assignments (user_id, role_id) VALUES ('{user}', '{role}')"),
        format!(
            "INSERT INTO role_projects (organization_id, role_id, project_id) VALUES ('{organization}', '{role}', '{project}')"
        ),
        format!("DELETE FROM role_projects WHERE role_id = '{role}'"),
        "TRUNCATE role_projects".to_owned(),
        format!("UPDATE roles SET is_active = false WHERE id = '{role}'"),
        format!("UPDATE roles SET is_active = true, all_projects = true WHERE id = '{role}'"),
        format!("DELETE FROM role_assignments WHERE user_id = '{user}'"),
        format!("UPDATE groups SET is_active = false WHERE id = '{group}'"),
        format!("UPDATE groups SET is_active = true WHERE id = '{group}'"),
        format!("DELETE FROM group_members WHERE user_id = '{user}'"),
        format!(
            "INSERT INTO group_members (organization_id, group_id, user_id) VALUES ('{organization}', '{group}', '{user}')"
        ),
        format!("DELETE FROM groups WHERE id = '{group}'"),
        format!(
            "DELETE FROM access_grants WHERE id = '{}'",
            id("grant.on_open")
        ),
        format!("DELETE FROM organization_members WHERE user_id = '{user}'"),
    ] {
        assert!(
            holds(&viewer, &conn).await,
            "nothing was changed before {change}"
        );
        stage.behind_the_back(&change).await;
        let now = renewed(&viewer, &conn).await.expect("a good session");
        let read = Access::load(&conn, viewer.user)
            .await
            .expect("their rights");
        assert_eq!(held(&now.access), held(&read), "{change}");
        assert!(!Arc::ptr_eq(&now, &viewer), "{change}");
        viewer = now;
    }
    assert_eq!(viewer.organization, None);
    for end in [
        format!("UPDATE users SET status = 'INACTIVE' WHERE id = '{user}'"),
        format!(
            "UPDATE users SET status = 'ACTIVE' WHERE id = '{user}'; DELETE FROM sessions WHERE id = '{session}'"
        ),
    ] {
        stage.behind_the_back(&end).await;
        assert!(renewed(&viewer, &conn).await.is_none(), "{end}");
    }
}

#[tokio::test]
async fn where_somebody_works_is_noticed() {
    let stage = Stage::new().await;
    let conn = stage.app.conn().await;
    let (user, session) = (
        stage.ours.uuid("user.colleague"),
        stage.ours.uuid("session"),
    );
    let (home, other) = (
        stage.ours.uuid("organization"),
        stage.theirs.uuid("organization"),
    );
    stage
        .behind_the_back(&format!(
            "INSERT INTO organization_members (organization_id, user_id) VALUES ('{other}', '{user}'); \
             UPDATE users SET default_organization_id = NULL, organization_id = '{}' WHERE id = '{user}'",
            stage.ours.uuid("organization"),
        ))
        .await;
    let mut viewer = colleague(&stage, &conn).await;
    for (change, works_in) in [
        (
            format!("UPDATE sessions SET organization_id = '{other}' WHERE id = '{session}'"),
            other,
        ),
        (
            format!("UPDATE sessions SET organization_id = NULL WHERE id = '{session}'"),
            home,
        ),
        (
            format!("UPDATE users SET default_organization_id = '{other}' WHERE id = '{user}'"),
            other,
        ),
        (
            format!("UPDATE users SET default_organization_id = NULL WHERE id = '{user}'"),
            home,
        ),
        (
            format!("UPDATE users SET organization_id = '{other}' WHERE id = '{user}'"),
            other,
        ),
    ] {
        assert!(
            holds(&viewer, &conn).await,
            "nothing was changed before {change}"
        );
        stage.behind_the_back(&change).await;
        viewer = renewed(&viewer, &conn).await.expect("a good session");
        assert_eq!(
            viewer.organization.map(Id::uuid),
            Some(works_in),
            "{change}"
        );
    }
}

/// Where rights are read from something new, a change of it must be noted.
#[tokio::test]
async fn all_that_rights_are_read_from_is_watched() {
    let stage = Stage::new().await;
    let conn = stage.app.conn().await;
    let text = [
        include_str!("../../../src/authz/access.sql"),
        include_str!("../../../src/authz/credential.rs"),
    ]
    .concat();
    // Each kind of change is noted (bits 4, 8, 16 and 32 of tgtype: INSERT, DELETE, UPDATE, TRUNCATE), or
    // where rows give rights by others only, that of the column.
    // What is looked for each time is not watched: the credential itself, and whether its user may sign in.
    let unwatched: Vec<String> = sql(
        "SELECT c.relname || '.' || a.attname FROM pg_class c \
         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
         WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace \
         AND ? ~ ('(FROM|JOIN) ' || c.relname || '\\M') AND c.relname NOT IN ('api_keys', 'rights_changes') \
         AND ? ~ ('\\.' || a.attname || '\\M') \
         AND a.attname NOT IN ('id', 'user_id', 'kind', 'expires_at', 'last_used_at') \
         AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = 'note_rights_change' \
           AND t.tgenabled IN ('O', 'A') \
           AND (t.tgtype & 60 = 60 OR (t.tgtype & 16 = 16 AND a.attnum = ANY(t.tgattr::int2[]))))",
        [text.as_str().into(), text.as_str().into()],
    )
    .statement::<Text>()
    .load(&mut &*conn)
    .await
    .expect("the catalog query runs");
    assert!(unwatched.is_empty(), "not watched: {unwatched:?}");
}

#[tokio::test]
async fn other_changes_leave_rights_as_they_were_read() {
    let stage = Stage::new().await;
    let conn = stage.app.conn().await;
    let viewer = colleague(&stage, &conn).await;
    stage
        .behind_the_back(
            "UPDATE users SET last_login_at = now(), locked_until = NULL; UPDATE roles SET name = name || '!'; \
             UPDATE sessions SET last_used_at = now(); UPDATE groups SET name = name || '!'; UPDATE charts SET name = 'n'",
        )
        .await;
    assert!(holds(&viewer, &conn).await);
}

/// A transaction that began before the rights were read and ends after it: whoever goes by the order
/// in which changes are made, and not by what was seen, misses it.
#[tokio::test]
async fn a_change_counts_from_when_it_is_committed() {
    let stage = Stage::new().await;
    let (conn, mut slow, mut quick) = (
        stage.app.conn().await,
        stage.app.connect_alone().await,
        stage.app.connect_alone().await,
    );
    let taken = format!(
        "DELETE FROM access_grants WHERE id = '{}'",
        stage.ours.uuid("grant.on_open")
    );
    slow.batch_execute(&format!("BEGIN; {taken}"))
        .await
        .unwrap();
    // A later transaction ends before.
    quick
        .batch_execute("UPDATE groups SET is_active = is_active")
        .await
        .unwrap();
    let viewer = colleague(&stage, &conn).await;
    assert!(holds(&viewer, &conn).await, "it is not committed");
    slow.batch_execute("COMMIT").await.unwrap();
    let now = renewed(&viewer, &conn).await.unwrap();
    assert_eq!(now.access.holdings.len() + 1, viewer.access.holdings.len());
}

#[tokio::test]
async fn changes_are_kept_until_everybody_has_noticed() {
    let stage = Stage::new().await;
    let conn = stage.app.conn().await;
    let viewer = colleague(&stage, &conn).await;
    stage
        .behind_the_back("UPDATE groups SET is_active = NOT is_active")
        .await;
    let system = System::new("what housekeeping does");
    for _ in 0..3 {
        assert_eq!(forget_changes(&conn, system).await.unwrap(), 0);
    }
    assert!(!holds(&viewer, &conn).await);
    stage
        .behind_the_back("UPDATE rights_changes SET seen_at = seen_at - interval '2 hours'")
        .await;
    assert!(forget_changes(&conn, system).await.unwrap() > 0);
}
