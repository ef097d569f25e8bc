//! Every root field and every kind of node, called as every persona.
//!
//! What comes back is one word; the table of them is `matrix.txt`, which is to be read by people.
//! Where a field needs a permission at a place, the evaluator says who has it: the table must agree.

use super::{
    operations::{Expect, Operation, node_document, operations},
    personas::{CANARY, PERSONAS},
    schema::{node_types, root_fields},
    stage::Stage,
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, fmt::Write as _};

/// The slot that stands for each kind of node.
const NODES: &[(&str, &str)] = &[
    ("AccessGrant", "grant.on_open"),
    ("ApiKey", "apikey"),
    ("AuditEvent", "audit"),
    ("Chart", "chart.open"),
    ("Chart", "chart.nested"),
    ("ChartVersion", "chartversion.open"),
    ("ChartVersion", "chartversion.nested"),
    ("Dashboard", "dashboard.open"),
    ("Dashboard", "dashboard.nested"),
    ("Deployment", "deployment"),
    ("Dimension", "dimension"),
    ("Metric", "metric"),
    ("Table", "table"),
    ("Tag", "tag"),
    ("UserAttribute", "attribute"),
    ("DashboardTile", "tile.open"),
    ("DashboardTile", "tile.nested"),
    ("Group", "group"),
    ("Job", "job.ended"),
    ("Organization", "organization"),
    ("OrganizationMembership", "membership"),
    ("Project", "project.main"),
    ("Project", "project.second"),
    ("QueryRun", "queryrun"),
    ("ValidationError", "validationerror"),
    ("Role", "role.spare"),
    ("Session", "session"),
    ("WarehouseCredentials", "credentials"),
    ("Space", "space.open"),
    ("Space", "space.private"),
    ("Space", "space.nested"),
    ("User", "user.colleague"),
];

/// Fields of what one sees that ask for more: name, document, slot, permission, and where.
const GATED_FIELDS: [(&str, &str, &str, &str, &str); 2] = [
    (
        "Organization.auditLog",
        "query ($id: ID!) { node(id: $id) { ... on Organization { auditLog(first: 1) { totalCount } } } }",
        "organization",
        "ORGANIZATION_EDIT",
        "organization",
    ),
    (
        "User.permissions (on the installation)",
        "query ($id: ID!) { node(id: $id) { ... on User { permissions } } }",
        "user.colleague",
        "SYSTEM_VIEW",
        "installation",
    ),
];

/// What an answer amounts to.
fn outcome(field: &str, answer: &Value) -> String {
    if answer["silent"] == true {
        return "EMPTY".to_owned();
    }
    if let Some(error) = answer["errors"].get(0) {
        let code = error["extensions"]["code"].as_str().unwrap_or("?");
        return match code {
            "UNAUTHENTICATED" | "FORBIDDEN" | "NOT_FOUND" => "DENY".to_owned(),
            "INVALID" => "INPUT".to_owned(),
            other => other.to_owned(),
        };
    }
    let data = &answer["data"][field];
    if let Some(mistakes) = data["userErrors"]
        .as_array()
        .filter(|list| !list.is_empty())
    {
        let denied = |mistake: &Value| {
            ["FORBIDDEN", "NOT_FOUND"]
                .iter()
                .any(|c| mistake["code"] == *c)
        };
        if mistakes.iter().any(denied) {
            return "DENY".to_owned();
        }
        return format!("INPUT {}", mistakes[0]["code"].as_str().unwrap_or("?"));
    }
    match data {
        Value::Null => "DENY".to_owned(),
        Value::Array(list) if list.iter().all(Value::is_null) => "DENY".to_owned(),
        Value::Object(page) => match page.get("nodes").and_then(Value::as_array) {
            Some(nodes) if nodes.is_empty() => "EMPTY".to_owned(),
            _ => "ALLOW".to_owned(),
        },
        _ => "ALLOW".to_owned(),
    }
}

