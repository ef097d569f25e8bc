//! Secrets at rest: passwords of warehouses and the like, encrypted in the database.
//!
//! Envelope encryption with XChaCha20-Poly1305. Each organization has data keys of its own, stored
//! wrapped by a master key that never enters the database. What is encrypted is bound to its table,
//! column, row and organization: a ciphertext copied elsewhere does not decrypt, and neither does a
//! data key copied to another organization. Every ciphertext begins with a version and the id of
//! its data key, every data key names its master key, so that both can be replaced while the old
//! ones still work.

mod cipher;
mod master;
mod signer;
mod store;

pub use master::MasterKeys;
pub use signer::SIGNATURE;

use crate::{
    authz::System,
    config::MasterKeySource,
    db::Conn,
    kernel::{Error, entity::OrganizationId},
};
use anyhow::bail;
use async_graphql::Context;
use cipher::Cipher;
use moka::sync::Cache;
use secrecy::{ExposeSecret as _, SecretString, zeroize::Zeroizing};
use std::{path::Path, sync::Arc};
use uuid::Uuid;

/// Most unwrapped data keys that are kept at hand.
const KEYS_AT_HAND: u64 = 10_000;
/// Version of the form of ciphertexts: version, id of the data key, nonce, encrypted text, tag.
const VERSION: u8 = 1;

/// Where a secret is stored, which is part of what it is encrypted for.
#[derive(Debug, Clone, Copy)]
pub struct Slot {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// The row.
    pub row: Uuid,
    /// Whose row it is.
    pub organization: OrganizationId,
}

impl Slot {
    /// The associated data: no two slots have the same.
    fn binding(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(96);
        for part in ["chartroom secret", self.table, self.column] {
            bytes.extend_from_slice(part.as_bytes());
            bytes.push(0);
        }
        bytes.extend_from_slice(self.row.as_bytes());
        bytes.extend_from_slice(self.organization.uuid().as_bytes());
        bytes
    }
}

/// Why a secret cannot be stored or read.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The master key is not among those that were given.
    #[error(
        "the secrets of this organization are encrypted with the master key {id}, which this server \
         does not have: give it in CHARTROOM_MASTER_KEY, or copy master.key from the server that made it"
    )]
    UnknownMasterKey {
        /// Id of the key.
        id: String,
    },
    /// The ciphertext was changed, cut short, or copied from another row or organization.
    #[error("the secret is damaged, or was encrypted for another row")]
    Damaged,
    /// The operating system gives no randomness.
    #[error("no randomness: {0}")]
    Randomness(String),
    /// The database fails.
    #[error("the data keys cannot be read: {0}")]
    Database(Error),
}

impl From<Error> for VaultError {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

impl From<VaultError> for Error {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Database(error) => error,
            other => Self::from(anyhow::Error::new(other)),
        }
    }
}

/// Encrypts and decrypts secrets.
#[derive(Clone)]
pub struct Vault {
    masters: Arc<MasterKeys>,
    at_hand: Cache<(Uuid, OrganizationId), Arc<Cipher>>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Vault({})", self.masters.current().id())
    }
}

impl Vault {
    /// A vault with these master keys.
    pub fn new(masters: MasterKeys) -> Self {
        Self {
            masters: Arc::new(masters),
            at_hand: Cache::new(KEYS_AT_HAND),
        }
    }

    /// The vault of a server: finds its master keys, or makes one on a fresh installation; then
    /// wraps data keys of former master keys again, with the one in use. Data keys whose master key
    /// is not there are left alone and told.
    ///
    /// # Errors
    /// The keys cannot be read, or there are none although the database has secrets.
    pub async fn prepare(
        conn: &Conn,
        source: &MasterKeySource,
        data_dir: &Path,
    ) -> anyhow::Result<Self> {
        let system = System::new("looking after the keys of secrets");
        let in_use = store::master_keys(conn, system).await?;
        let masters = match MasterKeys::load(source, data_dir)? {
            Some(masters) => masters,
            None if in_use.is_empty() => MasterKeys::generate(data_dir)?,
            None => bail!(
                "the master key is missing: the database has secrets encrypted with {}, and there is no \
                 {}; copy it from a backup or from another server of this database, or set \
                 CHARTROOM_MASTER_KEY (a new key will do if the old one is lost: stored passwords then \
                 have to be entered again)",
                in_use.join(", "),
                master::path(data_dir).display()
            ),
        };
        let vault = Self::new(masters);
        vault.wrap_again(conn, system).await?;
        for id in in_use.iter().filter(|id| vault.masters.find(id).is_none()) {
            tracing::warn!(
                master_key = id,
                "secrets are encrypted with a master key that this server does not have; they cannot \
                 be read until it is given in CHARTROOM_MASTER_KEY, or they are entered again"
            );
        }
        Ok(vault)
    }

