//! Hashing with argon2id, a few at a time.

use super::LONGEST;
use crate::kernel::{Error, Result};
use argon2::{
    Algorithm, Argon2, Params, PasswordHash, PasswordHasher as _, PasswordVerifier as _, Version,
    password_hash::{SaltString, rand_core::OsRng},
};
use async_graphql::Context;
use std::{num::NonZeroUsize, sync::Arc, thread::available_parallelism};
use tokio::sync::Semaphore;

/// What one hash costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// Whether a password is the stored one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is another one, or none is stored.
    Wrong,
    /// It is.
    Right,
    /// It is, and the stored hash is cheaper than hashes are now: store a new one.
    Outdated,
}

/// Hashes and compares passwords. Cheap to clone; clones share the places.
#[derive(Clone)]
pub struct Passwords {
    cost: Cost,
    places: Arc<Semaphore>,
}

impl Cost {
    /// 46 MiB, one pass.
    pub const DEFAULT: Self = Self {
        memory_kib: 47_104,
        passes: 1,
        lanes: 1,
    };
    /// The least there may be: 19 MiB, two passes.
    pub const FLOOR: Self = Self {
        memory_kib: 19_456,
        passes: 2,
        lanes: 1,
    };
    /// As cheap as the algorithm allows: for tests, and nothing else.
    pub const TEST: Self = Self {
        memory_kib: 8,
        passes: 1,
        lanes: 1,
    };

    /// A cost for a server.
    ///
    /// # Errors
    /// It is below the floor: less memory than 19 MiB, or less than 19 MiB times two in all.
    pub fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, String> {
        let cost = Self {
            memory_kib,
            passes,
            lanes,
        };
        let floor = Self::FLOOR;
        if memory_kib < floor.memory_kib || cost.work() < floor.work() {
            return Err(format!(
                "password hashes need at least {} KiB of memory and {} KiB in all passes together",
                floor.memory_kib,
                floor.work()
            ));
        }
        if lanes == 0 || lanes > 16 || memory_kib > 1_048_576 || passes > 100 {
            return Err(
                "password hashes take 1 to 16 lanes, at most 1 GiB and 100 passes".to_owned(),
            );
        }
        Ok(cost)
    }

    fn work(self) -> u64 {
        u64::from(self.memory_kib) * u64::from(self.passes)
    }

    fn hasher(self) -> Result<Argon2<'static>> {
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(32))
            .map_err(|error| Error::fault(&format!("argon2 parameters: {error}")))?;
        Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
    }

    /// A hash that nothing has, as dear to compare as a real one.
    fn decoy(self) -> String {
        format!(
            "$argon2id$v=19$m={},t={},p={}$Y2hhcnRyb29tLWRlY295${}",
            self.memory_kib,
            self.passes,
            self.lanes,
            "A".repeat(43)
        )
    }

    fn of(hash: &PasswordHash<'_>) -> Option<Self> {
        let params = Params::try_from(hash).ok()?;
        let (memory_kib, passes, lanes) = (params.m_cost(), params.t_cost(), params.p_cost());
        (hash.algorithm == Algorithm::Argon2id.ident()).then_some(Self {
            memory_kib,
            passes,
            lanes,
        })
    }
}

impl Default for Passwords {
    fn default() -> Self {
        Self::new(Cost::DEFAULT)
    }
}

impl Passwords {
    /// Hashes at this cost, as many at a time as there are processors.
    pub fn new(cost: Cost) -> Self {
        let places = available_parallelism().map_or(1, NonZeroUsize::get);
        Self {
            cost,
            places: Arc::new(Semaphore::new(places)),
        }
    }

    /// Those that the schema was made with.
    ///
    /// # Errors
    /// There are none, which would be a fault of the server.
    pub fn of<'a>(ctx: &Context<'a>) -> Result<&'a Self> {
        ctx.data_opt()
            .ok_or_else(|| Error::fault("the schema has no passwords"))
    }

    /// The PHC string to store.
    ///
    /// # Errors
    /// Memory or randomness is lacking.
    pub async fn hash(&self, password: &str) -> Result<String> {
        let (password, hasher) = (password.to_owned(), self.cost.hasher()?);
        self.work(move || {
            let salt = SaltString::generate(&mut OsRng);
            let hash = hasher.hash_password(password.as_bytes(), &salt);
            hash.map(|hash| hash.to_string())
                .map_err(|error| Error::fault(&format!("a password could not be hashed: {error}")))
        })
        .await
    }

    /// Compares a password with the stored hash. Without one, the same work is done for nothing,
    /// so that nobody learns from the time which accounts exist.
    ///
    /// # Errors
    /// The stored hash is no hash, or memory is lacking.
    pub async fn verify(&self, password: &str, stored: Option<&str>) -> Result<Verdict> {
        let cost = self.cost;
        let known = stored.is_some() && password.chars().count() <= LONGEST;
        let stored = stored.map_or_else(|| cost.decoy(), str::to_owned);
        // What is longer than any password costs the same work, on its beginning.
        let password: String = password.chars().take(LONGEST).collect();
        self.work(move || {
            let hash = PasswordHash::new(&stored)
                .map_err(|error| Error::fault(&format!("a stored password hash: {error}")))?;
            let equal = cost
                .hasher()?
                .verify_password(password.as_bytes(), &hash)
                .is_ok();
            if !(equal && known) {
                return Ok(Verdict::Wrong);
            }
            let strong = Cost::of(&hash)
                .is_some_and(|old| old.memory_kib >= cost.memory_kib && old.work() >= cost.work());
            Ok(if strong {
                Verdict::Right
            } else {
                Verdict::Outdated
            })
        })
        .await
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let place = self
            .places
            .clone()
            .acquire_owned()
            .await
            .map_err(Error::unavailable)?;
        tokio::task::spawn_blocking(move || {
            let result = work();
            drop(place);
            result
        })
        .await
        .map_err(|error| Error::from(anyhow::Error::new(error)))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_itself_is_right_and_old_hashes_are_noticed() {
        let cheap = Passwords::new(Cost::TEST);
        let hash = cheap.hash("correct horse battery").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{hash}");
        assert_eq!(
            cheap
                .verify("correct horse battery", Some(&hash))
                .await
                .unwrap(),
            Verdict::Right
        );
        assert_eq!(
            cheap
                .verify("correct horse batterz", Some(&hash))
                .await
                .unwrap(),
            Verdict::Wrong
        );
        assert_eq!(
            cheap.verify("correct horse battery", None).await.unwrap(),
            Verdict::Wrong
        );
        let dear = Passwords::new(Cost {
            memory_kib: 64,
            passes: 1,
            lanes: 1,
        });
        assert_eq!(
            dear.verify("correct horse battery", Some(&hash))
                .await
                .unwrap(),
            Verdict::Outdated
        );
    }

    #[tokio::test]
    async fn the_decoy_is_a_hash_that_takes_the_work() {
        let decoy = Cost::DEFAULT.decoy();
        let hash = PasswordHash::new(&decoy).unwrap();
        assert_eq!(Cost::of(&hash), Some(Cost::DEFAULT));
        let error = Cost::DEFAULT
            .hasher()
            .unwrap()
            .verify_password(b"x", &hash)
            .unwrap_err();
        assert_eq!(error, argon2::password_hash::Error::Password);
    }

    #[test]
    fn costs_below_the_floor_are_refused() {
        assert!(Cost::new(19_456, 2, 1).is_ok());
        assert!(Cost::new(47_104, 1, 1).is_ok());
        assert!(Cost::new(19_456, 1, 1).is_err());
        assert!(Cost::new(8, 100, 1).is_err());
    }
}
