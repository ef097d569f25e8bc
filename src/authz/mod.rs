//! Who may do what: permissions, roles, the viewer, and the proofs that stores ask for.
//!
//! The policy of each entity is a condition in SQL made from a [`Reach`]: the scopes on which the
//! viewer holds a permission. One function makes the reach ([`Access::reach`]), one answers for a
//! single place ([`Access::at`]); both follow the same rules (DESIGN: union of all grants, a
//! restricted space cuts off what comes from organization and project unless the viewer holds
//! `SPACE_VIEW_ALL` there).
//!
//! A store function that reads a set takes a [`Visible`], one that touches a row takes a
//! [`Grant`]. Neither can be made outside this module:
//!
//! ```compile_fail
//! use chartroom::{authz::{Edit, Grant}, kernel::entity::{Chart, ChartId}};
//! let forged: Grant<Edit, Chart> = Grant { id: ChartId::new() };
//! ```

mod access;
mod as_of;
mod audit;
mod credential;
mod field_policy;
mod permission;
mod proof;
mod reach;
mod roles;
mod viewer;

pub use access::{Access, HeldScope, Holding, Place};
pub use as_of::{AsOf, forget_changes};
pub use audit::{AuditEntry, AuditOutcome, Record, record};
pub use credential::{live_api_key, live_session};
pub use field_policy::{FieldPolicy, Mode};
pub use permission::{Permission, PermissionSet};
pub use proof::{
    Create, Delete, Edit, Grant, ManageAccess, ManageMembers, Permits, Proviso, Reached, Resource,
    System, View, Visible,
};
pub use reach::{Columns, Reach};
pub use roles::{BuiltInRole, built_in_roles};
pub use viewer::{Credential, Origin, Viewer};

crate::db::text_enum! {
    /// Where a role can be granted.
    pub enum RoleScope {
        /// On the installation as a whole.
        Tenant = "TENANT",
        /// On an organization.
        Organization = "ORGANIZATION",
        /// On a project.
        Project = "PROJECT",
        /// On a space.
        Space = "SPACE",
    }
}
