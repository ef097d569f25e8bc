//! From a token to a viewer.

use super::store;
use crate::{
    authz::{Origin, System, Viewer},
    db::Database,
    kernel::{Error, Result, Secret, SecretKind},
};
use chrono::{DateTime, TimeDelta, Utc};
use moka::future::Cache;
use std::{sync::Arc, time::Duration};

/// How old an answer may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// Up to [`Authenticator::MAX_AGE`] old: for whatever looks again before it changes anything.
    Recent,
    /// Read now.
    Now,
}

/// What is kept of a token by whoever asks again: enough to tell who is behind it, not enough to
/// sign in.
#[derive(Clone, PartialEq, Eq)]
pub struct Pass {
    kind: SecretKind,
    hash: Vec<u8>,
}

impl Pass {
    /// What is kept of the session token with this hash.
    pub(super) const fn of_session(hash: Vec<u8>) -> Self {
        Self {
            kind: SecretKind::Session,
            hash,
        }
    }
}

impl From<&Secret> for Pass {
    fn from(token: &Secret) -> Self {
        Self {
            kind: token.kind(),
            hash: token.hash(),
        }
    }
}

impl std::fmt::Debug for Pass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pass({:?})", self.kind)
    }
}

/// Tells who is behind a token. Cheap to clone; clones share what they remember.
///
/// ```text
/// let viewer = match Secret::parse(bearer) {
///     Some(token) => authenticator.authenticate(&Pass::from(&token), &origin, now, Freshness::Recent).await?,
///     None => None, // no token of ours: refused without a look into the database
/// };
/// ```
///
/// The HTTP layer calls [`Self::forget`] with the request's pass when the notes of a response say
/// `signed_out`, and [`Self::forget_all`] when they say `changed_rights`. Other nodes notice within
/// [`Self::MAX_AGE`].
#[derive(Clone)]
pub struct Authenticator {
    db: Database,
    recent: Cache<Vec<u8>, Arc<Known>>,
}

struct Known {
    viewer: Arc<Viewer>,
    read_at: DateTime<Utc>,
}

/// Why nothing is remembered of a look-up.
enum Unknown {
    Nobody,
    Failed(Error),
}

impl Authenticator {
    /// How long an answer may be used again.
    pub const MAX_AGE: Duration = Duration::from_secs(3);
    /// How many tokens are remembered.
    const MAX_KNOWN: u64 = 10_000;

    /// An authenticator that remembers nothing yet.
    pub fn new(db: Database) -> Self {
        let recent = Cache::builder()
            .max_capacity(Self::MAX_KNOWN)
            .time_to_live(Self::MAX_AGE)
            .build();
        Self { db, recent }
    }

    /// Who is behind a token, with the rights of now; `None` if the token is unknown, ended or
    /// expired, the account is not in use, or the user may no longer use API keys.
    ///
    /// Notes the use of the token, at most once a minute.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn authenticate(
        &self,
        pass: &Pass,
        origin: &Origin,
        now: DateTime<Utc>,
        freshness: Freshness,
    ) -> Result<Option<Arc<Viewer>>> {
        let hash = &pass.hash;
        let found = match freshness {
            Freshness::Now => {
                self.recent.invalidate(hash).await;
                // Boxed for the same reason as below.
                let found = Box::pin(self.look_up(pass, origin, now)).await;
                if let Ok(known) = &found {
                    self.recent.insert(hash.clone(), known.clone()).await;
                }
                found.map_err(Arc::new)
            }
            Freshness::Recent => {
                match self.recent.get(hash).await {
                    Some(known) if !is_old(&known, now) => return Ok(Some(known.viewer.clone())),
                    _ => self.recent.invalidate(hash).await,
                }
                // Requests that miss at the same time share one look-up.
                // Boxed, since the cache's future is large and every request would carry it.
                let look_up = self.look_up(pass, origin, now);
                Box::pin(self.recent.try_get_with(hash.clone(), look_up)).await
            }
        };
        match found {
            Ok(known) => Ok(Some(known.viewer.clone())),
            Err(unknown) => match &*unknown {
                Unknown::Nobody => Ok(None),
                Unknown::Failed(error) => Err(error.clone()),
            },
        }
    }

    /// Forgets one token, after it was signed out.
    pub async fn forget(&self, pass: &Pass) {
        self.recent.invalidate(&pass.hash).await;
    }

    /// Forgets everybody, after rights changed.
    pub fn forget_all(&self) {
        self.recent.invalidate_all();
    }

    async fn look_up(
        &self,
        pass: &Pass,
        origin: &Origin,
        now: DateTime<Utc>,
    ) -> Result<Arc<Known>, Unknown> {
        let viewer = self
            .read(pass, origin, now)
            .await
            .map_err(Unknown::Failed)?;
        let viewer = Arc::new(viewer.ok_or(Unknown::Nobody)?);
        Ok(Arc::new(Known {
            viewer,
            read_at: now,
        }))
    }

    async fn read(
        &self,
        pass: &Pass,
        origin: &Origin,
        now: DateTime<Utc>,
    ) -> Result<Option<Viewer>> {
        let conn = self.db.get().await?;
        let system = System::new("find out who is behind a token");
        let found = match pass.kind {
            SecretKind::Session => store::use_session(&conn, system, &pass.hash, now).await?,
            SecretKind::ApiKey => {
                store::use_api_key(&conn, system, &pass.hash, origin, now).await?
            }
            // Good for opening a socket only, by `redeem_ticket`.
            SecretKind::SocketTicket => None,
        };
        match found {
            Some(credential) => Viewer::read(&conn, credential, now).await,
            None => Ok(None),
        }
    }
}

fn is_old(known: &Known, now: DateTime<Utc>) -> bool {
    let age = now.signed_duration_since(known.read_at);
    age < TimeDelta::zero()
        || age >= TimeDelta::from_std(Authenticator::MAX_AGE).unwrap_or(TimeDelta::zero())
}
