//! What a self-test is asked to do, how it does it, and what it reports.

use crate::{
    authz::Permission,
    jobs::{Authority, Effect, Failure, Kind, LogLevel, OnDoubt, RunContext},
};
use async_graphql::SimpleObject;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;

/// The kind of job.
pub struct Selftest {
    /// Where effects are sent.
    url: Option<String>,
    client: reqwest::Client,
}

/// What a self-test is asked to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SelftestPayload {
    /// How many steps.
    pub steps: i32,
    /// How long each takes.
    pub step_seconds: f64,
    /// How many attempts fail after their first step.
    pub failures: i32,
    /// Whether it sends its effect key to the address that the operator has set.
    pub effect: bool,
}

/// What a self-test made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, SimpleObject)]
pub struct SelftestReport {
    /// Steps done.
    pub steps: i32,
    /// Attempts it took.
    pub attempts: i32,
    /// The key under which the effect was sent; null if none was asked for.
    pub effect_key: Option<String>,
}

impl Selftest {
    /// Self-tests that send their effects to `url`.
    pub fn new(url: Option<String>, client: reqwest::Client) -> Self {
        Self { url, client }
    }

    async fn send(&self, key: String) -> Result<(), Failure> {
        let url = self
            .url
            .as_deref()
            .ok_or_else(|| Failure::invalid("the operator has set no address for effects"))?;
        let sent = self
            .client
            .post(url)
            .header("Idempotency-Key", &key)
            .json(&json!({ "effectKey": key }))
            .send()
            .await
            .and_then(reqwest::Response::error_for_status);
        sent.map(drop).map_err(|error| {
            tracing::warn!(%error, "the effect of a self-test could not be sent");
            Failure::passing("the effect could not be sent")
        })
    }
}

impl Kind for Selftest {
    const NAME: &'static str = "SELFTEST";
    const AUTHORITY: Authority = Authority::User(Permission::OrganizationEdit);
    const IS_RESUMABLE: bool = true;
    type Payload = SelftestPayload;
    type Report = SelftestReport;

    async fn run(
        &self,
        ctx: &RunContext,
        payload: SelftestPayload,
    ) -> Result<SelftestReport, Failure> {
        let steps = payload.steps.max(0);
        let length = Duration::try_from_secs_f64(payload.step_seconds).unwrap_or_default();
        let fails = ctx.attempt() <= payload.failures;
        // What attempts before have done stays done.
        let begin = ctx.progress_before().done.clamp(0, steps);
        ctx.info(&format!(
            "attempt {} begins at step {}",
            ctx.attempt(),
            begin + 1
        ));
        for step in begin + 1..=steps {
            ctx.pause(length).await?;
            ctx.progress(step, Some(steps), format!("step {step} of {steps}"));
            ctx.log(
                LogLevel::Info,
                &format!("step {step} done"),
                Some(json!({ "step": step })),
            );
            if fails {
                break;
            }
        }
        if fails {
            ctx.log(LogLevel::Error, "this attempt fails, as asked for", None);
            return Err(Failure::passing("this attempt failed, as asked for"));
        }
        ctx.checkpoint()?;
        let mut effect_key = None;
        if payload.effect {
            let done = ctx
                .effect("selftest", OnDoubt::Repeat, |key| self.send(key))
                .await?;
            if done == Effect::Done {
                effect_key = Some(ctx.effect_key("selftest"));
            }
        }
        Ok(SelftestReport {
            steps,
            attempts: ctx.attempt(),
            effect_key,
        })
    }
}
