//! The demo's files as they are written: `playground/demo/README.md` says what each field means.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

type Time = DateTime<Utc>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Organization {
    pub(super) slug: String,
    pub(super) name: String,
    pub(super) display_name: String,
    pub(super) description: String,
    pub(super) chart_colors: Vec<String>,
    pub(super) default_project: String,
    pub(super) projects: Vec<String>,
    pub(super) created_at: Time,
    pub(super) updated_at: Time,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct People {
    pub(super) users: Vec<User>,
    pub(super) groups: Vec<Group>,
    pub(super) roles: Vec<Role>,
    pub(super) organization_grants: Vec<Grant>,
    pub(super) role_assignments: Vec<RoleAssignment>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct User {
    pub(super) username: String,
    pub(super) email: String,
    pub(super) is_email_verified: bool,
    pub(super) first_name: String,
    pub(super) last_name: String,
    pub(super) full_name: Option<String>,
    pub(super) mobile: Option<String>,
    pub(super) kind: String,
    pub(super) status: String,
    pub(super) locale: String,
    #[serde(default)]
    pub(super) is_technician: bool,
    pub(super) password: Option<String>,
    pub(super) last_login_at: Option<Time>,
    pub(super) created_at: Time,
    pub(super) updated_at: Time,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Group {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) members: Vec<String>,
    pub(super) created_at: Time,
    pub(super) created_by: String,
    pub(super) updated_at: Time,
    pub(super) updated_by: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Role {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) scope: String,
    pub(super) permissions: Vec<String>,
    #[serde(default)]
    pub(super) projects: Vec<String>,
    pub(super) created_at: Time,
    pub(super) updated_at: Time,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Grant {
    pub(super) user: Option<String>,
    pub(super) group: Option<String>,
    pub(super) role: String,
    pub(super) created_at: Time,
    pub(super) created_by: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RoleAssignment {
    pub(super) user: String,
    pub(super) role: String,
    pub(super) created_at: Time,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Project {
    pub(super) slug: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) scheduler_timezone: String,
    pub(super) created_at: Time,
    pub(super) created_by: String,
    pub(super) updated_at: Time,
    pub(super) updated_by: String,
    #[serde(default)]
    pub(super) grants: Vec<Grant>,
    pub(super) spaces: Vec<Space>,
    pub(super) dashboards: Vec<Dashboard>,
    pub(super) charts: Vec<Chart>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Space {
    pub(super) slug: String,
    pub(super) name: String,
    pub(super) is_private: bool,
    pub(super) created_at: Time,
    pub(super) created_by: String,
    pub(super) updated_at: Time,
    #[serde(default)]
    pub(super) grants: Vec<Grant>,
    #[serde(default)]
    pub(super) children: Vec<Space>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Chart {
    pub(super) slug: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) space: String,
    pub(super) dashboard: Option<String>,
    pub(super) kind: String,
    pub(super) created_at: Time,
    pub(super) created_by: String,
    pub(super) updated_at: Time,
    pub(super) updated_by: String,
    pub(super) view_count: i32,
    pub(super) metric_query: Value,
    pub(super) config: Value,
    pub(super) pivot_columns: Vec<String>,
    pub(super) column_order: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Dashboard {
    pub(super) slug: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) space: String,
    pub(super) created_at: Time,
    pub(super) created_by: String,
    pub(super) updated_at: Time,
    pub(super) updated_by: String,
    pub(super) view_count: i32,
    #[serde(default)]
    pub(super) tabs: Vec<Tab>,
    pub(super) filters: Option<Value>,
    pub(super) tiles: Vec<Tile>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Tab {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) order: i32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Tile {
    pub(super) key: String,
    pub(super) kind: String,
    pub(super) tab: Option<String>,
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) width: i32,
    pub(super) height: i32,
    pub(super) title: Option<String>,
    #[serde(default)]
    pub(super) hide_title: bool,
    pub(super) chart: Option<String>,
    pub(super) content: Option<String>,
    pub(super) url: Option<String>,
}

/// Everything, as read.
pub(super) struct Demo {
    pub(super) organization: Organization,
    pub(super) people: People,
    pub(super) projects: Vec<Project>,
}

const PROJECTS: [(&str, &str); 3] = [
    (
        "coffee-shop-analytics",
        include_str!("../../../../playground/demo/projects/coffee-shop-analytics.json"),
    ),
    (
        "marketing-lab",
        include_str!("../../../../playground/demo/projects/marketing-lab.json"),
    ),
    (
        "store-operations",
        include_str!("../../../../playground/demo/projects/store-operations.json"),
    ),
];

impl Demo {
    /// Reads the files in the binary.
    pub(super) fn read() -> anyhow::Result<Self> {
        let organization: Organization = serde_json::from_str(include_str!(
            "../../../../playground/demo/organization.json"
        ))?;
        let people = serde_json::from_str(include_str!("../../../../playground/demo/people.json"))?;
        let projects = organization.projects.iter().map(|slug| {
            let file = PROJECTS.iter().find(|(name, _)| name == slug);
            let (_, text) = file.ok_or_else(|| anyhow::anyhow!("no file of the project {slug}"))?;
            Ok(serde_json::from_str(text)?)
        });
        let projects = projects.collect::<anyhow::Result<_>>()?;
        Ok(Self {
            organization,
            people,
            projects,
        })
    }
}
