//! The types `Explore`, `ExploreError` and `JoinedTable`.

use super::{ActiveExplore, ExploreRow, definition, facts};
use crate::{
    domains::{
        content::metric_query::DimensionType,
        model::catalog::{Part, Relation, Table},
    },
    kernel::Result,
    semantic::{
        error::Issue,
        model::{JoinKind, ParameterDefinition, ParameterType},
    },
    services::warehouse::WarehouseType,
};
use async_graphql::{Context, Enum, Object, SimpleObject};
use serde_json::Value;
use std::sync::Arc;

/// A table and what is joined to it: what metric queries are asked of.
pub struct Explore(pub Arc<ExploreRow>);

impl From<Arc<ExploreRow>> for Explore {
    fn from(row: Arc<ExploreRow>) -> Self {
        Self(row)
    }
}

impl Explore {
    async fn definition(&self, ctx: &Context<'_>) -> Result<Arc<ActiveExplore>> {
        definition(ctx, self.0.project_id, &self.0.name).await
    }

    async fn relation(&self, ctx: &Context<'_>) -> Result<Relation> {
        let active = self.definition(ctx).await?;
        let table = active.explore.tables.get(&active.explore.base_table);
        Ok(table.map(Relation::of).unwrap_or_default())
    }

    /// The table that it starts from; `None` where the explore failed to compile.
    ///
    /// # Errors
    /// Lack of sign-in, outages.
    pub async fn base(&self, ctx: &Context<'_>) -> Result<Option<Table>> {
        let active = self.definition(ctx).await?;
        let base = &active.explore.base_table;
        let exists = active.explore.tables.contains_key(base);
        Ok(exists.then(|| Table(self.part(&active, base))))
    }

    fn part(&self, active: &ActiveExplore, table: &str) -> Part {
        Part::of_explore(
            (self.0.organization_id, self.0.project_id),
            active.explore.clone(),
            table,
        )
    }
}

/// A table and what is joined to it: what metric queries are asked of.
#[Object]
impl Explore {
    /// Name, unique in the project; what metric queries call it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Title.
    async fn label(&self) -> &str {
        &self.0.label
    }

    /// What it is for.
    async fn description(&self) -> Option<&str> {
        self.0.description.as_deref()
    }

    /// The folder in which it stands.
    async fn group_label(&self) -> Option<&str> {
        self.0.groups.first().map(String::as_str)
    }

    /// Labels of the model.
    async fn tags(&self) -> &[String] {
        &self.0.tags
    }

    /// Database of the base table; null where the model does not say.
    async fn database_name(&self, ctx: &Context<'_>) -> Option<Result<String>> {
        let relation = self.relation(ctx).await;
        relation.map(|relation| relation.database).transpose()
    }

    /// Schema of the base table; null where the model does not say.
    async fn schema_name(&self, ctx: &Context<'_>) -> Option<Result<String>> {
        let relation = self.relation(ctx).await;
        relation.map(|relation| relation.schema).transpose()
    }

    /// The table that it starts from; null where the explore failed to compile.
    async fn base_table(&self, ctx: &Context<'_>) -> Option<Result<Table>> {
        self.base(ctx).await.transpose()
    }

    /// What is joined to the base table, as far as the caller has the attributes that it asks for.
    async fn joined_tables(&self, ctx: &Context<'_>) -> Result<Vec<JoinedTable>> {
        let active = self.definition(ctx).await?;
        joined(ctx, &self.part(&active, &active.explore.base_table)).await
    }

    /// The base table and the joined ones, but for hidden ones and those that ask for attributes
    /// that the caller lacks.
    async fn tables(&self, ctx: &Context<'_>) -> Result<Vec<Table>> {
        let active = self.definition(ctx).await?;
        let facts = facts(ctx, self.0.organization_id).await?;
        let tables = active.explore.tables.values().filter(|table| {
            let allowed = table.access.iter();
            !table.hidden && { allowed }.all(|rule| rule.allows(&facts.attributes))
        });
        Ok(tables
            .map(|table| Table(self.part(&active, &table.name)))
            .collect())
    }

    /// The parameters that its models use: what `parameters` of a query may set, by name.
    async fn parameters(&self, ctx: &Context<'_>) -> Result<Vec<ExploreParameter>> {
        let active = self.definition(ctx).await?;
        let parameters = active.explore.parameters.iter();
        Ok(parameters
            .map(|(name, definition)| ExploreParameter::of(name, definition))
            .collect())
    }

