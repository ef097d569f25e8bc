//! How rows of `api_keys` are loaded and listed.

use super::{ApiKey, ApiKeyRow};
use crate::{
    db::schema::api_keys,
    gql::{ListNode, by_id_loader, listing},
    kernel::entity,
};

by_id_loader! { ApiKeyRow in api_keys for entity::ApiKey }
listing! { ApiKeyRow in api_keys as ApiKey, for entity::ApiKey }

impl ListNode for ApiKey {
    const CONNECTION: &'static str = "ApiKeyConnection";
    const EDGE: &'static str = "ApiKeyEdge";
}
