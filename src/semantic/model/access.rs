//! What a field needs besides its own SQL.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Attributes without which a field or table may not be used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessRule {
    /// Each of these attributes must have one of the values.
    All(BTreeMap<String, Vec<String>>),
    /// One of these attributes must have one of the values.
    Any(BTreeMap<String, Vec<String>>),
}

impl AccessRule {
    /// Whether a user with these attributes may pass.
    pub fn allows(&self, attributes: &IndexMap<String, Vec<String>>) -> bool {
        let has = |(name, wanted): (&String, &Vec<String>)| {
            attributes
                .get(name)
                .is_some_and(|values| values.iter().any(|value| wanted.contains(value)))
        };
        match self {
            Self::All(rules) => rules.iter().all(has),
            Self::Any(rules) => rules.iter().any(has),
        }
    }
}

/// What a field needs, its references included.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Needs {
    /// Tables of the explore.
    pub tables: BTreeSet<String>,
    /// Parameters.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub parameters: BTreeSet<String>,
    /// Attributes whose values stand in the SQL.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub attributes: BTreeSet<String>,
    /// Attributes that must match.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub access: BTreeSet<AccessRule>,
}

impl Needs {
    /// Adds what another field needs.
    pub fn merge(&mut self, other: &Self) {
        self.tables.extend(other.tables.iter().cloned());
        self.parameters.extend(other.parameters.iter().cloned());
        self.attributes.extend(other.attributes.iter().cloned());
        self.access.extend(other.access.iter().cloned());
    }
}
