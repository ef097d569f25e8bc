//! From the demo's files to rows: ids from keys, paths of spaces, stored forms of queries and filters.

use super::data::{Chart, Dashboard, Demo, Grant, Project, Space, Tile, User};
use crate::{
    domains::content::metric_query::{
        Checked, DashboardFilters, DashboardFiltersInput, MetricQueryInput,
    },
    gql::UserErrors,
    kernel::{Entity, Id, entity},
};
use anyhow::{Context as _, anyhow, bail};
use async_graphql::InputType;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use uuid::Uuid;

/// Rows by table, in an order that foreign keys allow.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) organizations: Vec<Value>,
    pub(super) users: Vec<Value>,
    pub(super) members: Vec<Value>,
    pub(super) groups: Vec<Value>,
    pub(super) group_members: Vec<Value>,
    pub(super) roles: Vec<Value>,
    pub(super) role_projects: Vec<Value>,
    pub(super) role_assignments: Vec<Value>,
    pub(super) projects: Vec<Value>,
    pub(super) spaces: Vec<Value>,
    pub(super) grants: Vec<Value>,
    pub(super) dashboards: Vec<Value>,
    pub(super) charts: Vec<Value>,
    pub(super) tabs: Vec<Value>,
    pub(super) tiles: Vec<Value>,
}

/// Built-in roles by scope and key.
pub(super) type BuiltIn = HashMap<(String, String), Uuid>;

/// Makes rows of a demo.
pub(super) struct Maker<'a> {
    demo: &'a Demo,
    built_in: &'a BuiltIn,
    /// Ids by full key, with the creation time that is in the id.
    ids: HashMap<String, Uuid>,
    rows: Rows,
}

/// The id of the demo's organization.
pub(super) fn organization_id(demo: &Demo) -> entity::OrganizationId {
    Id::deterministic(
        demo.organization.created_at,
        &format!("organization/{}", demo.organization.slug),
    )
}

impl<'a> Maker<'a> {
    /// The rows of a demo, given the built-in roles.
    pub(super) fn rows(demo: &'a Demo, built_in: &'a BuiltIn) -> anyhow::Result<Rows> {
        let mut maker = Self {
            demo,
            built_in,
            ids: HashMap::new(),
            rows: Rows::default(),
        };
        maker.name_everything();
        maker.organization()?;
        maker.people()?;
        for project in &demo.projects {
            maker
                .project(project)
                .with_context(|| format!("project {}", project.slug))?;
        }
        Ok(maker.rows)
    }

    fn name<T: Entity>(&mut self, key: String, at: DateTime<Utc>) {
        let id = Id::<T>::deterministic(at, &key).uuid();
        self.ids.insert(key, id);
    }

    /// Ids first, since references run both ways.
    fn name_everything(&mut self) {
        let demo = self.demo;
        let people = &demo.people;
        people
            .users
            .iter()
            .for_each(|u| self.name::<entity::User>(format!("user/{}", u.username), u.created_at));
        people
            .groups
            .iter()
            .for_each(|g| self.name::<entity::Group>(format!("group/{}", g.key), g.created_at));
        people
            .roles
            .iter()
            .for_each(|r| self.name::<entity::Role>(format!("role/{}", r.key), r.created_at));
        for project in &demo.projects {
            let slug = &project.slug;
            self.name::<entity::Project>(format!("project/{slug}"), project.created_at);
            let mut spaces: Vec<&Space> = project.spaces.iter().collect();
            while let Some(space) = spaces.pop() {
                self.name::<entity::Space>(
                    format!("space/{slug}/{}", space.slug),
                    space.created_at,
                );
                spaces.extend(&space.children);
            }
            for chart in &project.charts {
                self.name::<entity::Chart>(
                    format!("chart/{slug}/{}", chart.slug),
                    chart.created_at,
                );
            }
            for dashboard in &project.dashboards {
                let (at, key) = (dashboard.created_at, &dashboard.slug);
                self.name::<entity::Dashboard>(format!("dashboard/{slug}/{key}"), at);
                for tab in &dashboard.tabs {
                    self.name::<entity::DashboardTab>(format!("tab/{slug}/{key}/{}", tab.key), at);
                }
                for tile in &dashboard.tiles {
                    self.name::<entity::DashboardTile>(
                        format!("tile/{slug}/{key}/{}", tile.key),
                        at,
                    );
                }
            }
        }
    }

    fn id(&self, key: &str) -> anyhow::Result<Uuid> {
        self.ids
            .get(key)
            .copied()
            .ok_or_else(|| anyhow!("nothing is called {key}"))
    }

    fn user(&self, username: &str) -> anyhow::Result<Uuid> {
        self.id(&format!("user/{username}"))
    }

