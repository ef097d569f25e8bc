//! What serves operators: the audit log, the demo.

pub mod audit;
pub mod demo;
