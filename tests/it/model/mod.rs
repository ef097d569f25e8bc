//! Models of projects.

mod store;
