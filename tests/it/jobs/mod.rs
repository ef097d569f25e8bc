//! The job queue: its invariants J1 to J16 (`docs/jobs.md`), and what callers see of it.

mod node;
pub(crate) mod stage;

mod calendar;
mod enqueue;
mod fair;
mod fence;
mod lifecycle;
mod nodes;
mod rights;
mod stream;
