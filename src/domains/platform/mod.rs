//! What serves operators: the audit log.

pub mod audit;
