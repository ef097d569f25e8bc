//! What serves operators: jobs, the audit log, the demo.

use crate::{
    config::JobsConfig,
    domains::{
        model::deployment::CompileProject,
        query::{self, Queries},
    },
    jobs::Handlers,
    services::outbound,
};
use async_graphql::MergedObject;

pub mod audit;
pub mod demo;
pub mod housekeeping;
pub mod job;
pub mod selftest;

/// What can be read here.
#[derive(MergedObject, Default)]
pub struct PlatformQuery(job::JobQuery);

/// The kinds of jobs of this version, and how they are run.
///
/// # Errors
/// The client for requests to other servers cannot be set up.
pub fn handlers(config: &JobsConfig, queries: &Queries) -> anyhow::Result<Handlers> {
    let selftest = selftest::Selftest::new(config.selftest_url.clone(), outbound()?);
    let own = Handlers::default()
        .with(selftest)
        .with(housekeeping::Purge)
        .with(CompileProject);
    Ok(query::with_kinds(own, queries))
}

/// What can be changed here.
#[derive(MergedObject, Default)]
pub struct PlatformMutation(job::JobMutation, selftest::SelftestMutation);
