//! Deploying a dbt project: upload, job, activation, and what happens when it fails.

use crate::support::{Actor, Answer, Tenant, TestApp};
use chartroom::{
    config::JobsConfig,
    domains::platform::{self, demo},
};
use serde_json::{Value, json};
use std::time::Duration;

pub(super) const DEPLOY: &str = "mutation ($input: DeployProjectInput!) { deployProject(input: $input) { \
    job { id kind status } project { id } userErrors { code message path } } }";

/// A server that runs jobs, a tenant and a project.
pub(super) async fn stage() -> (TestApp, Tenant, String) {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "a").await;
    let project = tenant.project(&app, "p").await;
    let handlers =
        platform::handlers(&JobsConfig::for_tests(), &app.app.queries).expect("handlers");
    app.app.start_worker(app.db.clone(), handlers, 2);
    (app, tenant, project)
}

/// Deploys files; the answer.
pub(super) async fn deploy(
    app: &TestApp,
    actor: Actor,
    project: &str,
    strict: bool,
    manifest: &str,
) -> Answer {
    let input = json!({ "projectId": project, "manifest": null, "catalog": null, "config": null, "strict": strict });
    let files = [
        ("variables.input.manifest", manifest.as_bytes()),
        (
            "variables.input.catalog",
            demo::FILES.catalog.expect("it").as_bytes(),
        ),
        (
            "variables.input.config",
            demo::FILES.config.expect("it").as_bytes(),
        ),
    ];
    app.upload(actor, DEPLOY, json!({ "input": input }), &files)
        .await
}

