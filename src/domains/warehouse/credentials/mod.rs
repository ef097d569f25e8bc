//! Personal credentials of users for the warehouses of an organization.
//!
//! Seen, changed and used by their user alone. They belong to the organization that the user worked
//! in when they made them, and go when they leave it. A project uses them only for users who chose
//! them for that project, and only as long as its warehouse stays on the same server.

mod input;
mod list;
mod mutation;
mod object;
mod policy;
mod row;
mod store;

pub use list::ByName;
pub use mutation::CredentialsMutation;
pub use object::WarehouseCredentials;
pub use policy::POLICIES;
pub use row::{WarehouseCredentialsRow, slot};
