//! From uploaded files to explores: pure work, without a database.

use crate::{
    domains::content::import::yaml_as_json,
    semantic::{
        dialect,
        error::{Code, Issue},
        explore,
        manifest::{self, Catalog, Settings},
        model::Explore,
    },
    services::warehouse::WarehouseType,
};
use serde::Deserialize;
use std::collections::HashMap;

/// What dbt makes of a project, and what stands beside it.
#[derive(Debug, Clone, Copy)]
pub struct Files<'a> {
    /// `manifest.json`.
    pub manifest: &'a str,
    /// `catalog.json`.
    pub catalog: Option<&'a str>,
    /// `lightdash.config.yml`.
    pub config: Option<&'a str>,
}

/// Explores, and what is known of where they come from.
#[derive(Debug)]
pub struct Compiled {
    /// The explores, those with errors included.
    pub explores: Vec<Explore>,
    /// The version of dbt that wrote the manifest.
    pub dbt_version: Option<String>,
    /// What is odd, but no mistake.
    pub warnings: Vec<String>,
}

impl Compiled {
    /// How many explores have errors.
    pub fn with_errors(&self) -> usize {
        let explores = self.explores.iter();
        explores
            .filter(|explore| !explore.errors.is_empty())
            .count()
    }
}

/// The oldest version of manifests that can be read.
const OLDEST: u32 = 7;
/// The newest version of manifests that is known.
const NEWEST: u32 = 12;

#[derive(Deserialize)]
struct Head {
    metadata: Metadata,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    dbt_version: Option<String>,
    adapter_type: Option<String>,
    /// The address of the form, which ends in its version.
    dbt_schema_version: Option<String>,
}

/// The number at the end of `https://schemas.getdbt.com/dbt/manifest/v12.json`.
fn version(address: &str) -> Option<u32> {
    let (_, last) = address.rsplit_once("/v")?;
    last.strip_suffix(".json")?.parse().ok()
}

/// Compiles a dbt project for the warehouse of a project; without one, for that of the manifest.
pub(super) fn dbt(files: Files<'_>, warehouse: Option<WarehouseType>) -> Result<Compiled, Issue> {
    let bad = |path: &str, message: String| Issue::new(Code::BadDefinition, path, message);
    let head: Head = serde_json::from_str(files.manifest)
        .map_err(|error| bad("manifest", format!("is not a dbt manifest: {error}")))?;
    let Metadata {
        dbt_version,
        adapter_type,
        dbt_schema_version,
    } = head.metadata;
    let mut warnings = Vec::new();
    if let Some(version) = dbt_schema_version.as_deref().and_then(version) {
        if version < OLDEST {
            let message =
                format!("is of version {version}: version {OLDEST} and later can be read");
            return Err(bad("manifest.metadata.dbt_schema_version", message));
        }
        if version > NEWEST {
            warnings.push(format!(
                "the manifest is of version {version}, which is newer than version {NEWEST}: what is new in it is not read"
            ));
        }
    }
    let own = warehouse.map(WarehouseType::as_str);
    let named = own.or(adapter_type.as_deref()).ok_or_else(|| {
        let message =
            "names no adapter, and the project has no warehouse connection: set one first";
        bad("manifest.metadata.adapter_type", message.to_owned())
    })?;
    let dialect = dialect::named(named).ok_or_else(|| {
        let message = format!("the adapter {named} is not supported");
        bad("manifest.metadata.adapter_type", message)
    })?;
    if let (Some(own), Some(theirs)) = (own, adapter_type.as_deref())
        && !own.eq_ignore_ascii_case(theirs)
    {
        warnings.push(format!(
            "the manifest was made for {theirs}, the project is connected with {own}: compiled for {own}"
        ));
    }
    let catalog = files.catalog.map(Catalog::from_dbt).transpose();
    let catalog =
        catalog.map_err(|error| bad("catalog", format!("is not a dbt catalog: {error}")))?;
    let settings = settings(files.config)?;
    let models = manifest::read(files.manifest, catalog.as_ref())?;
    if models.is_empty() {
        let message = "has no model that is a table or a view of the warehouse";
        return Err(bad("manifest.nodes", message.to_owned()));
    }
    let explores = explore::compile(&models, &settings, dialect);
    Ok(Compiled {
        explores: by_name(explores),
        dbt_version,
        warnings,
    })
}

fn settings(config: Option<&str>) -> Result<Settings, Issue> {
    let Some(config) = config else {
        return Ok(Settings::default());
    };
    let bad = |message: String| Issue::new(Code::BadDefinition, "config", message);
    let json = yaml_as_json(config).map_err(|error| bad(format!("is not YAML: {error}")))?;
    serde_json::from_value(json).map_err(|error| bad(format!("cannot be read: {error}")))
}

/// One explore by name: of several the first, which says so.
pub(super) fn by_name(explores: Vec<Explore>) -> Vec<Explore> {
    let mut kept: Vec<Explore> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for explore in explores {
        let first = places.get(&explore.name).and_then(|n| kept.get_mut(*n));
        if let Some(first) = first {
            let message = format!("there is another explore named {}", first.name);
            let issue = Issue::new(Code::DuplicateName, "", message);
            if !first.errors.contains(&issue) {
                first.errors.push(issue);
            }
            continue;
        }
        places.insert(explore.name.clone(), kept.len());
        kept.push(explore);
    }
    kept
}
