//! Values from the driver's binary form, exactly.

use super::{
    super::{ColumnType, Value, WarehouseError},
    Flavour,
};
use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use std::{error::Error, fmt::Write as _};
use tokio_postgres::{
    Row,
    types::{FromSql, Kind, Type},
};

/// How values of a column are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decoder {
    Boolean,
    Int2,
    Int4,
    Int8,
    Oid,
    Float4,
    Float8,
    Numeric,
    Text,
    Uuid,
    Date,
    Timestamp,
    TimestampTz,
    Json,
    Jsonb,
    /// As text, into which the warehouse has to turn it.
    AsText,
}

impl Decoder {
    /// How values of a type are read.
    pub(super) fn of(kind: &Type, flavour: Flavour) -> Self {
        let plain = match *kind {
            Type::BOOL => Self::Boolean,
            Type::INT2 => Self::Int2,
            Type::INT4 => Self::Int4,
            Type::INT8 => Self::Int8,
            Type::FLOAT4 => Self::Float4,
            Type::FLOAT8 => Self::Float8,
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN => Self::Text,
            _ => Self::AsText,
        };
        // Redshift has binary forms of its own for the rest.
        if plain != Self::AsText || flavour == Flavour::Redshift {
            return plain;
        }
        match *kind {
            Type::OID => Self::Oid,
            Type::NUMERIC => Self::Numeric,
            Type::UUID => Self::Uuid,
            Type::DATE => Self::Date,
            Type::TIMESTAMP => Self::Timestamp,
            Type::TIMESTAMPTZ => Self::TimestampTz,
            Type::JSON => Self::Json,
            Type::JSONB => Self::Jsonb,
            Type::XML => Self::Text,
            _ if matches!(kind.kind(), Kind::Enum(_)) => Self::Text,
            _ => Self::AsText,
        }
    }

    pub(super) const fn column_type(self) -> ColumnType {
        match self {
            Self::Boolean => ColumnType::Boolean,
            Self::Int2 | Self::Int4 | Self::Int8 | Self::Oid => ColumnType::Integer,
            Self::Float4 | Self::Float8 => ColumnType::Float,
            Self::Numeric => ColumnType::Decimal,
            Self::Text | Self::Uuid | Self::AsText => ColumnType::Text,
            Self::Date => ColumnType::Date,
            Self::Timestamp => ColumnType::Timestamp,
            Self::TimestampTz => ColumnType::TimestampTz,
            Self::Json | Self::Jsonb => ColumnType::Json,
        }
    }

    /// The value of a column of a row.
    pub(super) fn read(self, row: &Row, n: usize) -> Result<Value, WarehouseError> {
        let unreadable = || WarehouseError::Unreadable {
            column: row
                .columns()
                .get(n)
                .map(|column| column.name().to_owned())
                .unwrap_or_default(),
        };
        let raw: Option<Raw<'_>> = row.try_get(n).map_err(|_wrong| unreadable())?;
        match raw {
            None => Ok(Value::Null),
            Some(Raw(bytes)) => self.value(bytes).ok_or_else(unreadable),
        }
    }

    fn value(self, bytes: &[u8]) -> Option<Value> {
        Some(match self {
            Self::Boolean => Value::Boolean(bytes.first()? != &0),
            Self::Int2 => Value::Integer(i16::from_be_bytes(bytes.try_into().ok()?).into()),
            Self::Int4 => Value::Integer(i32::from_be_bytes(bytes.try_into().ok()?).into()),
            Self::Int8 => Value::Integer(i64::from_be_bytes(bytes.try_into().ok()?)),
            Self::Oid => Value::Integer(u32::from_be_bytes(bytes.try_into().ok()?).into()),
            Self::Float4 => Value::Float(single(f32::from_be_bytes(bytes.try_into().ok()?))),
            Self::Float8 => Value::Float(f64::from_be_bytes(bytes.try_into().ok()?)),
            Self::Numeric => numeric(bytes)?,
            Self::Text | Self::AsText => Value::Text(text(bytes)?),
            Self::Uuid => Value::Text(uuid::Uuid::from_slice(bytes).ok()?.to_string()),
            Self::Date => date(i32::from_be_bytes(bytes.try_into().ok()?))?,
            Self::Timestamp => {
                moment(i64::from_be_bytes(bytes.try_into().ok()?), Value::Timestamp)?
            }
            Self::TimestampTz => moment(i64::from_be_bytes(bytes.try_into().ok()?), |moment| {
                Value::TimestampTz(DateTime::<Utc>::from_naive_utc_and_offset(moment, Utc))
            })?,
            Self::Json => Value::Json(text(bytes)?),
            // The first byte is the version.
            Self::Jsonb => Value::Json(text(bytes.strip_prefix(&[1])?)?),
        })
    }
}

