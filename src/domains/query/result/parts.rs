//! Rows as they are stored: JSON texts of so many each.

use super::encode::Cells;
use crate::{kernel::Result, services::warehouse::Row};
use serde_json::value::RawValue;
use std::ops::Range;

/// Rows that are stored together.
pub(super) const PART: usize = 500;

/// Rows on their way into the database.
#[derive(Debug, Default)]
pub struct Parts {
    /// JSON arrays of [`PART`] rows; the last one is not closed and may have fewer.
    texts: Vec<String>,
    count: usize,
}

impl Parts {
    /// Adds a row.
    ///
    /// # Errors
    /// It cannot be written, which would be a fault.
    pub fn push(&mut self, row: &Row) -> Result<()> {
        let row = serde_json::to_string(&Cells(row)).map_err(anyhow::Error::new)?;
        let is_full = self.count.is_multiple_of(PART);
        self.count += 1;
        match self.texts.last_mut() {
            Some(last) if !is_full => {
                last.push(',');
                last.push_str(&row);
            }
            last => {
                if let Some(last) = last {
                    last.push(']');
                }
                self.texts.push(format!("[{row}"));
            }
        }
        Ok(())
    }

    /// How many rows there are.
    pub const fn count(&self) -> usize {
        self.count
    }

    /// The texts.
    pub fn into_texts(mut self) -> Vec<String> {
        if let Some(last) = self.texts.last_mut() {
            last.push(']');
        }
        self.texts
    }
}

/// The parts that rows at some positions are in.
pub(super) const fn holding(span: &Range<usize>) -> Range<usize> {
    span.start / PART..span.end.div_ceil(PART)
}

/// A JSON array of the rows of a span, from the parts that hold them; `None` if some are missing.
///
/// What is shown as it is stored is not read: parts that are shown as a whole are taken for what was put.
///
/// # Errors
/// A part of which some is shown is no array, which would be a fault.
pub(super) fn cut(parts: &[String], span: &Range<usize>) -> Result<Option<String>> {
    let mut out = String::new();
    let mut add = |rows: &str| {
        out.push(if out.is_empty() { '[' } else { ',' });
        out.push_str(rows);
    };
    let mut found = 0;
    for (place, text) in holding(span).zip(parts) {
        let first = place * PART;
        let wanted = span.start.saturating_sub(first)..(span.end - first).min(PART);
        let inner = text
            .strip_prefix('[')
            .and_then(|text| text.strip_suffix(']'));
        match inner {
            Some(rows) if wanted == (0..PART) => {
                add(rows);
                found += PART;
            }
            _ => {
                let rows: Vec<&RawValue> =
                    serde_json::from_str(text).map_err(anyhow::Error::new)?;
                for row in rows.iter().skip(wanted.start).take(wanted.len()) {
                    add(row.get());
                    found += 1;
                }
            }
        }
    }
    out.push_str(if out.is_empty() { "[]" } else { "]" });
    Ok((found == span.len()).then_some(out))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::warehouse::Value;
    use serde_json::json;

    #[test]
    fn what_is_stored_is_what_is_shown() {
        let values = [
            Value::Float(-0.0),
            Value::Float(1e300),
            Value::Float(f64::NAN),
            Value::Integer(i64::MIN),
            Value::Decimal("12.50".to_owned()),
            Value::Date("-0044-03-15".parse().unwrap()),
            Value::Null,
        ];
        let mut parts = Parts::default();
        parts.push(&values.to_vec()).unwrap();
        parts.push(&Vec::new()).unwrap();
        let expected = r#"[[-0.0,1e+300,"NaN","-9223372036854775808",12.5,"-0044-03-15",null],[]]"#;
        assert_eq!(parts.into_texts(), [expected]);
        let mut full = Parts::default();
        for _ in 0..PART * 2 {
            full.push(&Vec::new()).unwrap();
        }
        let texts = full.into_texts();
        assert_eq!(texts.len(), 2);
        let text = cut(&texts, &(0..PART * 2)).unwrap().unwrap();
        assert_eq!(text.matches("[]").count(), PART * 2);
    }

    #[test]
    fn pages_are_cut_as_rows_were_put() {
        let mut parts = Parts::default();
        for n in 0..1_203 {
            let row = vec![Value::Integer(n), Value::Text("a],[\"b".to_owned())];
            parts.push(&row).unwrap();
        }
        assert_eq!(parts.count(), 1_203);
        let texts = parts.into_texts();
        assert_eq!(texts.len(), 3);
        for span in [
            0..1,
            0..500,
            0..1_203,
            1..500,
            499..501,
            500..1_000,
            999..1_203,
            1_202..1_203,
            7..7,
        ] {
            let held = texts.get(holding(&span)).unwrap();
            let text = cut(held, &span).unwrap().unwrap();
            let rows: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
            let expected: Vec<_> = span.clone().map(|n| json!([n, "a],[\"b"])).collect();
            assert_eq!(rows, expected, "{span:?}");
        }
        assert_eq!(cut(&texts[..1], &(0..501)).unwrap(), None, "a part is gone");
        assert_eq!(
            cut(&texts[2..], &(1_000..1_204)).unwrap(),
            None,
            "there is no such row"
        );
        assert!(Parts::default().into_texts().is_empty());
    }
}
