//! Rules for texts that callers send.

/// Why a text cannot be stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing but white space.
    #[error("must not be empty")]
    Empty,
    /// Nothing that can be seen.
    #[error("has no character that can be seen")]
    Invisible,
    /// Longer than the field allows.
    #[error("is {found} characters long; at most {maximum} are allowed")]
    TooLong {
        /// The limit in characters.
        maximum: usize,
        /// What was sent.
        found: usize,
    },
    /// A control character (NUL among them) that no name needs and PostgreSQL cannot store.
    #[error("contains the control character U+{code:04X}")]
    Control {
        /// Code point of the first offender.
        code: u32,
    },
}

/// Longest name of anything, in characters.
pub const NAME_MAX: usize = 255;
/// Longest description, in characters.
pub const DESCRIPTION_MAX: usize = 10_000;

/// A name: trimmed, not empty, at most [`NAME_MAX`] characters, one line, not invisible.
///
/// # Errors
/// What is wrong with the text.
pub fn name(text: &str) -> Result<String, TextError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(TextError::Empty);
    }
    line(text, NAME_MAX)?;
    if text.chars().all(|c| c.is_whitespace() || is_ignorable(c)) {
        return Err(TextError::Invisible);
    }
    Ok(text.to_owned())
}

/// Whether a character shows nothing by itself: `Default_Ignorable_Code_Point` of the Unicode Character Database
/// (`DerivedCoreProperties.txt`), and the blank of Braille.
const fn is_ignorable(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// One line of at most `maximum` characters; may be empty.
///
/// # Errors
/// What is wrong with the text.
pub fn line(text: &str, maximum: usize) -> Result<(), TextError> {
    check(text, maximum, |_| false)
}

/// Several lines of at most `maximum` characters; tabs and line breaks are allowed.
///
/// # Errors
/// What is wrong with the text.
pub fn lines(text: &str, maximum: usize) -> Result<(), TextError> {
    check(text, maximum, |c| matches!(c, '\n' | '\r' | '\t'))
}

fn check(text: &str, maximum: usize, allowed: impl Fn(char) -> bool) -> Result<(), TextError> {
    if let Some(c) = text.chars().find(|c| c.is_control() && !allowed(*c)) {
        return Err(TextError::Control { code: u32::from(c) });
    }
    let found = text.chars().count();
    if found > maximum {
        return Err(TextError::TooLong { maximum, found });
    }
    Ok(())
}

/// A slug from a name: lower-case letters and digits of ASCII, joined by hyphens; `item` if none is left.
pub fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() >= 80 {
            break;
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() {
        "item".to_owned()
    } else {
        slug.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_bounded_and_free_of_control_characters() {
        assert_eq!(name("  Sales  "), Ok("Sales".to_owned()));
        assert_eq!(name(" \t "), Err(TextError::Empty));
        assert_eq!(name("a\0b"), Err(TextError::Control { code: 0 }));
        assert_eq!(
            name(&"x".repeat(256)),
            Err(TextError::TooLong {
                maximum: 255,
                found: 256
            })
        );
        assert!(name(&"é".repeat(255)).is_ok());
        for invisible in [
            "\u{200b}",
            "\u{3164}",
            " \u{2060} \u{feff}",
            "\u{202e}\u{2800}",
        ] {
            assert_eq!(name(invisible), Err(TextError::Invisible), "{invisible:?}");
        }
        for seen in ["👩\u{200d}🚀", "a\u{200b}", "日本", "."] {
            assert_eq!(name(seen), Ok(seen.to_owned()));
        }
    }

    #[test]
    fn slugs_are_plain() {
        assert_eq!(slug("Revenue by Store (2026)"), "revenue-by-store-2026");
        assert_eq!(slug("日本"), "item");
    }
}