/// The bytes of a value.
struct Raw<'a>(&'a [u8]);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, bytes: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(bytes))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

fn text(bytes: &[u8]) -> Option<String> {
    String::from_utf8(bytes.to_vec()).ok()
}

/// The number that people mean: 0.1 and not 0.10000000149011612.
fn single(value: f32) -> f64 {
    value
        .to_string()
        .parse()
        .unwrap_or_else(|_odd| value.into())
}

fn infinity(is_positive: bool) -> Value {
    Value::Text(if is_positive { "infinity" } else { "-infinity" }.to_owned())
}

/// Days since 2000-01-01.
fn date(days: i32) -> Option<Value> {
    if days == i32::MAX || days == i32::MIN {
        return Some(infinity(days > 0));
    }
    let start = NaiveDate::from_ymd_opt(2000, 1, 1)?;
    let day = start.checked_add_signed(TimeDelta::try_days(days.into())?)?;
    Some(Value::Date(day))
}

/// Microseconds since 2000-01-01.
fn moment(microseconds: i64, make: impl Fn(NaiveDateTime) -> Value) -> Option<Value> {
    if microseconds == i64::MAX || microseconds == i64::MIN {
        return Some(infinity(microseconds > 0));
    }
    let start = NaiveDate::from_ymd_opt(2000, 1, 1)?.and_hms_opt(0, 0, 0)?;
    let moment = start.checked_add_signed(TimeDelta::microseconds(microseconds))?;
    Some(make(moment))
}

/// Groups of four decimal digits, the first of weight 10000^`weight`; `scale` digits after the point.
fn numeric(bytes: &[u8]) -> Option<Value> {
    let mut numbers = bytes.chunks_exact(2).map(|pair| {
        u16::from_be_bytes([
            pair.first().copied().unwrap_or(0),
            pair.last().copied().unwrap_or(0),
        ])
    });
    let _count = numbers.next()?;
    let weight = numbers.next()?.cast_signed();
    let sign = numbers.next()?;
    let scale = usize::from(numbers.next()?);
    match sign {
        0xC000 => return Some(Value::Text("NaN".to_owned())),
        0xD000 => return Some(infinity(true)),
        0xF000 => return Some(infinity(false)),
        _ => {}
    }
    let groups: Vec<u16> = numbers.collect();
    let group = |place: i32| -> u16 {
        let n = usize::try_from(i32::from(weight) - place).ok();
        n.and_then(|n| groups.get(n)).copied().unwrap_or(0)
    };
    let mut text = String::new();
    if sign == 0x4000 {
        text.push('-');
    }
    if weight < 0 {
        text.push('0');
    } else {
        text.push_str(&group(weight.into()).to_string());
        for place in (0..i32::from(weight)).rev() {
            // Writing to a string cannot fail.
            let _ = write!(text, "{:04}", group(place));
        }
    }
    if scale > 0 {
        let mut fraction = String::with_capacity(scale + 4);
        let mut place = -1;
        while fraction.len() < scale {
            let _ = write!(fraction, "{:04}", group(place));
            place -= 1;
        }
        fraction.truncate(scale);
        text.push('.');
        text.push_str(&fraction);
    }
    Some(Value::Decimal(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(weight: i16, sign: u16, scale: u16, groups: &[u16]) -> Vec<u8> {
        let count = u16::try_from(groups.len()).unwrap();
        [count, weight.cast_unsigned(), sign, scale]
            .iter()
            .chain(groups)
            .flat_map(|number| number.to_be_bytes())
            .collect()
    }

    #[test]
    fn decimals_keep_every_digit() {
        for (bytes, text) in [
            (wire(0, 0, 0, &[]), "0"),
            (wire(0, 0, 2, &[]), "0.00"),
            (wire(0, 0, 0, &[7]), "7"),
            (wire(1, 0x4000, 3, &[12, 3456, 7890]), "-123456.789"),
            (wire(-1, 0, 4, &[1]), "0.0001"),
            (wire(-2, 0, 8, &[12]), "0.00000012"),
            (wire(2, 0, 0, &[1]), "100000000"),
        ] {
            assert_eq!(numeric(&bytes), Some(Value::Decimal(text.to_owned())));
        }
        assert_eq!(
            numeric(&wire(0, 0xC000, 0, &[])),
            Some(Value::Text("NaN".to_owned()))
        );
        assert_eq!(numeric(&[0, 1]), None);
    }

    #[test]
    fn days_and_moments_without_end_are_told_as_such() {
        assert_eq!(date(i32::MAX), Some(infinity(true)));
        assert_eq!(
            date(-1),
            NaiveDate::from_ymd_opt(1999, 12, 31).map(Value::Date)
        );
        assert_eq!(moment(i64::MIN, Value::Timestamp), Some(infinity(false)));
        assert_eq!(date(2_000_000_000), None);
    }
}
