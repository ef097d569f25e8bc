//! Everything that a compilation depends on, given from outside.

use super::{dialect::Dialect, model::Explore, query::MetricQuery};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A query with its surroundings. Equal requests compile to equal text.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The explore that is asked.
    pub explore: &'a Explore,
    /// The question.
    pub query: &'a MetricQuery,
    /// Who asks.
    pub user: &'a UserFacts,
    /// Values of parameters: of the request, then of the chart.
    pub parameters: &'a IndexMap<String, Value>,
    /// The moment that relative dates start from.
    pub now: DateTime<Utc>,
    /// Zone in which days begin, unless the query names one.
    pub timezone: Tz,
    /// Another interval for a date dimension.
    pub date_zoom: Option<&'a DateZoom>,
    /// How the warehouse spells things.
    pub dialect: &'a dyn Dialect,
    /// How many rows are asked for at most, and unless said.
    pub limits: Limits,
}

/// What is known of the user, from the server's own rows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UserFacts {
    /// Values of attributes: the user's, those of the user's groups, or the defaults.
    pub attributes: IndexMap<String, Vec<String>>,
    /// Address.
    pub email: Option<String>,
    /// Whether the address is known to be the user's.
    pub email_verified: bool,
}

/// Another interval for a date dimension of a tile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DateZoom {
    /// The interval, or one of the project's own.
    pub granularity: String,
    /// The dimension; the first with intervals unless given.
    #[serde(default)]
    pub dimension: Option<String>,
}

/// Limits of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Unless the query says.
    pub default: u64,
    /// At most.
    pub maximum: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            default: 500,
            maximum: 5_000,
        }
    }
}
