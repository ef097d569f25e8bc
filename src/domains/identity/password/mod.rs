//! Passwords: how they are hashed, and which ones are good enough.
//!
//! Hashes are argon2id in PHC strings, so that each carries its own cost and an old one is replaced
//! at the next sign-in. Hashing takes a place in a small pool, because each one takes tens of
//! megabytes and milliseconds.

mod hasher;
mod strength;

pub use hasher::{Cost, Passwords, Verdict};
pub use strength::{LONGEST, SHORTEST, Weakness, check};
