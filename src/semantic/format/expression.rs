//! Formats as spreadsheets write them: `#,##0.00`, `0.0%`, `[$£]#,##0`, `yyyy-mm-dd`.

use super::decimal::{Decimal, grouped};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

/// A value in a format; none if the format does not fit it.
pub(super) fn apply(format: &str, value: &str, zone: Tz) -> Option<String> {
    let sections = sections(format);
    if let Some(number) = Decimal::parse(value) {
        let pieces = |section: &str| pieces(section);
        let zero = number.rounded(20).split() == ("0".to_owned(), "0".repeat(20));
        let section = match (sections.len(), number.is_negative(), zero) {
            (3.., _, true) => sections.get(2),
            (2.., true, false) => sections.get(1),
            _ => sections.first(),
        }?;
        // A section of its own says how negatives look: the sign is its business.
        let own_sign = sections.len() >= 2 && number.is_negative();
        return render(&pieces(section), &number, own_sign);
    }
    let moment = super::moment(value)?;
    Some(date(&pieces(sections.first()?), moment, zone))
}

/// A piece of a format.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Code(char),
}

/// Sections are separated by semicolons outside of quotes.
fn sections(format: &str) -> Vec<String> {
    let mut sections = vec![String::new()];
    let mut quoted = false;
    let mut escaped = false;
    for c in format.chars() {
        if c == ';' && !quoted && !escaped {
            sections.push(String::new());
            continue;
        }
        escaped = c == '\\' && !escaped;
        quoted ^= c == '"';
        if let Some(last) = sections.last_mut() {
            last.push(c);
        }
    }
    sections
}

fn pieces(section: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut characters = section.chars();
    while let Some(c) = characters.next() {
        match c {
            '"' => pieces.push(Piece::Literal(
                characters.by_ref().take_while(|c| *c != '"').collect(),
            )),
            '\\' => pieces.extend(characters.next().map(|c| Piece::Literal(c.to_string()))),
            '[' => {
                let body: String = characters.by_ref().take_while(|c| *c != ']').collect();
                if let Some(symbol) = body.strip_prefix('$') {
                    let symbol = symbol.split('-').next().unwrap_or("");
                    pieces.push(Piece::Literal(symbol.to_owned()));
                }
            }
            // A blank as wide as the next character, and a repeated one: both are a matter of cells.
            '_' | '*' => {
                characters.next();
            }
            other => pieces.push(Piece::Code(other)),
        }
    }
    pieces
}

fn render(pieces: &[Piece], number: &Decimal, own_sign: bool) -> Option<String> {
    let digit = |piece: &Piece| matches!(piece, Piece::Code('0' | '#' | '?'));
    let Some(first) = pieces.iter().position(digit) else {
        // No digits: text alone.
        let text: String = pieces
            .iter()
            .map(|piece| match piece {
                Piece::Literal(text) => text.clone(),
                Piece::Code(c) => c.to_string(),
            })
            .collect();
        return (!text.is_empty()).then_some(text);
    };
    let last = pieces.iter().rposition(digit)?;
    let body = pieces.get(first..=last)?;
    let point = body.iter().position(|piece| *piece == Piece::Code('.'));
    let (whole, fraction) = match point {
        Some(at) => (body.get(..at)?, body.get(at + 1..)?),
        None => (body, [].as_slice()),
    };
    let count = |pieces: &[Piece], code: char| {
        pieces
            .iter()
            .filter(|piece| **piece == Piece::Code(code))
            .count()
    };
    let after = pieces.get(last + 1..)?;
    let thousands = after
        .iter()
        .take_while(|piece| **piece == Piece::Code(','))
        .count();
    let percents = count(pieces, '%');
    let power = i32::try_from(percents * 2).ok()? - i32::try_from(thousands * 3).ok()?;
    let kept = count(fraction, '0');
    let most = kept + count(fraction, '#') + count(fraction, '?');
    let shown = number.shifted(power).rounded(i32::try_from(most).ok()?);
    let (mut digits, mut decimals) = shown.split();
    while decimals.len() > kept && decimals.ends_with('0') {
        decimals.pop();
    }
    let wanted = count(whole, '0');
    if wanted == 0 && digits == "0" {
        digits.clear();
    }
    while digits.len() < wanted {
        digits.insert(0, '0');
    }
    if whole.contains(&Piece::Code(',')) {
        digits = grouped(&digits, ",");
    }
    let mut text = String::new();
    if shown.is_negative() && !own_sign {
        text.push('-');
    }
    push(&mut text, pieces.get(..first)?);
    text.push_str(&digits);
    if !decimals.is_empty() {
        text.push('.');
        text.push_str(&decimals);
    }
    push(&mut text, after.get(thousands..)?);
    Some(text)
}

fn push(text: &mut String, pieces: &[Piece]) {
    for piece in pieces {
        match piece {
            Piece::Literal(literal) => text.push_str(literal),
            Piece::Code(c) => text.push(*c),
        }
    }
}

/// A moment by codes; `m` after hours or before seconds means minutes.
fn date(pieces: &[Piece], moment: DateTime<Utc>, zone: Tz) -> String {
    let midnight = moment.time() == chrono::NaiveTime::MIN;
    let twelve = pieces
        .iter()
        .any(|piece| matches!(piece, Piece::Code('A' | 'a')));
    // A day has no zone.
    let local = if midnight {
        moment.naive_utc()
    } else {
        moment.with_timezone(&zone).naive_local()
    };
    let mut text = String::new();
    let mut hours = false;
    let mut at = 0;
    while let Some(piece) = pieces.get(at) {
        let Piece::Code(c) = piece else {
            if let Piece::Literal(literal) = piece {
                text.push_str(literal);
            }
            at += 1;
            continue;
        };
        let run = pieces
            .iter()
            .skip(at)
            .take_while(|own| *own == piece)
            .count();
        let seconds_next = pieces
            .iter()
            .skip(at + run)
            .find_map(|own| match own {
                Piece::Code(c) if c.is_ascii_alphabetic() => Some(matches!(c, 's' | 'S')),
                _ => None,
            })
            .unwrap_or(false);
        let code = match (c.to_ascii_lowercase(), run) {
            ('y', 1..=2) => "%y",
            ('y', _) => "%Y",
            ('m', 1) if hours || seconds_next => "%-M",
            ('m', 2) if hours || seconds_next => "%M",
            ('m', 1) => "%-m",
            ('m', 2) => "%m",
            ('m', 3) => "%b",
            ('m', _) => "%B",
            ('d', 1) => "%-d",
            ('d', 2) => "%d",
            ('d', 3) => "%a",
            ('d', _) => "%A",
            ('h', 1) if twelve => "%-I",
            ('h', _) if twelve => "%I",
            ('h', 1) => "%-H",
            ('h', _) => "%H",
            ('s', 1) => "%-S",
            ('s', _) => "%S",
            ('a', _) => "%p",
            _ => "",
        };
        let lower = c.to_ascii_lowercase();
        if lower == 'a' {
            // AM/PM is one code of five letters.
            text.push_str(&local.format("%p").to_string());
            let rest = pieces.iter().skip(at);
            at += rest
                .take_while(|own| {
                    matches!(own, Piece::Code('A' | 'a' | 'P' | 'p' | 'M' | 'm' | '/'))
                })
                .count()
                .max(1);
            continue;
        }
        if code.is_empty() {
            text.push(*c);
            at += 1;
            continue;
        }
        hours = lower == 'h' || (hours && lower != 'd' && lower != 'y');
        text.push_str(&local.format(code).to_string());
        at += run;
    }
    text
}
