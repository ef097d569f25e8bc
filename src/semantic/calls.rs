//! Whether SQL of a model calls aggregate functions over rows.
//!
//! A metric may be written as SQL over other metrics, or aggregate rows itself, with columns of its table by
//! their bare names. Nobody can tell a bare name from a word of SQL; but a column of a row stands inside an
//! aggregate function, whose name tells.

/// Aggregate functions of the supported warehouses, in lower case.
const NAMES: [&str; 29] = [
    "any_value",
    "array_agg",
    "avg",
    "avgif",
    "bit_and",
    "bit_or",
    "bit_xor",
    "bool_and",
    "bool_or",
    "corr",
    "count",
    "count_if",
    "countif",
    "every",
    "listagg",
    "max",
    "max_by",
    "mean",
    "median",
    "min",
    "min_by",
    "mode",
    "product",
    "string_agg",
    "sum",
    "sumif",
    "variance",
    "varpop",
    "varsamp",
];
/// How the names of families of them begin.
const FAMILIES: [&str; 20] = [
    "approx_",
    "argmax",
    "argmin",
    "arg_m",
    "booland_agg",
    "boolor_agg",
    "covar",
    "group_concat",
    "grouparray",
    "hll",
    "json_agg",
    "jsonb_agg",
    "kurtosis",
    "logical_",
    "percentile_",
    "quantile",
    "regr_",
    "skewness",
    "stddev",
    "uniq",
];

fn aggregates(function: &str) -> bool {
    NAMES.contains(&function)
        || function.starts_with("var_")
        || FAMILIES.iter().any(|family| function.starts_with(family))
}

/// A piece of what is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Text of the model.
    Text(&'a str),
    /// What stands for another metric, or a value.
    Other,
}

/// Whether an aggregate function is called over something that is no metric.
pub(super) fn aggregates_rows(pieces: &[Piece<'_>]) -> bool {
    let mut reader = Reader::default();
    for piece in pieces {
        match piece {
            Piece::Text(text) => text.chars().for_each(|c| reader.take(c)),
            Piece::Other => reader.other(),
        }
    }
    reader.found
}

#[derive(Default)]
struct Reader {
    /// The quotation mark that is open.
    quote: Option<char>,
    /// The word before, also over spaces.
    word: String,
    is_word_over: bool,
    /// For each open parenthesis: whether it is that of an aggregate, and whether a metric is inside.
    open: Vec<(bool, bool)>,
    found: bool,
}

impl Reader {
    fn take(&mut self, c: char) {
        if let Some(quote) = self.quote {
            if c == quote {
                self.quote = None;
            }
            return;
        }
        match c {
            '\'' | '"' | '`' => {
                self.quote = Some(c);
                self.word.clear();
            }
            c if c.is_alphanumeric() || c == '_' => {
                if std::mem::take(&mut self.is_word_over) {
                    self.word.clear();
                }
                self.word.push(c.to_ascii_lowercase());
            }
            c if c.is_whitespace() => self.is_word_over = true,
            '(' => {
                let word = std::mem::take(&mut self.word);
                self.open.push((aggregates(&word), false));
            }
            ')' => {
                self.word.clear();
                let (is_aggregate, has_metric) = self.open.pop().unwrap_or_default();
                self.found |= is_aggregate && !has_metric;
                if let Some((_, around)) = self.open.last_mut() {
                    *around |= has_metric;
                }
            }
            _ => self.word.clear(),
        }
    }

    fn other(&mut self) {
        self.word.clear();
        if self.quote.is_none()
            && let Some((_, has_metric)) = self.open.last_mut()
        {
            *has_metric = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Piece, aggregates_rows};

    fn reads(sql: &str) -> bool {
        let mut pieces = Vec::new();
        for (n, text) in sql.split("${m}").enumerate() {
            if n > 0 {
                pieces.push(Piece::Other);
            }
            pieces.push(Piece::Text(text));
        }
        aggregates_rows(&pieces)
    }

    #[test]
    fn aggregates_of_rows_are_told_from_sql_over_metrics() {
        for rows in [
            "sum(amount) / count(*)",
            "ROUND(SUM (a + (b)) / NULLIF(COUNT(DISTINCT c), 0), 2)",
            "${m} / count(*)",
            "coalesce(${m}, 0) + percentile_cont(0.5) within group (order by a)",
            "max(case when x = ')' then 1 end)",
        ] {
            assert!(reads(rows), "{rows}");
        }
        for over_metrics in [
            "${m} / nullif(${m}, 0)",
            "sum(${m}) over ()",
            "max((${m} + 1))",
            "case when ${m} > 0 then 'sum(x)' end",
            "cast(${m} as numeric(10, 2))",
            "greatest(${m}, 1)",
            "summary(1)",
        ] {
            assert!(!reads(over_metrics), "{over_metrics}");
        }
    }
}
