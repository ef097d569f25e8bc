//! Checks of what a query computes itself: calculations, and metrics of its own.

use super::Checked;
use crate::{
    domains::content::metric_query::{
        AdditionalMetric, AdditionalMetricInput, MetricQueryInput, PeriodComparison,
        TableCalculation, TableCalculationTemplate, TableCalculationTemplateType, WindowFrame,
        WindowFrameEdge, WindowFrameEdgeType, WindowFunction, check_json,
    },
    gql::{FieldId, UserErrorCode},
    kernel::text,
};

/// Farthest edge of a frame, in rows.
const OFFSET_MAX: i32 = 100_000;
/// Farthest period that is compared with.
const PERIODS_MAX: i32 = 1_000;

impl Checked<'_> {
    pub(super) fn calculations(
        &mut self,
        path: &str,
        input: &MetricQueryInput,
    ) -> Vec<TableCalculation> {
        for (n, calculation) in input.table_calculations.iter().enumerate() {
            let at = |field: &str| format!("{path}.{n}.{field}");
            self.errors.text(&at("name"), text::name(&calculation.name));
            self.errors
                .text(&at("displayName"), text::name(&calculation.display_name));
            match (
                &calculation.sql,
                &calculation.formula,
                &calculation.template,
            ) {
                (Some(sql), None, None) => self.sql(&at("sql"), sql),
                (None, Some(formula), None) => self.sql(&at("formula"), formula),
                (None, None, Some(template)) => self.template(&at("template"), template),
                _ => {
                    let text = "give exactly one of `sql`, `formula` and `template`";
                    self.errors.add(UserErrorCode::Required, &at("sql"), text);
                }
            }
            if let Some(format) = &calculation.format {
                check_json(self.errors, &at("format"), format);
            }
        }
        input.table_calculations.clone()
    }

    fn template(&mut self, path: &str, template: &TableCalculationTemplate) {
        use TableCalculationTemplateType as Type;
        let at = |field: &str| format!("{path}.{field}");
        self.at_most(
            &at("orderBy"),
            template.order_by.len(),
            "columns in an order",
        );
        self.at_most(
            &at("partitionBy"),
            template.partition_by.len(),
            "columns in a partition",
        );
        let function = match (template.kind, template.window_function) {
            (Type::WindowFunction, None) => {
                let text = "must be given for WINDOW_FUNCTION";
                self.needs(&at("windowFunction"), text);
                return;
            }
            (Type::WindowFunction, function) => function,
            (_, Some(_)) => {
                self.invalid(&at("windowFunction"), "is only for WINDOW_FUNCTION");
                None
            }
            (_, None) => None,
        };
        let takes_field = function.is_none_or(WindowFunction::takes_field);
        match &template.field_id {
            None if takes_field => self.needs(&at("fieldId"), "must be given"),
            Some(_) if !takes_field => {
                self.invalid(&at("fieldId"), "this function computes with no column");
            }
            _ => {}
        }
        let knows_no_order = matches!(
            template.kind,
            Type::RankInColumn | Type::PercentOfColumnTotal
        );
        if knows_no_order && !template.order_by.is_empty() {
            self.invalid(&at("orderBy"), "this calculation knows no order of rows");
        }
        if let Some(frame) = &template.frame {
            if function.is_some_and(WindowFunction::takes_field) {
                self.frame(&at("frame"), frame);
            } else {
                let text = "is only for WINDOW_FUNCTION with SUM, AVG, COUNT, MIN or MAX";
                self.invalid(&at("frame"), text);
            }
        }
    }

    fn frame(&mut self, path: &str, frame: &WindowFrame) {
        let here = WindowFrameEdge {
            kind: WindowFrameEdgeType::CurrentRow,
            offset: None,
        };
        let start = frame.start.as_ref().unwrap_or(&here);
        for (name, edge) in [("start", start), ("end", &frame.end)] {
            let at = format!("{path}.{name}.offset");
            let counts = matches!(
                edge.kind,
                WindowFrameEdgeType::Preceding | WindowFrameEdgeType::Following
            );
            match edge.offset {
                None if counts => self.needs(&at, "must be given for PRECEDING and FOLLOWING"),
                Some(_) if !counts => self.invalid(&at, "is only for PRECEDING and FOLLOWING"),
                Some(offset) if !(0..=OFFSET_MAX).contains(&offset) => {
                    self.invalid(&at, &format!("must be between 0 and {OFFSET_MAX}"));
                }
                _ => {}
            }
        }
        let starts_last = start.kind == WindowFrameEdgeType::UnboundedFollowing;
        let ends_first = frame.end.kind == WindowFrameEdgeType::UnboundedPreceding;
        if starts_last || ends_first || start.place() > frame.end.place() {
            self.invalid(path, "must not end before it starts");
        }
    }

    pub(super) fn additional_metrics(
        &mut self,
        path: &str,
        input: &MetricQueryInput,
    ) -> Vec<AdditionalMetric> {
        let metrics = input.additional_metrics.as_deref().unwrap_or_default();
        self.at_most(path, metrics.len(), "additional metrics");
        let metric = |(n, metric): (usize, &AdditionalMetricInput)| {
            let path = format!("{path}.{n}");
            match &metric.period_comparison {
                Some(period) => self.comparison(&path, metric, period, &input.dimensions),
                None => self.aggregate(&path, metric),
            }
            self.additional_metric(&path, metric)
        };
        metrics.iter().enumerate().map(metric).collect()
    }

    /// A metric that aggregates rows says how, and what.
    fn aggregate(&mut self, path: &str, input: &AdditionalMetricInput) {
        if input.metric_type.is_none() {
            let text = "must be given, unless `periodComparison` is";
            self.needs(&format!("{path}.type"), text);
        }
        match &input.sql {
            Some(sql) => self.sql(&format!("{path}.sql"), sql),
            None => {
                let text = "must be given, unless `periodComparison` is";
                self.needs(&format!("{path}.sql"), text);
            }
        }
    }

    /// A metric of another period has all but that from the metric that it compares.
    fn comparison(
        &mut self,
        path: &str,
        input: &AdditionalMetricInput,
        period: &PeriodComparison,
        dimensions: &[FieldId],
    ) {
        for (field, is_given) in [
            ("type", input.metric_type.is_some()),
            ("sql", input.sql.is_some()),
            ("baseDimensionName", input.base_dimension_name.is_some()),
            ("percentile", input.percentile.is_some()),
            (
                "filters",
                input
                    .filters
                    .as_ref()
                    .is_some_and(|rules| !rules.is_empty()),
            ),
        ] {
            if is_given {
                let text = "cannot stand beside `periodComparison`: it is that of the metric that is compared";
                self.invalid(&format!("{path}.{field}"), text);
            }
        }
        let at = |field: &str| format!("{path}.periodComparison.{field}");
        if !dimensions.contains(&period.time_dimension_id) {
            let text = format!(
                "`{}` must be among the dimensions of the query",
                period.time_dimension_id.as_str()
            );
            self.invalid(&at("timeDimensionId"), &text);
        }
        if !(1..=PERIODS_MAX).contains(&period.period_offset) {
            let text = format!(
                "must be between 1 and {PERIODS_MAX}, got {}",
                period.period_offset
            );
            self.invalid(&at("periodOffset"), &text);
        }
    }

    fn additional_metric(&mut self, path: &str, input: &AdditionalMetricInput) -> AdditionalMetric {
        let at = |field: &str| format!("{path}.{field}");
        if input
            .percentile
            .is_some_and(|percentile| !(0.0..=100.0).contains(&percentile))
        {
            self.invalid(&at("percentile"), "must be between 0 and 100");
        }
        if let Some(description) = &input.description {
            let lines = text::lines(description, text::DESCRIPTION_MAX);
            self.errors.text(&at("description"), lines);
        }
        for (field, text) in [
            ("label", &input.label),
            ("baseDimensionName", &input.base_dimension_name),
        ] {
            if let Some(text) = text {
                self.errors
                    .text(&at(field), text::line(text, text::NAME_MAX));
            }
        }
        if let Some(format) = &input.format {
            check_json(self.errors, &at("format"), format);
        }
        let filters = input
            .filters
            .as_deref()
            .unwrap_or_default()
            .iter()
            .enumerate();
        AdditionalMetric {
            name: self.errors.text(&at("name"), text::name(&input.name)),
            label: input.label.clone(),
            description: input.description.clone(),
            table: self.errors.text(&at("table"), text::name(&input.table)),
            metric_type: input.metric_type,
            sql: input.sql.clone(),
            base_dimension_name: input.base_dimension_name.clone(),
            filters: filters
                .map(|(n, rule)| self.rule(&format!("{path}.filters.{n}"), rule))
                .collect(),
            percentile: input.percentile,
            hidden: input.hidden,
            format: input.format.clone(),
            period_comparison: input.period_comparison.clone(),
        }
    }

    fn needs(&mut self, path: &str, message: &str) {
        self.errors
            .add(UserErrorCode::Required, path, format!("{path}: {message}"));
    }
}
