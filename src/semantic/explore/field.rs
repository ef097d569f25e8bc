//! Fields of a table as analysts write them.

use super::{access, granularity, label, named_type, short_filter};
use crate::semantic::{
    dialect::Dialect,
    error::{Code, Issue, Result},
    manifest::{DimensionMeta, Json, MetricMeta, NonAdditiveMeta, OneOrMany, value_type},
    model::{
        Dimension, Display, FormatKeys, Granularity, Interval, Metric, MetricType, Needs,
        NonAdditive, TimeDimension,
    },
    snippet::{Part, Snippet},
    value::ValueType,
};

/// The column that dimensions stand on.
pub(super) struct Base<'a> {
    pub(super) column: &'a str,
    pub(super) data_type: Option<&'a str>,
    pub(super) description: Option<&'a str>,
    pub(super) tags: &'a [String],
    pub(super) dialect: &'a dyn Dialect,
    pub(super) granularities: &'a granularity::Custom,
}

/// A dimension and its intervals. `own` tells the column's own dimension from additional ones.
pub(super) fn dimensions(
    base: &Base<'_>,
    name: &str,
    meta: &Json,
    own: bool,
) -> Result<Vec<Dimension>> {
    let meta = match meta {
        Json::Null => DimensionMeta::default(),
        meta => meta
            .read::<DimensionMeta>()
            .map_err(|error| bad(format!("cannot be read: {error}")))?,
    };
    let name = meta.name.as_deref().unwrap_or(name).to_owned();
    check_name(&name)?;
    let (column_kind, column_naive) = base.data_type.map_or((ValueType::String, false), |kind| {
        let (value, naive) = value_type(kind);
        (
            value,
            naive && !base.dialect.plain_timestamp_is_instant(kind),
        )
    });
    let kind = match meta.kind.as_deref() {
        Some(kind) => named_type(kind).map_err(|issue| issue.at("type"))?,
        None => column_kind,
    };
    let naive = match meta.timestamp_domain.as_deref() {
        Some("naive") => true,
        Some("aware") => false,
        Some(other) => {
            let message = format!("`{other}` is neither aware nor naive");
            return Err(bad(message).at("timestamp_domain"));
        }
        // What stands in SQL of one's own is not known to be the column.
        None => column_naive && (meta.sql.is_none() || own),
    };
    let sql = match &meta.sql {
        Some(sql) => Snippet::parse(sql, base.dialect.backslash_escapes())
            .map_err(|issue| issue.at("sql"))?,
        None => Snippet::column(&base.dialect.quote_if_needed(base.column)),
    };
    if has_window(&sql) {
        let message = "a dimension may not use window functions: rows are grouped by it";
        return Err(Issue::new(Code::BadSql, "sql", message));
    }
    let intervals = granularity::of(kind, meta.time_intervals.as_ref(), base.granularities)?;
    let description = meta.description.as_deref();
    let description = description.or(if own { base.description } else { None });
    let mut tags = if own { base.tags.to_vec() } else { Vec::new() };
    tags.extend(
        meta.tags
            .clone()
            .map(OneOrMany::into_vec)
            .unwrap_or_default(),
    );
    let dimension = Dimension {
        label: meta.label.clone().unwrap_or_else(|| label(&name)),
        description: description.map(str::to_owned),
        kind,
        sql,
        needs: Needs::default(),
        granularity: None,
        is_interval_base: !intervals.is_empty(),
        hidden: meta.hidden,
        naive,
        convert_timezone: meta.convert_timezone.unwrap_or(true),
        case_sensitive: meta.case_sensitive,
        access: access::rules(
            meta.required_attributes.as_ref(),
            meta.any_attributes.as_ref(),
        ),
        format: meta.format,
        groups: groups(meta.groups, meta.group_label),
        tags,
        display: Display {
            urls: meta.urls,
            rich_text: meta.rich_text,
            image: meta.image,
            colors: meta.colors,
            filter_autocomplete: meta.filter_autocomplete,
            ai_hint: meta.ai_hint,
            spotlight: meta.spotlight,
        },
        name,
    };
    let children = intervals
        .into_iter()
        .map(|interval| child(&dimension, interval));
    let children: Vec<Dimension> = children.collect();
    Ok(std::iter::once(dimension).chain(children).collect())
}

/// An interval of a dimension.
fn child(base: &Dimension, interval: Interval) -> Dimension {
    let name = interval.name().to_lowercase();
    let mut groups = base.groups.clone();
    groups.push(base.label.clone());
    Dimension {
        name: format!("{}_{name}", base.name),
        label: format!("{} {}", base.label, name.replace('_', " ")),
        kind: interval.value_type(base.kind),
        granularity: Some(Granularity {
            base: base.name.clone(),
            base_kind: base.kind,
            interval,
        }),
        is_interval_base: false,
        groups,
        format: FormatKeys::default(),
        display: Display::default(),
        ..base.clone()
    }
}

