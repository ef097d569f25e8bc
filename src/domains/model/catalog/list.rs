//! Filters, search and order of the catalog.

use super::{CatalogItemKind, Dimension, Metric, Table, policy::of_kind, row::ItemRow};
use crate::{
    authz::Resource as _,
    db::{Bind, Fragment, OrderTerm, schema::catalog_items, sql},
    gql::{
        ColumnFilter as _, Connection, ListNode, OrderDirection, OrderTerms, PageArgs, Scope,
        StringFilter, children_by, each, enum_filter, id_argument, listing, sortable,
    },
    kernel::{Error, Id, Result, entity, entity::ProjectId},
};
use async_graphql::{Context, ID, InputObject, Union};
use diesel::{ExpressionMethods as _, QueryDsl as _, SelectableHelper as _};
use diesel_async::RunQueryDsl as _;
use std::sync::Arc;
use uuid::Uuid;

/// A table, a dimension or a metric.
#[derive(Union)]
pub enum CatalogItem {
    /// A table.
    Table(Table),
    /// A dimension.
    Dimension(Dimension),
    /// A metric.
    Metric(Metric),
}

impl From<Arc<ItemRow>> for CatalogItem {
    fn from(row: Arc<ItemRow>) -> Self {
        match row.kind {
            CatalogItemKind::Table => Self::Table((&*row).into()),
            CatalogItemKind::Dimension => Self::Dimension((&*row).into()),
            CatalogItemKind::Metric => Self::Metric((&*row).into()),
        }
    }
}

listing! {
    ItemRow in catalog_items as CatalogItem, for entity::CatalogItem, keys {
        "catalog_items.id" => id,
        "catalog_items.label" => label,
        "catalog_items.table_name" => table_name,
    }
}

impl ListNode for CatalogItem {
    const CONNECTION: &'static str = "CatalogItemConnection";
    const EDGE: &'static str = "CatalogItemEdge";
}

enum_filter! { CatalogItemKindFilter on CatalogItemKind }

/// Which items of the catalog to list.
#[derive(Debug, Clone, Default, InputObject)]
pub struct CatalogItemFilter {
    /// With words that begin like each word of this text, in the label, the name, the table or the
    /// description. Without an order, the best matches come first: words of the label count most.
    pub search: Option<String>,
    /// By what they are.
    pub kind: Option<CatalogItemKindFilter>,
    /// With one of these tags.
    pub tag_ids: Option<Vec<ID>>,
    /// By the name of the table; that of a table is its own.
    pub table_name: Option<StringFilter>,
}

sortable! {
    /// Fields by which the catalog can be ordered.
    pub enum CatalogItemOrderField, CatalogItemOrder in "catalog_items", tie "catalog_items.id", default Label Asc {
        /// By name; that of a table is the table's.
        Name = "NAME" => "coalesce(nullif(catalog_items.name, ''), catalog_items.table_name)" as "::text",
        /// By title.
        Label = "LABEL" => "catalog_items.label" as "::text",
        /// By the name of the table.
        TableName = "TABLE_NAME" => "catalog_items.table_name" as "::text",
        /// By how many charts of spaces that are open to the whole project use them.
        ChartCount = "CHART_COUNT" => "open_usage(catalog_items)" as "::int4",
    }
}

/// Most words of a search that count.
const WORDS: usize = 16;

/// The text as a query for words that begin like its words; `None` if it has none.
fn words(search: &str) -> Option<String> {
    let words = search.split(|c: char| !c.is_alphanumeric());
    let words = words.filter(|word| !word.is_empty()).take(WORDS);
    let words: Vec<_> = words
        .map(|word| format!("{}:*", word.to_lowercase()))
        .collect();
    (!words.is_empty()).then(|| words.join(" & "))
}

fn condition(filter: &CatalogItemFilter, words: Option<&str>) -> Result<Fragment> {
    let mut all = vec![sql("catalog_items.is_listed", [])];
    if let Some(words) = words {
        all.push(sql(
            "catalog_words(catalog_items) @@ to_tsquery('simple', ?)",
            [words.into()],
        ));
    }
    if let Some(kind) = &filter.kind {
        all.push(kind.on("catalog_items.kind")?);
    }
    if let Some(tags) = &filter.tag_ids {
        let tags = each(tags, |id| id_argument::<entity::Tag>("", id));
        let tags = tags.map_err(|error| error.under("filter.tagIds"))?;
        all.push(sql(
            "EXISTS (SELECT FROM catalog_item_tags t WHERE t.item_id = catalog_items.id AND t.tag_id = ANY(?))",
            [Bind::from(tags)],
        ));
    }
    if let Some(table) = &filter.table_name {
        let table = table.on("catalog_items.table_name");
        all.push(table.map_err(|error| error.under("filter.tableName"))?);
    }
    Ok(Fragment::all(all))
}

