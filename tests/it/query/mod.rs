//! Queries on a warehouse, as callers run them.

mod charts;
mod runs;
mod stage;
mod validation;