    /// The vault of the schema that a request runs on.
    ///
    /// # Errors
    /// There is none, which would be a fault of the server.
    pub fn of<'a>(ctx: &Context<'a>) -> Result<&'a Self, Error> {
        ctx.data_opt()
            .ok_or_else(|| Error::fault("the schema has no vault"))
    }

    /// Encrypts a secret for its slot, in the transaction that stores it.
    ///
    /// # Errors
    /// The database fails, or there is no randomness.
    pub async fn seal(
        &self,
        conn: &Conn,
        slot: &Slot,
        secret: &SecretString,
    ) -> Result<Vec<u8>, VaultError> {
        let (id, key) = self.key_for(conn, slot.organization).await?;
        let mut sealed = vec![VERSION];
        sealed.extend_from_slice(id.as_bytes());
        let text = secret.expose_secret().as_bytes();
        sealed.extend(key.seal(text, &slot.binding())?);
        Ok(sealed)
    }

    /// Decrypts the secret of a slot.
    ///
    /// # Errors
    /// It was encrypted for another slot or changed since, its master key is not there, or the
    /// database fails.
    pub async fn open(
        &self,
        conn: &Conn,
        slot: &Slot,
        sealed: &[u8],
    ) -> Result<SecretString, VaultError> {
        let (version, rest) = sealed.split_first().ok_or(VaultError::Damaged)?;
        let (id, rest) = rest.split_first_chunk().ok_or(VaultError::Damaged)?;
        if *version != VERSION {
            return Err(VaultError::Damaged);
        }
        let key = self
            .key(conn, Uuid::from_bytes(*id), slot.organization)
            .await?;
        let mut text = key.open(rest, &slot.binding())?;
        let text = String::from_utf8(std::mem::take(&mut text));
        let text = text.map_err(|_not_text| VaultError::Damaged)?;
        Ok(text.into())
    }

    /// Signs something that this server gives away and will be shown again, such as a link. What is
    /// signed for one purpose is good for no other.
    ///
    /// # Errors
    /// There are none: the key has the right length.
    pub fn sign(&self, purpose: &str, message: &[u8]) -> Result<[u8; SIGNATURE], VaultError> {
        self.masters.current().signer().sign(purpose, message)
    }

    /// Whether a server with one of these master keys signed the message for the purpose.
    pub fn is_signed(&self, purpose: &str, message: &[u8], signature: &[u8]) -> bool {
        std::iter::once(self.masters.current())
            .chain(self.masters.former())
            .any(|key| key.signer().is_by(purpose, message, signature))
    }

    /// The data key that new secrets of an organization get; made if there is none. A made one is
    /// not kept at hand, since its transaction may yet be rolled back.
    async fn key_for(
        &self,
        conn: &Conn,
        organization: OrganizationId,
    ) -> Result<(Uuid, Arc<Cipher>), VaultError> {
        let system = System::new("encrypting a secret");
        let master = self.masters.current();
        if let Some(id) = store::newest(conn, system, organization, master.id()).await? {
            return Ok((id, self.key(conn, id, organization).await?));
        }
        let id = store::new_id();
        let (key, bytes) = Cipher::generate()?;
        let wrapped = master
            .cipher()
            .seal(bytes.as_slice(), &binding_of(id, organization))?;
        let row = store::DataKey {
            id,
            organization,
            master_key_id: master.id().to_owned(),
            wrapped,
        };
        store::insert(conn, system, row).await?;
        Ok((id, Arc::new(key)))
    }

    async fn key(
        &self,
        conn: &Conn,
        id: Uuid,
        organization: OrganizationId,
    ) -> Result<Arc<Cipher>, VaultError> {
        if let Some(key) = self.at_hand.get(&(id, organization)) {
            return Ok(key);
        }
        let system = System::new("reading a data key");
        let row = store::find(conn, system, id, organization).await?;
        let row = row.ok_or(VaultError::Damaged)?;
        let key = Arc::new(Cipher::new(&self.unwrap(&row)?)?);
        self.at_hand.insert((id, organization), key.clone());
        Ok(key)
    }

    fn unwrap(&self, row: &store::DataKey) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let master = self.masters.find(&row.master_key_id);
        let master = master.ok_or_else(|| VaultError::UnknownMasterKey {
            id: row.master_key_id.clone(),
        })?;
        master
            .cipher()
            .open(&row.wrapped, &binding_of(row.id, row.organization))
    }

    /// Wraps the data keys of former master keys with the one in use.
    async fn wrap_again(&self, conn: &Conn, system: System) -> Result<(), VaultError> {
        let current = self.masters.current();
        let former: Vec<_> = self
            .masters
            .former()
            .map(|key| key.id().to_owned())
            .collect();
        if former.is_empty() {
            return Ok(());
        }
        let rows = store::wrapped_by(conn, system, former).await?;
        let count = rows.len();
        for row in rows {
            let bytes = self.unwrap(&row)?;
            let binding = binding_of(row.id, row.organization);
            let wrapped = current.cipher().seal(&bytes, &binding)?;
            store::replace(conn, system, &row, current.id(), wrapped).await?;
        }
        if count > 0 {
            tracing::info!(count, "data keys are wrapped by the new master key now");
        }
        Ok(())
    }
}

/// What a wrapped data key is bound to.
fn binding_of(id: Uuid, organization: OrganizationId) -> Vec<u8> {
    Slot {
        table: "data_keys",
        column: "wrapped",
        row: id,
        organization,
    }
    .binding()
}