/// The job when it has ended.
pub(super) async fn ended(app: &TestApp, actor: Actor, job: &str) -> Answer {
    let query = "query ($id: ID!) { job(id: $id) { status result { ... on Project { id dbtVersion explores { totalCount } } } \
        error { code message } progress { done total } logs(first: 200) { nodes { level message } } } }";
    for _ in 0..200 {
        let answer = app.gql(actor, query, json!({ "id": job })).await;
        if ["SUCCEEDED", "FAILED"].contains(&answer.text("/job/status").as_str()) {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the job does not end");
}

async fn deployments(app: &TestApp, actor: Actor, project: &str) -> Value {
    let query = "query ($id: ID!) { project(id: $id) { deployments { totalCount nodes { \
        id source status isActive isStrict dbtVersion exploreCount errorCount error job { id } createdBy { username } } } } }";
    let answer = app.gql(actor, query, json!({ "id": project })).await;
    answer.at("/project/deployments").clone()
}

/// The demo's manifest with a metric that refers to nothing.
fn broken() -> String {
    let mut manifest: Value = serde_json::from_str(demo::FILES.manifest).expect("JSON");
    let model = &mut manifest["nodes"]["model.jaffle_house.orders"];
    model["config"]["meta"]["metrics"]["lost"] = json!({ "type": "sum", "sql": "${nothing}" });
    manifest.to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manifest_becomes_explores() {
    let (app, tenant, project) = stage().await;
    let answer = deploy(&app, tenant.admin, &project, false, demo::FILES.manifest).await;
    answer.done("deployProject");
    assert_eq!(answer.text("/deployProject/job/kind"), "COMPILE_PROJECT");
    assert_eq!(answer.text("/deployProject/project/id"), project);
    let job = ended(&app, tenant.admin, &answer.text("/deployProject/job/id")).await;
    assert_eq!(job.text("/job/status"), "SUCCEEDED", "{:#}", job.body);
    assert_eq!(job.text("/job/result/id"), project);
    assert_eq!(job.text("/job/result/dbtVersion"), "1.10.23");
    assert_eq!(job.at("/job/result/explores/totalCount"), 19);
    assert_eq!(job.at("/job/progress/total"), 19);
    let lines = job.texts("/job/logs/nodes", "message");
    assert!(
        lines.iter().any(|line| line.starts_with("orders: ")),
        "{lines:?}"
    );
    let list = deployments(&app, tenant.admin, &project).await;
    assert_eq!(list["totalCount"], 1);
    let first = &list["nodes"][0];
    assert_eq!(
        (&first["status"], &first["isActive"]),
        (&json!("COMPILED"), &json!(true))
    );
    assert_eq!(
        (&first["exploreCount"], &first["errorCount"]),
        (&json!(19), &json!(0))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_leaves_the_project_as_it_was() {
    let (app, tenant, project) = stage().await;
    let first = deploy(&app, tenant.admin, &project, true, demo::FILES.manifest).await;
    ended(&app, tenant.admin, &first.text("/deployProject/job/id")).await;
    // An error in a strict deployment.
    let strict = deploy(&app, tenant.admin, &project, true, &broken()).await;
    let job = ended(&app, tenant.admin, &strict.text("/deployProject/job/id")).await;
    assert_eq!(job.text("/job/status"), "FAILED");
    assert_eq!(job.text("/job/error/code"), "INVALID");
    assert!(
        job.text("/job/error/message")
            .contains("explores have errors"),
        "{:#}",
        job.body
    );
    let levels = job.texts("/job/logs/nodes", "level");
    assert!(
        levels.iter().any(|level| level == "ERROR"),
        "{:#}",
        job.body
    );
    // Not a manifest at all.
    let nothing = deploy(&app, tenant.admin, &project, false, "{\"nodes\": 7}").await;
    let job = ended(&app, tenant.admin, &nothing.text("/deployProject/job/id")).await;
    assert!(
        job.text("/job/error/message").starts_with("manifest: "),
        "{:#}",
        job.body
    );
    for (manifest, told) in [
        (
            r#"{ "metadata": { "adapter_type": "postgres" }, "nodes": {} }"#,
            "has no model",
        ),
        (
            r#"{ "metadata": { "adapter_type": "postgres", "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v4.json" }, "nodes": {} }"#,
            "version 7 and later",
        ),
    ] {
        let refused = deploy(&app, tenant.admin, &project, false, manifest).await;
        let job = ended(&app, tenant.admin, &refused.text("/deployProject/job/id")).await;
        let message = job.text("/job/error/message");
        assert!(message.contains(told), "{message}");
    }
    let list = deployments(&app, tenant.admin, &project).await;
    let states: Vec<_> = list["nodes"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| (one["status"].clone(), one["isActive"].clone()))
        .collect();
    assert_eq!(
        states,
        [
            (json!("FAILED"), json!(false)),
            (json!("FAILED"), json!(false)),
            (json!("FAILED"), json!(false)),
            (json!("FAILED"), json!(false)),
            (json!("COMPILED"), json!(true))
        ]
    );
    // The same without being strict is deployed, and tells its errors.
    let loose = deploy(&app, tenant.admin, &project, false, &broken()).await;
    let job = ended(&app, tenant.admin, &loose.text("/deployProject/job/id")).await;
    assert_eq!(job.text("/job/status"), "SUCCEEDED", "{:#}", job.body);
    let query = "query ($id: ID!) { project(id: $id) { explores(filter: { hasErrors: { eq: true } }) { nodes { name errors { type message } } } } }";
    let answer = app.gql(tenant.admin, query, json!({ "id": project })).await;
    assert!(
        answer
            .texts("/project/explores/nodes", "name")
            .contains(&"orders".to_owned()),
        "{:#}",
        answer.body
    );
    // Back to the first.
    let list = deployments(&app, tenant.admin, &project).await;
    let compiled = list["nodes"]
        .as_array()
        .expect("a list")
        .iter()
        .rfind(|one| one["status"] == "COMPILED")
        .expect("it")["id"]
        .clone();
    let activate = "mutation ($input: ActivateDeploymentInput!) { activateDeployment(input: $input) { deployment { isActive errorCount } userErrors { code path message } } }";
    let answer = app
        .gql(
            tenant.admin,
            activate,
            json!({ "input": { "id": compiled } }),
        )
        .await;
    answer.done("activateDeployment");
    assert_eq!(
        answer.at("/activateDeployment/deployment"),
        &json!({ "isActive": true, "errorCount": 0 })
    );
    let failed = list["nodes"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|one| one["status"] == "FAILED")
        .expect("it")["id"]
        .clone();
    let answer = app
        .gql(tenant.admin, activate, json!({ "input": { "id": failed } }))
        .await;
    assert_eq!(
        answer.text("/activateDeployment/userErrors/0/code"),
        "CONFLICT"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_who_may_compile_deploys_and_sees_deployments() {
    let (app, tenant, project) = stage().await;
    let viewer = tenant.user(&app, "v", "viewer").await;
    let answer = deploy(&app, viewer, &project, false, demo::FILES.manifest).await;
    assert_eq!(answer.text("/deployProject/userErrors/0/code"), "FORBIDDEN");
    assert_eq!(deployments(&app, viewer, &project).await["totalCount"], 0);
    let other = Tenant::create(&app, "b").await;
    let answer = deploy(&app, other.admin, &project, false, demo::FILES.manifest).await;
    assert_eq!(answer.text("/deployProject/userErrors/0/code"), "NOT_FOUND");
    let answer = deploy(&app, tenant.admin, &project, false, "no json").await;
    assert_eq!(
        answer.at("/deployProject/userErrors/0/path"),
        &json!(["manifest"])
    );
    assert_eq!(
        deployments(&app, tenant.admin, &project).await["totalCount"],
        0
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn explores_from_elsewhere_are_taken_if_they_are_right() {
    let (app, tenant, project) = stage().await;
    let set = "mutation ($input: SetExploresInput!) { setExplores(input: $input) { job { id } userErrors { code message path } } }";
    let wrong = json!({ "projectId": project, "explores": [{ "name": "a", "label": 7 }] });
    let answer = app.gql(tenant.admin, set, json!({ "input": wrong })).await;
    assert_eq!(
        answer.at("/setExplores/userErrors/0/path"),
        &json!(["explores", "0", "label"]),
        "{:#}",
        answer.body
    );
    let deployed = deploy(&app, tenant.admin, &project, false, demo::FILES.manifest).await;
    ended(&app, tenant.admin, &deployed.text("/deployProject/job/id")).await;
    let found = app
        .app
        .queries
        .models
        .active_explore(
            &*app.conn().await,
            project.parse().expect("an id"),
            "stores",
        )
        .await;
    let explore = found.expect("an answer").expect("the explore").explore;
    let right = json!({ "projectId": project, "explores": [&*explore] });
    let answer = app.gql(tenant.admin, set, json!({ "input": right })).await;
    answer.done("setExplores");
    let job = ended(&app, tenant.admin, &answer.text("/setExplores/job/id")).await;
    assert_eq!(job.text("/job/status"), "SUCCEEDED", "{:#}", job.body);
    assert_eq!(job.at("/job/result/explores/totalCount"), 1);
    assert!(job.at("/job/result/dbtVersion").is_null());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_deployments_at_once_the_one_asked_for_last_stays() {
    let (app, tenant, project) = stage().await;
    for round in 0..4 {
        let manifest = demo::FILES.manifest;
        let asked = [(); 3].map(|()| deploy(&app, tenant.admin, &project, false, manifest));
        for answer in futures_util::future::join_all(asked).await {
            ended(&app, tenant.admin, &answer.text("/deployProject/job/id")).await;
        }
        let list = deployments(&app, tenant.admin, &project).await;
        let active = list["nodes"].as_array().expect("a list");
        let active: Vec<bool> = active.iter().map(|one| one["isActive"] == true).collect();
        assert!(active[0], "round {round}: {active:?}");
    }
}
