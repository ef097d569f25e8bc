//! Deployments: models given to a project, compiled into explores.
//!
//! A compiled deployment never changes; one of them is active, and its explores are what the project
//! shows and queries. Compiling and activating is one transaction, so that a failure leaves the
//! project as it was. The last twenty deployments of a project are kept.

mod compile;
mod files;
mod given;
mod kind;
mod list;
mod loader;
mod mutation;
mod now;
mod object;
mod policy;
mod row;
mod store;

pub use compile::{Compiled, Files};
pub(in crate::domains) use given::explores as given_explores;
pub use kind::{CompileProject, CompileReport};
pub use list::deployments_of;
pub use loader::dbt_version_of;
pub use mutation::DeploymentMutation;
pub use now::deploy_now;
pub use object::Deployment;
pub use policy::POLICIES;
pub use row::{DeploymentRow, DeploymentSource, DeploymentStatus};