#[test]
fn every_root_field_and_kind_of_node_has_a_row() {
    let known: BTreeSet<_> = operations()
        .iter()
        .map(|o| format!("{}.{}", o.root, o.field))
        .collect();
    let mut served = BTreeSet::new();
    for root in ["Query", "Mutation", "Subscription"] {
        served.extend(
            root_fields(root)
                .iter()
                .map(|field| format!("{root}.{field}")),
        );
    }
    assert_eq!(known, served, "left: operations(), right: the schema");
    let known: BTreeSet<_> = NODES.iter().map(|(kind, _)| (*kind).to_owned()).collect();
    assert_eq!(
        known,
        node_types().into_iter().collect(),
        "left: NODES, right: the schema"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_may_do_what_the_table_says() {
    let stage = Stage::new().await;
    let mut table = Table::default();
    let mut wrong = Vec::new();
    for operation in operations() {
        let mut cells = Vec::new();
        let (document, variables) = operation.request(&stage.ours, 1);
        for (persona, _) in PERSONAS {
            let before = stage.digest().await;
            let answer = stage.call(persona, &document, &variables).await;
            let cell = outcome(operation.field, &answer);
            let label = format!("{}.{} as {persona}", operation.root, operation.field);
            if let Some(expected) = expected(&stage, &operation, persona)
                && expected != cell
            {
                wrong.push(format!(
                    "{label}: {cell}, but the rules say {expected}: {answer}"
                ));
            }
            if !matches!(cell.as_str(), "ALLOW" | "DENY" | "EMPTY") && !is_reviewed(&operation) {
                wrong.push(format!("{label}: {cell}: {answer}"));
            }
            if cell.contains("INTERNAL") {
                wrong.push(format!("{label}: {answer}"));
            }
            if persona != "foreign_admin"
                && persona != "system_admin"
                && answer.to_string().contains(CANARY)
            {
                wrong.push(format!("{label} shows the other tenant: {answer}"));
            }
            let after = stage.digest().await;
            if cell != "DENY" && operation.root == "Mutation" {
                stage.reset().await;
            } else if before != after {
                wrong.push(format!("{label}: {cell}, and yet something changed"));
                stage.reset().await;
            }
            cells.push(cell);
        }
        table.row(&format!("{}.{}", operation.root, operation.field), &cells);
    }
    for (name, document, slot, permission, place) in GATED_FIELDS {
        let variables = json!({ "id": stage.ours.slots[slot] });
        let mut cells = Vec::new();
        for (persona, _) in PERSONAS {
            let answer = stage.call(persona, document, &variables).await;
            let cell = outcome("node", &answer);
            let place = stage.ours.place(place);
            let held = stage.evaluator(persona).is_some_and(|evaluator| {
                evaluator.at(&stage.ours.world, place).contains(permission)
            });
            let expected = if held { "ALLOW" } else { "DENY" };
            if cell != expected {
                wrong.push(format!(
                    "{name} as {persona}: {cell}, but the rules say {expected}: {answer}"
                ));
            }
            cells.push(cell);
        }
        table.row(name, &cells);
    }
    for (kind, slot) in NODES {
        let document = node_document(kind, 0);
        let variables = json!({ "id": stage.ours.slots[slot] });
        let mut cells = Vec::new();
        for (persona, _) in PERSONAS {
            let answer = stage.call(persona, &document, &variables).await;
            let cell = outcome("node", &answer);
            let expected = if sees(&stage, persona, slot) {
                "ALLOW"
            } else {
                "DENY"
            };
            if cell != expected {
                wrong.push(format!(
                    "node of {slot} as {persona}: {cell}, but the rules say {expected}: {answer}"
                ));
            }
            cells.push(cell);
        }
        table.row(&format!("node: {kind} ({slot})"), &cells);
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    println!("{} cells", table.cells);
    super::golden(
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/access/matrix.txt"),
        &table.text(),
    );
}

fn is_reviewed(operation: &Operation) -> bool {
    matches!(operation.expect, Expect::Reviewed | Expect::Public)
}

fn expected(stage: &Stage, operation: &Operation, persona: &str) -> Option<&'static str> {
    let word = |allowed: bool| Some(if allowed { "ALLOW" } else { "DENY" });
    match operation.expect {
        Expect::Public | Expect::Reviewed => None,
        Expect::Sees(slot) => word(sees(stage, persona, slot)),
        Expect::List => stage.evaluator(persona).is_none().then_some("DENY"),
        Expect::Needs(needs) => {
            let Some(evaluator) = stage.evaluator(persona) else {
                return Some("DENY");
            };
            word(needs.iter().all(|(permission, slot)| {
                evaluator
                    .at(&stage.ours.world, stage.ours.place(slot))
                    .contains(permission)
            }))
        }
    }
}

/// Whether a persona sees the thing of a slot of our tenant.
fn sees(stage: &Stage, persona: &str, slot: &str) -> bool {
    let Some(evaluator) = stage.evaluator(persona) else {
        return false;
    };
    let (of, id) = (&stage.ours.world, stage.ours.uuid(slot));
    match slot.split('.').next().expect("a kind") {
        "deployment" => evaluator.holds(of, stage.ours.place(slot), "PROJECT_COMPILE"),
        "table" | "dimension" | "metric" | "tag" => {
            evaluator.holds(of, stage.ours.place(slot), "CATALOG_VIEW")
        }
        "validationerror" => evaluator.holds(of, stage.ours.place(slot), "PROJECT_VALIDATE"),
        "attribute" => evaluator.holds(of, stage.ours.place(slot), "USER_ATTRIBUTE_VIEW"),
        "organization" => evaluator.sees_organization(id),
        "user" => evaluator.sees_user(of, of.users.iter().find(|u| u.id == id).expect("it")),
        "group" => evaluator.sees_group(of, id, stage.ours.uuid("organization")),
        "role" => evaluator.sees_role(of.roles.iter().find(|r| r.id == id).expect("it")),
        "project" => {
            evaluator.sees_project(of, of.projects.iter().find(|p| p.id == id).expect("it"))
        }
        "space" => evaluator.sees_space(of, id),
        "chart" | "chartversion" => {
            let id = stage.ours.uuid(&slot.replace("version", ""));
            let chart = of.charts.iter().find(|c| c.id == id).expect("it");
            evaluator.sees_content(of, chart, "CHART_VIEW")
        }
        "dashboard" | "tile" => {
            let id = stage.ours.uuid(&slot.replace("tile", "dashboard"));
            let dashboard = of.dashboards.iter().find(|c| c.id == id).expect("it");
            evaluator.sees_content(of, dashboard, "DASHBOARD_VIEW")
        }
        "grant" | "membership" => {
            evaluator.sees_grant(of, of.grants.iter().find(|g| g.id == id).expect("it"))
        }
        "apikey" => evaluator.sees_key(of, of.keys[0].user),
        "session" | "credentials" => of.sessions[0].user == evaluator.user.id,
        "queryrun" => {
            let at = evaluator.at(of, stage.ours.place("project.main"));
            of.sessions[0].user == evaluator.user.id && at.contains("EXPLORE_USE")
        }
        "audit" | "job" => {
            evaluator
                .at(of, stage.ours.place("organization"))
                .contains("ORGANIZATION_EDIT")
                || evaluator
                    .at(of, stage.ours.place("installation"))
                    .contains("SYSTEM_VIEW")
        }
        other => panic!("no kind {other}"),
    }
}

#[derive(Default)]
struct Table {
    rows: String,
    cells: usize,
}

impl Table {
    fn row(&mut self, name: &str, cells: &[String]) {
        self.cells += cells.len();
        let _ = write!(self.rows, "{name:<44}");
        for (cell, (persona, _)) in cells.iter().zip(PERSONAS) {
            let word = match cell.as_str() {
                "ALLOW" => "yes",
                "DENY" => "-",
                "EMPTY" => "(none)",
                other if other.starts_with("INPUT") => "(input)",
                other => other,
            };
            let _ = write!(self.rows, " {word:<width$}", width = persona.len().max(6));
        }
        self.rows = self.rows.trim_end().to_owned() + "\n";
    }

    fn text(&self) -> String {
        let mut text = "Who may do what. Made by a test that really calls everything; do not edit by hand.\n\n\
             yes = done or shown   - = refused, or as if it did not exist   (none) = a list without entries\n\
             (input) = the call itself was refused, such as a wrong password or a name that is taken\n\n"
            .to_owned();
        for (persona, what) in PERSONAS {
            let _ = writeln!(text, "  {persona:<14} {what}");
        }
        let _ = write!(text, "\n{:<44}", "");
        for (persona, _) in PERSONAS {
            let _ = write!(text, " {persona:<6}");
        }
        format!("{}\n{}", text.trim_end(), self.rows)
    }
}

/// Reading everything, two steps deep, as everybody: no fault, and nothing of the other tenant.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deep_reads_end_at_what_one_may_see() {
    let stage = Stage::new().await;
    let mut wrong = Vec::new();
    for (kind, slot) in NODES {
        let document = node_document(kind, 2);
        let variables = json!({ "id": stage.ours.slots[slot] });
        for (persona, _) in PERSONAS {
            let answer = stage.call(persona, &document, &variables).await;
            let text = answer.to_string();
            let errors = answer["errors"].as_array().cloned().unwrap_or_default();
            for error in errors {
                // Some fields of what one sees ask for more, and say so; none may break.
                let code = error["extensions"]["code"].as_str().unwrap_or("?");
                if !["UNAUTHENTICATED", "FORBIDDEN"].contains(&code) {
                    wrong.push(format!("{slot} as {persona}: {error}"));
                }
            }
            if text.contains(CANARY) && !["foreign_admin", "system_admin"].contains(&persona) {
                wrong.push(format!("{slot} as {persona} shows the other tenant"));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
