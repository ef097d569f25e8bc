//! The enums stored in `deployments`.

use crate::db::text_enum;

text_enum! {
    /// What explores were made of.
    pub enum DeploymentSource {
        /// A dbt manifest.
        Dbt = "DBT",
        /// Explores that were compiled elsewhere.
        Explores = "EXPLORES",
    }
}

text_enum! {
    /// Where a deployment stands.
    pub enum DeploymentStatus {
        /// Its job has not ended.
        Pending = "PENDING",
        /// Its explores can be activated.
        Compiled = "COMPILED",
        /// It was refused; the project stayed as it was.
        Failed = "FAILED",
    }
}
