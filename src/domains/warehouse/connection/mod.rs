//! The connection of a project to its warehouse.
//!
//! One per project, set and tested by those who may edit the project. The password is write-only:
//! encrypted for this row, never shown, and kept on a change only where it would go to the same
//! server as the same role, so that nobody can have it sent to a server of theirs. Everybody who
//! sees the project sees what kind of warehouse it has; where it is, only those who may edit it.

mod input;
mod loader;
mod mutation;
mod object;
mod open;
mod policy;
mod row;
mod store;
mod system;

pub use loader::{connection_of, preferred_credentials_of};
pub use mutation::ConnectionMutation;
pub use object::WarehouseConnection;
pub use open::{OpenError, OpenWarehouse, open_warehouse};
pub use policy::POLICIES;
pub use row::{WarehouseConnectionRow, Weekday};
pub use system::connect_as_system;
