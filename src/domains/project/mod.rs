//! Projects.

use async_graphql::MergedObject;

#[expect(
    clippy::module_inception,
    reason = "the area has the name of its entity"
)]
pub mod project;

/// What can be read of projects.
#[derive(MergedObject, Default)]
pub struct ProjectAreaQuery(project::ProjectQuery);

/// What can be changed of projects.
#[derive(MergedObject, Default)]
pub struct ProjectAreaMutation(project::ProjectMutation);
