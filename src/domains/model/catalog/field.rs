//! The types `Dimension` and `Metric`.

use super::{
    CatalogItemKind, CatalogUsage, DimensionRow, MetricRow, Part,
    loader::{icon_of, tags_of},
    row::ItemRow,
    table::CatalogIcon,
};
use crate::{
    domains::{
        content::metric_query::{DimensionType, MetricType},
        model::{DateGranularity, tag::Tag},
    },
    gql::{FieldId, id_text},
    kernel::{Id, Result, entity},
    semantic::{
        model::{self, Interval, TimeUnit},
        value::ValueType,
    },
};
use async_graphql::{Context, ID, Object};
use serde_json::Value;
use std::sync::Arc;

/// The calendar unit of the graph, if it is one.
const fn granularity(unit: TimeUnit) -> Option<DateGranularity> {
    Some(match unit {
        TimeUnit::Day => DateGranularity::Day,
        TimeUnit::Week => DateGranularity::Week,
        TimeUnit::Month => DateGranularity::Month,
        TimeUnit::Quarter => DateGranularity::Quarter,
        TimeUnit::Year => DateGranularity::Year,
        TimeUnit::Millisecond | TimeUnit::Second | TimeUnit::Minute | TimeUnit::Hour => {
            return None;
        }
    })
}

impl From<ValueType> for DimensionType {
    fn from(kind: ValueType) -> Self {
        match kind {
            ValueType::String => Self::String,
            ValueType::Number => Self::Number,
            ValueType::Boolean => Self::Boolean,
            ValueType::Date => Self::Date,
            ValueType::Timestamp => Self::Timestamp,
        }
    }
}

impl From<model::MetricType> for MetricType {
    fn from(kind: model::MetricType) -> Self {
        use model::MetricType as Kind;
        match kind {
            Kind::Count => Self::Count,
            Kind::CountDistinct => Self::CountDistinct,
            Kind::Sum => Self::Sum,
            Kind::Average => Self::Average,
            Kind::Min => Self::Min,
            Kind::Max => Self::Max,
            Kind::Median => Self::Median,
            Kind::Percentile => Self::Percentile,
            Kind::SumDistinct => Self::SumDistinct,
            Kind::AverageDistinct => Self::AverageDistinct,
            Kind::Number => Self::Number,
            Kind::String => Self::String,
            Kind::Boolean => Self::Boolean,
            Kind::Date => Self::Date,
            Kind::Timestamp => Self::Timestamp,
            Kind::PercentOfPrevious => Self::PercentOfPrevious,
            Kind::PercentOfTotal => Self::PercentOfTotal,
            Kind::RunningTotal => Self::RunningTotal,
        }
    }
}

/// A field of a table to group and filter by.
pub struct Dimension(pub(super) Part);

impl From<Arc<DimensionRow>> for Dimension {
    fn from(row: Arc<DimensionRow>) -> Self {
        (&row.0).into()
    }
}
impl From<&ItemRow> for Dimension {
    fn from(row: &ItemRow) -> Self {
        Self(Part::of_item(row))
    }
}

impl Dimension {
    fn item(&self) -> uuid::Uuid {
        self.0.id(CatalogItemKind::Dimension)
    }
}

/// A field of a table to group and filter by.
#[Object]
impl Dimension {
    /// Globally unique id; the same in every deployment of the project that has a dimension of this
    /// name in this table.
    pub async fn id(&self) -> ID {
        id_text(Id::<entity::Dimension>::from_uuid(self.item()))
    }

    /// How metric queries name it.
    async fn field_id(&self) -> FieldId {
        FieldId::trusted(model::field_id(&self.0.table, &self.0.name))
    }

    /// Name, unique in the table.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Title.
    async fn label(&self, ctx: &Context<'_>) -> Result<String> {
        self.0.of_dimension(ctx, |_, own| own.label.clone()).await
    }

    /// What it is.
    async fn description(&self, ctx: &Context<'_>) -> Option<Result<String>> {
        let read = self.0.of_dimension(ctx, |_, own| own.description.clone());
        read.await.transpose()
    }

    /// Name of its table.
    async fn table_name(&self) -> &str {
        &self.0.table
    }

    /// Title of its table.
    async fn table_label(&self, ctx: &Context<'_>) -> Result<String> {
        self.0.of_table(ctx, |_, table| table.label.clone()).await
    }

    /// Folders in which it stands, the outermost first.
    async fn groups(&self, ctx: &Context<'_>) -> Result<Vec<String>> {
        self.0.of_dimension(ctx, |_, own| own.groups.clone()).await
    }

    /// Type of its values.
    #[graphql(name = "type")]
    async fn value_type(&self, ctx: &Context<'_>) -> Result<DimensionType> {
        self.0.of_dimension(ctx, |_, own| own.kind.into()).await
    }

