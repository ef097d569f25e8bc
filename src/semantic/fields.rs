//! Fields by their ids, and who may use them.

use super::{
    error::{Code, Issue, Result},
    model::{Dimension, Explore, Metric, Needs, Table, field_id},
    request::UserFacts,
};

/// A dimension of an explore.
#[derive(Debug, Clone, Copy)]
pub struct FoundDimension<'a> {
    /// Its table.
    pub table: &'a Table,
    /// Itself.
    pub dimension: &'a Dimension,
}

/// A metric of an explore.
#[derive(Debug, Clone, Copy)]
pub struct FoundMetric<'a> {
    /// Its table.
    pub table: &'a Table,
    /// Itself.
    pub metric: &'a Metric,
}

/// The dimension of that id. Ids cannot be taken apart, so every table is asked.
pub fn dimension<'a>(explore: &'a Explore, id: &str) -> Option<FoundDimension<'a>> {
    explore.tables.values().find_map(|table| {
        let dimension = in_table(
            id,
            &table.name,
            |name| table.dimensions.get(name),
            || {
                table
                    .dimensions
                    .values()
                    .find(|dimension| field_id(&table.name, &dimension.name) == id)
            },
        )?;
        Some(FoundDimension { table, dimension })
    })
}

/// The metric of that id.
pub fn metric<'a>(explore: &'a Explore, id: &str) -> Option<FoundMetric<'a>> {
    explore.tables.values().find_map(|table| {
        let metric = in_table(
            id,
            &table.name,
            |name| table.metrics.get(name),
            || {
                table
                    .metrics
                    .values()
                    .find(|metric| field_id(&table.name, &metric.name) == id)
            },
        )?;
        Some(FoundMetric { table, metric })
    })
}

fn in_table<'a, T>(
    id: &str,
    table: &str,
    by_name: impl Fn(&str) -> Option<&'a T>,
    by_search: impl Fn() -> Option<&'a T>,
) -> Option<&'a T> {
    let name = id
        .strip_prefix(table.replace('.', "__").as_str())?
        .strip_prefix('_')?;
    let found = by_name(name).or_else(|| by_name(&name.to_lowercase()));
    // Dots of a name are written as two underscores.
    found.or_else(|| {
        if name.contains("__") {
            by_search()
        } else {
            None
        }
    })
}

/// Whether the user has all attributes that something asks for.
pub fn may_use(needs: &Needs, user: &UserFacts) -> bool {
    let mut rules = needs.access.iter();
    rules.all(|rule| rule.allows(&user.attributes))
}

/// Refuses what asks for attributes that the user does not have, in the words of what is not there.
pub fn check_access(needs: &Needs, user: &UserFacts, absent: impl FnOnce() -> Issue) -> Result<()> {
    if may_use(needs, user) {
        return Ok(());
    }
    Err(Issue {
        code: Code::ForbiddenField,
        ..absent()
    })
}

/// That there is no such field: hidden ones are not there either.
pub fn unknown(explore: &Explore, id: &str) -> Issue {
    Issue::new(
        Code::UnknownField,
        "",
        format!("the explore {} has no field `{id}`", explore.name),
    )
}
