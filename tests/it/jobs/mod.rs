//! The job queue: its invariants, and what callers see of it.

mod stage;

mod stream;
