//! Lists of what validations found.

use super::{
    ValidationError, ValidationErrorRow,
    row::{ValidationErrorType, ValidationSource},
};
use crate::{
    db::{Fragment, schema::validation_errors, sql},
    gql::{
        Connection, FilterInput as _, ListNode, OrderDirection, OrderField, PageArgs, by_id_loader,
        children, column, enum_filter, filterable, listing,
    },
    kernel::{
        Result, entity,
        entity::{DashboardId, JobId, ProjectId},
    },
};
use async_graphql::Context;

by_id_loader! { ValidationErrorRow in validation_errors for entity::ValidationError }
listing! {
    ValidationErrorRow in validation_errors as ValidationError, for entity::ValidationError, keys {
        "validation_errors.id" => id,
        "validation_errors.created_at" => created_at,
    }
}

impl ListNode for ValidationError {
    const CONNECTION: &'static str = "ValidationErrorConnection";
    const EDGE: &'static str = "ValidationErrorEdge";
}

enum_filter! { ValidationSourceFilter on ValidationSource }
enum_filter! { ValidationErrorTypeFilter on ValidationErrorType }

filterable! {
    /// Which errors to list.
    pub struct ValidationErrorFilter {
        /// By what something is wrong with.
        source: ValidationSourceFilter => column("validation_errors.source"),
        /// By what is wrong.
        error_type: ValidationErrorTypeFilter => column("validation_errors.error_type"),
    }
}

/// The one order of errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct AsFound;

impl OrderField for AsFound {
    const LIST: &'static str = "validationErrors";
    const TIE: (&'static str, &'static str) = ("validation_errors.id", "::uuid");

    fn term(self) -> (&'static str, &'static str) {
        ("validation_errors.created_at", "::timestamptz")
    }

    fn default_order() -> (Self, OrderDirection) {
        (Self, OrderDirection::Asc)
    }
}

/// What the given validation of a project found, or else the last one.
///
/// # Errors
/// Wrong arguments, lack of sign-in, outages.
pub async fn errors_of_project(
    ctx: &Context<'_>,
    project: ProjectId,
    job: Option<JobId>,
    filter: Option<&ValidationErrorFilter>,
    page: &PageArgs,
) -> Result<Connection<ValidationError>> {
    let order: [(AsFound, _); 0] = [];
    let link = "validation_errors.project_id = p.id";
    let of_run = || match job {
        Some(job) => sql("validation_errors.job_id = ?", [job.into()]),
        None => latest(),
    };
    children::<ValidationErrorRow, _>(ctx, project.uuid(), link, page, &order, |viewer| {
        Ok(of_run().and(filter.condition(viewer)?))
    })
    .await
}

/// What the last validation found of a dashboard.
///
/// # Errors
/// Wrong arguments, lack of sign-in, outages.
pub async fn errors_of_dashboard(
    ctx: &Context<'_>,
    dashboard: DashboardId,
    page: &PageArgs,
) -> Result<Connection<ValidationError>> {
    let order: [(AsFound, _); 0] = [];
    let link = "validation_errors.dashboard_id = p.id";
    children::<ValidationErrorRow, _>(ctx, dashboard.uuid(), link, page, &order, |_| Ok(latest()))
        .await
}

fn latest() -> Fragment {
    sql("validation_errors.is_latest", [])
}
