//! How rows of `query_runs` are loaded.

use super::QueryRunRow;
use crate::{db::schema::query_runs, gql::by_id_loader, kernel::entity};

by_id_loader! { QueryRunRow in query_runs for entity::QueryRun }
