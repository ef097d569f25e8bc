//! How projects reach their warehouses, and with whose credentials.

use async_graphql::MergedObject;

pub mod connection;
pub mod credentials;
mod secret;

/// What can be changed here.
#[derive(MergedObject, Default)]
pub struct WarehouseMutation(
    connection::ConnectionMutation,
    credentials::CredentialsMutation,
);
