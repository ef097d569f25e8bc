//! PostgreSQL.

use super::{Dialect, Sql, SqlFamily};

/// PostgreSQL.
#[derive(Debug, Clone, Copy)]
pub struct Postgres;

impl Dialect for Postgres {
    fn family(&self) -> SqlFamily {
        SqlFamily::Postgres
    }

    fn average(&self, of: &Sql) -> Sql {
        Sql::fill("AVG(CAST({0} AS DOUBLE PRECISION))", &[of])
    }

    fn materialized(&self) -> &'static str {
        "MATERIALIZED "
    }

    fn concat(&self, parts: &[Sql]) -> Sql {
        Sql::fill("({0})", &[&Sql::join(parts, " || ")])
    }

    // Lists are equal where both hold nothing, and unlike IS NOT DISTINCT FROM they can be hashed: a join
    // does not compare every row with every group.
    fn same(&self, a: &Sql, b: &Sql) -> Sql {
        Sql::fill("ARRAY[{0}] = ARRAY[{1}]", &[a, b])
    }
}
