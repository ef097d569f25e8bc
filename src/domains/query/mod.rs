//! Queries: from a question to rows of the warehouse.
//!
//! ```text
//! input ─source→ Spec ─engine→ Compiled ─job→ warehouse ─result→ rows of the run
//! ```
//!
//! A [`spec::Spec`] says what is to be run and by which right; it is stored with the run. It is
//! compiled twice: when it is asked for, so that mistakes are told at once and by their place, and when
//! it runs, with the rights and attributes of then. Runs are jobs: they can be watched and cancelled.

mod compile;
pub mod engine;
pub mod export;
mod failure;
mod kind;
mod mutation;
pub mod result;
pub mod run;
mod source;
pub mod spec;
pub mod validation;
mod wait;

pub use compile::CompileQuery;
pub use engine::Queries;
pub use export::ExportMutation;
pub use kind::{QueryReport, with_kinds};
pub use mutation::QueryRunMutation;
pub use result::purge;

use crate::authz::{FieldPolicy, Permission};

const WHOSE: &str =
    "the project; for a chart that the chart is seen, for SQL the permission SQL_RUN";

/// Policies of the root fields of queries.
pub const POLICIES: &[FieldPolicy] = &[
    FieldPolicy::object(
        "Query.compileMetricQuery",
        Permission::ExploreUse,
        "the project",
    ),
    FieldPolicy::change("Mutation.runQuery", Permission::ExploreUse, WHOSE),
    FieldPolicy::change(
        "Mutation.exportQueryResults",
        Permission::ResultExport,
        "the project, beside what running the source needs; more rows than one answer may have need RESULT_EXPORT_UNLIMITED",
    ),
    FieldPolicy::change("Mutation.calculateTotals", Permission::ExploreUse, WHOSE),
    FieldPolicy::change(
        "Mutation.runUnderlyingDataQuery",
        Permission::UnderlyingDataView,
        "the project",
    ),
];