    fn owner(&self) -> Uuid {
        organization_id(self.demo).uuid()
    }

    fn organization(&mut self) -> anyhow::Result<()> {
        let organization = &self.demo.organization;
        let default_project = self.id(&format!("project/{}", organization.default_project))?;
        self.rows.organizations.push(json!({
            "id": self.owner(), "name": organization.name, "display_name": organization.display_name,
            "description": organization.description, "chart_colors": organization.chart_colors,
            "default_project_id": default_project,
            "created_at": organization.created_at, "updated_at": organization.updated_at,
        }));
        Ok(())
    }

    fn people(&mut self) -> anyhow::Result<()> {
        let owner = self.owner();
        let people = &self.demo.people;
        for user in &people.users {
            let id = self.user(&user.username)?;
            self.rows.users.push(user_row(user, id, owner));
            self.rows.members.push(json!({
                "organization_id": owner, "user_id": id, "created_at": user.created_at,
            }));
        }
        for group in &people.groups {
            let id = self.id(&format!("group/{}", group.key))?;
            self.rows.groups.push(json!({
                "id": id, "organization_id": owner, "key": group.key, "name": group.name,
                "description": group.description,
                "created_at": group.created_at, "created_by": self.user(&group.created_by)?,
                "updated_at": group.updated_at, "updated_by": self.user(&group.updated_by)?,
            }));
            for member in &group.members {
                let row = json!({
                    "organization_id": owner, "group_id": id, "user_id": self.user(member)?,
                    "created_at": group.updated_at,
                });
                self.rows.group_members.push(row);
            }
        }
        self.roles()?;
        self.grants(
            "ORGANIZATION",
            &format!("organization/{}", self.demo.organization.slug),
            (None, None),
            &people.organization_grants,
        )
    }

    fn roles(&mut self) -> anyhow::Result<()> {
        let owner = self.owner();
        for role in &self.demo.people.roles {
            let id = self.id(&format!("role/{}", role.key))?;
            self.rows.roles.push(json!({
                "id": id, "organization_id": (role.scope != "TENANT").then_some(owner),
                "key": role.key, "name": role.name, "description": role.description,
                "scope": role.scope, "permissions": role.permissions,
                "rank": role.permissions.len(),
                "created_at": role.created_at, "updated_at": role.updated_at,
            }));
            for project in &role.projects {
                let project = self.id(&format!("project/{project}"))?;
                self.rows.role_projects.push(json!({
                    "organization_id": owner, "role_id": id, "project_id": project,
                }));
            }
        }
        for assignment in &self.demo.people.role_assignments {
            let row = json!({
                "user_id": self.user(&assignment.user)?,
                "role_id": self.id(&format!("role/{}", assignment.role))?,
                "created_at": assignment.created_at,
            });
            self.rows.role_assignments.push(row);
        }
        Ok(())
    }

    fn role(&self, scope: &str, key: &str) -> anyhow::Result<Uuid> {
        let custom = self
            .demo
            .people
            .roles
            .iter()
            .find(|role| role.scope == scope && role.key == key);
        match custom {
            Some(role) => self.id(&format!("role/{}", role.key)),
            None => {
                let role = self
                    .built_in
                    .get(&(scope.to_owned(), key.to_owned()))
                    .copied();
                role.ok_or_else(|| anyhow!("there is no role {key} on {scope}"))
            }
        }
    }

    fn grants(
        &mut self,
        scope: &str,
        scope_key: &str,
        (project, space): (Option<Uuid>, Option<Uuid>),
        grants: &[Grant],
    ) -> anyhow::Result<()> {
        for grant in grants {
            let principal = match (&grant.user, &grant.group) {
                (Some(user), None) => format!("user/{user}"),
                (None, Some(group)) => format!("group/{group}"),
                _ => bail!("a grant on {scope_key} names not exactly one principal"),
            };
            let id = Id::<entity::AccessGrant>::deterministic(
                grant.created_at,
                &format!("grant/{scope_key}/{principal}"),
            );
            let principal = self.id(&principal)?;
            let created_by = grant
                .created_by
                .as_deref()
                .map(|username| self.user(username))
                .transpose()?;
            let row = json!({
                "id": id.uuid(), "organization_id": self.owner(), "scope": scope,
                "scope_id": space.or(project).unwrap_or_else(|| self.owner()),
                "project_id": project, "space_id": space,
                "user_id": grant.user.as_ref().map(|_| principal),
                "group_id": grant.group.as_ref().map(|_| principal),
                "role_id": self.role(scope, &grant.role)?,
                "created_at": grant.created_at, "created_by": created_by,
                "updated_at": grant.created_at,
            });
            self.rows.grants.push(row);
        }
        Ok(())
    }

