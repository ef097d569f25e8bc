//! Two tenants of the same shape, and the people who call.

use super::{
    evaluator::Place,
    rules::{Rules, Scope},
    worlds::{self, Content, Grant, Group, Owned, Principal, Project, Role, Space, User, World},
};
use chartroom::kernel::entity::{
    AccessGrantId, ApiKeyId, AuditEventId, ChartId, ChartVersionId, DashboardId, DashboardTileId,
    DeploymentId, DimensionId, GroupId, JobId, MetricId, OrganizationId, OrganizationMembershipId,
    ProjectId, QueryRunId, RoleId, SessionId, SpaceId, TableId, TagId, UserAttributeId, UserId,
    ValidationErrorId, WarehouseCredentialsId,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// In every text of the other tenant; must never be in an answer.
pub(super) const CANARY: &str = "zq7victim";

/// Who calls, in the order of the columns; what they hold is in [`Tenant::new`].
pub(super) const PERSONAS: [(&str, &str); 15] = [
    ("anonymous", "nobody in particular"),
    ("deactivated", "an administrator who was switched off"),
    (
        "expired_key",
        "an administrator's API key after its last day",
    ),
    ("foreign_admin", "administrator of another organization"),
    ("member", "belongs to the organization, no grant beyond"),
    ("viewer", "viewer of the organization"),
    ("interactive", "interactive_viewer of the organization"),
    ("editor", "editor of the organization"),
    ("developer", "developer of the organization"),
    ("admin", "admin of the organization"),
    (
        "group_only",
        "member, in a group that is viewer of the project",
    ),
    (
        "nested_space",
        "member, with `Can edit` on a space inside a private one",
    ),
    (
        "custom",
        "no member role; a custom role with PROJECT_VIEW alone",
    ),
    ("project_admin", "member, admin of the project"),
    (
        "system_admin",
        "system_admin of the installation, member nowhere",
    ),
];

/// One of the tenants.
pub(super) struct Tenant {
    pub(super) world: World,
    /// Ids by what they are for.
    pub(super) slots: BTreeMap<&'static str, String>,
    /// The same, for the evaluator.
    uuids: BTreeMap<&'static str, Uuid>,
    number: u128,
}

impl Tenant {
    pub(super) fn new(number: u128, rules: &Rules) -> Self {
        let mut tenant = Self {
            world: World::default(),
            slots: BTreeMap::new(),
            uuids: BTreeMap::new(),
            number,
        };
        tenant.fill(rules);
        tenant
    }

    fn make(&mut self, slot: &'static str) -> Uuid {
        let n = u128::try_from(self.uuids.len()).expect("small") + 1;
        let bits = 0x0190_0000_0000_7000_8000_0000_0000_0000 + (self.number << 32) + n;
        let id = Uuid::from_u128(bits);
        self.uuids.insert(slot, id);
        let kind = slot.split('.').next().expect("a kind");
        // Explores have no id in the graph.
        if kind != "explore" {
            self.slots.insert(slot, text(kind, id));
        }
        id
    }

    /// The id behind a slot such as `space.open`.
    pub(super) fn uuid(&self, slot: &str) -> Uuid {
        *self
            .uuids
            .get(slot)
            .unwrap_or_else(|| panic!("no slot {slot}"))
    }

    fn role(&self, scope: Scope, permissions: usize) -> usize {
        let mut roles = self.world.roles.iter();
        roles
            .position(|r| r.built_in && r.scope == scope && r.permissions.len() == permissions)
            .expect("a built-in role")
    }

    fn grant(&mut self, slot: &'static str, at: (Scope, Uuid), principal: Principal, role: usize) {
        let id = self.make(slot);
        let organization = self.uuid("organization");
        let (scope, scope_id) = at;
        self.world.grants.push(Grant {
            id,
            organization,
            scope,
            scope_id,
            principal,
            role,
        });
    }

    fn space(&mut self, slot: &'static str, parent: Option<Uuid>, private: bool) -> Uuid {
        let id = self.make(slot);
        self.world.spaces.push(Space {
            id,
            organization: self.uuid("organization"),
            project: self.uuid("project.main"),
            parent,
            private,
        });
        id
    }

    fn user(&mut self, slot: &'static str, active: bool, is_member: bool) -> Uuid {
        let id = self.make(slot);
        let organization = self.uuid("organization");
        self.world.users.push(User {
            id,
            home: Some(organization),
            active,
            member_of: if is_member {
                vec![organization]
            } else {
                Vec::new()
            },
        });
        id
    }

    fn fill(&mut self, rules: &Rules) {
        let organization = self.make("organization");
        self.world.organizations.push(organization);
        for slot in ["project.main", "project.second"] {
            let id = self.make(slot);
            self.world.projects.push(Project { id, organization });
        }
        let main = self.uuid("project.main");
        let open = self.space("space.open", None, false);
        let private = self.space("space.private", None, true);
        let nested = self.space("space.nested", Some(private), false);
        for (chart, dashboard, space) in [
            ("chart.open", "dashboard.open", open),
            ("chart.nested", "dashboard.nested", nested),
        ] {
            let id = self.make(chart);
            self.world.charts.push(Content { id, space });
            let id = self.make(dashboard);
            self.world.dashboards.push(Content { id, space });
        }
        self.world.roles = worlds::built_in(rules);
        let count = |scope, key| rules.roles[&(scope, key)].len();
        let of = |tenant: &Self, scope, key| tenant.role(scope, count(scope, key));
        for (slot, scope) in [
            ("role.one", Scope::Organization),
            ("role.spare", Scope::Organization),
            ("role.project", Scope::Project),
        ] {
            let id = self.make(slot);
            self.world.roles.push(Role {
                id,
                organization: Some(organization),
                built_in: false,
                scope,
                active: true,
                all_projects: false,
                projects: Vec::new(),
                permissions: ["PROJECT_VIEW"].into(),
            });
        }
        let on_organization = (Scope::Organization, organization);
        for (slot, grant, key) in [
            ("user.deactivated", "grant.deactivated", "admin"),
            ("user.expired_key", "grant.expired_key", "admin"),
            ("user.member", "grant.member", "member"),
            ("user.viewer", "grant.viewer", "viewer"),
            (
                "user.interactive",
                "grant.interactive",
                "interactive_viewer",
            ),
            ("user.editor", "grant.editor", "editor"),
            ("user.developer", "grant.developer", "developer"),
            ("user.admin", "grant.admin", "admin"),
            ("user.group_only", "grant.group_only", "member"),
            ("user.nested_space", "grant.nested_space", "member"),
            ("user.project_admin", "grant.project_admin", "member"),
            ("user.colleague", "grant.colleague", "member"),
            ("user.newcomer", "grant.newcomer", "member"),
        ] {
            let id = self.user(slot, slot != "user.deactivated", true);
            let role = of(self, Scope::Organization, key);
            self.grant(grant, on_organization, Principal::User(id), role);
        }
        let custom = self.user("user.custom", true, true);
        let one = self
            .world
            .roles
            .iter()
            .position(|r| r.id == self.uuid("role.one"));
        let role = one.expect("the role");
        self.grant(
            "grant.custom",
            on_organization,
            Principal::User(custom),
            role,
        );
        let system = self.user("user.system_admin", true, false);
        self.world.users.last_mut().expect("it").home = None;
        let all = of(self, Scope::Tenant, "system_admin");
        self.world.assignments.push((system, all));
        let (group_only, colleague) = (self.uuid("user.group_only"), self.uuid("user.colleague"));
        let group = self.make("group");
        self.world.groups.push(Group {
            id: group,
            organization,
            active: true,
            members: vec![group_only, colleague],
        });
        let on_main = (Scope::Project, main);
        let viewer = of(self, Scope::Project, "viewer");
        self.grant("grant.of_group", on_main, Principal::Group(group), viewer);
        let admin = of(self, Scope::Project, "admin");
        let person = Principal::User(self.uuid("user.project_admin"));
        self.grant("grant.on_project", on_main, person, admin);
        let editor = of(self, Scope::Space, "editor");
        let person = Principal::User(self.uuid("user.nested_space"));
        self.grant("grant.on_nested", (Scope::Space, nested), person, editor);
        let viewer = of(self, Scope::Space, "viewer");
        self.grant(
            "grant.on_open",
            (Scope::Space, open),
            Principal::User(colleague),
            viewer,
        );
        let key = self.make("apikey");
        self.world.keys.push(Owned {
            id: key,
            user: colleague,
        });
        let session = self.make("session");
        self.world.sessions.push(Owned {
            id: session,
            user: colleague,
        });
        self.make("audit");
        self.make("job.ended");
        self.make("job.waiting");
        self.make("queryrun");
        self.make("chartversion.open");
        self.make("chartversion.nested");
        self.make("tile.open");
        self.make("tile.nested");
        self.make("credentials");
        for slot in [
            "deployment",
            "explore",
            "table",
            "dimension",
            "metric",
            "tag",
            "attribute",
            "validationerror",
        ] {
            self.make(slot);
        }
        // The membership of the colleague, by the name that organizations give it.
        let grant = self.uuid("grant.colleague");
        self.uuids.insert("membership", grant);
        self.slots.insert("membership", text("membership", grant));
    }

    /// Where a slot is, for the evaluator.
    pub(super) fn place(&self, slot: &str) -> Place {
        let organization = self.uuid("organization");
        match slot.split('.').next() {
            Some("space") => Place::Space(self.uuid(slot)),
            Some("project") => Place::Project(organization, self.uuid(slot)),
            Some("validationerror" | "deployment" | "table" | "dimension" | "metric" | "tag") => {
                Place::Project(organization, self.uuid("project.main"))
            }
            Some("chart" | "dashboard") => {
                let id = self.uuid(slot);
                let mut content = self.world.charts.iter().chain(&self.world.dashboards);
                Place::Space(content.find(|c| c.id == id).expect("content").space)
            }
            Some("installation") => Place::Installation,
            _ => Place::Organization(organization),
        }
    }

    /// A deployment with one explore of one table with two fields, a tag and an attribute.
    pub(super) fn models(&self) -> String {
        let mark = if self.number == 1 { "ours" } else { CANARY };
        let field = json!({
            "name": mark, "label": mark, "description": mark, "sql": [{ "text": mark }], "needs": {},
            "hidden": false, "access": [], "format": {}, "groups": [mark], "tags": [mark], "display": {},
        });
        let with = |more: Value| {
            let mut field = field.clone();
            for (key, value) in more.as_object().expect("an object") {
                field[key] = value.clone();
            }
            field
        };
        let dimension = with(json!({
            "type": "STRING", "granularity": null, "is_interval_base": false, "naive": false,
            "convert_timezone": false, "case_sensitive": null,
        }));
        let metric = with(json!({
            "type": "COUNT", "percentile": null, "distinct_keys": [], "filters": [],
            "show_underlying_values": null, "default_time_dimension": null,
        }));
        let table = json!({
            "name": mark, "model": mark, "label": mark, "description": mark, "relation": [{ "text": mark }],
            "row_filter": null, "row_filter_needs": {}, "dimensions": { mark: dimension },
            "metrics": { mark: metric }, "primary_key": [], "access": [], "default_filters": [],
            "default_time_dimension": null, "default_show_underlying_values": null,
            "ordered_by_index": false, "group_details": {}, "sets": {}, "hidden": false, "ai_hint": null,
        });
        let definition = json!({
            "name": mark, "label": mark, "description": mark, "groups": [mark], "tags": [mark],
            "base_table": mark, "tables": { mark: table }, "joins": [], "parameters": {},
            "granularities": {}, "case_sensitive": true, "week_start": null, "data_timezone": "UTC",
            "errors": [{ "code": "BAD_REFERENCE", "path": mark, "message": mark }],
            "source_path": mark, "spotlight": null,
        });
        format!(
            "INSERT INTO deployments (id, organization_id, project_id, source, status, dbt_version, explore_count, error_count, compiled_at) \
               VALUES ('{deployment}', '{organization}', '{project}', 'DBT', 'COMPILED', '{mark}', 1, 1, now());
             INSERT INTO active_deployments (project_id, organization_id, deployment_id) VALUES ('{project}', '{organization}', '{deployment}');
             INSERT INTO explores (id, organization_id, project_id, deployment_id, name, label, description, groups, tags, base_table, source_path, is_usable, error_count, access, definition) \
               VALUES ('{explore}', '{organization}', '{project}', '{deployment}', '{mark}', '{mark}', '{mark}', '{{{mark}}}', '{{{mark}}}', '{mark}', '{mark}', true, 1, '[]', '{definition}');
             INSERT INTO catalog_items (id, organization_id, project_id, kind, table_name, name, label, table_label, description, explore_name, is_current, is_listed, access, usage_keys, icon_unicode, search) \
               SELECT i.id::uuid, '{organization}', '{project}', i.kind, '{mark}', i.name, '{mark}', '{mark}', '{mark}', '{mark}', true, true, '[]', '{{{mark}}}', '{mark}', '{mark}' \
               FROM (VALUES ('{table}', 'TABLE', ''), ('{dimension}', 'DIMENSION', '{mark}'), ('{metric}', 'METRIC', '{mark}')) AS i(id, kind, name);
             INSERT INTO tags (id, organization_id, project_id, name, color) VALUES ('{tag}', '{organization}', '{project}', '{mark}', '#000000');
             INSERT INTO catalog_item_tags (organization_id, project_id, item_id, tag_id) VALUES ('{organization}', '{project}', '{table}', '{tag}');
             INSERT INTO user_attributes (id, organization_id, name, description, default_value) VALUES ('{attribute}', '{organization}', '{mark}', '{mark}', '{mark}');
             INSERT INTO user_attribute_users (organization_id, attribute_id, user_id, value) VALUES ('{organization}', '{attribute}', '{colleague}', '{mark}');\n",
            organization = self.uuid("organization"),
            project = self.uuid("project.main"),
            deployment = self.uuid("deployment"),
            explore = self.uuid("explore"),
            table = self.uuid("table"),
            dimension = self.uuid("dimension"),
            metric = self.uuid("metric"),
            tag = self.uuid("tag"),
            attribute = self.uuid("attribute"),
            colleague = self.uuid("user.colleague"),
        )
    }

    /// Texts that do not come from ids: with the mark of the tenant in every one.
    pub(super) fn marks(&self) -> String {
        let organization = self.uuid("organization");
        let mark = if self.number == 1 { "ours" } else { CANARY };
        let users: Vec<_> = self
            .world
            .users
            .iter()
            .map(|u| format!("'{}'", u.id))
            .collect();
        let users = users.join(",");
        format!(
            "UPDATE organizations SET name = '{mark}-o', display_name = '{mark} o', description = '{mark}', theme_id = '{mark}' WHERE id = '{organization}';
             UPDATE users SET username = '{mark}-' || id, full_name = '{mark} u', email = '{mark}-' || id || '@{mark}.test', \
               first_name = '{mark}', last_name = '{mark}', mobile = '{mark}', external_id = '{mark}-' || id, domain_account = '{mark}' WHERE id IN ({users});
             UPDATE groups SET key = '{mark}-g', name = '{mark} g', description = '{mark}' WHERE organization_id = '{organization}';
             UPDATE roles SET key = '{mark}-' || id, name = '{mark} r', description = '{mark}' WHERE organization_id = '{organization}';
             UPDATE projects SET name = '{mark}-' || id, description = '{mark}' WHERE organization_id = '{organization}';
             UPDATE spaces SET name = '{mark} ' || id, slug = '{mark}-' || id WHERE organization_id = '{organization}';
             UPDATE charts SET name = '{mark}', slug = '{mark}-' || id, description = '{mark}', explore_name = '{mark}', \
               metric_query = '{{\"exploreName\": \"{mark}\", \"dimensions\": [\"{mark}\"], \"metrics\": [], \"filters\": {{}}, \"sorts\": [], \"limit\": 1, \"tableCalculations\": []}}', \
               config = '{{\"type\": \"{mark}\"}}' WHERE organization_id = '{organization}';
             UPDATE charts SET version_id = '{current}' WHERE id = '{drawn}';
             UPDATE chart_versions v SET explore_name = c.explore_name, metric_query = c.metric_query, config = c.config, column_order = '{{{mark}}}', \
               id = CASE WHEN v.chart_id = '{changed}' THEN '{earlier}' ELSE v.id END \
               FROM charts c WHERE c.id = v.chart_id AND v.organization_id = '{organization}';
             UPDATE dashboards SET name = '{mark}', slug = '{mark}-' || id, description = '{mark}' WHERE organization_id = '{organization}';
             UPDATE api_keys SET name = '{mark}', description = '{mark}' WHERE user_id IN ({users});
             UPDATE sessions SET user_agent = '{mark}', address = '{mark}' WHERE user_id IN ({users});
             INSERT INTO dashboard_tiles (id, organization_id, dashboard_id, kind, x, y, width, height, title, content, position) \
               SELECT t.tile::uuid, '{organization}', t.dashboard::uuid, 'MARKDOWN', 0, 0, 4, 4, '{mark}', '{mark}', 0 \
               FROM (VALUES ('{}', '{}'), ('{}', '{}')) AS t(tile, dashboard);
             INSERT INTO audit_events (id, organization_id, action, outcome, target_id, changes, address) \
               VALUES ('{}', '{organization}', '{mark}', 'SUCCEEDED', '{mark}', '{{{mark}}}', '{mark}');
             INSERT INTO jobs (id, organization_id, kind, created_by_id, run_as_id, status, progress_message, max_attempts, fairness_key) \
               SELECT j.id::uuid, '{organization}', 'SELFTEST', '{colleague}', '{colleague}', 'QUEUED', '{mark}', 5, '{organization}' \
               FROM (VALUES ('{ended}'), ('{}')) AS j(id);
             UPDATE jobs SET status = 'CANCELLED', finished_at = now(), error = jsonb_build_object('code', 'INTERNAL', 'message', '{mark}') \
               WHERE id = '{ended}';
             INSERT INTO job_inputs (job_id, version, input) SELECT j.id, 1, '{{\"steps\": 1, \"step_seconds\": 0, \"failures\": 0, \"effect\": false}}' \
               FROM jobs j WHERE j.organization_id = '{organization}';
             INSERT INTO job_logs (job_id, seq, attempt, level, message) SELECT j.id, 1, 1, 'INFO', '{mark}' FROM jobs j WHERE j.organization_id = '{organization}'; \
             INSERT INTO warehouse_connections (project_id, organization_id, kind, settings) \
               VALUES ('{}', '{organization}', 'POSTGRES', '{{\"host\": \"{mark}\", \"port\": 1, \"database\": \"{mark}\", \
               \"schema\": \"{mark}\", \"user\": \"{mark}\", \"ssl_mode\": \"prefer\", \"data_timezone\": null}}');
             INSERT INTO warehouse_credentials (id, organization_id, user_id, name, kind, username, secret) \
               VALUES ('{}', '{organization}', '{colleague}', '{mark}', 'POSTGRES', '{mark}', ''); \
             INSERT INTO query_runs (id, organization_id, project_id, job_id, kind, permission, spec, dashboard_filters, sql, warnings, created_at, created_by) \
               VALUES ('{}', '{organization}', '{}', '{ended}', 'SQL_QUERY', 'EXPLORE_USE', '{{\"chart\": null, \"ask\": {{\"sql\": \"SELECT 1\"}}, \"accepts_cached\": false}}', \
               '[]', '{mark}', '[]', now(), '{colleague}'); \
             INSERT INTO validation_errors (id, organization_id, project_id, is_latest, source, error_type, error, field_name, chart_id, created_at) \
               VALUES ('{}', '{organization}', '{}', true, 'CHART', 'METRIC', '{mark}', '{mark}', '{}', now());\n",
            self.uuid("tile.open"),
            self.uuid("dashboard.open"),
            self.uuid("tile.nested"),
            self.uuid("dashboard.nested"),
            self.uuid("audit"),
            self.uuid("job.waiting"),
            self.uuid("project.main"),
            self.uuid("credentials"),
            self.uuid("queryrun"),
            self.uuid("project.main"),
            self.uuid("validationerror"),
            self.uuid("project.main"),
            self.uuid("chart.open"),
            current = self.uuid("chartversion.open"),
            drawn = self.uuid("chart.open"),
            earlier = self.uuid("chartversion.nested"),
            changed = self.uuid("chart.nested"),
            ended = self.uuid("job.ended"),
            colleague = self.uuid("user.colleague"),
        )
    }
}

fn text(kind: &str, id: Uuid) -> String {
    match kind {
        "organization" => OrganizationId::from_uuid(id).to_string(),
        "user" => UserId::from_uuid(id).to_string(),
        "group" => GroupId::from_uuid(id).to_string(),
        "role" => RoleId::from_uuid(id).to_string(),
        "project" => ProjectId::from_uuid(id).to_string(),
        "space" => SpaceId::from_uuid(id).to_string(),
        "chart" => ChartId::from_uuid(id).to_string(),
        "chartversion" => ChartVersionId::from_uuid(id).to_string(),
        "tile" => DashboardTileId::from_uuid(id).to_string(),
        "dashboard" => DashboardId::from_uuid(id).to_string(),
        "grant" => AccessGrantId::from_uuid(id).to_string(),
        "membership" => OrganizationMembershipId::from_uuid(id).to_string(),
        "apikey" => ApiKeyId::from_uuid(id).to_string(),
        "session" => SessionId::from_uuid(id).to_string(),
        "credentials" => WarehouseCredentialsId::from_uuid(id).to_string(),
        "audit" => AuditEventId::from_uuid(id).to_string(),
        "job" => JobId::from_uuid(id).to_string(),
        "queryrun" => QueryRunId::from_uuid(id).to_string(),
        "validationerror" => ValidationErrorId::from_uuid(id).to_string(),
        "deployment" => DeploymentId::from_uuid(id).to_string(),
        "table" => TableId::from_uuid(id).to_string(),
        "dimension" => DimensionId::from_uuid(id).to_string(),
        "metric" => MetricId::from_uuid(id).to_string(),
        "tag" => TagId::from_uuid(id).to_string(),
        "attribute" => UserAttributeId::from_uuid(id).to_string(),
        other => panic!("no kind {other}"),
    }
}

/// An id of a kind that was never given out.
pub(super) fn never_issued(kind: &str) -> String {
    text(
        kind,
        Uuid::from_u128(0x0190_ffff_ffff_7fff_8fff_ffff_ffff_fff7),
    )
}
