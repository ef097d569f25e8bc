//! The warehouse of a project, opened for somebody's query.

use super::{Weekday, row::slot, store};
use crate::{
    authz::{Grant, System, Viewer},
    db::Conn,
    domains::warehouse::credentials,
    kernel::{
        Error,
        entity::{Project, WarehouseCredentialsId},
    },
    services::{
        Outside,
        warehouse::{Settings, Warehouse, WarehouseError},
    },
};
use std::sync::Arc;

/// A warehouse, and what a query has to know of the connection.
pub struct OpenWarehouse {
    /// The warehouse.
    pub warehouse: Arc<dyn Warehouse>,
    /// With which day weeks begin, if not with the warehouse's own.
    pub start_of_week: Option<Weekday>,
    /// IANA zone that moments without one are in.
    pub data_timezone: Option<String>,
    /// Where it is: the settings without their secret.
    pub address: String,
    /// The personal credentials in use: results then are for their user alone.
    pub personal: Option<WarehouseCredentialsId>,
}

/// Why there is no warehouse to ask.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The project has no connection, or one without a password.
    #[error("the project has no warehouse connection")]
    NotConnected,
    /// Every user of the project brings own credentials, and this one has none.
    #[error("this project asks for your own warehouse credentials")]
    CredentialsRequired,
    /// The warehouse cannot be used.
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
    /// Faults and outages.
    #[error(transparent)]
    Error(#[from] Error),
}

/// Opens the warehouse of the project of the grant for a query of `viewer`: with the own
/// credentials that they chose there, else with the project's, unless it asks for own ones.
///
/// Connects to nothing yet.
///
/// # Errors
/// There is nothing to connect with.
pub async fn open_warehouse<A>(
    conn: &Conn,
    outside: &Outside,
    viewer: &Viewer,
    project: &Grant<A, Project>,
) -> Result<OpenWarehouse, OpenError> {
    let project_id = project.id();
    let (found, preferred, requires_own) = tokio::join!(
        store::with_secret(conn, project),
        store::preferred(conn, viewer, std::slice::from_ref(&project_id)),
        store::requires_own(conn, project),
    );
    let (found, preferred, requires_own) = (found?, preferred?, requires_own?);
    let (row, secret) = found.ok_or(OpenError::NotConnected)?;
    let settings = row.settings()?;
    let personal = preferred.first().map(|(_, id)| *id);
    let (Settings::Postgres(own) | Settings::Redshift(own)) = &settings;
    let data_timezone = own.data_timezone.clone();
    let address = settings.to_json().to_string();
    let warehouse = match personal {
        Some(id) => {
            let system = System::new("running a query with personal credentials");
            let personal = store::personal(conn, system, id).await?;
            let personal = personal.ok_or(OpenError::CredentialsRequired)?;
            let slot = credentials::slot(personal.organization, id);
            let secret = outside.vault.open(conn, &slot, &personal.secret).await;
            let user = personal.username.as_deref().unwrap_or_default();
            let settings = settings.with_user(user);
            let secret = secret.map_err(Error::from)?;
            outside.warehouses.open(id.uuid(), &settings, &secret)?
        }
        None if requires_own => return Err(OpenError::CredentialsRequired),
        None => {
            let sealed = secret.ok_or(OpenError::NotConnected)?;
            let slot = slot(row.organization_id, row.project_id);
            let secret = outside.vault.open(conn, &slot, &sealed).await;
            let secret = secret.map_err(Error::from)?;
            let owner = row.project_id.uuid();
            outside.warehouses.open(owner, &settings, &secret)?
        }
    };
    Ok(OpenWarehouse {
        warehouse,
        start_of_week: row.start_of_week,
        data_timezone,
        address,
        personal,
    })
}
