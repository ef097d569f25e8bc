//! A smallest valid call of every root field: the only thing a new field has to add here.
//!
//! `$slot` stands for an id of the own tenant (see `personas`); the text of the operation is made
//! from the schema, so that everything a field can show is asked for.

use super::{
    personas::Tenant,
    schema::{arguments, schema},
};
use apollo_compiler::schema::{ExtendedType, FieldDefinition, Type};
use chartroom::kernel::{Clock as _, SystemClock};
use chrono::TimeDelta;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// What decides whether a persona may.
#[derive(Debug, Clone, Copy)]
pub(super) enum Expect {
    /// These permissions at these places.
    Needs(&'static [(&'static str, &'static str)]),
    /// Sight of the object of the slot.
    Sees(&'static str),
    /// Every signed-in caller gets a list, of what they may see.
    List,
    /// Anybody.
    Public,
    /// Rules of its own: reviewed in `matrix.txt` only.
    Reviewed,
}

/// One root field and how to call it.
#[derive(Debug, Clone)]
pub(super) struct Operation {
    pub(super) root: &'static str,
    pub(super) field: &'static str,
    pub(super) variables: Value,
    pub(super) expect: Expect,
}

impl Operation {
    /// The document and its variables.
    pub(super) fn request(&self, ours: &Tenant, depth: usize) -> (String, Value) {
        (
            document(self.root, self.field, depth),
            fill(&self.variables, ours),
        )
    }
}

fn query(field: &'static str, variables: Value, expect: Expect) -> Operation {
    Operation {
        root: "Query",
        field,
        variables,
        expect,
    }
}

fn watch(field: &'static str, variables: Value, expect: Expect) -> Operation {
    Operation {
        root: "Subscription",
        ..query(field, variables, expect)
    }
}

fn change(
    field: &'static str,
    input: Value,
    needs: &'static [(&'static str, &'static str)],
) -> Operation {
    Operation {
        root: "Mutation",
        field,
        variables: json!({ "input": input }),
        expect: Expect::Needs(needs),
    }
}

fn own(field: &'static str, input: Value) -> Operation {
    Operation {
        expect: Expect::Reviewed,
        ..change(field, input, &[])
    }
}

/// Every root field.
#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn operations() -> Vec<Operation> {
    use Expect::{List, Public, Reviewed, Sees};
    vec![
        query(
            "node",
            json!({ "id": "$project.main" }),
            Sees("project.main"),
        ),
        query(
            "nodes",
            json!({ "ids": ["$space.open"] }),
            Sees("space.open"),
        ),
        query("viewer", json!({}), Public),
        query("loginOptions", json!({}), Public),
        Operation {
            expect: Public,
            ..own(
                "signIn",
                json!({ "login": "nobody", "password": "a password of nobody" }),
            )
        },
        query(
            "user",
            json!({ "by": { "id": "$user.colleague" } }),
            Sees("user.colleague"),
        ),
        query("users", json!({}), List),
        query("group", json!({ "by": { "id": "$group" } }), Sees("group")),
        query("groups", json!({}), List),
        query("roles", json!({}), List),
        query("apiKeys", json!({}), Reviewed),
        query(
            "organization",
            json!({ "id": "$organization" }),
            Sees("organization"),
        ),
        query("organizations", json!({}), List),
        query(
            "project",
            json!({ "id": "$project.main" }),
            Sees("project.main"),
        ),
        query("projects", json!({}), List),
        query(
            "space",
            json!({ "id": "$space.nested" }),
            Sees("space.nested"),
        ),
        query(
            "chart",
            json!({ "id": "$chart.nested" }),
            Sees("chart.nested"),
        ),
        change(
            "createChart",
            json!({
                "spaceId": "$space.open", "name": "new", "config": { "type": "table" },
                "metricQuery": {
                    "exploreName": "orders", "dimensions": ["orders_status"], "metrics": [],
                    "filters": {}, "sorts": [], "limit": 10, "tableCalculations": [],
                },
            }),
            &[("CHART_CREATE", "space.open")],
        ),
        change(
            "updateChart",
            json!({ "id": "$chart.nested", "name": "new" }),
            &[("CHART_EDIT", "chart.nested")],
        ),
        change(
            "rollbackChart",
            json!({ "chartId": "$chart.nested", "versionId": "$chartversion.nested" }),
            &[("CHART_EDIT", "chart.nested")],
        ),
        change(
            "deleteCharts",
            json!({ "ids": ["$chart.open"] }),
            &[("CHART_DELETE", "chart.open")],
        ),
        query(
            "dashboard",
            json!({ "id": "$dashboard.nested" }),
            Sees("dashboard.nested"),
        ),
        change(
            "createDashboard",
            json!({ "projectId": "$project.main", "spaceId": "$space.open", "name": "new" }),
            &[("DASHBOARD_CREATE", "space.open")],
        ),
        change(
            "updateDashboards",
            json!({ "dashboards": [{ "id": "$dashboard.nested", "name": "new" }] }),
            &[("DASHBOARD_EDIT", "dashboard.nested")],
        ),
        change(
            "deleteDashboards",
            json!({ "ids": ["$dashboard.open"] }),
            &[("DASHBOARD_DELETE", "dashboard.open")],
        ),
        query("job", json!({ "id": "$job.ended" }), Sees("job.ended")),
        query("jobs", json!({}), List),
        watch(
            "jobUpdated",
            json!({ "id": "$job.ended", "afterVersion": 0 }),
            Sees("job.ended"),
        ),
        watch(
            "jobLogAppended",
            json!({ "id": "$job.ended", "afterSeq": 0 }),
            Sees("job.ended"),
        ),
        watch("jobsUpdated", json!({}), List),
        change(
            "cancelJob",
            json!({ "id": "$job.waiting" }),
            &[("ORGANIZATION_EDIT", "organization")],
        ),
        change(
            "retryJob",
            json!({ "id": "$job.ended" }),
            &[("ORGANIZATION_EDIT", "organization")],
        ),
        change(
            "runSelftest",
            json!({ "organizationId": "$organization" }),
            &[("ORGANIZATION_EDIT", "organization")],
        ),
        own(
            "createApiKey",
            json!({ "name": "new", "expiresAt": "@soon" }),
        ),
        own("updateApiKey", json!({ "id": "$apikey", "name": "new" })),
        own(
            "rotateApiKey",
            json!({ "id": "$apikey", "expiresAt": "@soon" }),
        ),
        change(
            "deleteApiKeys",
            json!({ "ids": ["$apikey"] }),
            &[("API_KEY_MANAGE_ALL", "organization")],
        ),
        own("signOut", Value::Null),
        change(
            "revokeSessions",
            json!({ "user": { "id": "$user.colleague" } }),
            &[("USER_EDIT", "organization")],
        ),
        change(
            "createUser",
            json!({ "username": "new", "organizationId": "$organization" }),
            &[("USER_CREATE", "organization")],
        ),
        change(
            "updateUser",
            json!({ "user": { "id": "$user.colleague" }, "fullName": "new" }),
            &[("USER_EDIT", "organization")],
        ),
        change(
            "deleteUsers",
            json!({ "ids": ["$user.colleague"] }),
            &[("USER_DELETE", "organization")],
        ),
        change(
            "setUserPassword",
            json!({ "userId": "$user.colleague", "newPassword": "long and of no use elsewhere" }),
            &[("USER_EDIT", "organization")],
        ),
        change(
            "unlockUsers",
            json!({ "ids": ["$user.colleague"] }),
            &[("USER_EDIT", "organization")],
        ),
        own("updateViewer", json!({ "fullName": "new" })),
        own("deleteViewer", Value::Null),
        own(
            "changePassword",
            json!({ "oldPassword": "the one of before", "newPassword": "long and of no use elsewhere", "newPasswordConfirm": "long and of no use elsewhere" }),
        ),
        own(
            "setDefaultOrganization",
            json!({ "organizationId": "$organization" }),
        ),
        change(
            "createGroup",
            json!({ "name": "new", "organizationId": "$organization" }),
            &[("GROUP_CREATE", "organization")],
        ),
        change(
            "updateGroup",
            json!({ "group": { "id": "$group" }, "name": "new" }),
            &[("GROUP_EDIT", "organization")],
        ),
        change(
            "deleteGroups",
            json!({ "ids": ["$group"] }),
            &[("GROUP_DELETE", "organization")],
        ),
        change(
            "addGroupMembers",
            json!({ "groups": [{ "id": "$group" }], "users": [{ "id": "$user.newcomer" }] }),
            &[("GROUP_EDIT", "organization")],
        ),
        change(
            "removeGroupMembers",
            json!({ "groups": [{ "id": "$group" }], "users": [{ "id": "$user.colleague" }] }),
            &[("GROUP_EDIT", "organization")],
        ),
        change(
            "createRole",
            json!({ "name": "new", "scope": "ORGANIZATION", "organizationId": "$organization", "permissions": ["PROJECT_VIEW"], "isActive": true }),
            &[("ROLE_CREATE", "organization")],
        ),
        change(
            "updateRole",
            json!({ "id": "$role.spare", "name": "new" }),
            &[("ROLE_EDIT", "organization")],
        ),
        change(
            "deleteRoles",
            json!({ "ids": ["$role.spare"] }),
            &[("ROLE_DELETE", "organization")],
        ),
        change(
            "grantAccess",
            json!({ "scopeId": "$project.main", "principal": { "user": { "id": "$user.newcomer" } }, "role": { "key": "viewer" } }),
            &[("PROJECT_ACCESS_MANAGE", "project.main")],
        ),
        change(
            "updateAccessGrant",
            json!({ "scopeId": "$space.open", "principal": { "user": { "id": "$user.colleague" } }, "role": { "key": "editor" } }),
            &[("SPACE_ACCESS_MANAGE", "space.open")],
        ),
        change(
            "revokeAccess",
            json!({ "scopeId": "$space.open", "principal": { "user": { "id": "$user.colleague" } } }),
            &[("SPACE_ACCESS_MANAGE", "space.open")],
        ),
        own("createOrganization", json!({ "name": "new" })),
        change(
            "updateOrganization",
            json!({ "id": "$organization", "displayName": "new" }),
            &[("ORGANIZATION_EDIT", "organization")],
        ),
        change(
            "deleteOrganizations",
            json!({ "ids": ["$organization"] }),
            &[("ORGANIZATION_DELETE", "organization")],
        ),
        change(
            "updateOrganizationMembership",
            json!({ "organizationId": "$organization", "userId": "$user.colleague", "role": { "key": "viewer" } }),
            &[("MEMBER_MANAGE", "organization")],
        ),
        change(
            "removeOrganizationMembers",
            json!({ "organizationId": "$organization", "userIds": ["$user.newcomer"] }),
            &[("MEMBER_MANAGE", "organization")],
        ),
        change(
            "createProject",
            json!({ "organizationId": "$organization", "name": "new" }),
            &[("PROJECT_CREATE", "organization")],
        ),
        change(
            "updateProject",
            json!({ "id": "$project.main", "name": "new" }),
            &[("PROJECT_EDIT", "project.main")],
        ),
        change(
            "deleteProjects",
            json!({ "ids": ["$project.second"] }),
            &[("PROJECT_DELETE", "project.second")],
        ),
        change(
            "createSpace",
            json!({ "projectId": "$project.main", "name": "new" }),
            &[("SPACE_CREATE", "project.main")],
        ),
        change(
            "updateSpace",
            json!({ "id": "$space.open", "name": "new" }),
            &[("SPACE_EDIT", "space.open")],
        ),
        change(
            "deleteSpaces",
            json!({ "ids": ["$space.open"] }),
            &[("SPACE_DELETE", "space.open")],
        ),
        // Files come by multipart only; who may not is refused before that is told.
        own(
            "deployProject",
            json!({ "projectId": "$project.main", "manifest": "file:0:none" }),
        ),
        change(
            "setExplores",
            json!({ "projectId": "$project.main", "explores": [broken_explore()] }),
            &[("PROJECT_COMPILE", "project.main")],
        ),
        change(
            "activateDeployment",
            json!({ "id": "$deployment" }),
            &[("PROJECT_COMPILE", "deployment")],
        ),
        change(
            "validateProject",
            json!({ "projectId": "$project.main" }),
            &[("PROJECT_VALIDATE", "project.main")],
        ),
        change(
            "dismissValidationErrors",
            json!({ "ids": ["$validationerror"] }),
            &[("PROJECT_VALIDATE", "validationerror")],
        ),
        change(
            "createTag",
            json!({ "projectId": "$project.main", "name": "new", "color": "#1f6feb" }),
            &[("TAG_MANAGE", "project.main")],
        ),
        change(
            "updateTag",
            json!({ "id": "$tag", "name": "new" }),
            &[("TAG_MANAGE", "tag")],
        ),
        change(
            "deleteTags",
            json!({ "ids": ["$tag"] }),
            &[("TAG_MANAGE", "tag")],
        ),
        change(
            "tagCatalogItem",
            json!({ "catalogItemId": "$dimension", "tagId": "$tag" }),
            &[("CATALOG_EDIT", "dimension")],
        ),
        change(
            "untagCatalogItem",
            json!({ "catalogItemId": "$table", "tagId": "$tag" }),
            &[("CATALOG_EDIT", "table")],
        ),
        change(
            "setCatalogItemIcon",
            json!({ "catalogItemId": "$metric", "icon": { "unicode": "☕" } }),
            &[("CATALOG_EDIT", "metric")],
        ),
        change(
            "createUserAttribute",
            json!({ "organizationId": "$organization", "name": "new", "users": [], "groups": [] }),
            &[("USER_ATTRIBUTE_MANAGE", "organization")],
        ),
        change(
            "updateUserAttribute",
            json!({ "id": "$attribute", "name": "new", "users": [], "groups": [] }),
            &[("USER_ATTRIBUTE_MANAGE", "organization")],
        ),
        change(
            "deleteUserAttributes",
            json!({ "ids": ["$attribute"] }),
            &[("USER_ATTRIBUTE_MANAGE", "organization")],
        ),
        change(
            "setWarehouseConnection",
            json!({ "projectId": "$project.main", "warehouse": warehouse(), "skipTest": true }),
            &[("PROJECT_EDIT", "project.main")],
        ),
        change(
            "testWarehouseConnection",
            json!({ "projectId": "$project.main", "warehouse": warehouse() }),
            &[("PROJECT_EDIT", "project.main")],
        ),
        own(
            "createWarehouseCredentials",
            json!({ "name": "Mine", "secret": { "postgres": { "user": "me", "password": "pw" } } }),
        ),
        own(
            "updateWarehouseCredentials",
            json!({ "id": "$credentials", "name": "Mine", "secret": { "postgres": { "user": "me", "password": "pw" } } }),
        ),
        own(
            "deleteWarehouseCredentials",
            json!({ "ids": ["$credentials"] }),
        ),
        own(
            "setProjectWarehouseCredentials",
            json!({ "projectId": "$project.main", "warehouseCredentialsId": "$credentials" }),
        ),
        query(
            "compileMetricQuery",
            json!({ "projectId": "$project.main", "query": metric_query() }),
            Reviewed,
        ),
        change(
            "runQuery",
            json!({ "source": { "sql": { "projectId": "$project.main", "sql": "SELECT 1" } } }),
            &[("SQL_RUN", "project.main")],
        ),
        change(
            "exportQueryResults",
            json!({
                "source": { "sql": { "projectId": "$project.main", "sql": "SELECT 1" } }, "onlyRaw": true,
            }),
            &[
                ("SQL_RUN", "project.main"),
                ("RESULT_EXPORT", "project.main"),
            ],
        ),
        own(
            "calculateTotals",
            json!({ "source": { "metricQuery": { "projectId": "$project.main", "query": metric_query() } } }),
        ),
        own(
            "runUnderlyingDataQuery",
            json!({ "source": { "projectId": "$project.main", "query": metric_query() } }),
        ),
    ]
}

/// A query of an explore that is not there.
fn metric_query() -> Value {
    json!({
        "exploreName": "orders", "dimensions": ["orders_status"], "metrics": [], "filters": {},
        "sorts": [], "limit": 1, "tableCalculations": [],
    })
}

/// An explore that says why it has no tables.
fn broken_explore() -> Value {
    json!({
        "name": "new", "label": "new", "groups": [], "tags": [], "base_table": "new", "tables": {},
        "joins": [], "parameters": {}, "granularities": {}, "case_sensitive": true,
        "data_timezone": "UTC",
        "errors": [{ "code": "NO_DIMENSIONS", "path": "", "message": "the model has no dimensions" }],
    })
}

/// A warehouse where nobody may go.
fn warehouse() -> Value {
    json!({ "postgres": { "host": "127.0.0.1", "database": "d", "user": "u", "password": "p" } })
}

/// A moment within what keys may live.
pub(super) fn soon() -> String {
    (SystemClock.now() + TimeDelta::days(30)).to_rfc3339()
}

/// Variables with ids in place of slots.
pub(super) fn fill(value: &Value, ours: &Tenant) -> Value {
    match value {
        Value::String(text) if text == "@soon" => {
            json!(soon())
        }
        Value::String(text) => match text.strip_prefix('$') {
            Some(slot) => json!(ours.slots[slot]),
            None => value.clone(),
        },
        Value::Array(items) => items.iter().map(|item| fill(item, ours)).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, field)| (name.clone(), fill(field, ours)))
            .collect(),
        other => other.clone(),
    }
}

