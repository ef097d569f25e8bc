//! Deployments: models given to a project, compiled into explores.
//!
//! A compiled deployment never changes; one of them is active, and its explores are what the project
//! shows and queries. Compiling and activating is one transaction, so that a failure leaves the
//! project as it was. The last [`store::KEPT`] deployments of a project are kept.

mod compile;
mod now;
mod row;
mod store;

pub use compile::{Compiled, Files};
pub use now::deploy_now;
pub use row::{DeploymentSource, DeploymentStatus};
