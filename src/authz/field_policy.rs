//! What each root field asks of its caller, declared beside the resolvers.
//!
//! The list is exported (`chartroom policies`, `policy.json`) and tested against the schema in both
//! directions: a field without a policy fails, and so does a policy without a field. The policy matrix
//! calls every field as every persona and compares what happens with what is declared.

use super::Permission;
use serde::Serialize;

/// How a field decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Mode {
    /// Open to everybody, signed in or not.
    Public,
    /// Needs sign-in; concerns only the caller.
    Own,
    /// Lists what the caller may see; what they may not is left out, also of counts.
    Filter,
    /// One object; null if it does not exist or the caller may not see it.
    Object,
    /// Changes something; refused with a user error unless the permission is held on the scope.
    Change,
}

/// The policy of one root field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct FieldPolicy {
    /// Coordinate of the field, for example `Mutation.createChart`.
    pub field: &'static str,
    /// How it decides.
    pub mode: Mode,
    /// The permission it asks for.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "permission_name"
    )]
    pub permission: Option<Permission>,
    /// On what the permission is asked for, or why none is.
    pub on: &'static str,
}

impl FieldPolicy {
    /// A field that is open to everybody. `why` is for the reviewer.
    pub const fn public(field: &'static str, why: &'static str) -> Self {
        Self {
            field,
            mode: Mode::Public,
            permission: None,
            on: why,
        }
    }

    /// A field about the caller.
    pub const fn own(field: &'static str, what: &'static str) -> Self {
        Self {
            field,
            mode: Mode::Own,
            permission: None,
            on: what,
        }
    }

    /// A list of what the caller may see by `permission` on `on`.
    pub const fn filter(field: &'static str, permission: Permission, on: &'static str) -> Self {
        Self {
            field,
            mode: Mode::Filter,
            permission: Some(permission),
            on,
        }
    }

    /// One object that the caller may see by `permission` on `on`.
    pub const fn object(field: &'static str, permission: Permission, on: &'static str) -> Self {
        Self {
            field,
            mode: Mode::Object,
            permission: Some(permission),
            on,
        }
    }

    /// A change that needs `permission` on `on`.
    pub const fn change(field: &'static str, permission: Permission, on: &'static str) -> Self {
        Self {
            field,
            mode: Mode::Change,
            permission: Some(permission),
            on,
        }
    }
}

#[expect(
    clippy::ref_option,
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde calls"
)]
fn permission_name<S: serde::Serializer>(
    permission: &Option<Permission>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match permission {
        Some(permission) => serializer.serialize_str(permission.as_str()),
        None => serializer.serialize_none(),
    }
}
