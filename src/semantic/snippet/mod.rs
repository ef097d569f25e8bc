//! SQL that somebody wrote, with references in it.
//!
//! A snippet is split once into text and references. References stand only where SQL code stands: inside
//! quotes they are refused, since what replaces them (a bound value, a quoted name) would mean something
//! else there. Comments are dropped: a line comment would swallow the parenthesis that closes the
//! expression. Parentheses must balance, so that a snippet in parentheses stays in them.

mod lexer;
mod user;

use super::error::{Code, Issue, Result};
use serde::{Deserialize, Serialize};

pub use user::{SqlFamily, checked_expression};

/// SQL text with references.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Snippet {
    /// Text and references in order.
    pub parts: Vec<Part>,
}

/// A piece of a snippet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// SQL as written.
    Text(String),
    /// `${TABLE}`: the table that the snippet belongs to.
    Table,
    /// `${COLUMN}`: what a custom granularity is applied to.
    Column,
    /// `${field}` or `${table.field}`.
    Field {
        /// The table, if named; always named once the explore is compiled.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        table: Option<String>,
        /// The field.
        name: String,
    },
    /// `${lightdash.attributes.name}`: the user's values of an attribute.
    Attribute(String),
    /// `${lightdash.user.email}`.
    Email,
    /// `${ld.parameters.name}`.
    Parameter(String),
    /// `${lightdash.query.timezone}`.
    Timezone,
}

impl Snippet {
    /// Splits SQL. `backslash` says whether a backslash escapes inside quotes on the warehouse.
    pub fn parse(sql: &str, backslash: bool) -> Result<Self> {
        let mut parts = Vec::new();
        let mut text = String::new();
        for token in lexer::tokens(sql, backslash)? {
            match token {
                lexer::Token::Text(piece) => text.push_str(piece),
                lexer::Token::Space => text.push(' '),
                lexer::Token::Reference(reference) => {
                    if !text.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut text)));
                    }
                    parts.push(part(reference)?);
                }
            }
        }
        if !text.is_empty() {
            parts.push(Part::Text(text));
        }
        let mut snippet = Self { parts };
        snippet.trim();
        if snippet.parts.is_empty() {
            return Err(bad("the SQL is empty"));
        }
        Ok(snippet)
    }

    /// Checks a snippet that was taken apart elsewhere: what [`parse`](Self::parse) would refuse.
    ///
    /// # Errors
    /// [`Code::BadReference`], where parentheses or quotes do not close, or a reference stands in text.
    pub fn check(&self) -> Result<()> {
        let mut sql = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) if text.contains("${") => {
                    return Err(bad(
                        "`${` stands in a text: a reference is a part of its own",
                    ));
                }
                Part::Text(text) => sql.push_str(text),
                _ => sql.push_str("${TABLE}"),
            }
        }
        // Which quotes the warehouse knows is not known here: either way of reading will do.
        match (whole(&sql, false), whole(&sql, true)) {
            (Err(issue), Err(_)) => Err(issue),
            _ => Ok(()),
        }
    }

    /// `${TABLE}` followed by a column, whose name the caller quotes.
    pub fn column(quoted: &str) -> Self {
        Self {
            parts: vec![Part::Table, Part::Text(format!(".{quoted}"))],
        }
    }

    /// A reference to a field of the same table.
    pub fn field(name: &str) -> Self {
        Self {
            parts: vec![Part::Field {
                table: None,
                name: name.to_owned(),
            }],
        }
    }

    /// A relation or text without references.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            parts: vec![Part::Text(text.into())],
        }
    }

    /// Fields that are referred to.
    pub fn fields(&self) -> impl Iterator<Item = (Option<&str>, &str)> {
        self.parts.iter().filter_map(|part| match part {
            Part::Field { table, name } => Some((table.as_deref(), name.as_str())),
            _ => None,
        })
    }

    /// The snippet as somebody would write it.
    pub fn source(&self) -> String {
        let mut sql = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => sql.push_str(text),
                Part::Table => sql.push_str("${TABLE}"),
                Part::Column => sql.push_str("${COLUMN}"),
                Part::Field { table, name } => {
                    sql.push_str("${");
                    if let Some(table) = table {
                        sql.push_str(table);
                        sql.push('.');
                    }
                    sql.push_str(name);
                    sql.push('}');
                }
                Part::Attribute(name) => {
                    sql.push_str("${lightdash.attributes.");
                    sql.push_str(name);
                    sql.push('}');
                }
                Part::Email => sql.push_str("${lightdash.user.email}"),
                Part::Parameter(name) => {
                    sql.push_str("${lightdash.parameters.");
                    sql.push_str(name);
                    sql.push('}');
                }
                Part::Timezone => sql.push_str("${lightdash.query.timezone}"),
            }
        }
        sql
    }

    fn trim(&mut self) {
        if let Some(Part::Text(text)) = self.parts.first_mut() {
            *text = text.trim_start().to_owned();
        }
        if let Some(Part::Text(text)) = self.parts.last_mut() {
            *text = text.trim_end().to_owned();
        }
        self.parts
            .retain(|part| !matches!(part, Part::Text(text) if text.is_empty()));
    }
}

