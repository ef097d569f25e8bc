//! Ports to the outside.

mod outbound;

pub use outbound::outbound;