    /// The expression, as the model writes it.
    async fn sql(&self, ctx: &Context<'_>) -> Result<String> {
        self.0.of_dimension(ctx, |_, own| own.sql.source()).await
    }

    /// Whether it is left out of lists.
    async fn hidden(&self, ctx: &Context<'_>) -> Result<bool> {
        self.0.of_dimension(ctx, |_, own| own.hidden).await
    }

    /// For the days, weeks, months, quarters or years of another dimension: which of them.
    async fn time_interval(&self, ctx: &Context<'_>) -> Option<Result<DateGranularity>> {
        let read = self
            .0
            .of_dimension(ctx, |_, own| match &own.granularity.as_ref()?.interval {
                Interval::Truncated(unit) => granularity(*unit),
                _ => None,
            });
        read.await.transpose()
    }

    /// Tags that people gave it.
    async fn tags(&self, ctx: &Context<'_>) -> Result<Vec<Tag>> {
        tags_of(ctx, self.item()).await
    }

    /// The icon that people gave it.
    async fn icon(&self, ctx: &Context<'_>) -> Option<Result<CatalogIcon>> {
        icon_of(ctx, self.item()).await.transpose()
    }

    /// Charts that use it.
    async fn usage(&self) -> CatalogUsage {
        CatalogUsage(self.item())
    }
}

/// A field of a table that is computed over groups of rows.
pub struct Metric(pub(super) Part);

impl From<Arc<MetricRow>> for Metric {
    fn from(row: Arc<MetricRow>) -> Self {
        (&row.0).into()
    }
}
impl From<&ItemRow> for Metric {
    fn from(row: &ItemRow) -> Self {
        Self(Part::of_item(row))
    }
}

impl Metric {
    fn item(&self) -> uuid::Uuid {
        self.0.id(CatalogItemKind::Metric)
    }
}

/// A field of a table that is computed over groups of rows.
#[Object]
impl Metric {
    /// Globally unique id; the same in every deployment of the project that has a metric of this name
    /// in this table.
    pub async fn id(&self) -> ID {
        id_text(Id::<entity::Metric>::from_uuid(self.item()))
    }

    /// How metric queries name it.
    async fn field_id(&self) -> FieldId {
        FieldId::trusted(model::field_id(&self.0.table, &self.0.name))
    }

    /// Name, unique in the table.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Title.
    async fn label(&self, ctx: &Context<'_>) -> Result<String> {
        self.0.of_metric(ctx, |_, own| own.label.clone()).await
    }

    /// What it counts.
    async fn description(&self, ctx: &Context<'_>) -> Option<Result<String>> {
        let read = self.0.of_metric(ctx, |_, own| own.description.clone());
        read.await.transpose()
    }

    /// Name of its table.
    async fn table_name(&self) -> &str {
        &self.0.table
    }

    /// Title of its table.
    async fn table_label(&self, ctx: &Context<'_>) -> Result<String> {
        self.0.of_table(ctx, |_, table| table.label.clone()).await
    }

    /// Folders in which it stands, the outermost first.
    async fn groups(&self, ctx: &Context<'_>) -> Result<Vec<String>> {
        self.0.of_metric(ctx, |_, own| own.groups.clone()).await
    }

    /// How it aggregates.
    #[graphql(name = "type")]
    async fn metric_type(&self, ctx: &Context<'_>) -> Result<MetricType> {
        self.0.of_metric(ctx, |_, own| own.kind.into()).await
    }

    /// What is aggregated, or computed from other metrics, as the model writes it.
    async fn sql(&self, ctx: &Context<'_>) -> Result<String> {
        self.0.of_metric(ctx, |_, own| own.sql.source()).await
    }

    /// Whether it is left out of lists.
    async fn hidden(&self, ctx: &Context<'_>) -> Result<bool> {
        self.0.of_metric(ctx, |_, own| own.hidden).await
    }

    /// How values are written: the keys of the model; null if it says nothing.
    async fn format(&self, ctx: &Context<'_>) -> Option<Result<Value>> {
        let read = self.0.of_metric(ctx, |_, own| {
            let said = own.format != model::FormatKeys::default();
            said.then(|| serde_json::to_value(&own.format).unwrap_or_default())
        });
        read.await.transpose()
    }

    /// Tags that people gave it.
    async fn tags(&self, ctx: &Context<'_>) -> Result<Vec<Tag>> {
        tags_of(ctx, self.item()).await
    }

    /// The icon that people gave it.
    async fn icon(&self, ctx: &Context<'_>) -> Option<Result<CatalogIcon>> {
        icon_of(ctx, self.item()).await.transpose()
    }

    /// Charts that use it.
    async fn usage(&self) -> CatalogUsage {
        CatalogUsage(self.item())
    }
}
