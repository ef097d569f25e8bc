//! SQL that is written into a query, and not into a model.
//!
//! It is parsed by the grammar of the warehouse, must be one expression, calls only functions that
//! compute (a list of what is allowed: lists of what is forbidden have holes), reads no tables, and is
//! printed again from its syntax tree. So nothing that the parser did not understand reaches the
//! warehouse, and a row filter around the query cannot be talked around.

use super::super::error::{Code, Issue, Result};
use super::{Part, Snippet};
use sqlparser::{
    ast::{Expr, Function, Query, Value, Visit, Visitor},
    dialect::{
        BigQueryDialect, ClickHouseDialect, DatabricksDialect, Dialect, DuckDbDialect,
        GenericDialect, PostgreSqlDialect, RedshiftSqlDialect, SnowflakeDialect,
    },
    parser::Parser,
    tokenizer::{Token, Tokenizer},
};
use std::{fmt::Write as _, ops::ControlFlow};

/// Which grammar a warehouse speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SqlFamily {
    /// PostgreSQL.
    Postgres,
    /// Redshift.
    Redshift,
    /// Snowflake.
    Snowflake,
    /// BigQuery.
    BigQuery,
    /// Databricks and Spark.
    Databricks,
    /// Trino and Athena.
    Trino,
    /// DuckDB.
    DuckDb,
    /// ClickHouse.
    ClickHouse,
}

impl SqlFamily {
    fn grammar(self) -> &'static dyn Dialect {
        match self {
            Self::Postgres => &PostgreSqlDialect {},
            Self::Redshift => &RedshiftSqlDialect {},
            Self::Snowflake => &SnowflakeDialect {},
            Self::BigQuery => &BigQueryDialect {},
            Self::Databricks => &DatabricksDialect {},
            Self::Trino => &GenericDialect {},
            Self::DuckDb => &DuckDbDialect {},
            Self::ClickHouse => &ClickHouseDialect {},
        }
    }
}

/// Most signs in an expression.
const SIGNS_MAX: usize = 500;

/// Words that stand between values, or before one, as signs do.
const NESTING: [&str; 13] = [
    "and", "or", "xor", "not", "is", "like", "ilike", "similar", "between", "in", "collate", "at",
    "over",
];

/// Deepest nesting of an expression.
const DEPTH_MAX: usize = 40;

/// Functions that only compute on what they are given.
const FUNCTIONS: &str = " abs acos asin atan atan2 avg array_agg ascii btrim bool_and bool_or bit_and bit_or \
    cast cbrt ceil ceiling char_length character_length chr coalesce concat concat_ws contains corr cos cot \
    count countif covar_pop covar_samp cume_dist current_date current_timestamp date date_add date_diff \
    date_format date_part date_sub date_trunc dateadd datediff datetime_trunc datename datepart day dayname \
    dayofmonth dayofweek dayofyear degrees dense_rank div endswith ends_with exp extract first_value \
    float64 floor format_date format_datetime format_timestamp from_unixtime greatest hour if ifnull iff \
    initcap instr isnull lag last_day last_value lcase lead least left length ln locate log log10 log2 \
    lower lpad ltrim make_date make_interval max md5 mean median min minute mod mode month monthname \
    months_between now nth_value ntile nullif nullifzero nvl nvl2 octet_length parse_date percent_rank \
    percentile_cont percentile_disc pi position pow power quantile_cont quarter radians rank regexp_contains \
    regexp_count regexp_extract regexp_instr regexp_like regexp_match regexp_replace regexp_substr replace \
    reverse right round row_number rpad rtrim safe_cast safe_divide second sign sin split_part sqrt \
    startswith starts_with stddev stddev_pop stddev_samp string_agg strpos substr substring sum tan \
    timestamp_diff timestamp_trunc to_char to_date to_number to_timestamp translate trim trunc truncate \
    try_cast ucase unix_timestamp upper var_pop var_samp variance week weekday weekofyear width_bucket year \
    zeroifnull tostring todate tostartofmonth tostartofyear tostartofweek sumif avgif ";