/// A metric; `dimension` is the one whose column it stands under.
pub(super) fn metric(
    name: &str,
    meta: MetricMeta,
    dimension: Option<&str>,
    dialect: &dyn Dialect,
) -> Result<Metric> {
    check_name(name)?;
    let written = meta.kind.as_deref().unwrap_or("");
    let kind = MetricType::named(written)
        .ok_or_else(|| bad(format!("`{written}` is not a type of metric")).at("type"))?;
    let parse = |sql: &str| Snippet::parse(sql, dialect.backslash_escapes());
    let sql = match (&meta.sql, dimension) {
        (Some(sql), _) => parse(sql).map_err(|issue| issue.at("sql"))?,
        (None, Some(dimension)) => Snippet::field(dimension),
        (None, None) => return Err(bad("needs `sql`".to_owned()).at("sql")),
    };
    if !meta.filters.is_empty() && !kind.is_aggregate() {
        let message = "only metrics that aggregate rows can have filters".to_owned();
        return Err(bad(message).at("filters"));
    }
    if kind == MetricType::Percentile
        && !meta
            .percentile
            .is_none_or(|percentile| (0.0..=100.0).contains(&percentile))
    {
        return Err(bad("must be between 0 and 100".to_owned()).at("percentile"));
    }
    let distinct = matches!(kind, MetricType::SumDistinct | MetricType::AverageDistinct);
    let keys = meta
        .distinct_keys
        .map(OneOrMany::into_vec)
        .unwrap_or_default();
    if distinct && keys.is_empty() {
        return Err(bad("needs `distinct_keys`".to_owned()).at("distinct_keys"));
    }
    let mut filters = Vec::new();
    for (n, filter) in meta.filters.iter().enumerate() {
        let (rules, _) = short_filter::rules(filter, short_filter::Grammar::METRIC)
            .map_err(|issue| issue.at(format!("filters.{n}")))?;
        filters.extend(rules);
    }
    Ok(Metric {
        name: name.to_owned(),
        label: meta.label.unwrap_or_else(|| label(name)),
        description: meta.description,
        kind,
        sql,
        needs: Needs::default(),
        hidden: meta.hidden,
        percentile: meta.percentile,
        distinct_keys: keys.iter().map(|key| key_reference(key)).collect(),
        non_additive: non_additive(meta.non_additive_dimension.as_ref(), kind)?,
        filters,
        access: access::rules(
            meta.required_attributes.as_ref(),
            meta.any_attributes.as_ref(),
        ),
        format: meta.format,
        groups: groups(meta.groups, meta.group_label),
        tags: meta.tags.map(OneOrMany::into_vec).unwrap_or_default(),
        show_underlying_values: meta.show_underlying_values,
        default_time_dimension: meta.default_time_dimension.map(|time| TimeDimension {
            field: time.field,
            interval: time.interval.to_lowercase(),
        }),
        display: Display {
            urls: meta.urls,
            rich_text: meta.rich_text,
            ai_hint: meta.ai_hint,
            spotlight: meta.spotlight,
            ..Display::default()
        },
    })
}

/// The time over which a metric does not add up.
fn non_additive(meta: Option<&NonAdditiveMeta>, kind: MetricType) -> Result<Option<NonAdditive>> {
    let Some(meta) = meta else {
        return Ok(None);
    };
    let wrong = |path: &str, message: &str| {
        let path = format!("non_additive_dimension{path}");
        bad(message.to_owned()).at(path)
    };
    let fits = kind.is_aggregate()
        && !matches!(kind, MetricType::SumDistinct | MetricType::AverageDistinct);
    if !fits {
        return Err(wrong(
            "",
            "is for metrics that aggregate rows, distinct ones aside",
        ));
    }
    if meta.name.trim().is_empty() {
        return Err(wrong(".name", "must name a dimension"));
    }
    let last = match meta.window_choice.as_deref() {
        Some("max") => true,
        Some("min") => false,
        _ => {
            return Err(wrong(
                ".window_choice",
                "must be `min` (the first time) or `max` (the last)",
            ));
        }
    };
    let groupings = meta.window_groupings.clone().map(OneOrMany::into_vec);
    let groupings = groupings.unwrap_or_default();
    Ok(Some(NonAdditive {
        time: key_reference(&meta.name),
        last,
        groupings: groupings.iter().map(|key| key_reference(key)).collect(),
    }))
}

/// A key is named by a field, with or without `${}` around it.
fn key_reference(key: &str) -> Snippet {
    let key = key.trim();
    let bare = key.strip_prefix("${").and_then(|key| key.strip_suffix('}'));
    let (table, name) = match bare.unwrap_or(key).split_once('.') {
        Some((table, name)) => (Some(table.to_owned()), name.to_owned()),
        None => (None, bare.unwrap_or(key).to_owned()),
    };
    Snippet {
        parts: vec![Part::Field { table, name }],
    }
}

fn groups(groups: Option<OneOrMany<String>>, legacy: Option<String>) -> Vec<String> {
    groups
        .map(OneOrMany::into_vec)
        .or(legacy.map(|label| vec![label]))
        .unwrap_or_default()
}

fn check_name(name: &str) -> Result<()> {
    let plain = |c: char| !c.is_control() && !matches!(c, '$' | '{' | '}');
    if name.is_empty() || name.len() > 200 || !name.chars().all(plain) {
        return Err(bad(format!("`{name}` is not a name")));
    }
    Ok(())
}

/// Whether the code of a snippet has `OVER (`.
fn has_window(sql: &Snippet) -> bool {
    sql.parts.iter().any(|part| match part {
        Part::Text(text) => {
            let text = text.to_lowercase();
            let mut words = text.match_indices("over");
            words.any(|(at, word)| {
                let before = text.get(..at).and_then(|t| t.chars().next_back());
                let after = text.get(at + word.len()..).unwrap_or("").trim_start();
                before.is_none_or(|c| c.is_whitespace() || c == ')') && after.starts_with('(')
            })
        }
        _ => false,
    })
}

fn bad(message: String) -> Issue {
    Issue::new(Code::BadDefinition, "", message)
}
