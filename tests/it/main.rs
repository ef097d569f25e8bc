//! The one integration test binary: everything a caller can do, over real HTTP and PostgreSQL.

#![cfg(test)]

mod support;

mod architecture;
mod audit;
mod demo;
mod effective_access;
mod embedded;
mod group;
mod membership;
mod organization;
mod escalation;
mod grant;
mod project;
mod role;
mod schema;
mod chart;
mod space;
