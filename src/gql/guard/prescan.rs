//! One linear pass over the text before anything recursive sees it.
//!
//! Parsers recurse on brackets: 2,000 nested `[` in 4 KB overflow the stack of the engine's parser
//! and end the process. This pass keeps a bounded stack of brackets on the heap, so that whatever
//! comes after recurses at most as deep as [`Limits::bracket_depth`].

use super::{
    limits::{LimitName, Limits},
    refusal::{Location, Refusal, RefusalCode},
};

/// Refuses texts that are too long, have too many tokens, nest too deeply, hold control characters
/// or have unbalanced brackets or strings. Balanced text may still be no GraphQL.
pub(super) fn scan(text: &str, limits: &Limits) -> Result<(), Refusal> {
    let bytes = text.as_bytes();
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    Refusal::check(LimitName::DocumentBytes, limits.document_bytes, length)?;
    if let Some(at) = bytes
        .iter()
        .position(|b| *b < b' ' && !matches!(b, b'\t' | b'\n' | b'\r'))
    {
        return Err(syntax(text, at, "The document holds a control character."));
    }
    Scanner {
        text,
        bytes,
        limits,
        at: 0,
        tokens: 0,
        open: Vec::new(),
    }
    .run()
}

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    limits: &'a Limits,
    at: usize,
    tokens: u64,
    /// Closing bracket that is due, and where its opening one stands.
    open: Vec<(u8, usize)>,
}

impl Scanner<'_> {
    fn run(mut self) -> Result<(), Refusal> {
        while let Some(byte) = self.bytes.get(self.at).copied() {
            let start = self.at;
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' | b',' => self.skip(1),
                0xEF if self.rest().starts_with(b"\xEF\xBB\xBF") => self.skip(3),
                b'#' => self.skip_while(|b| !matches!(b, b'\n' | b'\r')),
                _ => {
                    self.token(byte, start)?;
                    self.tokens += 1;
                    Refusal::check(LimitName::Tokens, self.limits.tokens, self.tokens)?;
                }
            }
        }
        match self.open.pop() {
            Some((_, start)) => Err(syntax(self.text, start, "This bracket is never closed.")),
            None => Ok(()),
        }
    }

    fn token(&mut self, byte: u8, start: usize) -> Result<(), Refusal> {
        match byte {
            b'(' => return self.open(b')'),
            b'[' => return self.open(b']'),
            b'{' => return self.open(b'}'),
            b')' | b']' | b'}' => {
                self.skip(1);
                if self.open.pop().is_none_or(|(due, _)| due != byte) {
                    return Err(syntax(self.text, start, "This bracket closes nothing."));
                }
            }
            b'"' if self.rest().starts_with(b"\"\"\"") => self.block_string()?,
            b'"' => self.string()?,
            b'.' if self.rest().starts_with(b"...") => self.skip(3),
            b'-' | b'0'..=b'9' => {
                self.skip(1);
                self.skip_while(|b| {
                    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'+' | b'-')
                });
            }
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => {
                self.skip_while(|b| b.is_ascii_alphanumeric() || b == b'_');
            }
            _ => self.skip(1),
        }
        Ok(())
    }

    fn open(&mut self, due: u8) -> Result<(), Refusal> {
        self.open.push((due, self.at));
        self.skip(1);
        let depth = u64::try_from(self.open.len()).unwrap_or(u64::MAX);
        Refusal::check(LimitName::BracketDepth, self.limits.bracket_depth, depth)
    }

    fn string(&mut self) -> Result<(), Refusal> {
        let start = self.at;
        self.skip(1);
        loop {
            match self.bytes.get(self.at) {
                Some(b'"') => break self.skip(1),
                Some(b'\\') => self.skip(2),
                Some(b'\n' | b'\r') | None => {
                    return Err(syntax(self.text, start, "This string is never closed."));
                }
                Some(_) => self.skip(1),
            }
        }
        Ok(())
    }

    fn block_string(&mut self) -> Result<(), Refusal> {
        let start = self.at;
        self.skip(3);
        loop {
            if self.rest().starts_with(b"\"\"\"") {
                break self.skip(3);
            } else if self.rest().starts_with(b"\\\"\"\"") {
                self.skip(4);
            } else if self.rest().is_empty() {
                return Err(syntax(
                    self.text,
                    start,
                    "This block string is never closed.",
                ));
            } else {
                self.skip(1);
            }
        }
        Ok(())
    }

    fn rest(&self) -> &[u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn skip(&mut self, count: usize) {
        self.at += count;
    }

    fn skip_while(&mut self, wanted: impl Fn(u8) -> bool) {
        while self.bytes.get(self.at).is_some_and(|b| wanted(*b)) {
            self.at += 1;
        }
    }
}

fn syntax(text: &str, at: usize, message: &str) -> Refusal {
    Refusal::at(
        RefusalCode::ParseFailed,
        message,
        Some(Location::at(text, at)),
    )
}
