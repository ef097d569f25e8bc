//! Projects.

pub mod project;