/// Whether SQL can be read and has no comments, which could swallow what is put behind it.
fn whole(sql: &str, backslash: bool) -> Result<()> {
    if lexer::tokens(sql, backslash)?.contains(&lexer::Token::Space) {
        return Err(bad("comments are not allowed here"));
    }
    Snippet::parse(sql, backslash).map(drop)
}

/// Names in the code of a snippet, in lower case: words and quoted names, references left out.
pub fn names(sql: &str, backslash: bool) -> Result<Vec<String>> {
    let mut names = Vec::new();
    let mut word = String::new();
    for token in lexer::tokens(sql, backslash)? {
        let (piece, quoted) = match token {
            lexer::Token::Text(piece) => {
                let quote = piece.chars().next().filter(|c| matches!(c, '"' | '`'));
                let inner = quote.and_then(|q| piece.strip_prefix(q)?.strip_suffix(q));
                (inner.unwrap_or(piece), inner.is_some())
            }
            lexer::Token::Space | lexer::Token::Reference(_) => (" ", false),
        };
        let mut characters = piece.chars();
        let single = characters.next().filter(|_| characters.next().is_none());
        match single.filter(|c| !quoted && (c.is_alphanumeric() || *c == '_')) {
            Some(c) => word.push(c),
            None => {
                if !word.is_empty() {
                    names.push(std::mem::take(&mut word).to_lowercase());
                }
                if quoted {
                    names.push(piece.to_lowercase());
                }
            }
        }
    }
    if !word.is_empty() {
        names.push(word.to_lowercase());
    }
    Ok(names)
}

/// Reads what stands between `${` and `}`.
fn part(reference: &str) -> Result<Part> {
    let reference = reference.trim();
    let path: Vec<&str> = reference.split('.').map(str::trim).collect();
    if path.iter().any(|word| word.is_empty()) {
        return Err(bad(format!("`${{{reference}}}` is not a reference")));
    }
    match path.as_slice() {
        ["TABLE"] => Ok(Part::Table),
        ["COLUMN"] => Ok(Part::Column),
        ["lightdash" | "ld", rest @ ..] => match rest {
            ["attributes" | "attribute" | "attr", name] => Ok(Part::Attribute((*name).to_owned())),
            ["user", "email"] => Ok(Part::Email),
            ["query", "timezone"] => Ok(Part::Timezone),
            ["parameters", name] => Ok(Part::Parameter((*name).to_owned())),
            ["parameters", model, name] => Ok(Part::Parameter(format!("{model}.{name}"))),
            _ => Err(bad(format!("there is no `${{{reference}}}`"))),
        },
        [name] => Ok(Part::Field {
            table: None,
            name: (*name).to_owned(),
        }),
        [table, name] => Ok(Part::Field {
            table: Some((*table).to_owned()),
            name: (*name).to_owned(),
        }),
        _ => Err(bad(format!(
            "`${{{reference}}}` has more than one dot: write `${{table.field}}`"
        ))),
    }
}

fn bad(message: impl Into<String>) -> Issue {
    Issue::new(Code::BadReference, "", message)
}

#[cfg(test)]
mod tests;
