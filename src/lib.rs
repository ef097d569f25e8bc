//! Chartroom: a self-hosted GraphQL backend for BI platforms. One binary, one PostgreSQL, one graph.
//!
//! Layers, from the edge inwards; imports go down only (`docs/ARCHITECTURE.md`):
//! `http` → `graph` → `domains` → `gql`, `jobs`, `services` → `authz` → `db` → `config` → `semantic` → `kernel`.

pub mod app;
pub mod authz;
pub mod config;
pub mod db;
pub mod domains;
pub mod gql;
pub mod graph;
pub mod http;
pub mod jobs;
pub mod kernel;
pub mod semantic;
pub mod services;