/// A snippet of a query, checked and printed anew.
pub fn checked_expression(sql: &str, family: SqlFamily, backslash: bool) -> Result<Snippet> {
    // What follows in a comment would be lost without a word.
    if super::lexer::tokens(sql, backslash)?.contains(&super::lexer::Token::Space) {
        return Err(bad("comments are not allowed in an expression of a query"));
    }
    let snippet = Snippet::parse(sql, backslash)?;
    // References become names that occur nowhere else, and are found again in what is printed.
    let mut mark = String::from("zzref");
    while sql.contains(&mark) {
        mark.push('z');
    }
    let mut text = String::new();
    let mut references = Vec::new();
    for part in snippet.parts {
        match part {
            Part::Text(piece) => text.push_str(&piece),
            // `${TABLE}.column` is read as the column of a table of that name.
            reference => {
                let _ = write!(text, "{mark}{}q", references.len());
                references.push(reference);
            }
        }
    }
    let printed = checked_text(&text, family)?;
    let mut parts = Vec::new();
    let mut rest = printed.as_str();
    while let Some((before, after)) = rest.split_once(&mark) {
        if !before.is_empty() {
            parts.push(Part::Text(before.to_owned()));
        }
        let reference = after.split_once('q').and_then(|(number, after)| {
            let part = references.get(number.parse::<usize>().ok()?)?;
            Some((part.clone(), after))
        });
        let Some((part, after)) = reference else {
            return Err(bad("a reference is lost"));
        };
        parts.push(part);
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest.to_owned()));
    }
    Ok(Snippet { parts })
}

/// Refuses expressions of very many signs: those of one kind nest in each other, as deep as there are of them.
fn check_signs(text: &str, family: SqlFamily) -> Result<()> {
    let tokens = Tokenizer::new(family.grammar(), text).tokenize();
    let tokens = tokens.map_err(|error| bad(format!("is not an SQL expression: {error}")))?;
    let signs = tokens.iter().filter(|token| match token {
        Token::Word(word) => NESTING.contains(&word.value.to_lowercase().as_str()),
        Token::Number(..)
        | Token::SingleQuotedString(_)
        | Token::DoubleQuotedString(_)
        | Token::Whitespace(_)
        | Token::LParen
        | Token::RParen
        | Token::Comma
        | Token::Period => false,
        _ => true,
    });
    let count = signs.count();
    if count > SIGNS_MAX {
        let message =
            format!("has {count} signs such as `+` and AND; at most {SIGNS_MAX} are allowed");
        return Err(bad(message));
    }
    Ok(())
}

fn checked_text(text: &str, family: SqlFamily) -> Result<String> {
    check_signs(text, family)?;
    let mut parser = Parser::new(family.grammar())
        .with_recursion_limit(DEPTH_MAX)
        .try_with_sql(text)
        .map_err(|error| unreadable(&error))?;
    let expression = parser.parse_expr().map_err(|error| unreadable(&error))?;
    if parser.peek_token().token != Token::EOF {
        return Err(bad(format!(
            "`{}` comes after the end of the expression",
            parser.peek_token().token
        )));
    }
    match expression.visit(&mut Guard) {
        ControlFlow::Continue(()) => Ok(expression.to_string()),
        ControlFlow::Break(message) => Err(bad(message)),
    }
}

struct Guard;

impl Visitor for Guard {
    type Break = String;

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<String> {
        ControlFlow::Break("an expression of a query may not read tables".to_owned())
    }

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<String> {
        match expression {
            Expr::Function(function) => function_allowed(function),
            Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => {
                ControlFlow::Break("an expression of a query may not read tables".to_owned())
            }
            Expr::Wildcard(_) | Expr::QualifiedWildcard(..) => {
                ControlFlow::Break("`*` is not a value".to_owned())
            }
            Expr::Prefixed { .. } | Expr::TypedString { .. }
                if matches!(expression, Expr::Prefixed { .. }) =>
            {
                ControlFlow::Break("prefixed texts are not allowed".to_owned())
            }
            _ => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_value(&mut self, value: &Value) -> ControlFlow<String> {
        match value {
            Value::Placeholder(_) => {
                ControlFlow::Break("placeholders are not allowed: write a parameter".to_owned())
            }
            Value::SingleQuotedString(_)
            | Value::DoubleQuotedString(_)
            | Value::Number(..)
            | Value::Boolean(_)
            | Value::Null => ControlFlow::Continue(()),
            other => ControlFlow::Break(format!("write {other} as a plain quoted text")),
        }
    }
}

fn function_allowed(function: &Function) -> ControlFlow<String> {
    let name = function.name.to_string().to_lowercase();
    if FUNCTIONS.split(' ').any(|known| known == name) {
        ControlFlow::Continue(())
    } else {
        ControlFlow::Break(format!(
            "the function `{name}` may not be called from a query; define the field in the model"
        ))
    }
}

fn unreadable(error: &sqlparser::parser::ParserError) -> Issue {
    bad(format!("is not an SQL expression: {error}"))
}

fn bad(message: impl Into<String>) -> Issue {
    Issue::new(Code::BadSql, "", message)
}
