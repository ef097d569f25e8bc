//! Formulas as in spreadsheets: read here, given types and expressions by `resolve`.
//!
//! ```text
//! formula   = ["="] or
//! or        = and { "OR" and }               and    = not { "AND" not }
//! not       = "NOT" not | compared           compared = joined { ("=" | "<>" | "<" | "<=" | ">" | ">=") joined }
//! joined    = sum { "&" sum }                sum    = product { ("+" | "-") product }
//! product   = power { ("*" | "/" | "%") power }
//! power     = sign { "^" sign }              sign   = { "-" | "+" } value
//! value     = number | text | TRUE | FALSE | column | name "(" [or { "," or }] ")" | "(" or ")"
//! column    = name | "${" [table "."] name "}"
//! ```
//!
//! Words of the language and names of functions are read in any letter case, names of columns are not.

mod lexer;
mod parser;

#[cfg(test)]
mod tests;

use super::error::{Code, Issue, Result};

pub use parser::parse;

/// Longest formula, in characters.
pub const LENGTH_MAX: usize = 10_000;

/// A formula, read.
#[derive(Debug, Clone, PartialEq)]
pub enum Ast {
    /// A number: its digits.
    Number(String),
    /// A text.
    Text(String),
    /// True or false.
    Bool(bool),
    /// A column of the query, by the table if it is named and its name.
    Column(Option<String>, String),
    /// The opposite number.
    Negative(Box<Ast>),
    /// The opposite condition.
    Not(Box<Ast>),
    /// Two values and the sign between them.
    Binary(Sign, Box<Ast>, Box<Ast>),
    /// A function, its name in upper case, and what it is given.
    Call(String, Vec<Ast>),
}

/// A sign between two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// `OR`
    Or,
    /// `AND`
    And,
    /// `=`
    Equal,
    /// `<>` or `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `&`
    Join,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Modulo,
    /// `^`
    Power,
}

impl Sign {
    /// How it is written.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Or => "OR",
            Self::And => "AND",
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Join => "&",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Modulo => "%",
            Self::Power => "^",
        }
    }
}

impl Ast {
    /// Columns that it names.
    pub fn columns(&self, found: &mut Vec<(Option<String>, String)>) {
        match self {
            Self::Column(table, name) => found.push((table.clone(), name.clone())),
            Self::Negative(of) | Self::Not(of) => of.columns(found),
            Self::Binary(_, a, b) => {
                a.columns(found);
                b.columns(found);
            }
            Self::Call(_, arguments) => {
                for argument in arguments {
                    argument.columns(found);
                }
            }
            Self::Number(_) | Self::Text(_) | Self::Bool(_) => {}
        }
    }
}

fn bad(message: impl Into<String>) -> Issue {
    Issue::new(Code::BadSql, "", message)
}