    /// The kind of warehouse that the project is connected with.
    async fn warehouse(&self, ctx: &Context<'_>) -> Option<Result<WarehouseType>> {
        let active = self.definition(ctx).await;
        active.map(|active| active.settings.warehouse).transpose()
    }

    /// The file of the dbt project that defines it.
    async fn source_path(&self) -> Option<&str> {
        self.0.source_path.as_deref()
    }

    /// What is wrong with it: with no base table it cannot be asked, else parts of it are missing.
    async fn errors(&self, ctx: &Context<'_>) -> Result<Vec<ExploreError>> {
        let active = self.definition(ctx).await?;
        Ok(active.explore.errors.iter().map(Into::into).collect())
    }
}

/// A value that whoever runs a query can set, and that the models of an explore use.
#[derive(Debug, SimpleObject)]
pub struct ExploreParameter {
    /// Name, by which queries set it.
    name: String,
    /// Title.
    label: String,
    /// What it changes.
    description: Option<String>,
    /// Type of its values.
    #[graphql(name = "type")]
    kind: DimensionType,
    /// The value where a query sets none: one, or a list; null where it has to be set.
    default: Option<Value>,
    /// Whether several values may be given, as a list.
    multiple: bool,
    /// Whether values beside `options` may be given.
    allow_custom_values: bool,
    /// Values to choose from.
    options: Vec<Value>,
}

impl ExploreParameter {
    fn of(name: &str, definition: &ParameterDefinition) -> Self {
        // What was read from JSON can be written as JSON.
        let json = |value| serde_json::to_value(value).unwrap_or_default();
        let options = definition.options.iter().flatten();
        Self {
            name: name.to_owned(),
            label: definition.label.clone().unwrap_or_else(|| name.to_owned()),
            description: definition.description.clone(),
            kind: match definition.kind {
                ParameterType::String => DimensionType::String,
                ParameterType::Number => DimensionType::Number,
                ParameterType::Date => DimensionType::Date,
            },
            default: definition.default.as_ref().map(json),
            multiple: definition.multiple,
            allow_custom_values: definition.allow_custom_values,
            options: options.map(json).collect(),
        }
    }
}

/// The joined tables of an explore, given by its base table, that the caller may use.
pub(in crate::domains::model) async fn joined(
    ctx: &Context<'_>,
    base: &Part,
) -> Result<Vec<JoinedTable>> {
    let explore = base.explore(ctx).await?;
    let facts = facts(ctx, base.organization).await?;
    let mut tables = Vec::with_capacity(explore.joins.len());
    for join in &explore.joins {
        let Some(table) = explore.tables.get(&join.table) else {
            continue;
        };
        let rules = table.access.iter().chain(&join.needs.access);
        if { rules }.all(|rule| rule.allows(&facts.attributes)) {
            tables.push(JoinedTable {
                table: Table(base.table(explore.clone(), &join.table)),
                sql_on: join.on.source(),
                join_type: join.kind.into(),
                hidden: join.hidden || table.hidden,
            });
        }
    }
    Ok(tables)
}

/// A table that is joined to the base table of an explore.
#[derive(SimpleObject)]
pub struct JoinedTable {
    /// The table.
    table: Table,
    /// The condition, as the model writes it.
    sql_on: String,
    /// Which rows stay.
    #[graphql(name = "type")]
    join_type: JoinType,
    /// Whether its fields are not shown.
    hidden: bool,
}

/// Which rows of a join stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum JoinType {
    /// Only rows that match.
    Inner,
    /// Rows without a match on the right stay.
    Left,
    /// Rows without a match on the left stay.
    Right,
    /// All rows stay.
    Full,
}

impl From<JoinKind> for JoinType {
    fn from(kind: JoinKind) -> Self {
        match kind {
            JoinKind::Inner => Self::Inner,
            JoinKind::Left => Self::Left,
            JoinKind::Right => Self::Right,
            JoinKind::Full => Self::Full,
        }
    }
}

/// Something that is wrong with a model.
#[derive(SimpleObject)]
pub struct ExploreError {
    /// What kind of mistake it is, for example `BAD_REFERENCE`.
    #[graphql(name = "type")]
    kind: String,
    /// Where and what, for people.
    message: String,
}

impl From<&Issue> for ExploreError {
    fn from(issue: &Issue) -> Self {
        let kind = serde_json::to_value(issue.code).ok();
        let kind = kind.and_then(|kind| kind.as_str().map(str::to_owned));
        Self {
            kind: kind.unwrap_or_default(),
            message: match issue.path.as_str() {
                "" => issue.message.clone(),
                path => format!("{path}: {}", issue.message),
            },
        }
    }
}
