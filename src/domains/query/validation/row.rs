//! The row of `validation_errors` and the enums stored in it.

use crate::{
    db::{schema::validation_errors, text_enum},
    kernel::entity::{ChartId, DashboardId, JobId, OrganizationId, ProjectId, ValidationErrorId},
};
use chrono::{DateTime, Utc};
use diesel::{pg::Pg, prelude::*};

text_enum! {
    /// What something is wrong with.
    pub enum ValidationSource {
        /// A saved chart.
        Chart = "CHART",
        /// A dashboard.
        Dashboard = "DASHBOARD",
        /// A table of the models.
        Table = "TABLE",
    }
}

text_enum! {
    /// What is wrong.
    pub enum ValidationErrorType {
        /// Something in the chart that none of the others names, such as a calculation; of a
        /// dashboard, that a chart on it is broken.
        Chart = "CHART",
        /// A sort that cannot be followed.
        Sorting = "SORTING",
        /// A filter on a field that is gone, or with a value that does not fit it.
        Filter = "FILTER",
        /// A metric that is gone.
        Metric = "METRIC",
        /// A model that is gone or did not compile.
        Model = "MODEL",
        /// A dimension that is gone.
        Dimension = "DIMENSION",
        /// A metric or dimension that the chart defines itself.
        CustomMetric = "CUSTOM_METRIC",
        /// The configuration of the chart names a field that its query does not have.
        ChartConfiguration = "CHART_CONFIGURATION",
    }
}

/// Something that a validation found.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = validation_errors, check_for_backend(Pg))]
pub struct ValidationErrorRow {
    /// Id.
    pub id: ValidationErrorId,
    /// The organization of its project.
    pub organization_id: OrganizationId,
    /// The project.
    pub project_id: ProjectId,
    /// The job that found it.
    pub job_id: Option<JobId>,
    /// Whether it is of the last validation of the project with its active models.
    pub is_latest: bool,
    /// What something is wrong with.
    pub source: ValidationSource,
    /// What is wrong.
    pub error_type: ValidationErrorType,
    /// A sentence for people.
    pub error: String,
    /// The field that it is about.
    pub field_name: Option<String>,
    /// The chart.
    pub chart_id: Option<ChartId>,
    /// The dashboard.
    pub dashboard_id: Option<DashboardId>,
    /// The explore.
    pub explore_name: Option<String>,
    /// When it was found.
    pub created_at: DateTime<Utc>,
}
