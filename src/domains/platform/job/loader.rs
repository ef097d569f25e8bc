//! The batch behind `Job.events`.

use super::store;
use crate::{
    authz::View,
    gql::{Batch, Scope, ScopeExt as _, field_place},
    jobs::JobEventRow,
    kernel::{Result, entity, entity::JobId},
};
use async_graphql::Context;
use std::{collections::HashMap, sync::Arc};

struct Events {
    after: i32,
}

type Many = Arc<Vec<Arc<JobEventRow>>>;

impl Batch for Events {
    type Key = JobId;
    type Value = Many;

    async fn load(&self, scope: Arc<Scope>, keys: Vec<JobId>) -> Result<HashMap<JobId, Many>> {
        let visible = scope.visible::<entity::Job, View>()?;
        let conn = scope.conn().await?;
        let rows = store::events(conn.get()?, &visible, &keys, self.after).await?;
        let mut found: HashMap<JobId, Vec<Arc<JobEventRow>>> = HashMap::new();
        for row in rows {
            found.entry(row.job_id).or_default().push(Arc::new(row));
        }
        Ok(found
            .into_iter()
            .map(|(id, events)| (id, Arc::new(events)))
            .collect())
    }
}

/// The events of a job after a version, batched over the jobs of one place in the document.
pub(super) async fn events_of(ctx: &Context<'_>, job: JobId, after: i32) -> Result<Many> {
    let batch = || Ok(Events { after });
    let found = ctx.scope().lanes.load(field_place(ctx), batch, job).await?;
    Ok(found.unwrap_or_default())
}
