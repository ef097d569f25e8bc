//! Values of fields as JSON, byte for byte as the engine and the response's writer make it.

use crate::{
    authz::Permission,
    gql::{Color, FieldId, Locale, TimeZone, Url},
};
use async_graphql::ID;
use chrono::{DateTime, Utc};
use serde_json::ser::Formatter;
use std::io;

/// A value that can be written directly.
pub trait Json {
    /// Writes it to the end of `out`.
    fn json(&self, out: &mut Vec<u8>);
}

impl Json for str {
    fn json(&self, out: &mut Vec<u8>) {
        // Mostly nothing is to be escaped, which is seen quicker than one letter after the other.
        let escaped = |byte| u8::from(byte < 0x20 || byte == b'"' || byte == b'\\');
        if self.bytes().fold(0, |any, byte| any | escaped(byte)) == 0 {
            out.reserve(self.len() + 2);
            out.push(b'"');
            out.extend_from_slice(self.as_bytes());
            out.push(b'"');
        } else {
            // Writing a text to memory cannot fail.
            let _ = serde_json::to_writer(out, self);
        }
    }
}

impl Json for String {
    fn json(&self, out: &mut Vec<u8>) {
        self.as_str().json(out);
    }
}

impl Json for ID {
    fn json(&self, out: &mut Vec<u8>) {
        self.as_str().json(out);
    }
}

impl Json for bool {
    fn json(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(if *self { b"true" } else { b"false" });
    }
}

impl Json for i32 {
    fn json(&self, out: &mut Vec<u8>) {
        // Writing a number to memory cannot fail.
        let _ = serde_json::to_writer(out, self);
    }
}

impl Json for serde_json::Value {
    fn json(&self, out: &mut Vec<u8>) {
        // A value of JSON is always written.
        let _ = serde_json::to_writer(out, self);
    }
}

impl Json for DateTime<Utc> {
    fn json(&self, out: &mut Vec<u8>) {
        self.to_rfc3339().json(out);
    }
}

macro_rules! scalars {
    ($($scalar:ty),*) => {
        $(impl Json for $scalar {
            fn json(&self, out: &mut Vec<u8>) {
                self.as_str().json(out);
            }
        })*
    };
}
scalars!(Color, FieldId, Locale, Permission, TimeZone, Url);

impl<T: Json + ?Sized> Json for &T {
    fn json(&self, out: &mut Vec<u8>) {
        (**self).json(out);
    }
}

impl<T: Json> Json for Option<T> {
    fn json(&self, out: &mut Vec<u8>) {
        match self {
            Some(value) => value.json(out),
            None => out.extend_from_slice(b"null"),
        }
    }
}

impl<T: Json> Json for Vec<T> {
    fn json(&self, out: &mut Vec<u8>) {
        out.push(b'[');
        for (n, value) in self.iter().enumerate() {
            if n > 0 {
                out.push(b',');
            }
            value.json(out);
        }
        out.push(b']');
    }
}

/// Copies what was written directly into the text of a response.
#[derive(Debug, Clone, Copy)]
pub struct Verbatim;

impl Formatter for Verbatim {
    fn write_byte_array<W: io::Write + ?Sized>(
        &mut self,
        writer: &mut W,
        value: &[u8],
    ) -> io::Result<()> {
        writer.write_all(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_written_as_by_the_engine() {
        let letters = ('\0'..='\u{2ff}').chain(['\u{2028}', '🎻']);
        let mut texts: Vec<String> = letters.map(|letter| format!("a{letter}b")).collect();
        texts.extend([String::new(), "\"".repeat(3), "plain".repeat(100)]);
        for text in texts {
            let mut out = b"before".to_vec();
            text.json(&mut out);
            let expected = format!("before{}", serde_json::to_string(&text).unwrap());
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}
