//! Redshift: PostgreSQL with another arithmetic of time.

use super::{Dialect, Function, Moment, Postgres, Sql, SqlFamily, named_call, plain_unit};
use crate::semantic::model::TimeUnit;

/// Redshift.
#[derive(Debug, Clone, Copy)]
pub struct Redshift;

impl Dialect for Redshift {
    fn family(&self) -> SqlFamily {
        SqlFamily::Redshift
    }

    fn average(&self, of: &Sql) -> Sql {
        Sql::fill("AVG(CAST({0} AS DOUBLE PRECISION))", &[of])
    }

    // Without a scale it would be whole numbers.
    fn decimal(&self, of: &Sql) -> Sql {
        Sql::fill("CAST({0} AS DECIMAL(38, 9))", &[of])
    }

    // LOG is to ten there.
    fn call(&self, function: Function, of: &[Sql]) -> Sql {
        match function {
            Function::Log10 => named_call("LOG", of),
            other => Postgres.call(other, of),
        }
    }

    fn concat(&self, parts: &[Sql]) -> Sql {
        Sql::fill("({0})", &[&Sql::join(parts, " || ")])
    }

    fn add(&self, of: &Sql, _moment: Moment, unit: TimeUnit, count: i64) -> Sql {
        let (unit, count) = plain_unit(unit, count);
        let (unit, count) = (Sql::text(unit), Sql::text(count.to_string()));
        Sql::fill("DATEADD({1}, {2}, {0})", &[of, &unit, &count])
    }
}
