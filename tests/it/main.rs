//! The one integration test binary: everything a caller can do, over real HTTP and PostgreSQL.

#![cfg(test)]

mod support;

mod architecture;
mod demo;
mod embedded;
mod project;
mod schema;
mod chart;
mod space;
