//! Inputs of connections, and what is wrong with them.

use super::{super::secret, Weekday};
use crate::{
    gql::{TimeZone, UserErrorCode, UserErrors},
    kernel::text,
    services::warehouse::{PostgresSettings, Settings, SslMode, is_host},
};
use async_graphql::{ID, InputObject, OneofObject};
use secrecy::SecretString;

/// Settings of a PostgreSQL or Redshift; the password is write-only.
#[derive(InputObject)]
pub(crate) struct PostgresConnectionInput {
    /// Name or address of the server. Private networks are refused unless the operator allows them.
    pub host: String,
    /// TCP port.
    #[graphql(default = 5432)]
    pub port: i32,
    /// Database. It cannot be Chartroom's own.
    pub database: String,
    /// Schema in which names without one are looked up; the user's own search path unless given.
    pub schema: Option<String>,
    /// User that queries run as; should be one that may only read.
    pub user: String,
    /// Password. Left out, a stored one is kept as long as host, port, user and sslMode stay the
    /// same.
    pub password: Option<String>,
    /// When TLS is used and what is checked of the certificate: `disable`, `prefer` (the default),
    /// `require`, `verify-ca` or `verify-full`.
    pub ssl_mode: Option<String>,
    /// Day with which weeks begin; the warehouse's own unless given.
    pub start_of_week: Option<Weekday>,
    /// IANA zone that moments without a zone are in; UTC unless given.
    pub data_timezone: Option<TimeZone>,
    /// Whether every user must bring own credentials.
    #[graphql(default = false)]
    pub require_user_credentials: bool,
}

/// Settings of one warehouse; the secret parts are write-only.
#[derive(OneofObject)]
pub(crate) enum WarehouseConnectionInput {
    /// PostgreSQL.
    Postgres(PostgresConnectionInput),
    /// Amazon Redshift.
    Redshift(PostgresConnectionInput),
}

/// The warehouse of a project.
#[derive(InputObject)]
pub(crate) struct SetWarehouseConnectionInput {
    /// The project. Needs PROJECT_EDIT.
    pub project_id: ID,
    /// How to reach the warehouse. Replaces all settings there are.
    pub warehouse: WarehouseConnectionInput,
    /// Stores the settings without trying them.
    #[graphql(default = false)]
    pub skip_test: bool,
}

/// Settings to be tried.
#[derive(InputObject)]
pub(crate) struct TestWarehouseConnectionInput {
    /// The project that they are for, whose stored password is used if none is given. Needs
    /// PROJECT_EDIT; without a project, PROJECT_CREATE on the present organization.
    pub project_id: Option<ID>,
    /// How to reach the warehouse.
    pub warehouse: WarehouseConnectionInput,
}

/// What an input means.
pub(super) struct Given {
    pub(super) settings: Settings,
    pub(super) password: Option<SecretString>,
    pub(super) start_of_week: Option<Weekday>,
    pub(super) require_user_credentials: bool,
    /// Where the settings are in the input.
    pub(super) path: &'static str,
}

impl Given {
    /// The path of a field.
    pub(super) fn at(&self, field: &str) -> String {
        format!("{}.{field}", self.path)
    }
}

/// Reads an input; mistakes are noted.
pub(super) fn read(errors: &mut UserErrors, input: &WarehouseConnectionInput) -> Given {
    let (path, fields) = match input {
        WarehouseConnectionInput::Postgres(fields) => ("warehouse.postgres", fields),
        WarehouseConnectionInput::Redshift(fields) => ("warehouse.redshift", fields),
    };
    let at = |field: &str| format!("{path}.{field}");
    let settings = PostgresSettings {
        host: host(errors, &at("host"), &fields.host),
        port: port(errors, &at("port"), fields.port),
        database: errors.text(&at("database"), text::name(&fields.database)),
        schema: fields
            .schema
            .as_deref()
            .map(|schema| errors.text(&at("schema"), text::name(schema))),
        user: errors.text(&at("user"), text::name(&fields.user)),
        ssl_mode: ssl_mode(errors, &at("sslMode"), fields.ssl_mode.as_deref()),
        data_timezone: fields
            .data_timezone
            .as_ref()
            .map(|zone| zone.as_str().to_owned()),
    };
    let password = fields
        .password
        .as_deref()
        .map(|password| secret::password(errors, &at("password"), password));
    Given {
        settings: match input {
            WarehouseConnectionInput::Postgres(_) => Settings::Postgres(settings),
            WarehouseConnectionInput::Redshift(_) => Settings::Redshift(settings),
        },
        password,
        start_of_week: fields.start_of_week,
        require_user_credentials: fields.require_user_credentials,
        path,
    }
}

fn host(errors: &mut UserErrors, path: &str, text: &str) -> String {
    let host = text.trim().to_ascii_lowercase();
    if host.is_empty() {
        errors.add(UserErrorCode::Required, path, "the host must not be empty");
    } else if !is_host(&host) {
        let message = "the host must be a name such as db.example.com, or an address";
        errors.add(UserErrorCode::Invalid, path, message);
    }
    host
}

fn port(errors: &mut UserErrors, path: &str, port: i32) -> u16 {
    match u16::try_from(port) {
        Ok(port) if port > 0 => port,
        _ => {
            let message = format!("the port must be between 1 and 65535, got {port}");
            errors.add(UserErrorCode::Invalid, path, message);
            0
        }
    }
}

fn ssl_mode(errors: &mut UserErrors, path: &str, text: Option<&str>) -> SslMode {
    let Some(text) = text else {
        return SslMode::default();
    };
    SslMode::from_text(text).unwrap_or_else(|| {
        let known = SslMode::ALL.map(SslMode::as_str).join(", ");
        let message = format!("sslMode must be one of {known}");
        errors.add(UserErrorCode::Invalid, path, message);
        SslMode::default()
    })
}
