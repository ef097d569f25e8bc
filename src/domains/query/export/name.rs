//! Names of files.

/// Longest name without its ending, in characters.
const LONGEST: usize = 120;

/// A name that every file system takes: what is given, else `export`.
pub(super) fn file_name(given: &str, extension: &str, is_truncated: bool) -> String {
    let kept = given.chars().map(|c| match c {
        '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '_',
        c if c.is_control() || is_invisible(c) => '_',
        c => c,
    });
    let kept: String = kept.take(LONGEST).collect();
    let kept = kept.trim_matches(|c: char| c == '.' || c.is_whitespace());
    let name = if kept.is_empty() { "export" } else { kept };
    let mark = if is_truncated { " (incomplete)" } else { "" };
    format!("{name}{mark}.{extension}")
}

/// Characters that turn or hide parts of a name.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_and_say_what_is_missing() {
        assert_eq!(file_name("Umsatz 2026", "csv", false), "Umsatz 2026.csv");
        assert_eq!(file_name("../../etc/x", "csv", false), "_.._etc_x.csv");
        assert_eq!(
            file_name("a\u{202e}vsc", "xlsx", true),
            "a_vsc (incomplete).xlsx"
        );
        assert_eq!(file_name(" . ", "csv", false), "export.csv");
        assert_eq!(file_name(&"x".repeat(300), "csv", false).len(), 124);
    }
}
