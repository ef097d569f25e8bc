//! The mutation that starts a self-test.

use super::{Selftest, SelftestPayload};
use crate::{
    authz::{Edit, FieldPolicy, Permission},
    domains::platform::job::{self, Job, JobRow},
    gql::{Refusal, ScopeExt as _, Tx, UserError, UserErrorCode, UserErrors, mutate, payload},
    jobs::{Jobs, NewJob},
    kernel::{Result, entity},
};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use std::sync::Arc;

/// Policies of the root fields of self-tests.
pub const POLICIES: &[FieldPolicy] = &[FieldPolicy::change(
    "Mutation.runSelftest",
    Permission::OrganizationEdit,
    "the organization in whose queue it waits",
)];

const MOST_STEPS: i32 = 1_000;
const LONGEST_STEP_SECONDS: f64 = 60.0;
const MOST_FAILURES: i32 = 10;

/// A self-test of the job queue.
#[derive(Debug, InputObject)]
pub(crate) struct RunSelftestInput {
    /// The organization in whose queue it waits; the one that the caller works in unless given. Needs
    /// ORGANIZATION_EDIT there.
    pub organization_id: Option<ID>,
    /// How many steps it takes; at most 1,000.
    #[graphql(default = 5)]
    pub steps: i32,
    /// How long each step takes; at most 60.
    #[graphql(default = 1.0)]
    pub step_seconds: f64,
    /// How many attempts fail after their first step, to be tried again; at most 10. A job has five
    /// attempts.
    #[graphql(default = 0)]
    pub failures: i32,
    /// Whether its last step sends its effect key to the address that the operator has set for
    /// self-tests.
    #[graphql(default = false)]
    pub effect: bool,
}

/// What `runSelftest` answers.
#[derive(SimpleObject)]
pub(crate) struct RunSelftestPayload {
    /// The job; null if there are mistakes.
    pub job: Option<Job>,
    /// Mistakes in the input; nothing was started if there are any.
    pub user_errors: Vec<UserError>,
}

/// The mutation of self-tests.
#[derive(Default)]
pub struct SelftestMutation;

#[Object]
impl SelftestMutation {
    /// Starts a job that tests the queue: it takes steps, pauses, fails and recovers as asked for.
    /// Watch it with `jobUpdated`.
    async fn run_selftest(
        &self,
        ctx: &Context<'_>,
        input: RunSelftestInput,
    ) -> Result<RunSelftestPayload> {
        let queue = job::queue(ctx)?;
        let outcome = mutate(ctx.scope(), "runSelftest", async |tx| {
            run(tx, queue, &input).await
        })
        .await?;
        let (job, user_errors) = payload(outcome, |row| Arc::new(row).into());
        Ok(RunSelftestPayload { job, user_errors })
    }
}

async fn run(tx: &Tx<'_>, queue: &Jobs, input: &RunSelftestInput) -> Result<JobRow, Refusal> {
    let mut errors = UserErrors::default();
    let organization = match &input.organization_id {
        Some(id) => Some(errors.id("organizationId", id)),
        None => tx.viewer.organization,
    };
    let mut within = |path: &str, is_within: bool, most: &dyn std::fmt::Display| {
        if !is_within {
            let text = format!("{path} must be at least 0 and at most {most}");
            errors.add(UserErrorCode::Invalid, path, text);
        }
    };
    within(
        "steps",
        (0..=MOST_STEPS).contains(&input.steps),
        &MOST_STEPS,
    );
    within(
        "stepSeconds",
        (0.0..=LONGEST_STEP_SECONDS).contains(&input.step_seconds),
        &LONGEST_STEP_SECONDS,
    );
    within(
        "failures",
        (0..=MOST_FAILURES).contains(&input.failures),
        &MOST_FAILURES,
    );
    if input.effect && queue.config.selftest_url.is_none() {
        errors.add(
            UserErrorCode::Invalid,
            "effect",
            "the operator has set no address for effects of self-tests",
        );
    }
    errors.check()?;
    let organization = organization.ok_or_else(|| {
        let text = "you work in no organization: name one";
        Refusal::user(UserErrorCode::Required, "organizationId", text)
    })?;
    tx.audit(|entry| entry.organization = Some(organization));
    tx.authorize::<Edit, entity::Organization>("organizationId", organization)
        .await?;
    let payload = SelftestPayload {
        steps: input.steps,
        step_seconds: input.step_seconds,
        failures: input.failures,
        effect: input.effect,
    };
    let new = NewJob::of::<Selftest>(&payload)?
        .on_behalf_of(tx.viewer.user, Some(organization))
        .of_units(input.steps);
    let row = job::enqueue(tx, queue, &new).await?;
    tx.audit(|entry| entry.target(row.id));
    Ok(row)
}
