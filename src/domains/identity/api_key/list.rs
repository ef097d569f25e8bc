//! Filters and orders of lists of API keys.

use super::{ApiKey, ApiKeyRow};
use crate::{
    db::schema::api_keys,
    gql::{
        BooleanFilter, DateTimeFilter, IdFilter, ListNode, StringFilter, by_id_loader, column,
        filterable, listing, sortable,
    },
    kernel::entity,
};

by_id_loader! { ApiKeyRow in api_keys for entity::ApiKey }
listing! {
    ApiKeyRow in api_keys as ApiKey, for entity::ApiKey, keys {
        "api_keys.id" => id,
        "api_keys.name" => name,
        "api_keys.created_at" => created_at,
        "api_keys.updated_at" => updated_at,
    }
}

impl ListNode for ApiKey {
    const CONNECTION: &'static str = "ApiKeyConnection";
    const EDGE: &'static str = "ApiKeyEdge";
}

filterable! {
    /// Which API keys to list.
    pub struct ApiKeyFilter {
        /// Of this user.
        user_id: IdFilter => IdFilter::of::<entity::User>("api_keys.user_id"),
        /// By name.
        name: StringFilter => column("api_keys.name"),
        /// By description.
        description: StringFilter => column("api_keys.description"),
        /// Past their date or not.
        is_expired: BooleanFilter => column("coalesce(api_keys.expires_at <= now(), false)"),
        /// By the moment from which they do not work.
        expires_at: DateTimeFilter => column("api_keys.expires_at"),
    }
}

sortable! {
    /// Fields by which API keys can be ordered.
    pub enum ApiKeyOrderField, ApiKeyOrder in "apiKeys", tie "api_keys.id", default Name Asc {
        /// By name.
        Name = "NAME" => "api_keys.name" as "::text",
        /// By description; those without one come first.
        Description = "DESCRIPTION" => "coalesce(api_keys.description, '')" as "::text",
        /// By the full name of the user.
        User = "USER" => "(SELECT u.full_name FROM users u WHERE u.id = api_keys.user_id)" as "::text",
        /// Those that end first come first.
        ExpiresAt = "EXPIRES_AT" => "coalesce(api_keys.expires_at, 'infinity')" as "::timestamptz",
        /// By time of creation.
        CreatedAt = "CREATED_AT" => "api_keys.created_at" as "::timestamptz",
        /// By time of the last change.
        UpdatedAt = "UPDATED_AT" => "api_keys.updated_at" as "::timestamptz",
    }
}
