//! The domains: one folder per area, one folder per entity inside.

pub mod access;
pub mod content;
pub mod identity;
pub mod model;
pub mod platform;
pub mod project;
pub mod query;
pub mod warehouse;
