//! A formula as words.

use super::{LENGTH_MAX, Result, Sign, bad};
use std::{iter::Peekable, str::Chars};

/// A word, with the place of its first character from 1.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Word {
    pub(super) token: Token,
    pub(super) at: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Number(String),
    Text(String),
    Name(String),
    /// What stands between `${` and `}`.
    Reference(String),
    Sign(Sign),
    Open,
    Close,
    Comma,
}

impl Token {
    /// How it is shown in messages.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Number(text) | Self::Name(text) => text.clone(),
            Self::Text(text) => format!("\"{text}\""),
            Self::Reference(text) => format!("${{{text}}}"),
            Self::Sign(sign) => sign.text().to_owned(),
            Self::Open => "(".to_owned(),
            Self::Close => ")".to_owned(),
            Self::Comma => ",".to_owned(),
        }
    }
}

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
    at: usize,
}

/// The words of a formula, without the sign that begins it.
pub(super) fn words(formula: &str) -> Result<Vec<Word>> {
    if formula.chars().count() > LENGTH_MAX {
        return Err(bad(format!("is longer than {LENGTH_MAX} characters")));
    }
    let mut reader = Reader {
        rest: formula.chars().peekable(),
        at: 0,
    };
    let mut words = Vec::new();
    let mut begun = false;
    while let Some(c) = reader.next() {
        if c.is_whitespace() {
            continue;
        }
        let first = !std::mem::replace(&mut begun, true);
        if first && c == '=' {
            continue;
        }
        let at = reader.at;
        let token = reader.token(c)?;
        words.push(Word { token, at });
    }
    Ok(words)
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        self.at += 1;
        self.rest.next()
    }

    fn follows(&mut self, wanted: char) -> bool {
        let follows = self.rest.peek() == Some(&wanted);
        if follows {
            self.next();
        }
        follows
    }

    fn token(&mut self, c: char) -> Result<Token> {
        Ok(match c {
            '(' => Token::Open,
            ')' => Token::Close,
            ',' | ';' => Token::Comma,
            '+' => Token::Sign(Sign::Add),
            '-' => Token::Sign(Sign::Subtract),
            '*' => Token::Sign(Sign::Multiply),
            '/' => Token::Sign(Sign::Divide),
            '%' => Token::Sign(Sign::Modulo),
            '^' => Token::Sign(Sign::Power),
            '&' => Token::Sign(Sign::Join),
            '=' => {
                self.follows('=');
                Token::Sign(Sign::Equal)
            }
            '!' if self.follows('=') => Token::Sign(Sign::NotEqual),
            '<' if self.follows('>') => Token::Sign(Sign::NotEqual),
            '<' if self.follows('=') => Token::Sign(Sign::LessOrEqual),
            '<' => Token::Sign(Sign::Less),
            '>' if self.follows('=') => Token::Sign(Sign::GreaterOrEqual),
            '>' => Token::Sign(Sign::Greater),
            '"' | '\'' => self.text(c)?,
            '$' if self.follows('{') => self.reference()?,
            c if c.is_ascii_digit() || c == '.' => self.number(c),
            c if c.is_alphabetic() || c == '_' => self.name(c),
            c => return Err(bad(format!("`{c}` at character {} means nothing", self.at))),
        })
    }

    /// A text; its quote is doubled inside.
    fn text(&mut self, quote: char) -> Result<Token> {
        let begin = self.at;
        let mut text = String::new();
        while let Some(c) = self.next() {
            if c != quote {
                text.push(c);
            } else if self.follows(quote) {
                text.push(quote);
            } else {
                return Ok(Token::Text(text));
            }
        }
        Err(bad(format!(
            "the text that begins at character {begin} has no end"
        )))
    }

    fn reference(&mut self) -> Result<Token> {
        let begin = self.at - 1;
        let mut text = String::new();
        while let Some(c) = self.next() {
            if c == '}' {
                return Ok(Token::Reference(text));
            }
            text.push(c);
        }
        Err(bad(format!(
            "the reference that begins at character {begin} has no end"
        )))
    }

    fn number(&mut self, first: char) -> Token {
        let mut text = String::from(first);
        while let Some(c) = self.rest.peek().copied() {
            let exponent = text.ends_with(['e', 'E']);
            let fits =
                c.is_ascii_alphanumeric() || c == '.' || (exponent && (c == '+' || c == '-'));
            if !fits {
                break;
            }
            text.push(c);
            self.next();
        }
        Token::Number(text)
    }

    fn name(&mut self, first: char) -> Token {
        let mut text = String::from(first);
        while let Some(c) = self.rest.peek().copied() {
            if !(c.is_alphanumeric() || c == '_' || c == '.') {
                break;
            }
            text.push(c);
            self.next();
        }
        Token::Name(text)
    }
}
