//! What tests stand on: a database of their own, a server in the process, callers.

mod answer;
mod app;
mod postgres;
mod world;

pub use answer::Answer;
pub use app::{Actor, TestApp};
pub use world::Tenant;
