//! Models of projects: what was deployed, the explores made of it, and what they ask of users.
//!
//! What queries need of this area:
//! - [`explore::Models::active_explore`]: the explore of a name that a project shows now, parsed once
//!   per process. The handle is in the data of the schema ([`explore::Models::of`]) and in
//!   [`crate::app::App::models`], whence kinds of jobs get it.
//! - [`explore::query_settings`]: warehouse, week start and zones of a project.
//! - [`attribute::user_facts`]: what row filters and required attributes are compared with.

use async_graphql::MergedObject;

pub mod attribute;
pub mod catalog;
pub mod deployment;
pub mod explore;
mod granularity;
pub mod tag;

pub use granularity::DateGranularity;

/// What can be changed here.
#[derive(MergedObject, Default)]
pub struct ModelMutation(
    deployment::DeploymentMutation,
    catalog::CatalogMutation,
    tag::TagMutation,
    attribute::UserAttributeMutation,
);
