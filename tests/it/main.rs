//! The one integration test binary: everything a caller can do, over real HTTP and PostgreSQL.

#![cfg(test)]

mod support;

mod architecture;
mod audit;
mod chart;
mod dashboard;
mod demo;
mod effective_access;
mod effective_access_everybody;
mod embedded;
mod escalation;
mod grant;
mod group;
mod membership;
mod organization;
mod project;
mod role;
mod schema;
mod space;
