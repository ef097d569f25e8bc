//! Files of cases, as `README.md` describes them.

use chartroom::semantic::{
    dialect::Postgres,
    explore,
    manifest::{self, Json, Settings},
    model::Explore,
    query::MetricQuery,
    request::{DateZoom, Limits, Request, UserFacts},
    underlying::Cell,
};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Value, json};

/// A file.
#[derive(Debug, Deserialize)]
pub(crate) struct File {
    #[serde(default)]
    pub(crate) settings: Json,
    pub(crate) models: IndexMap<String, Model>,
    #[serde(default)]
    pub(crate) rows: IndexMap<String, Vec<Vec<Value>>>,
    pub(crate) cases: Vec<Case>,
}

/// A model.
#[derive(Debug, Deserialize)]
pub(crate) struct Model {
    #[serde(default)]
    description: Json,
    #[serde(default)]
    meta: Json,
    #[serde(default)]
    tags: Json,
    pub(crate) columns: IndexMap<String, Column>,
}

/// A column.
#[derive(Debug, Deserialize)]
pub(crate) struct Column {
    #[serde(rename = "type")]
    pub(crate) data_type: String,
    #[serde(default)]
    description: Json,
    #[serde(default)]
    meta: Json,
}

/// A case.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Case {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) query: Option<MetricQuery>,
    #[serde(default)]
    pub(crate) explore: Option<String>,
    #[serde(default)]
    pub(crate) user: UserFacts,
    #[serde(default)]
    pub(crate) parameters: IndexMap<String, Value>,
    #[serde(default)]
    pub(crate) now: Option<DateTime<Utc>>,
    #[serde(default)]
    pub(crate) timezone: Option<String>,
    #[serde(default)]
    pub(crate) date_zoom: Option<DateZoom>,
    #[serde(default)]
    pub(crate) max_limit: Option<u64>,
    #[serde(default)]
    pub(crate) total: Option<Total>,
    #[serde(default)]
    pub(crate) underlying: Option<Behind>,
    #[serde(default, rename = "oracle_sql")]
    pub(crate) oracle_sql: Option<String>,
    pub(crate) expect: Expect,
}

/// The cell whose rows are asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Behind {
    pub(crate) field: String,
    #[serde(default)]
    pub(crate) row: IndexMap<String, Value>,
    #[serde(default)]
    pub(crate) pivot: IndexMap<String, Value>,
}

/// Which totals.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Total {
    Grand(String),
    By { by: Vec<String> },
}

impl Behind {
    pub(crate) fn cell(&self) -> Cell<'_> {
        Cell {
            field_id: &self.field,
            row: &self.row,
            pivot: &self.pivot,
        }
    }
}

impl Total {
    pub(crate) fn by(&self) -> Vec<String> {
        match self {
            Self::Grand(word) => {
                assert_eq!(word, "grand", "a total is `grand` or `by` dimensions");
                Vec::new()
            }
            Self::By { by } => by.clone(),
        }
    }
}

/// What must come out.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Expect {
    #[serde(default)]
    pub(crate) rows: Option<Vec<Vec<Value>>>,
    #[serde(default)]
    pub(crate) columns: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) warnings: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) formatted: Option<Vec<Vec<Option<String>>>>,
    #[serde(default)]
    pub(crate) error: Option<ExpectedIssue>,
    #[serde(default)]
    pub(crate) explore_error: Option<ExpectedIssue>,
}

/// A mistake that must be found.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExpectedIssue {
    pub(crate) code: String,
    #[serde(default)]
    pub(crate) path: Option<String>,
    #[serde(default)]
    pub(crate) message: Option<String>,
}

impl File {
    /// The explores of its models, on tables of a schema.
    pub(crate) fn explores(&self, schema: &str) -> Vec<Explore> {
        let settings: Settings = match &self.settings {
            Json::Null => Settings::default(),
            settings => settings.read().expect("settings"),
        };
        let manifest = manifest(&self.models, schema);
        let models = manifest::read(&manifest, None).expect("a manifest");
        explore::compile(&models, &settings, &Postgres)
    }
}

/// A manifest as dbt writes it.
pub(crate) fn manifest(models: &IndexMap<String, Model>, schema: &str) -> String {
    let mut nodes = Vec::new();
    for (name, model) in models {
        let mut columns = Vec::new();
        for (column, own) in &model.columns {
            columns.push(format!(
                "{}: {{\"name\": {}, \"data_type\": {}, \"description\": {}, \"meta\": {}}}",
                json!(column),
                json!(column),
                json!(own.data_type),
                text(&own.description),
                serde_json::to_string(&own.meta).unwrap(),
            ));
        }
        let tags = match &model.tags {
            Json::Null => "[]".to_owned(),
            tags => serde_json::to_string(tags).unwrap(),
        };
        nodes.push(format!(
            "\"model.case.{name}\": {{\"resource_type\": \"model\", \"name\": {}, \"schema\": {}, \
             \"tags\": {tags}, \"description\": {}, \"meta\": {}, \"columns\": {{{}}}}}",
            json!(name),
            json!(schema),
            text(&model.description),
            serde_json::to_string(&model.meta).unwrap(),
            columns.join(", "),
        ));
    }
    format!("{{\"nodes\": {{{}}}}}", nodes.join(", "))
}

fn text(json: &Json) -> String {
    match json {
        Json::Null => "\"\"".to_owned(),
        json => serde_json::to_string(json).unwrap(),
    }
}

impl Case {
    /// The query of a case, in the zone of the case.
    pub(crate) fn asked(&self) -> Option<MetricQuery> {
        let mut query = self.query.clone()?;
        query.timezone = query.timezone.or_else(|| self.timezone.clone());
        Some(query)
    }

    /// The request of a case.
    pub(crate) fn request<'a>(
        &'a self,
        explore: &'a Explore,
        query: &'a MetricQuery,
    ) -> Request<'a> {
        let now = "2024-05-15T10:30:00Z".parse().unwrap();
        let mut limits = Limits::default();
        if let Some(maximum) = self.max_limit {
            limits.maximum = maximum;
        }
        Request {
            explore,
            query,
            user: &self.user,
            parameters: &self.parameters,
            now: self.now.unwrap_or(now),
            timezone: Tz::UTC,
            date_zoom: self.date_zoom.as_ref(),
            dialect: &Postgres,
            limits,
        }
    }
}
