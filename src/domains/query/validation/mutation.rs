//! Mutations of validations.

use super::{
    kind::{Validate, ValidationPayload, ValidationTarget},
    store,
};
use crate::{
    authz::{Create, Delete, Grant},
    domains::{
        model::deployment::given_explores,
        platform::job::{self, Job, JobRow},
    },
    gql::{
        Refusal, ScopeExt as _, Tx, UserError, UserErrorCode, UserErrors, bulk_ids, id_at, id_text,
        mutate, payload,
    },
    jobs::{Jobs, NewJob},
    kernel::{Result, entity, entity::ValidationErrorId},
};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use serde_json::Value;
use std::sync::Arc;

/// A project to validate.
#[derive(Debug, InputObject)]
pub(crate) struct ValidateProjectInput {
    /// The project. Needs PROJECT_VALIDATE.
    pub project_id: ID,
    /// What is looked at; everything unless given.
    pub targets: Option<Vec<ValidationTarget>>,
    /// Models to check against instead of the active ones, in the form that `setExplores` takes: to know
    /// what a deployment would break. What is found is listed by the id of the job only.
    pub explores: Option<Vec<Value>>,
}

/// Errors to dismiss.
#[derive(Debug, InputObject)]
pub(crate) struct DismissValidationErrorsInput {
    /// The errors, at most 100. Needs PROJECT_VALIDATE on the project of each; one that fails keeps all.
    pub ids: Vec<ID>,
}

/// What `validateProject` answers.
#[derive(SimpleObject)]
pub(crate) struct ValidateProjectPayload {
    /// The job; its result is a `ValidationReport`. Null if there are mistakes.
    pub job: Option<Job>,
    /// Mistakes in the input; nothing was started if there are any.
    pub user_errors: Vec<UserError>,
}

/// What `dismissValidationErrors` answers.
#[derive(SimpleObject)]
pub(crate) struct DismissValidationErrorsPayload {
    /// Ids of the dismissed errors; null if there are mistakes.
    pub deleted_ids: Option<Vec<ID>>,
    /// Mistakes in the input; nothing was dismissed if there are any.
    pub user_errors: Vec<UserError>,
}

/// Mutations of validations.
#[derive(Default)]
pub struct ValidationMutation;

#[Object]
impl ValidationMutation {
    /// Looks for charts, dashboards and tables that do not fit the models any more, by a job. What it
    /// finds takes the place of what the validation before found.
    async fn validate_project(
        &self,
        ctx: &Context<'_>,
        input: ValidateProjectInput,
    ) -> Result<ValidateProjectPayload> {
        let queue = job::queue(ctx)?;
        let outcome = mutate(ctx.scope(), "validateProject", async |tx| {
            start(tx, queue, &input).await
        });
        let (job, user_errors) = payload(outcome.await?, |row| Arc::new(row).into());
        Ok(ValidateProjectPayload { job, user_errors })
    }

    /// Takes errors off the list, for everybody, until a validation finds them again: all of them, or
    /// none.
    async fn dismiss_validation_errors(
        &self,
        ctx: &Context<'_>,
        input: DismissValidationErrorsInput,
    ) -> Result<DismissValidationErrorsPayload> {
        let outcome = mutate(ctx.scope(), "dismissValidationErrors", async |tx| {
            dismiss(tx, &input).await
        });
        let ids = |ids: Vec<ValidationErrorId>| ids.into_iter().map(id_text).collect();
        let (deleted_ids, user_errors) = payload(outcome.await?, ids);
        Ok(DismissValidationErrorsPayload {
            deleted_ids,
            user_errors,
        })
    }
}

type MayValidate = Grant<Create<entity::ValidationError>, entity::Project>;

async fn start(tx: &Tx<'_>, queue: &Jobs, input: &ValidateProjectInput) -> Result<JobRow, Refusal> {
    let project = id_at::<entity::Project>("projectId", &input.project_id)?;
    tx.audit(|entry| entry.target(project));
    let grant: MayValidate = tx.authorize("projectId", project).await?;
    tx.audit(|entry| entry.organization = grant.place().organization);
    let mut errors = UserErrors::default();
    let explores = input.explores.as_ref();
    let explores = explores.map(|explores| given_explores(&mut errors, explores));
    if input.targets.as_ref().is_some_and(Vec::is_empty) {
        let message = "must name at least one, or be left out for all";
        errors.add(UserErrorCode::Required, "targets", message);
    }
    errors.check()?;
    let mut targets = Vec::new();
    for target in input.targets.as_deref().unwrap_or(&ValidationTarget::ALL) {
        if !targets.contains(target) {
            targets.push(*target);
        }
    }
    let payload = ValidationPayload {
        project: project.uuid(),
        targets,
        explores,
    };
    let job = NewJob::of::<Validate>(&payload)?
        .on_behalf_of(tx.viewer.user, grant.place().organization)
        .in_project(project);
    let row = job::enqueue(tx, queue, &job).await?;
    tx.audit(|entry| entry.target(row.id));
    Ok(row)
}

async fn dismiss(
    tx: &Tx<'_>,
    input: &DismissValidationErrorsInput,
) -> Result<Vec<ValidationErrorId>, Refusal> {
    let ids = bulk_ids::<entity::ValidationError>(tx, "ids", &input.ids)?;
    tx.audit(|entry| ids.iter().for_each(|id| entry.target(*id)));
    let mut grants = Vec::with_capacity(ids.len());
    for (n, id) in ids.iter().enumerate() {
        let path = format!("ids.{n}");
        let grant = tx.authorize::<Delete, entity::ValidationError>(&path, *id);
        grants.push(grant.await?);
    }
    tx.audit(|entry| {
        entry.organization = grants.first().and_then(|grant| grant.place().organization);
    });
    store::dismiss(tx.conn, &grants).await?;
    Ok(ids)
}
