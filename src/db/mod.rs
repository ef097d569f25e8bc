//! Access to PostgreSQL: pool, transactions, migrations, and the pieces of SQL that diesel's
//! query language cannot say (keyset pages, the first rows of many parents in one statement).

mod columns;
mod connect;
mod count;
pub mod embedded;
mod error;
mod fragment;
mod ids;

pub mod migrate;
mod page;
mod pool;
mod readers;
pub mod schema;
mod text_enum;
mod turns;
mod tx;
pub mod views;

pub use columns::{Columns, ColumnsText};
pub use connect::connect;
pub use count::counted;
pub use fragment::{Bind, Fragment, Statement, sql};
pub use page::{
    Boxed, Keyed, Lateral, LateralRows, ListQuery, OrderTerm, Parents, Read, count, count_of,
};
pub use pool::{Conn, Database, DatabaseConfig, PooledConn};
pub use readers::Share;
pub(crate) use text_enum::text_enum;
pub use tx::{transaction, transaction_after};

/// The oldest major version of PostgreSQL that Chartroom runs on: foreign keys that clear a part of their
/// columns came with it.
pub(crate) const OLDEST_POSTGRES: u32 = 15;
