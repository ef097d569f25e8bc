//! Tells code from quotes and comments in SQL.

use super::super::error::{Code, Issue, Result};

/// A piece of SQL.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// Code, or a whole quoted text or name.
    Text(&'a str),
    /// What is left of a comment.
    Space,
    /// What stands between `${` and `}`.
    Reference(&'a str),
}

/// Splits SQL into code, comments and references.
pub(super) fn tokens(sql: &str, backslash: bool) -> Result<Vec<Token<'_>>> {
    let mut lexer = Lexer {
        rest: sql,
        backslash,
        previous: ' ',
        open: 0,
        found: Vec::new(),
    };
    while !lexer.rest.is_empty() {
        lexer.step()?;
    }
    if lexer.open > 0 {
        return Err(bad("a parenthesis is not closed"));
    }
    Ok(lexer.found)
}

struct Lexer<'a> {
    rest: &'a str,
    backslash: bool,
    /// The last character of code, which tells `E'…'` from `name'…'`.
    previous: char,
    open: usize,
    found: Vec<Token<'a>>,
}

impl Lexer<'_> {
    fn step(&mut self) -> Result<()> {
        let rest = self.rest;
        if let Some(after) = rest.strip_prefix("${") {
            let Some((reference, after)) = after.split_once('}') else {
                return Err(bad("`${` is not closed"));
            };
            self.found.push(Token::Reference(reference));
            self.rest = after;
            self.previous = '}';
        } else if rest.starts_with("--") {
            self.found.push(Token::Space);
            self.rest = rest.find('\n').and_then(|at| rest.get(at..)).unwrap_or("");
        } else if rest.starts_with("/*") {
            self.comment()?;
        } else if let Some(quote) = rest
            .chars()
            .next()
            .filter(|c| matches!(c, '\'' | '"' | '`'))
        {
            self.quoted(quote)?;
        } else if let Some(tag) = dollar_tag(rest).filter(|_| !self.previous.is_alphanumeric()) {
            self.dollar_quoted(tag)?;
        } else {
            self.code()?;
        }
        Ok(())
    }

    /// A comment, which may hold comments.
    fn comment(&mut self) -> Result<()> {
        let mut depth = 0_usize;
        let mut rest = self.rest;
        loop {
            if let Some(after) = rest.strip_prefix("/*") {
                depth += 1;
                rest = after;
            } else if let Some(after) = rest.strip_prefix("*/") {
                depth -= 1;
                rest = after;
                if depth == 0 {
                    break;
                }
            } else {
                let mut characters = rest.chars();
                if characters.next().is_none() {
                    return Err(bad("a comment is not closed"));
                }
                rest = characters.as_str();
            }
        }
        self.found.push(Token::Space);
        self.rest = rest;
        Ok(())
    }

    fn quoted(&mut self, quote: char) -> Result<()> {
        let escape = quote == '\'' && (self.backslash || matches!(self.previous, 'e' | 'E'))
            || quote == '`' && self.backslash
            || quote == '"' && self.backslash;
        let mut length = quote.len_utf8();
        let mut characters = self.rest.get(length..).unwrap_or("").chars().peekable();
        let mut closed = false;
        while let Some(c) = characters.next() {
            length += c.len_utf8();
            if c == '\\' && escape {
                length += characters.next().map_or(0, char::len_utf8);
            } else if c == quote {
                if characters.peek() == Some(&quote) {
                    characters.next();
                    length += quote.len_utf8();
                } else {
                    closed = true;
                    break;
                }
            }
        }
        if !closed {
            return Err(bad(format!("a {quote} is not closed")));
        }
        self.take_quoted(length)
    }

    fn dollar_quoted(&mut self, tag: &str) -> Result<()> {
        let body = self.rest.get(tag.len()..).unwrap_or("");
        let Some(end) = body.find(tag) else {
            return Err(bad(format!("{tag} is not closed")));
        };
        self.take_quoted(end + 2 * tag.len())
    }

    fn take_quoted(&mut self, length: usize) -> Result<()> {
        let (text, rest) = self.rest.split_at(length);
        if text.contains("${") {
            return Err(bad(format!(
                "{text} has a reference inside quotes; references stand outside of them"
            )));
        }
        self.found.push(Token::Text(text));
        self.previous = '\'';
        self.rest = rest;
        Ok(())
    }

    fn code(&mut self) -> Result<()> {
        let mut characters = self.rest.chars();
        let Some(c) = characters.next() else {
            return Ok(());
        };
        match c {
            '(' => self.open += 1,
            ')' => {
                self.open = self
                    .open
                    .checked_sub(1)
                    .ok_or_else(|| bad("a parenthesis closes that was not opened"))?;
            }
            ';' => return Err(bad("a semicolon: write one expression")),
            '\0' => return Err(bad("the character U+0000")),
            _ => {}
        }
        // An `e` right before a quote marks an escape string only if it is a word of its own.
        let word = |c: char| c.is_alphanumeric() || c == '_';
        self.previous = if matches!(c, 'e' | 'E') && word(self.previous) {
            'x'
        } else {
            c
        };
        let (text, rest) = self.rest.split_at(c.len_utf8());
        self.found.push(Token::Text(text));
        self.rest = rest;
        Ok(())
    }
}

/// `$$` or `$tag$` at the start.
fn dollar_tag(rest: &str) -> Option<&str> {
    let body = rest.strip_prefix('$')?;
    let end = body.find('$')?;
    let tag = body.get(..end)?;
    let plain = tag.chars().all(|c| c.is_alphanumeric() || c == '_')
        && !tag.starts_with(|c: char| c.is_ascii_digit());
    plain.then(|| rest.get(..end + 2)).flatten()
}

fn bad(message: impl Into<String>) -> Issue {
    Issue::new(Code::BadSql, "", message)
}
