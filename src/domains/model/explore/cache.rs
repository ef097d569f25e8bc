//! Parsed explores, kept in the process.

use super::{QuerySettings, store};
use crate::{
    authz::System,
    db::Conn,
    kernel::{
        Error, Result,
        entity::{DeploymentId, ExploreId, ProjectId},
    },
    semantic::{model::Explore, value::Weekday},
};
use async_graphql::Context;
use chrono_tz::Tz;
use moka::sync::Cache;
use std::{collections::HashMap, sync::Arc};

/// How much JSON of explores is kept in parsed form, in bytes. What is made of it takes some times
/// as much memory.
const KEPT_BYTES: u64 = 32 * 1024 * 1024;

/// An explore that a project shows and queries now.
#[derive(Debug, Clone)]
pub struct ActiveExplore {
    /// Whose it is.
    pub deployment: DeploymentId,
    /// The explore, with the week start and zone of the present connection.
    pub explore: Arc<Explore>,
    /// The settings of the project at the same moment.
    pub settings: QuerySettings,
}

#[derive(PartialEq, Eq, Hash)]
struct Key {
    explore: ExploreId,
    week_start: Option<Weekday>,
    data_timezone: Option<Tz>,
}

/// The explores of this process. Cheap to clone.
#[derive(Clone)]
pub struct Models {
    parsed: Cache<Key, (Arc<Explore>, u32)>,
}

impl Key {
    const fn of(row: &store::ActiveRow) -> Self {
        Self {
            explore: row.explore,
            week_start: row.settings.week_start,
            data_timezone: row.settings.data_timezone,
        }
    }
}

impl std::fmt::Debug for Models {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Models")
            .field("kept", &self.parsed.entry_count())
            .finish_non_exhaustive()
    }
}

impl Default for Models {
    fn default() -> Self {
        let parsed = Cache::builder()
            .max_capacity(KEPT_BYTES)
            .weigher(|_: &Key, (_, size): &(Arc<Explore>, u32)| *size)
            .build();
        Self { parsed }
    }
}

impl Models {
    /// The explores of this process.
    ///
    /// # Errors
    /// There are none, which would be a fault of the server.
    pub fn of<'a>(ctx: &'a Context<'_>) -> Result<&'a Self> {
        ctx.data::<Self>()
            .map_err(|_missing| Error::fault("the schema was made without models"))
    }

    /// The explore of that name in the active deployment of a project, which the caller has seen.
    /// `None` if there is no deployment or no such explore. One that did not compile is there, with
    /// its errors and without tables.
    ///
    /// # Errors
    /// The database fails.
    pub async fn active_explore(
        &self,
        conn: &Conn,
        project: ProjectId,
        name: &str,
    ) -> Result<Option<ActiveExplore>> {
        let key = (project, name.to_owned());
        let mut found = self
            .active_explores(conn, std::slice::from_ref(&key))
            .await?;
        Ok(found.remove(&key))
    }

    /// The same for several explores, with two statements at most.
    ///
    /// # Errors
    /// The database fails.
    pub async fn active_explores(
        &self,
        conn: &Conn,
        named: &[(ProjectId, String)],
    ) -> Result<HashMap<(ProjectId, String), ActiveExplore>> {
        let system = System::new("reading explores of projects");
        let rows = store::active(conn, system, named).await?;
        let unknown = rows
            .iter()
            .filter(|row| self.parsed.get(&Key::of(row)).is_none());
        let unknown: Vec<_> = unknown.map(|row| row.explore).collect();
        let mut read = HashMap::new();
        if !unknown.is_empty() {
            let texts = store::definitions(conn, system, &unknown).await?;
            read.extend(texts);
        }
        let mut found = HashMap::new();
        for row in rows {
            let key = Key::of(&row);
            let explore = match (self.parsed.get(&key), read.get(&row.explore)) {
                (Some((explore, _)), _) => explore,
                (None, Some(text)) => self.parse(key, text, row.settings)?,
                (None, None) => continue,
            };
            let active = ActiveExplore {
                deployment: row.deployment,
                explore,
                settings: row.settings,
            };
            found.insert((row.project, row.name), active);
        }
        Ok(found)
    }

    fn parse(&self, key: Key, text: &str, settings: QuerySettings) -> Result<Arc<Explore>> {
        let mut explore: Explore = serde_json::from_str(text).map_err(anyhow::Error::new)?;
        if settings.week_start.is_some() {
            explore.week_start = settings.week_start;
        }
        if let Some(zone) = settings.data_timezone {
            explore.data_timezone = zone;
        }
        let explore = Arc::new(explore);
        let size = u32::try_from(text.len()).unwrap_or(u32::MAX);
        self.parsed.insert(key, (explore.clone(), size));
        Ok(explore)
    }
}
