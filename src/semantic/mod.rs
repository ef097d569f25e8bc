//! The semantic layer: from models to explores, and from metric queries to SQL.
//!
//! A pure compiler: no I/O, no clock, no database, no graph. Everything it depends on is given
//! ([`request::Request`]), and equal requests give equal text.
//!
//! ```text
//! manifest → explore → model::Explore                         once per deployment
//! Request  → resolve → plan → render → Compiled               once per query
//! ```
//!
//! What people give (filter values, attributes, parameters) is never part of the text: texts are bound,
//! numbers, days and moments are read and written anew by the dialect. SQL is written by models, whose
//! authors own the connection, and by queries, where `snippet` lets one harmless expression pass.

pub mod aggregate;
mod calls;
pub mod dialect;
pub mod error;
pub mod explore;
pub mod expr;
pub mod fanout;
pub mod fields;
pub mod filter;
pub mod format;
pub mod formula;
pub mod manifest;
pub mod model;
pub mod plan;
pub mod query;
pub mod render;
pub mod request;
pub mod resolve;
pub mod scope;
pub mod snippet;
pub mod sql;
pub mod underlying;
pub mod value;

pub use underlying::underlying;

use error::Refused;
use expr::Plan;
use model::FormatKeys;
use request::Request;
use resolve::{Resolved, Warning};
use serde::{Deserialize, Serialize};
use sql::Statement;
use value::ValueType;

/// A query as SQL.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compiled {
    /// The statement.
    pub statement: Statement,
    /// Columns of its result, in order.
    pub columns: Vec<Column>,
    /// What the caller should know.
    pub warnings: Vec<Warning>,
}

/// A column of a result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// The field.
    pub field_id: String,
    /// Title.
    pub label: String,
    /// Type of its values.
    #[serde(rename = "type")]
    pub kind: ValueType,
    /// How values are written.
    pub format: FormatKeys,
    /// For truncated times: the unit.
    pub unit: Option<model::TimeUnit>,
    /// Zone in which moments are shown.
    pub zone: chrono_tz::Tz,
}

impl Column {
    /// How its values are written.
    pub fn format_spec(&self) -> format::FormatSpec {
        format::FormatSpec {
            kind: self.kind,
            keys: self.format.clone(),
            unit: self.unit,
            zone: self.zone,
        }
    }
}

/// Compiles a query, or says everything that is wrong with it.
pub fn compile(request: Request<'_>) -> Result<Compiled, Refused> {
    let resolved = resolve::resolve(request)?;
    let (plan, warnings) = plan::query(&resolved)?;
    let columns = columns(&resolved, None);
    Ok(finish(request, plan, columns, warnings))
}

/// Compiles the totals of a query by some of its dimensions; by none of them for the grand total.
pub fn compile_totals(request: Request<'_>, by: &[String]) -> Result<Compiled, Refused> {
    let resolved = resolve::resolve(request)?;
    let (plan, warnings) = plan::totals::totals(&resolved, by)?;
    let columns = columns(&resolved, Some(by));
    Ok(finish(request, plan, columns, warnings))
}

fn finish(
    request: Request<'_>,
    mut plan: Plan,
    columns: Vec<Column>,
    warnings: Vec<Warning>,
) -> Compiled {
    plan::apart(&mut plan);
    Compiled {
        statement: render::statement(&plan, request.dialect),
        columns,
        warnings,
    }
}

fn columns(resolved: &Resolved<'_>, by: Option<&[String]>) -> Vec<Column> {
    let query = resolved.scope.request.query;
    let zone = resolved.scope.zone;
    let dimensions = by.unwrap_or(&query.dimensions).iter();
    let dimensions =
        dimensions.filter_map(|id| resolved.dimensions.iter().find(|column| column.id == *id));
    let dimensions = dimensions.map(|column| Column {
        field_id: column.id.clone(),
        label: column.label.clone(),
        kind: column.kind,
        format: column.format.clone(),
        unit: column.unit,
        zone,
    });
    let metrics = query
        .metrics
        .iter()
        .filter_map(|id| resolved.metrics.get(id));
    let metrics = metrics.map(|metric| Column {
        field_id: metric.id.clone(),
        label: metric.label.clone(),
        kind: metric.kind,
        format: metric.format.clone(),
        unit: None,
        zone,
    });
    let calculations = resolved.calculations.iter().map(|own| Column {
        field_id: own.id.clone(),
        label: own.label.clone(),
        kind: own.kind,
        format: own.format.clone(),
        unit: None,
        zone,
    });
    dimensions.chain(metrics).chain(calculations).collect()
}