/// An operation with every argument as a variable, that asks for everything to a depth.
pub(super) fn document(root: &str, field: &str, depth: usize) -> String {
    let ExtendedType::Object(object) = &schema().types[root] else {
        panic!("{root} is an object")
    };
    let definition = object
        .fields
        .get(field)
        .unwrap_or_else(|| panic!("{root}.{field} is not in the schema"));
    let mut declared = String::new();
    let mut given = String::new();
    for (name, kind) in arguments(root, field) {
        let _ = write!(declared, "${name}: {kind} ");
        let _ = write!(given, "{name}: ${name} ");
    }
    let around = |text: String| {
        if text.is_empty() {
            text
        } else {
            format!("({text})")
        }
    };
    let selection = selection(&definition.ty, depth);
    format!(
        "{} {} {{ {field}{} {selection} }}",
        root.to_lowercase(),
        around(declared),
        around(given)
    )
}

/// Fields of what one sees that ask for more and say so by an error; rows of their own.
pub(super) const GATED: [(&str, &str); 2] = [("Organization", "auditLog"), ("User", "permissions")];

/// The braces of a field of this type; nothing for a leaf.
fn selection(ty: &Type, depth: usize) -> String {
    let name = ty.inner_named_type().as_str();
    let fields = match &schema().types[name] {
        ExtendedType::Object(object) => &object.fields,
        ExtendedType::Interface(interface) => &interface.fields,
        ExtendedType::Union(_) => return "{ __typename }".to_owned(),
        _ => return String::new(),
    };
    let mut text = "{ __typename ".to_owned();
    for (field, definition) in fields {
        if GATED.contains(&(name, field.as_str())) {
            continue;
        }
        if definition
            .arguments
            .iter()
            .any(|argument| argument.is_required())
        {
            continue;
        }
        let inner = &schema().types[definition.ty.inner_named_type()];
        if inner.is_enum() || inner.is_scalar() {
            let _ = write!(text, "{field} ");
        } else if depth > 0 && field.as_str() != "edges" {
            // A page and its nodes are one step.
            let is_page = matches!(field.as_str(), "nodes" | "pageInfo");
            let inside = selection(&definition.ty, if is_page { depth } else { depth - 1 });
            let _ = write!(text, "{field}{} {inside} ", page(definition));
        }
    }
    text + "}"
}

fn page(definition: &FieldDefinition) -> &'static str {
    let mut arguments = definition.arguments.iter();
    if arguments.any(|argument| argument.name.as_str() == "first") {
        "(first: 3)"
    } else {
        ""
    }
}

/// One object by its id, with everything of its kind to a depth.
pub(super) fn node_document(kind: &str, depth: usize) -> String {
    let ty = Type::parse(kind, "kind").expect("a type");
    format!(
        "query ($id: ID!) {{ node(id: $id) {{ __typename id ... on {kind} {} }} }}",
        selection(&ty, depth)
    )
}
