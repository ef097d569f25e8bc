//! Filters and orders of space lists.

use super::{Space, SpaceRow};
use crate::{
    db::schema::spaces,
    gql::{
        BooleanFilter, IdFilter, ListNode, StringFilter, by_id_loader, column, direct, filterable,
        listing, sortable,
    },
    kernel::entity,
};

by_id_loader! { SpaceRow in spaces for entity::Space }
listing! {
    SpaceRow in spaces as Space, for entity::Space, keys {
        "spaces.id" => id,
        "spaces.name" => name,
        "spaces.created_at" => created_at,
        "spaces.updated_at" => updated_at,
    }
}

impl ListNode for Space {
    const CONNECTION: &'static str = "SpaceConnection";
    const EDGE: &'static str = "SpaceEdge";
    const DIRECT: &'static [direct::Field<Self>] = Self::DIRECT;
}

filterable! {
    /// Which spaces to list.
    pub struct SpaceFilter {
        /// By name.
        name: StringFilter => column("spaces.name"),
        /// Private ones, or those that let wider access in.
        is_private: BooleanFilter => column("spaces.is_private"),
        /// Inside this space; `isNull: true` for those on the first level.
        parent_id: IdFilter => IdFilter::of_seen::<entity::Space>("spaces.parent_id"),
    }
}

sortable! {
    /// Fields by which spaces can be ordered.
    pub enum SpaceOrderField, SpaceOrder in "spaces", tie "spaces.id", default Name Asc {
        /// By name.
        Name = "NAME" => "spaces.name" as "::text",
        /// By time of creation.
        CreatedAt = "CREATED_AT" => "spaces.created_at" as "::timestamptz",
        /// By time of the last change.
        UpdatedAt = "UPDATED_AT" => "spaces.updated_at" as "::timestamptz",
    }
}
