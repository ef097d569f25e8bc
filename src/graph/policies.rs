//! What every root field and every kind of node asks of its caller, in one list.
//!
//! The fields are declared beside their resolvers; here they are put together for `policy.json`
//! and for the tests that compare them with the schema and with what happens.

use crate::{
    authz::{FieldPolicy, Mode, Permission},
    domains::{access, content, identity, model, platform, project, query, warehouse},
};
use serde::Serialize;

/// The lists of all entities.
const LISTS: &[&[FieldPolicy]] = &[
    ROOT,
    access::grant::POLICIES,
    access::group::POLICIES,
    access::role::POLICIES,
    content::chart::POLICIES,
    content::chart_version::POLICIES,
    content::dashboard::POLICIES,
    content::space::POLICIES,
    identity::api_key::POLICIES,
    identity::authentication::POLICIES,
    identity::membership::POLICIES,
    identity::organization::POLICIES,
    identity::session::POLICIES,
    identity::user::POLICIES,
    identity::viewer::POLICIES,
    model::attribute::POLICIES,
    model::catalog::POLICIES,
    model::deployment::POLICIES,
    model::tag::POLICIES,
    platform::job::POLICIES,
    platform::selftest::POLICIES,
    project::project::POLICIES,
    query::POLICIES,
    query::validation::POLICIES,
    warehouse::connection::POLICIES,
    warehouse::credentials::POLICIES,
];

/// `node` and `nodes` ask what the kind of the object asks.
const ROOT: &[FieldPolicy] = &[any_node("Query.node"), any_node("Query.nodes")];

const fn any_node(field: &'static str) -> FieldPolicy {
    FieldPolicy {
        field,
        mode: Mode::Object,
        permission: None,
        on: "as for the kind of the object: see nodes",
    }
}

/// What seeing an object of each kind asks for, by `node` as everywhere else.
const NODES: &[FieldPolicy] = &[
    FieldPolicy::object(
        "AccessGrant",
        Permission::MemberView,
        "the organization, for grants to users, with sight of the scope (GROUP_VIEW for grants to groups); or it is given to the caller",
    ),
    FieldPolicy::object(
        "ApiKey",
        Permission::ApiKeyManageAll,
        "the home of its user; or it is the caller's own",
    ),
    FieldPolicy::object(
        "AuditEvent",
        Permission::OrganizationEdit,
        "the organization; everywhere with SYSTEM_VIEW",
    ),
    FieldPolicy::object("Chart", Permission::ChartView, "the space, with SPACE_VIEW"),
    FieldPolicy::object(
        "ChartVersion",
        Permission::ChartView,
        "the space in which its chart is now, with SPACE_VIEW",
    ),
    FieldPolicy::object(
        "Dashboard",
        Permission::DashboardView,
        "the space, with SPACE_VIEW",
    ),
    FieldPolicy::object(
        "DashboardTile",
        Permission::DashboardView,
        "the space of its dashboard, with SPACE_VIEW",
    ),
    FieldPolicy::object("Deployment", Permission::ProjectCompile, "the project"),
    FieldPolicy::object(
        "Dimension",
        Permission::CatalogView,
        "the project, as long as the active deployment has it; and the attributes that it asks for",
    ),
    FieldPolicy::object(
        "Group",
        Permission::GroupView,
        "the organization; or the caller is in it",
    ),
    FieldPolicy::object(
        "Job",
        Permission::OrganizationEdit,
        "the organization; everywhere with SYSTEM_VIEW; or the caller asked for it or lends it their rights, and belongs to the organization",
    ),
    FieldPolicy::object(
        "Metric",
        Permission::CatalogView,
        "the project, as long as the active deployment has it; and the attributes that it asks for",
    ),
    FieldPolicy::object(
        "Organization",
        Permission::OrganizationView,
        "the installation; or the caller is a member",
    ),
    FieldPolicy::object(
        "OrganizationMembership",
        Permission::MemberView,
        "the organization (GROUP_VIEW too for groups); or it is the caller's",
    ),
    FieldPolicy::object(
        "Project",
        Permission::ProjectView,
        "the project; or SPACE_VIEW on it or on a space inside",
    ),
    FieldPolicy::own(
        "QueryRun",
        "the caller's own runs, as long as they may run them: EXPLORE_USE, UNDERLYING_DATA_VIEW or SQL_RUN on the project, or sight of the chart",
    ),
    FieldPolicy::object(
        "ValidationError",
        Permission::ProjectValidate,
        "the project; what it tells of content asks for sight of the content",
    ),
    FieldPolicy::object(
        "Role",
        Permission::RoleView,
        "the installation; or it is built in, held by the caller or of an organization they belong to",
    ),
    FieldPolicy::own("Session", "the caller's own sessions"),
    FieldPolicy::object("Space", Permission::SpaceView, "the space"),
    FieldPolicy::object(
        "Table",
        Permission::CatalogView,
        "the project, as long as the active deployment has it; and the attributes that it asks for",
    ),
    FieldPolicy::object("Tag", Permission::CatalogView, "the project"),
    FieldPolicy::object(
        "User",
        Permission::UserView,
        "the home of the account; or MEMBER_VIEW where it is a member; or it is the caller",
    ),
    FieldPolicy::object(
        "UserAttribute",
        Permission::UserAttributeView,
        "the organization",
    ),
    FieldPolicy::own("WarehouseCredentials", "the caller's own credentials"),
];

/// Everything that is declared, in order of the coordinates.
#[derive(Debug, Serialize)]
pub struct Policies {
    /// Root fields.
    pub fields: Vec<FieldPolicy>,
    /// Kinds of nodes.
    pub nodes: Vec<FieldPolicy>,
}

/// Everything that is declared.
pub fn policies() -> Policies {
    let sorted = |mut list: Vec<FieldPolicy>| {
        list.sort_by_key(|policy| policy.field);
        list
    };
    Policies {
        fields: sorted(LISTS.concat()),
        nodes: sorted(NODES.to_vec()),
    }
}

/// The same as text: what `policy.json` holds.
///
/// # Errors
/// Never; the signature is that of the serializer.
pub fn policies_json() -> serde_json::Result<String> {
    serde_json::to_string_pretty(&policies()).map(|text| text + "\n")
}