    fn project(&mut self, project: &'a Project) -> anyhow::Result<()> {
        let key = format!("project/{}", project.slug);
        let id = self.id(&key)?;
        self.rows.projects.push(json!({
            "id": id, "organization_id": self.owner(), "name": project.name,
            "description": project.description, "scheduler_timezone": project.scheduler_timezone,
            "created_at": project.created_at, "created_by": self.user(&project.created_by)?,
            "updated_at": project.updated_at, "updated_by": self.user(&project.updated_by)?,
        }));
        self.grants("PROJECT", &key, (Some(id), None), &project.grants)?;
        for space in &project.spaces {
            self.space(project, space, &[], &[], false)?;
        }
        for dashboard in &project.dashboards {
            self.dashboard(project, dashboard)
                .with_context(|| format!("dashboard {}", dashboard.slug))?;
        }
        for chart in &project.charts {
            self.chart(project, chart)
                .with_context(|| format!("chart {}", chart.slug))?;
        }
        Ok(())
    }

    fn space(
        &mut self,
        project: &Project,
        space: &Space,
        above: &[Uuid],
        granting: &[Uuid],
        restricted: bool,
    ) -> anyhow::Result<()> {
        let key = format!("space/{}/{}", project.slug, space.slug);
        let id = self.id(&key)?;
        let with = |path: &[Uuid]| path.iter().copied().chain([id]).collect::<Vec<_>>();
        let (path, restricted) = (with(above), restricted || space.is_private);
        let grant_path = if space.is_private {
            vec![id]
        } else {
            with(granting)
        };
        let project_id = self.id(&format!("project/{}", project.slug))?;
        self.rows.spaces.push(json!({
            "id": id, "organization_id": self.owner(), "project_id": project_id,
            "parent_id": above.last(), "name": space.name, "slug": space.slug,
            "is_private": space.is_private, "path": path, "grant_path": grant_path,
            "is_restricted": restricted, "created_at": space.created_at,
            "created_by": self.user(&space.created_by)?, "updated_at": space.updated_at,
        }));
        self.grants("SPACE", &key, (Some(project_id), Some(id)), &space.grants)?;
        for child in &space.children {
            self.space(project, child, &path, &grant_path, restricted)?;
        }
        Ok(())
    }

    /// The columns that charts and dashboards share.
    fn content(
        &self,
        project: &Project,
        space: &str,
        made: &Made<'_>,
    ) -> anyhow::Result<Map<String, Value>> {
        let row = json!({
            "organization_id": self.owner(),
            "project_id": self.id(&format!("project/{}", project.slug))?,
            "space_id": self.id(&format!("space/{}/{space}", project.slug))?,
            "slug": made.slug, "name": made.name, "description": made.description,
            "view_count": made.view_count,
            "first_viewed_at": (made.view_count > 0).then_some(made.created.1),
            "created_at": made.created.1, "created_by": self.user(made.created.0)?,
            "updated_at": made.updated.1, "updated_by": self.user(made.updated.0)?,
        });
        row.as_object().cloned().context("an object")
    }

    fn chart(&mut self, project: &Project, chart: &Chart) -> anyhow::Result<()> {
        let made = Made {
            slug: &chart.slug,
            name: &chart.name,
            description: &chart.description,
            view_count: chart.view_count,
            created: (&chart.created_by, chart.created_at),
            updated: (&chart.updated_by, chart.updated_at),
        };
        let input: MetricQueryInput = input(chart.metric_query.clone())?;
        let mut errors = UserErrors::default();
        let query = Checked::new(&mut errors).metric_query("metricQuery", &input);
        if !errors.is_empty() {
            bail!("{errors:?}");
        }
        let dashboard = chart.dashboard.as_deref();
        let dashboard = dashboard
            .map(|slug| self.id(&format!("dashboard/{}/{slug}", project.slug)))
            .transpose()?;
        let mut row = self.content(project, &chart.space, &made)?;
        row.extend([
            (
                "id".to_owned(),
                json!(self.id(&format!("chart/{}/{}", project.slug, chart.slug))?),
            ),
            ("dashboard_id".to_owned(), json!(dashboard)),
            ("kind".to_owned(), json!(chart.kind)),
            ("explore_name".to_owned(), json!(query.explore_name)),
            ("metric_query".to_owned(), serde_json::to_value(&query)?),
            ("config".to_owned(), chart.config.clone()),
            ("pivot_columns".to_owned(), json!(chart.pivot_columns)),
            ("column_order".to_owned(), json!(chart.column_order)),
        ]);
        self.rows.charts.push(Value::Object(row));
        Ok(())
    }

