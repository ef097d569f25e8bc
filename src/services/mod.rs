//! Ports to the outside, and what keeps secrets for them.

mod outbound;
pub mod vault;
pub mod warehouse;

pub use outbound::outbound;

use crate::config::WarehouseConfig;
use vault::{MasterKeys, Vault};
use warehouse::{OwnDatabase, Warehouses};

/// What requests use beside the database.
#[derive(Debug, Clone)]
pub struct Outside {
    /// Encrypts secrets.
    pub vault: Vault,
    /// Reaches warehouses.
    pub warehouses: Warehouses,
}

impl Outside {
    /// With a master key that is kept nowhere, for tests and benchmarks.
    ///
    /// # Errors
    /// There is no randomness.
    pub fn ephemeral(config: WarehouseConfig, own: OwnDatabase) -> anyhow::Result<Self> {
        Ok(Self {
            vault: Vault::new(MasterKeys::ephemeral()?),
            warehouses: Warehouses::new(config, own),
        })
    }
}
