//! A connection belongs to its project: who may edit that may set and test it.

use crate::authz::{FieldPolicy, Permission};

/// Policies of the root fields of connections.
pub const POLICIES: &[FieldPolicy] = &[
    FieldPolicy::change(
        "Mutation.setWarehouseConnection",
        Permission::ProjectEdit,
        "the project",
    ),
    FieldPolicy::change(
        "Mutation.testWarehouseConnection",
        Permission::ProjectEdit,
        "the project; without one PROJECT_CREATE on the organization that the caller works in",
    ),
];
