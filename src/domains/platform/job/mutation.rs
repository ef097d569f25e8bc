//! Mutations of jobs, and how other mutations ask for work.

use super::{Job, JobRow, policy::is_own, store};
use crate::{
    authz::{Edit, Grant},
    db::Fragment,
    gql::{Refusal, ScopeExt as _, Tx, UserError, UserErrorCode, id_at, mutate, payload},
    jobs::{self, Cancelled, Channel, Enqueued, JobStatus, Jobs, NewJob, history},
    kernel::{Error, Result, entity, entity::JobId},
};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use std::sync::Arc;

/// A job to cancel.
#[derive(Debug, InputObject)]
pub(crate) struct CancelJobInput {
    /// The job. For who asked for it, and with ORGANIZATION_EDIT on its organization.
    pub id: ID,
}

/// What `cancelJob` answers.
#[derive(SimpleObject)]
pub(crate) struct CancelJobPayload {
    /// The job: cancelled already, or asked to stop; null if there are mistakes.
    pub job: Option<Job>,
    /// Mistakes in the input.
    pub user_errors: Vec<UserError>,
}

/// A job to do over.
#[derive(Debug, InputObject)]
pub(crate) struct RetryJobInput {
    /// The failed, cancelled or expired job. For who asked for it, and with ORGANIZATION_EDIT on its
    /// organization.
    pub id: ID,
}

/// What `retryJob` answers.
#[derive(SimpleObject)]
pub(crate) struct RetryJobPayload {
    /// The new job; null if there are mistakes.
    pub job: Option<Job>,
    /// Mistakes in the input; nothing was started if there are any.
    pub user_errors: Vec<UserError>,
}

/// Mutations of jobs.
#[derive(Default)]
pub struct JobMutation;

#[Object]
impl JobMutation {
    /// Stops a job. One that waits never runs; one that runs is asked to stop, and stopped if it does
    /// not. It may still succeed if it was about to.
    async fn cancel_job(
        &self,
        ctx: &Context<'_>,
        input: CancelJobInput,
    ) -> Result<CancelJobPayload> {
        let queue = queue(ctx)?;
        let outcome = mutate(ctx.scope(), "cancelJob", async |tx| {
            cancel(tx, queue, &input).await
        })
        .await?;
        let (job, user_errors) = payload(outcome, |row| Arc::new(row).into());
        Ok(CancelJobPayload { job, user_errors })
    }

    /// Starts a failed, cancelled or expired job again as a new job, with the rights of the caller.
    async fn retry_job(&self, ctx: &Context<'_>, input: RetryJobInput) -> Result<RetryJobPayload> {
        let queue = queue(ctx)?;
        let outcome = mutate(ctx.scope(), "retryJob", async |tx| {
            retry(tx, queue, &input).await
        })
        .await?;
        let (job, user_errors) = payload(outcome, |row| Arc::new(row).into());
        Ok(RetryJobPayload { job, user_errors })
    }
}

/// The queue of this node.
///
/// # Errors
/// There is none, which would be a fault of the server.
pub fn queue<'a>(ctx: &'a Context<'_>) -> Result<&'a Jobs> {
    ctx.data::<Jobs>()
        .map_err(|_missing| Error::fault("the schema was made without a job queue"))
}

/// Asks for work in the mutation's transaction, and tells the workers after its commit.
///
/// # Errors
/// `QUEUE_FULL` if too many jobs of the organization wait.
pub async fn enqueue(tx: &Tx<'_>, queue: &Jobs, new: &NewJob) -> Result<JobRow, Refusal> {
    let outcome = jobs::enqueue(tx.conn, new, queue.config.backlog).await?;
    let id = taken(outcome, queue)?;
    let queue = queue.clone();
    tx.after_commit(move || queue.announce());
    let row = history::job(tx.conn, id).await?;
    Ok(row.ok_or(Error::NotFound)?)
}

/// The same without telling the workers, for [`Jobs::express`] after the commit; with what the job needs
/// (`beside`: see [`jobs::enqueue_with`]) and the audit row in the same statement.
///
/// # Errors
/// `QUEUE_FULL` if too many jobs of the organization wait.
pub async fn enqueue_quietly(
    tx: &Tx<'_>,
    queue: &Jobs,
    new: &NewJob,
    beside: Fragment,
) -> Result<JobId, Refusal> {
    let beside = beside
        .then(", recorded AS (", [])
        .with(tx.recorded("(SELECT organization_id FROM job)"))
        .then(" WHERE EXISTS (SELECT FROM job))", []);
    let outcome = jobs::enqueue_with(tx.conn, new, queue.config.backlog, &beside).await?;
    taken(outcome, queue)
}

/// The job that was stored, or that was there.
fn taken(outcome: Enqueued, queue: &Jobs) -> Result<JobId, Refusal> {
    match outcome {
        Enqueued::New(id) | Enqueued::Existing(id) => Ok(id),
        Enqueued::QueueFull => {
            let most = queue.config.backlog;
            Err(Refusal::user(
                UserErrorCode::QueueFull,
                "",
                format!(
                    "{most} jobs of the organization wait already; try again when some are done"
                ),
            ))
        }
    }
}

async fn cancel(tx: &Tx<'_>, queue: &Jobs, input: &CancelJobInput) -> Result<JobRow, Refusal> {
    let id = id_at::<entity::Job>("id", &input.id)?;
    let grant = may_change(tx, id).await?;
    let cancelled = store::cancel(tx.conn, &grant).await?;
    if let Some(Cancelled::Ended(status)) = cancelled
        && status != JobStatus::Cancelled
    {
        return Err(Refusal::user(
            UserErrorCode::Conflict,
            "id",
            format!("the job has ended already: {}", status.as_str()),
        ));
    }
    let bell = queue.bell.clone();
    tx.after_commit(move || bell.ring(Channel::Changed));
    Ok(store::get(tx.conn, &grant).await?)
}

async fn retry(tx: &Tx<'_>, queue: &Jobs, input: &RetryJobInput) -> Result<JobRow, Refusal> {
    let id = id_at::<entity::Job>("id", &input.id)?;
    let grant = may_change(tx, id).await?;
    let again = jobs::again(tx.conn, grant.id(), tx.viewer.user).await?;
    let Some(again) = again else {
        return Err(Refusal::user(
            UserErrorCode::Conflict,
            "id",
            "only a job that failed, was cancelled or expired can be started again",
        ));
    };
    let row = enqueue(tx, queue, &again).await?;
    tx.audit(|entry| entry.target(row.id));
    Ok(row)
}

/// Whoever asked for a job may change it, and whoever manages its organization.
async fn may_change(tx: &Tx<'_>, id: JobId) -> Result<Grant<Edit, entity::Job>, Refusal> {
    tx.audit(|entry| entry.target(id));
    let seen = tx.see::<entity::Job>("id", id).await?;
    tx.audit(|entry| entry.organization = seen.place().organization);
    let row = history::job(tx.conn, id).await?.ok_or(Error::NotFound)?;
    if is_own(&tx.viewer, &row) {
        return Ok(tx.viewer.own(tx.conn, id, tx.viewer.user).await?);
    }
    tx.authorize::<Edit, entity::Job>("id", id).await
}
