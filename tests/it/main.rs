//! The one integration test binary: everything a caller can do, over real HTTP and PostgreSQL.

#![cfg(test)]
#![expect(
    clippy::too_many_lines,
    clippy::string_slice,
    clippy::large_futures,
    clippy::needless_pass_by_value,
    clippy::similar_names,
    reason = "a test is read as a story, and may panic"
)]

mod support;

mod access;
mod architecture;
mod audit;
mod authentication;
mod chart;
mod dashboard;
mod demo;
mod effective_access;
mod effective_access_everybody;
mod embedded;
mod escalation;
mod grant;
mod group;
mod identity;
mod membership;
mod organization;
mod project;
mod role;
mod schema;
mod space;
