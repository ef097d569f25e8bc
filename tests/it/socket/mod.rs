//! Operations over sockets: the protocol `graphql-transport-ws`, from outside.

mod credentials;
pub(crate) mod limits;
mod opening;
mod operations;
mod streams;

/// A query that waits where projects are locked.
const WAITS: &str = "{ projects { totalCount nodes { id } } }";
