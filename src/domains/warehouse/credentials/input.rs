//! Inputs of credentials, and what is wrong with them.

use super::super::secret;
use crate::{gql::UserErrors, kernel::text, services::warehouse::WarehouseType};
use async_graphql::{ID, InputObject, OneofObject};
use secrecy::SecretString;

/// A user of a warehouse and their password.
#[derive(InputObject)]
pub(crate) struct UserPasswordInput {
    /// User name in the warehouse.
    pub user: String,
    /// Password; write-only.
    pub password: String,
}

/// The secret of credentials, by kind of warehouse; write-only.
#[derive(OneofObject)]
pub(crate) enum WarehouseCredentialsSecretInput {
    /// For a PostgreSQL.
    Postgres(UserPasswordInput),
    /// For an Amazon Redshift.
    Redshift(UserPasswordInput),
}

/// New credentials of the caller.
#[derive(InputObject)]
pub(crate) struct CreateWarehouseCredentialsInput {
    /// Name; at most 255 characters.
    pub name: String,
    /// What they consist of.
    pub secret: WarehouseCredentialsSecretInput,
}

/// A change of credentials of the caller.
#[derive(InputObject)]
pub(crate) struct UpdateWarehouseCredentialsInput {
    /// The credentials; only the caller's own can be changed.
    pub id: ID,
    /// New name.
    pub name: String,
    /// New secret. The kind of warehouse stays.
    pub secret: WarehouseCredentialsSecretInput,
}

/// Credentials to delete.
#[derive(InputObject)]
pub(crate) struct DeleteWarehouseCredentialsInput {
    /// The credentials, at most 100; only the caller's own can be deleted. One that fails keeps all.
    pub ids: Vec<ID>,
}

/// The caller's choice for a project.
#[derive(InputObject)]
pub(crate) struct SetProjectWarehouseCredentialsInput {
    /// The project; must be one that the caller sees.
    pub project_id: ID,
    /// Own credentials for the kind of warehouse that the project has.
    pub warehouse_credentials_id: ID,
}

/// What an input means.
pub(super) struct Given {
    pub(super) name: String,
    pub(super) kind: WarehouseType,
    pub(super) user: String,
    pub(super) password: SecretString,
}

/// Reads an input; mistakes are noted.
pub(super) fn read(
    errors: &mut UserErrors,
    name: &str,
    input: &WarehouseCredentialsSecretInput,
) -> Given {
    let (path, kind, fields) = match input {
        WarehouseCredentialsSecretInput::Postgres(fields) => {
            ("secret.postgres", WarehouseType::Postgres, fields)
        }
        WarehouseCredentialsSecretInput::Redshift(fields) => {
            ("secret.redshift", WarehouseType::Redshift, fields)
        }
    };
    let at = |field: &str| format!("{path}.{field}");
    Given {
        name: errors.text("name", text::name(name)),
        kind,
        user: errors.text(&at("user"), text::name(&fields.user)),
        password: secret::password(errors, &at("password"), &fields.password),
    }
}
