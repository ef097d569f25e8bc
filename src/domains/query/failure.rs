//! What can go wrong between a question and its rows, as failures of jobs.

use super::engine::{Asker, NotCompiled, Queries};
use crate::{
    authz::{Place, System, View},
    db::Conn,
    domains::warehouse::connection::{OpenError, OpenWarehouse, open_warehouse},
    jobs::{Failure, FailureCode, StoredError},
    kernel::entity::Project,
    semantic::error::{Code, Refused},
    services::warehouse::WarehouseError,
};
use serde_json::{Value, json};

/// The warehouse of the project, for a query whose user was asked for the right to it.
pub(super) async fn open(
    queries: &Queries,
    conn: &Conn,
    asker: Asker<'_>,
) -> Result<OpenWarehouse, Failure> {
    let system = System::new("a query whose user was asked for the right to it");
    let place = Place::project(asker.organization, asker.project);
    let project = system.grant::<View, Project>(asker.project, place);
    let opened = open_warehouse(conn, &queries.outside, asker.viewer, &project).await;
    opened.map_err(|error| match error {
        OpenError::NotConnected => failed(FailureCode::WarehouseError, error.to_string(), None),
        OpenError::CredentialsRequired => {
            failed(FailureCode::CredentialsRequired, error.to_string(), None)
        }
        OpenError::Warehouse(error) => warehouse(&error),
        OpenError::Error(error) => error.into(),
    })
}

fn failed(code: FailureCode, message: String, details: Option<Value>) -> Failure {
    Failure::Final(StoredError {
        code,
        message,
        details,
    })
}

/// What is wrong with a query.
pub(super) fn not_compiled(error: NotCompiled) -> Failure {
    match error {
        NotCompiled::Error(error) => error.into(),
        NotCompiled::Refused(refused) => {
            let details = json!({ "issues": refused.issues });
            failed(failure_code(&refused), refused.to_string(), Some(details))
        }
    }
}

fn failure_code(refused: &Refused) -> FailureCode {
    match refused.issues.first().map(|issue| issue.code) {
        Some(Code::ExploreError) => FailureCode::ExploreError,
        Some(Code::MissingAttribute) => FailureCode::Forbidden,
        _ => FailureCode::Invalid,
    }
}

/// What a warehouse says. Only what may pass is tried again.
pub(super) fn warehouse(error: &WarehouseError) -> Failure {
    let details = match error {
        WarehouseError::Sql {
            state, position, ..
        } => Some(json!({ "sqlState": state, "position": position })),
        _ => None,
    };
    let passes = matches!(error, WarehouseError::Busy | WarehouseError::Lost);
    let stored = StoredError {
        code: FailureCode::WarehouseError,
        message: error.to_string(),
        details,
    };
    if passes {
        Failure::Passing(stored)
    } else {
        Failure::Final(stored)
    }
}
