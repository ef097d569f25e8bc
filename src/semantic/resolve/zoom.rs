//! Another interval in place of a dimension's own.

use super::Resolver;
use crate::semantic::{
    aggregate,
    error::{Code, Issue, Result},
    fields,
    model::{Dimension, Granularity, Interval},
    request::DateZoom,
    value::ValueType,
};

impl Resolver<'_> {
    /// Puts another interval in place of that of a date dimension; its id stays, and so everything that
    /// names it follows. Filters keep their own interval.
    pub(super) fn zoom(&mut self) {
        let request = self.resolved.scope.request;
        // The rows behind a cell are shown as they are.
        let Some(zoom) = request.date_zoom.filter(|_| request.query.behind.is_none()) else {
            return;
        };
        let interval = match self.interval(&zoom.granularity) {
            Ok(interval) => interval,
            Err(issue) => return self.note(issue.at("dateZoom.granularity")),
        };
        let Some(at) = self.zoom_target(zoom) else {
            // A tile without dates is left as it is, unless one was named.
            if zoom.dimension.is_some() {
                let message = "is no date dimension of the query";
                let path = "dateZoom.dimension";
                self.note(Issue::new(Code::BadDefinition, path, message));
            }
            return;
        };
        if let Err(issue) = self.zoom_column(at, interval, &zoom.granularity) {
            self.note_at("dateZoom.granularity", issue);
        }
    }

    /// An interval, or one of the project's own.
    fn interval(&self, name: &str) -> Result<Interval> {
        let explore = self.resolved.scope.request.explore;
        let custom = explore.granularities.get(&name.to_lowercase());
        custom
            .cloned()
            .or_else(|| Interval::named(name))
            .ok_or_else(|| {
                let message = format!("there is no interval `{name}`");
                Issue::new(Code::BadDefinition, "", message)
            })
    }

    /// The column that is zoomed: the one that is named, by itself or by its base, or the first.
    fn zoom_target(&self, zoom: &DateZoom) -> Option<usize> {
        let explore = self.resolved.scope.request.explore;
        let columns = &self.resolved.dimensions;
        let base = |id: &str| {
            let found = fields::dimension(explore, id)?;
            super::time_base(&found.table.name, found.dimension)
        };
        let at = match &zoom.dimension {
            Some(id) => columns
                .iter()
                .position(|column| column.id == *id)
                .or_else(|| {
                    let wanted = base(id)?;
                    let fits = |own: &Option<String>| own.as_ref() == Some(&wanted);
                    columns.iter().position(|column| fits(&column.time_base))
                }),
            None => columns.iter().position(|column| column.time_base.is_some()),
        }?;
        let found = fields::dimension(explore, &columns.get(at)?.id)?.dimension;
        (found.granularity.is_some() || found.kind.is_time()).then_some(at)
    }

    fn zoom_column(&mut self, at: usize, interval: Interval, name: &str) -> Result<()> {
        let explore = self.resolved.scope.request.explore;
        let Some(column) = self.resolved.dimensions.get(at) else {
            return Ok(());
        };
        let found = fields::dimension(explore, &column.id)
            .ok_or_else(|| fields::unknown(explore, &column.id))?;
        let unit = match &interval {
            Interval::Truncated(unit) => Some(*unit),
            _ => None,
        };
        let calendar = match &interval {
            Interval::Name(part) => Some(*part),
            _ => None,
        };
        let zoomed = at_interval(found.dimension, interval.clone(), name)?;
        let subject = aggregate::subject(&self.resolved.scope, &found.table.name, &zoomed)?;
        if let Some(column) = self.resolved.dimensions.get_mut(at) {
            column.expr = subject.expr;
            column.kind = subject.kind;
            column.moment = subject.moment;
            column.unit = unit;
            column.interval = Some(interval);
            column.calendar = calendar;
            column.zoomed = Some(name.to_owned());
        }
        Ok(())
    }

    /// A dimension at the interval of that name.
    pub(super) fn dimension_at(&self, dimension: &Dimension, name: &str) -> Result<Dimension> {
        at_interval(dimension, self.interval(name)?, name)
    }
}

/// A dimension at another interval than its own.
fn at_interval(dimension: &Dimension, interval: Interval, name: &str) -> Result<Dimension> {
    let own = dimension.granularity.as_ref();
    let base_kind = own.map_or(dimension.kind, |own| own.base_kind);
    let finer = matches!(&interval, Interval::Truncated(unit) if !unit.is_calendar());
    if base_kind == ValueType::Date && finer {
        let message = format!("a date has no {name}");
        return Err(Issue::new(Code::BadDefinition, "", message));
    }
    let base = own.map_or(&dimension.name, |own| &own.base).clone();
    Ok(Dimension {
        kind: interval.value_type(base_kind),
        granularity: Some(Granularity {
            base,
            interval,
            base_kind,
        }),
        is_interval_base: false,
        ..dimension.clone()
    })
}
