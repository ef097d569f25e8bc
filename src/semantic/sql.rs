//! SQL text under construction: text and values kept apart until the end.

use serde::{Deserialize, Serialize};

/// SQL with values in it that are not text yet.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sql {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Text(String),
    Value(String),
}

/// A statement: text with placeholders, and the values for them in order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Statement {
    /// The text.
    pub sql: String,
    /// The values. They are sent in the text format: the warehouse takes the type from the place.
    pub values: Vec<String>,
}

impl Sql {
    /// SQL of the compiler or the model.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            pieces: vec![Piece::Text(text.into())],
        }
    }

    /// A value of a person.
    pub fn value(value: impl Into<String>) -> Self {
        Self {
            pieces: vec![Piece::Value(value.into())],
        }
    }

    /// Fills a template of the compiler: `{0}`, `{1}` … stand for the arguments.
    pub fn fill(template: &str, arguments: &[&Self]) -> Self {
        let mut sql = Self::default();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            sql.push(before);
            let (number, after) = after.split_once('}').unwrap_or(("", after));
            match number.parse::<usize>().ok().and_then(|n| arguments.get(n)) {
                Some(argument) => sql.append(argument),
                // A brace of the text itself.
                None => {
                    sql.push("{");
                    sql.push(number);
                    sql.push("}");
                }
            }
            rest = after;
        }
        sql.push(rest);
        sql
    }

    /// Adds text.
    pub fn push(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        match self.pieces.last_mut() {
            Some(Piece::Text(last)) => last.push_str(text),
            _ => self.pieces.push(Piece::Text(text.to_owned())),
        }
    }

    /// Adds other SQL.
    pub fn append(&mut self, other: &Self) {
        for piece in &other.pieces {
            match piece {
                Piece::Text(text) => self.push(text),
                Piece::Value(_) => self.pieces.push(piece.clone()),
            }
        }
    }

    /// Pieces with a separator between them.
    pub fn join(pieces: &[Self], separator: &str) -> Self {
        let mut sql = Self::default();
        for (n, piece) in pieces.iter().enumerate() {
            if n > 0 {
                sql.push(separator);
            }
            sql.append(piece);
        }
        sql
    }

    /// The text with placeholders, numbered in the order of the text from 1.
    pub fn statement(&self, placeholder: impl Fn(usize) -> String) -> Statement {
        let mut sql = String::new();
        let mut values = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => sql.push_str(text),
                Piece::Value(value) => {
                    values.push(value.clone());
                    sql.push_str(&placeholder(values.len()));
                }
            }
        }
        Statement { sql, values }
    }
}
