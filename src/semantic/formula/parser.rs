//! Words as a formula.

use super::{
    Ast, Result, Sign, bad,
    lexer::{Token, Word, words},
};
use crate::semantic::filter::values;
use serde_json::Value;

/// Deepest nesting.
const DEPTH_MAX: usize = 40;
/// Most values and signs: a chain of them nests as deep as it is long.
const SIZE_MAX: usize = 400;

/// Signs between values, the weakest first.
const LEVELS: [&[Sign]; 2] = [&[Sign::Or], &[Sign::And]];
const STRONGER: [&[Sign]; 5] = [
    &[
        Sign::Equal,
        Sign::NotEqual,
        Sign::Less,
        Sign::LessOrEqual,
        Sign::Greater,
        Sign::GreaterOrEqual,
    ],
    &[Sign::Join],
    &[Sign::Add, Sign::Subtract],
    &[Sign::Multiply, Sign::Divide, Sign::Modulo],
    &[Sign::Power],
];

/// Reads a formula.
pub fn parse(formula: &str) -> Result<Ast> {
    let words = words(formula)?;
    if words.is_empty() {
        return Err(bad("the formula is empty"));
    }
    if words.len() > SIZE_MAX {
        return Err(bad(format!("has more than {SIZE_MAX} words and signs")));
    }
    let mut parser = Parser {
        words,
        next: 0,
        depth: 0,
    };
    let ast = parser.either(0)?;
    match parser.words.get(parser.next) {
        None => Ok(ast),
        Some(word) => Err(bad(format!(
            "`{}` at character {} comes after the end of the formula",
            word.token.shown(),
            word.at
        ))),
    }
}

struct Parser {
    words: Vec<Word>,
    next: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.words.get(self.next).map(|word| &word.token)
    }

    fn take(&mut self) -> Option<Word> {
        let word = self.words.get(self.next).cloned();
        self.next += 1;
        word
    }

    /// The sign that comes next, `AND` and `OR` included.
    fn sign(&self) -> Option<Sign> {
        match self.peek()? {
            Token::Sign(sign) => Some(*sign),
            Token::Name(name) if name.eq_ignore_ascii_case("and") => Some(Sign::And),
            Token::Name(name) if name.eq_ignore_ascii_case("or") => Some(Sign::Or),
            _ => None,
        }
    }

    /// Conditions joined by `OR`, and those by `AND`.
    fn either(&mut self, level: usize) -> Result<Ast> {
        let Some(signs) = LEVELS.get(level) else {
            return self.negated();
        };
        let mut left = self.either(level + 1)?;
        while let Some(sign) = self.sign().filter(|sign| signs.contains(sign)) {
            self.next += 1;
            let right = self.either(level + 1)?;
            left = Ast::Binary(sign, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn negated(&mut self) -> Result<Ast> {
        let mut count = 0_usize;
        while matches!(self.peek(), Some(Token::Name(name)) if name.eq_ignore_ascii_case("not")) {
            self.next += 1;
            count += 1;
        }
        let of = self.joined(0)?;
        // `NOT` of `NOT` is no doubt the condition itself.
        Ok(match count {
            0 => of,
            odd if odd % 2 == 1 => Ast::Not(Box::new(of)),
            _ => Ast::Not(Box::new(Ast::Not(Box::new(of)))),
        })
    }

    fn joined(&mut self, level: usize) -> Result<Ast> {
        let Some(signs) = STRONGER.get(level) else {
            return self.signed();
        };
        let mut left = self.joined(level + 1)?;
        while let Some(sign) = self.sign().filter(|sign| signs.contains(sign)) {
            self.next += 1;
            let right = self.joined(level + 1)?;
            left = Ast::Binary(sign, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn signed(&mut self) -> Result<Ast> {
        let mut negative = false;
        while let Some(sign @ (Sign::Add | Sign::Subtract)) = self.sign() {
            self.next += 1;
            negative ^= sign == Sign::Subtract;
        }
        let of = self.value()?;
        Ok(if negative {
            Ast::Negative(Box::new(of))
        } else {
            of
        })
    }

    fn value(&mut self) -> Result<Ast> {
        let Some(word) = self.take() else {
            return Err(bad("the formula ends where a value is expected"));
        };
        match word.token {
            Token::Number(text) => {
                let digits = values::number(&Value::String(text.clone()));
                let wrong = |_| bad(format!("`{text}` at character {} is no number", word.at));
                digits.map(Ast::Number).map_err(wrong)
            }
            Token::Text(text) => {
                values::check_text(&text).map_err(|issue| bad(issue.message))?;
                Ok(Ast::Text(text))
            }
            Token::Reference(text) => reference(&text),
            Token::Name(name) => self.named(&name),
            Token::Open => {
                let inner = self.deeper(|parser| parser.either(0))?;
                self.close(word.at)?;
                Ok(inner)
            }
            other => Err(bad(format!(
                "`{}` at character {} stands where a value is expected",
                other.shown(),
                word.at
            ))),
        }
    }

    /// A function, a word of the language, or a column.
    fn named(&mut self, name: &str) -> Result<Ast> {
        let at = self.next;
        if self.peek() != Some(&Token::Open) {
            return match name.to_uppercase().as_str() {
                "TRUE" => Ok(Ast::Bool(true)),
                "FALSE" => Ok(Ast::Bool(false)),
                _ => match name.split_once('.') {
                    Some(_) => reference(name),
                    None => Ok(Ast::Column(None, name.to_owned())),
                },
            };
        }
        self.next += 1;
        let mut arguments = Vec::new();
        if self.peek() == Some(&Token::Close) {
            self.next += 1;
            return Ok(Ast::Call(name.to_uppercase(), arguments));
        }
        loop {
            arguments.push(self.deeper(|parser| parser.either(0))?);
            if self.peek() == Some(&Token::Comma) {
                self.next += 1;
            } else {
                break;
            }
        }
        self.close(self.words.get(at).map_or(0, |word| word.at))?;
        Ok(Ast::Call(name.to_uppercase(), arguments))
    }

    fn close(&mut self, open: usize) -> Result<()> {
        match self.take() {
            Some(Word {
                token: Token::Close,
                ..
            }) => Ok(()),
            Some(word) => Err(bad(format!(
                "`{}` at character {} stands where `)` or `,` is expected",
                word.token.shown(),
                word.at
            ))),
            None => Err(bad(format!(
                "the parenthesis at character {open} is not closed"
            ))),
        }
    }

    fn deeper(&mut self, inner: impl FnOnce(&mut Self) -> Result<Ast>) -> Result<Ast> {
        if self.depth >= DEPTH_MAX {
            return Err(bad(format!(
                "parentheses may nest at most {DEPTH_MAX} deep"
            )));
        }
        self.depth += 1;
        let ast = inner(self);
        self.depth -= 1;
        ast
    }
}

/// `table.name`, or a name.
fn reference(text: &str) -> Result<Ast> {
    let path: Vec<&str> = text.split('.').map(str::trim).collect();
    match path.as_slice() {
        [name] if !name.is_empty() => Ok(Ast::Column(None, (*name).to_owned())),
        [table, name] if !table.is_empty() && !name.is_empty() => {
            Ok(Ast::Column(Some((*table).to_owned()), (*name).to_owned()))
        }
        _ => Err(bad(format!(
            "`{text}` is not a column: write `table.field`"
        ))),
    }
}
