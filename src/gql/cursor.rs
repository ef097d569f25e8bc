//! Cursors: the sort keys of a row, with the list and order they belong to.

use super::{OrderTerms, filter::has_four_digits};
use crate::kernel::{Error, Result};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

const VERSION: u8 = 1;
/// Longest cursor read, in characters: sort keys are names at most.
const LONGEST: usize = 8_192;

/// The cursor of a row with these keys.
pub(super) fn encode(order: &OrderTerms, keys: &[String]) -> String {
    let mut bytes = vec![VERSION];
    bytes.extend_from_slice(&order.signature.to_be_bytes());
    bytes.extend(serde_json::to_vec(keys).unwrap_or_default());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The keys of a cursor that belongs to this order.
pub(super) fn decode(
    argument: &'static str,
    order: &OrderTerms,
    cursor: &str,
) -> Result<Vec<String>> {
    let foreign = || {
        Error::invalid(
            argument,
            "this cursor is not of this list and order; use the endCursor or startCursor of a page \
             that was asked for with the same orderBy",
        )
    };
    if cursor.len() > LONGEST {
        return Err(foreign());
    }
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok().ok_or_else(foreign)?;
    let (version, rest) = bytes.split_first().ok_or_else(foreign)?;
    let (signature, keys) = rest.split_at_checked(4).ok_or_else(foreign)?;
    if *version != VERSION || signature != order.signature.to_be_bytes() {
        return Err(foreign());
    }
    let keys: Vec<String> = serde_json::from_slice(keys).ok().ok_or_else(foreign)?;
    if keys.len() != order.terms.len()
        || !order
            .terms
            .iter()
            .zip(&keys)
            .all(|(term, key)| fits(term.cast, key))
    {
        return Err(foreign());
    }
    Ok(keys)
}

/// Whether PostgreSQL will read the key as a value of the type.
fn fits(cast: &str, key: &str) -> bool {
    match cast {
        "::uuid" => uuid::Uuid::try_parse(key).is_ok_and(|id| id.hyphenated().to_string() == key),
        "::timestamptz" => key == "-infinity" || is_moment(key),
        "::int4" | "::integer" => key.parse::<i32>().is_ok(),
        "::real" => key.parse::<f32>().is_ok_and(f32::is_finite),
        "::int8" | "::bigint" => key.parse::<i64>().is_ok(),
        "::bool" => matches!(key, "true" | "false"),
        "::text" => !key.contains('\0'),
        // A type of which nobody has said here what PostgreSQL reads.
        _ => false,
    }
}

/// A moment as this server writes it. PostgreSQL knows other years, offsets and fractions than the reader here does.
fn is_moment(key: &str) -> bool {
    const FORM: &str = "0000-00-00 00:00:00";
    let is_written = key.get(..FORM.len()).is_some_and(|start| {
        let mut signs = FORM.chars().zip(start.chars());
        signs.all(|(sign, c)| match sign {
            '0' => c.is_ascii_digit(),
            sign => c == sign,
        })
    });
    let read = chrono::DateTime::parse_from_str(key, "%Y-%m-%d %H:%M:%S%.f%#z");
    let fits = read.is_ok_and(|moment| {
        let offset = moment.offset().local_minus_utc().abs();
        // A leap second, and fractions that would be rounded into the next.
        let is_plain = moment.timestamp_subsec_nanos() < 999_999_500;
        has_four_digits(moment.to_utc()) && offset < 15 * 3_600 && is_plain
    });
    fits && is_written
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::OrderTerm;

    fn order(signature: u32) -> OrderTerms {
        let term = |cast| OrderTerm {
            expression: "x",
            binds: Vec::new(),
            cast,
            descending: false,
        };
        OrderTerms {
            terms: vec![term("::timestamptz"), term("::uuid")],
            signature,
        }
    }

    #[test]
    fn cursors_belong_to_one_list_and_order() {
        let keys = vec![
            "2026-01-02 03:04:05.678901+00".to_owned(),
            uuid::Uuid::nil().to_string(),
        ];
        let cursor = encode(&order(7), &keys);
        assert_eq!(decode("after", &order(7), &cursor).unwrap(), keys);
        assert!(decode("after", &order(8), &cursor).is_err());
        assert!(decode("after", &order(7), "nonsense").is_err());
        let id = uuid::Uuid::nil().to_string();
        let moment = "2026-01-02 03:04:05+00".to_owned();
        for forged in [
            ["now()".to_owned(), "1".to_owned()],
            ["9999-12-31 23:59:60.999999+00".to_owned(), id.clone()],
            ["9999-12-31 23:59:59.9999999+00".to_owned(), id.clone()],
            ["+2026-01-01 00:00:00+00".to_owned(), id.clone()],
            ["99-01-01 00:00:00+00".to_owned(), id.clone()],
            ["2026-01-02 03:04:05+23".to_owned(), id.clone()],
            [moment.clone(), format!("urn:uuid:{id}")],
            [moment.clone(), id.replace('-', "")],
        ] {
            let cursor = encode(&order(7), &forged);
            assert!(decode("after", &order(7), &cursor).is_err(), "{forged:?}");
        }
        let never = ["-infinity".to_owned(), id];
        assert!(decode("after", &order(7), &encode(&order(7), &never)).is_ok());
    }
}
