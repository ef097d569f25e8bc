//! DuckDB.

use super::{Dialect, Sql, SqlFamily, decimal};
use crate::semantic::model::NamePart;

/// DuckDB.
#[derive(Debug, Clone, Copy)]
pub struct DuckDb;

impl Dialect for DuckDb {
    fn family(&self) -> SqlFamily {
        SqlFamily::DuckDb
    }

    fn median(&self, of: &Sql) -> Sql {
        Sql::fill("MEDIAN({0})", &[of])
    }

    fn percentile(&self, percentile: f64, of: &Sql) -> Sql {
        let part = Sql::text(decimal(percentile / 100.0));
        Sql::fill("QUANTILE_CONT({0}, {1})", &[of, &part])
    }

    fn float(&self, of: &Sql) -> Sql {
        Sql::fill("CAST({0} AS DOUBLE)", &[of])
    }

    fn decimal(&self, of: &Sql) -> Sql {
        Sql::fill("CAST({0} AS DECIMAL(38, 9))", &[of])
    }

    fn materialized(&self) -> &'static str {
        "MATERIALIZED "
    }

    fn concat(&self, parts: &[Sql]) -> Sql {
        Sql::fill("({0})", &[&Sql::join(parts, " || ")])
    }

    fn same(&self, a: &Sql, b: &Sql) -> Sql {
        Sql::fill("{0} IS NOT DISTINCT FROM {1}", &[a, b])
    }

    fn name_part(&self, part: NamePart, of: &Sql) -> Sql {
        match part {
            NamePart::DayOfWeekName => Sql::fill("DAYNAME({0})", &[of]),
            NamePart::MonthName => Sql::fill("MONTHNAME({0})", &[of]),
            NamePart::QuarterName => Sql::fill("('Q' || QUARTER({0}))", &[of]),
        }
    }
}