    fn dashboard(&mut self, project: &Project, dashboard: &Dashboard) -> anyhow::Result<()> {
        let made = Made {
            slug: &dashboard.slug,
            name: &dashboard.name,
            description: &dashboard.description,
            view_count: dashboard.view_count,
            created: (&dashboard.created_by, dashboard.created_at),
            updated: (&dashboard.updated_by, dashboard.updated_at),
        };
        let key = format!("{}/{}", project.slug, dashboard.slug);
        let id = self.id(&format!("dashboard/{key}"))?;
        let mut row = self.content(project, &dashboard.space, &made)?;
        row.insert("id".to_owned(), json!(id));
        row.insert(
            "filters".to_owned(),
            serde_json::to_value(self.filters(&key, dashboard)?)?,
        );
        self.rows.dashboards.push(Value::Object(row));
        for tab in &dashboard.tabs {
            let tab_id = self.id(&format!("tab/{key}/{}", tab.key))?;
            self.rows.tabs.push(json!({
                "id": tab_id, "organization_id": self.owner(), "dashboard_id": id,
                "name": tab.name, "position": tab.order,
            }));
        }
        for (position, tile) in dashboard.tiles.iter().enumerate() {
            let row = self.tile(&project.slug, &key, id, (position, tile))?;
            self.rows.tiles.push(row);
        }
        Ok(())
    }

    fn tile(
        &self,
        project: &str,
        key: &str,
        dashboard: Uuid,
        (position, tile): (usize, &Tile),
    ) -> anyhow::Result<Value> {
        let tab = tile
            .tab
            .as_deref()
            .map(|tab| self.id(&format!("tab/{key}/{tab}")))
            .transpose()?;
        let chart = tile
            .chart
            .as_deref()
            .map(|chart| self.id(&format!("chart/{project}/{chart}")))
            .transpose()?;
        Ok(json!({
            "id": self.id(&format!("tile/{key}/{}", tile.key))?, "organization_id": self.owner(),
            "dashboard_id": dashboard, "tab_id": tab, "kind": tile.kind,
            "x": tile.x, "y": tile.y, "width": tile.width, "height": tile.height,
            "title": tile.title, "hide_title": tile.hide_title, "chart_id": chart,
            "content": tile.content, "url": tile.url, "position": position,
        }))
    }

    /// The filters of a dashboard, their targets by tile id instead of tile key.
    fn filters(&self, key: &str, dashboard: &Dashboard) -> anyhow::Result<DashboardFilters> {
        let Some(filters) = &dashboard.filters else {
            return Ok(DashboardFilters::default());
        };
        let input: DashboardFiltersInput = input(filters.clone())?;
        let mut errors = UserErrors::default();
        let mut filters = Checked::new(&mut errors).dashboard_filters("filters", &input);
        if !errors.is_empty() {
            bail!("{errors:?}");
        }
        for rule in &mut filters.dimensions {
            let Some(Value::Object(targets)) = rule.tile_targets.take() else {
                continue;
            };
            let targets = targets.into_iter().map(|(tile, target)| {
                let id =
                    Id::<entity::DashboardTile>::from_uuid(self.id(&format!("tile/{key}/{tile}"))?);
                Ok((id.to_string(), target))
            });
            rule.tile_targets = Some(Value::Object(targets.collect::<anyhow::Result<_>>()?));
        }
        Ok(filters)
    }
}

/// What is told of a chart or a dashboard alike.
struct Made<'a> {
    slug: &'a str,
    name: &'a str,
    description: &'a str,
    view_count: i32,
    created: (&'a str, DateTime<Utc>),
    updated: (&'a str, DateTime<Utc>),
}

fn user_row(user: &User, id: Uuid, owner: Uuid) -> Value {
    let full_name = user
        .full_name
        .clone()
        .unwrap_or_else(|| format!("{} {}", user.first_name, user.last_name));
    json!({
        "id": id, "kind": user.kind, "username": user.username, "email": user.email,
        "is_email_verified": user.is_email_verified, "first_name": user.first_name,
        "last_name": user.last_name, "full_name": full_name, "mobile": user.mobile,
        "locale": user.locale, "status": user.status, "is_technician": user.is_technician,
        "is_setup_complete": user.status != "INVITED", "last_login_at": user.last_login_at,
        "password_changed_at": user.password.as_ref().map(|_| user.created_at),
        "organization_id": owner, "default_organization_id": owner,
        "created_at": user.created_at, "updated_at": user.updated_at,
    })
}

/// Reads JSON as an input of the graph.
fn input<T: InputType>(json: Value) -> anyhow::Result<T> {
    let value = async_graphql::Value::from_json(json)?;
    T::parse(Some(value)).map_err(|error| {
        anyhow!(
            "{}",
            error
                .into_server_error(async_graphql::Pos::default())
                .message
        )
    })
}
