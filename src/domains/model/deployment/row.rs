//! The row of `deployments` and the enums stored in it.

use crate::{
    db::{schema::deployments, text_enum},
    kernel::entity::{DeploymentId, JobId, OrganizationId, ProjectId, UserId},
};
use chrono::{DateTime, Utc};
use diesel::{pg::Pg, prelude::*};

text_enum! {
    /// What explores were made of.
    pub enum DeploymentSource {
        /// A dbt manifest.
        Dbt = "DBT",
        /// Explores that were compiled elsewhere.
        Explores = "EXPLORES",
    }
}

text_enum! {
    /// Where a deployment stands.
    pub enum DeploymentStatus {
        /// Its job has not ended.
        Pending = "PENDING",
        /// Its explores can be activated.
        Compiled = "COMPILED",
        /// It was refused; the project stayed as it was.
        Failed = "FAILED",
    }
}

/// A deployment.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = deployments, check_for_backend(Pg))]
pub struct DeploymentRow {
    /// Id.
    pub id: DeploymentId,
    /// The organization of its project.
    pub organization_id: OrganizationId,
    /// The project.
    pub project_id: ProjectId,
    /// What it was made of.
    pub source: DeploymentSource,
    /// Where it stands.
    pub status: DeploymentStatus,
    /// Whether errors in explores refuse it.
    pub is_strict: bool,
    /// The version of dbt that wrote the manifest.
    pub dbt_version: Option<String>,
    /// How many explores it has.
    pub explore_count: Option<i32>,
    /// How many of them have errors.
    pub error_count: Option<i32>,
    /// Why it was refused.
    pub error: Option<String>,
    /// The job that compiles it.
    pub job_id: Option<JobId>,
    /// Creation.
    pub created_at: DateTime<Utc>,
    /// Who gave it.
    pub created_by: Option<UserId>,
    /// When it was compiled.
    pub compiled_at: Option<DateTime<Utc>>,
}
