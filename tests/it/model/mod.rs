//! Models of projects.

mod attributes;
mod catalog;
mod deploy;
mod explores;
mod multipart;
mod store;
