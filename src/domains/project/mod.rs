//! Projects.

use async_graphql::MergedObject;

pub mod project;

/// What can be read of projects.
#[derive(MergedObject, Default)]
pub struct ProjectAreaQuery(project::ProjectQuery);

/// What can be changed of projects.
#[derive(MergedObject, Default)]
pub struct ProjectAreaMutation(project::ProjectMutation);
