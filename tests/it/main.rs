//! The one integration test binary: everything a caller can do, over real HTTP and PostgreSQL.

#![cfg(test)]
#![expect(
    clippy::too_many_lines,
    clippy::string_slice,
    clippy::needless_pass_by_value,
    clippy::similar_names,
    clippy::disallowed_methods,
    clippy::format_push_string,
    reason = "a test is read as a story, and may panic"
)]

mod support;

mod access;
mod architecture;
mod audit;
mod authentication;
mod cancellation;
mod chart;
mod chart_version;
mod clients;
mod cors;
mod csrf;
mod dashboard;
mod demo;
mod direct;
mod effective_access;
mod effective_access_everybody;
mod embedded;
mod escalation;
mod events;
mod export;
mod grant;
mod group;
mod guard_http;
mod http;
mod idempotency;
mod identity;
mod import;
mod jobs;
mod membership;
mod model;
mod operations;
mod organization;
mod persisted;
mod project;
mod query;
mod rate_limit;
mod role;
mod samples;
mod schema;
mod semantic;
mod shared_reads;
mod socket;
mod space;
mod start;
mod vault;
mod warehouse;
mod warehouse_connection;
