//! API keys: they act with the present rights of their user, as long as the user may use them.
//!
//! A key lives for a year at most. Only the SHA-256 of its secret is kept.

mod list;
mod mutation;
mod object;
mod policy;
mod query;
mod row;
mod store;

pub use list::{ApiKeyFilter, ApiKeyOrder, ApiKeyOrderField};
pub use mutation::{
    ApiKeyMutation, CreateApiKeyInput, CreateApiKeyPayload, DeleteApiKeysInput,
    DeleteApiKeysPayload, RotateApiKeyInput, RotateApiKeyPayload, UpdateApiKeyInput,
    UpdateApiKeyPayload,
};
pub use object::ApiKey;
pub use policy::POLICIES;
pub use query::ApiKeyQuery;
pub use row::ApiKeyRow;
