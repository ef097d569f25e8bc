//! Models of projects: what was deployed, the explores made of it, and what they ask of users.
//!
//! What queries need of this area:
//! - [`explore::Models::active_explore`]: the explore of a name that a project shows now, parsed once
//!   per process. The handle is in the data of the schema ([`explore::Models::of`]) and in
//!   [`crate::app::App::models`], whence kinds of jobs get it.
//! - [`explore::query_settings`]: warehouse, week start and zones of a project.
//! - [`attribute::user_facts`]: what row filters and required attributes are compared with.

pub mod attribute;
pub mod deployment;
pub mod explore;
mod granularity;

pub use granularity::DateGranularity;