/// The order by how well an item fits a search.
fn by_rank(search: &str, words: &str) -> OrderTerms {
    let orders = [(CatalogItemOrderField::Label, OrderDirection::Asc)];
    let mut order = OrderTerms::new(&orders);
    let rank = OrderTerm {
        expression: "ts_rank(catalog_words(catalog_items), to_tsquery('simple', ?))",
        binds: vec![words.into()],
        cast: "::real",
        descending: true,
    };
    // Who types a whole label looks for what has it.
    let exact = OrderTerm {
        expression: "(lower(catalog_items.label) = ?)::int",
        binds: vec![search.trim().to_lowercase().into()],
        cast: "::int4",
        descending: true,
    };
    order.terms.splice(0..0, [exact, rank]);
    order.signature ^= crc32fast::hash(search.as_bytes());
    order
}

/// The tables, dimensions and metrics of a project.
///
/// # Errors
/// Wrong arguments, lack of sign-in, outages.
pub async fn catalog_of(
    ctx: &Context<'_>,
    project: ProjectId,
    filter: Option<&CatalogItemFilter>,
    order_by: Option<Vec<CatalogItemOrder>>,
    page: &PageArgs,
) -> Result<Connection<CatalogItem>> {
    let none = CatalogItemFilter::default();
    let filter = filter.unwrap_or(&none);
    if filter
        .search
        .as_deref()
        .is_some_and(|text| text.contains('\0'))
    {
        return Err(Error::invalid(
            "filter.search",
            "contains the character U+0000",
        ));
    }
    let words = filter.search.as_deref().and_then(words);
    let order: Vec<_> = order_by
        .unwrap_or_default()
        .into_iter()
        .map(Into::into)
        .collect();
    let order = match &words {
        Some(words) if order.is_empty() => {
            by_rank(filter.search.as_deref().unwrap_or_default(), words)
        }
        _ => OrderTerms::new::<CatalogItemOrderField>(&order),
    };
    let condition = condition(filter, words.as_deref())?;
    let link = "catalog_items.project_id = p.id";
    children_by::<ItemRow>(ctx, (project.uuid(), link), page, order, condition).await
}

/// Items of a kind that the viewer sees, by id.
pub(super) async fn items_by_ids(
    scope: Arc<Scope>,
    kind: CatalogItemKind,
    ids: Vec<Uuid>,
) -> Result<Vec<ItemRow>> {
    let visible = entity::CatalogItem::visible(scope.viewer()?);
    let conn = scope.conn().await?;
    let mut conn = conn.get()?;
    let ids: Vec<Id<entity::CatalogItem>> = ids.into_iter().map(Id::from_uuid).collect();
    let rows = catalog_items::table
        .select(ItemRow::as_select())
        .filter(catalog_items::id.eq_any(ids))
        .filter(of_kind(kind))
        .filter(visible)
        .load(&mut conn)
        .await?;
    Ok(rows)
}

/// Tables that the viewer sees, by project and name.
pub(super) async fn items_named(
    scope: Arc<Scope>,
    keys: &[(ProjectId, String)],
) -> Result<Vec<ItemRow>> {
    let visible = entity::CatalogItem::visible(scope.viewer()?);
    let (projects, names): (Vec<_>, Vec<_>) = keys.iter().cloned().unzip();
    let of_names = sql(
        "(catalog_items.project_id, catalog_items.table_name) IN (SELECT * FROM unnest(?, ?))",
        [Bind::from(projects), Bind::Texts(names)],
    );
    let conn = scope.conn().await?;
    let mut conn = conn.get()?;
    let rows = catalog_items::table
        .select(ItemRow::as_select())
        .filter(of_kind(CatalogItemKind::Table))
        .filter(of_names)
        .filter(visible)
        .load(&mut conn)
        .await?;
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn searches_become_prefixes() {
        assert_eq!(
            words("Order  total-€").as_deref(),
            Some("order:* & total:*")
        );
        assert_eq!(words("' | !*"), None);
    }
}
