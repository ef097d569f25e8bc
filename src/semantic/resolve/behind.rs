//! Conditions of a query for the rows behind a cell.
//!
//! They are no filters of the query's own: ranges that are made of the rows stay as the result shows them,
//! and filters that the model requires still apply.

use super::Resolver;
use crate::semantic::{
    aggregate,
    error::{Code, Issue, Result},
    expr::Expr,
    fields, filter,
    model::{Needs, field_id},
    query::CellValue,
};

impl Resolver<'_> {
    pub(super) fn behind(&mut self) {
        let request = self.resolved.scope.request;
        let Some(behind) = &request.query.behind else {
            return;
        };
        for (n, name) in behind.tables.iter().enumerate() {
            if let Err(issue) = self.joined_table(name) {
                self.note(issue.at(format!("behind.tables.{n}")));
            }
        }
        for (n, cell) in behind.values.iter().enumerate() {
            match self.shown_value(cell) {
                Ok(condition) => self.resolved.row_filters.push(condition),
                Err(issue) => self.note_at(&format!("behind.values.{n}"), issue),
            }
        }
        if let Some(metric) = &behind.metric {
            match self.counted(metric) {
                Ok(conditions) => self.resolved.row_filters.extend(conditions),
                Err(issue) => self.note_at("behind.metric", issue),
            }
        }
    }

    /// Makes sure that a table is joined.
    fn joined_table(&mut self, name: &str) -> Result<()> {
        let request = self.resolved.scope.request;
        let absent = || {
            let message = format!("the explore has no table `{name}`");
            Issue::new(Code::BadReference, "", message)
        };
        let table = request.explore.tables.get(name).ok_or_else(absent)?;
        let needs = Needs {
            tables: [name.to_owned()].into(),
            access: table.access.iter().cloned().collect(),
            ..Needs::default()
        };
        fields::check_access(&needs, request.user, absent)?;
        self.resolved.needs.merge(&needs);
        Ok(())
    }

    /// That a row has the value of a cell.
    fn shown_value(&mut self, cell: &CellValue) -> Result<Expr> {
        let subject = match &cell.interval {
            None => self.row_subject(&cell.field_id)?,
            Some(interval) => {
                let found = self.visible(&cell.field_id)?;
                let zoomed = self.dimension_at(found.dimension, interval)?;
                self.resolved.needs.merge(&zoomed.needs);
                aggregate::subject(&self.resolved.scope, &found.table.name, &zoomed)?
            }
        };
        filter::has_value(&subject, &cell.value).map_err(|issue| issue.at("value"))
    }

    /// Conditions of a metric's own filters.
    fn counted(&mut self, id: &str) -> Result<Vec<Expr>> {
        let request = self.resolved.scope.request;
        let mut additional = request.query.additional_metrics.iter();
        let additional = additional.find(|own| field_id(&own.table, &own.name) == id);
        let filters = match additional {
            None => {
                let metric = self.visible_metric(id)?.metric;
                self.resolved.needs.merge(&metric.needs);
                metric.filters.clone()
            }
            Some(metric) => {
                let (filters, needs) = self.own_filters(metric)?;
                self.resolved.needs.merge(&needs);
                filters
            }
        };
        let scope = &self.resolved.scope;
        let conditions = filters
            .iter()
            .map(|rule| aggregate::rule_condition(scope, rule));
        conditions.collect()
    }
}
