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
use std::sync::Arc;

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
        let system = System::new("reading an explore of a project");
        let found = store::active(conn, system, project, name).await?;
        let Some((deployment, id, settings)) = found else {
            return Ok(None);
        };
        let explore = self.explore(conn, id, &settings).await?;
        Ok(explore.map(|explore| ActiveExplore {
            deployment,
            explore,
            settings,
        }))
    }

    /// An explore by its id, under the settings of its project.
    async fn explore(
        &self,
        conn: &Conn,
        id: ExploreId,
        settings: &QuerySettings,
    ) -> Result<Option<Arc<Explore>>> {
        let key = Key {
            explore: id,
            week_start: settings.week_start,
            data_timezone: settings.data_timezone,
        };
        if let Some((explore, _)) = self.parsed.get(&key) {
            return Ok(Some(explore));
        }
        let system = System::new("parsing an explore");
        let Some(definition) = store::definition(conn, system, id).await? else {
            return Ok(None);
        };
        let mut explore: Explore = serde_json::from_str(&definition).map_err(anyhow::Error::new)?;
        if settings.week_start.is_some() {
            explore.week_start = settings.week_start;
        }
        if let Some(zone) = settings.data_timezone {
            explore.data_timezone = zone;
        }
        let explore = Arc::new(explore);
        let size = u32::try_from(definition.len()).unwrap_or(u32::MAX);
        self.parsed.insert(key, (explore.clone(), size));
        Ok(Some(explore))
    }
}
