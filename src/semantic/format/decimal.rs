//! Decimal numbers as text: no digit is lost on the way.

/// A number: its digits, and how many of them stand after the point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decimal {
    negative: bool,
    /// Digits, most significant first.
    digits: Vec<u8>,
    /// Places after the point; negative for trailing zeros that are not written.
    scale: i32,
}

/// Longest number that is written out.
const DIGITS_MAX: i32 = 400;

impl Decimal {
    /// Reads digits, point and exponent.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (negative, body) = match text.strip_prefix('-') {
            Some(body) => (true, body),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match body.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (body, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let places = i32::try_from(fraction.len()).ok()?;
        let scale = places.checked_sub(exponent)?;
        if scale.abs() > DIGITS_MAX || digits.len() > 400 {
            return None;
        }
        let digits = digits.iter().map(|b| b - b'0').collect();
        Some(Self {
            negative,
            digits,
            scale,
        })
    }

    /// Multiplied by a power of ten.
    pub(super) fn shifted(&self, power: i32) -> Self {
        Self {
            scale: self.scale - power,
            ..self.clone()
        }
    }

    /// Rounded to places after the point, halves away from zero; negative places round before it.
    pub(super) fn rounded(&self, places: i32) -> Self {
        let mut digits = self.digits.clone();
        let mut scale = self.scale;
        while scale < places && scale < DIGITS_MAX {
            digits.push(0);
            scale += 1;
        }
        let mut up = false;
        while scale > places {
            up = digits.pop().unwrap_or(0) >= 5;
            scale -= 1;
        }
        if up {
            let mut at = digits.len();
            loop {
                if at == 0 {
                    digits.insert(0, 1);
                    break;
                }
                at -= 1;
                match digits.get_mut(at) {
                    Some(9) => {
                        if let Some(digit) = digits.get_mut(at) {
                            *digit = 0;
                        }
                    }
                    Some(digit) => {
                        *digit += 1;
                        break;
                    }
                    None => break,
                }
            }
        }
        let zero = digits.iter().all(|digit| *digit == 0);
        Self {
            negative: self.negative && !zero,
            digits,
            scale,
        }
    }

    /// Without zeros at the end of the decimals.
    pub(super) fn trimmed(&self) -> Self {
        let mut own = self.clone();
        while own.scale > 0 && own.digits.last() == Some(&0) {
            own.digits.pop();
            own.scale -= 1;
        }
        own
    }

    /// Whether there is a sign.
    pub(super) fn is_negative(&self) -> bool {
        self.negative
    }

    /// About the number.
    pub(super) fn as_f64(&self) -> f64 {
        self.plain().parse().unwrap_or(0.0)
    }

    /// Digits before and after the point.
    pub(super) fn split(&self) -> (String, String) {
        let text = |digits: &[u8]| -> String {
            digits
                .iter()
                .map(|digit| char::from(b'0' + digit))
                .collect()
        };
        let mut digits = self.digits.clone();
        let mut scale = self.scale;
        while scale < 0 {
            digits.push(0);
            scale += 1;
        }
        let places = usize::try_from(scale).unwrap_or(0);
        while digits.len() <= places {
            digits.insert(0, 0);
        }
        let (whole, fraction) = digits.split_at(digits.len() - places);
        let whole = text(whole);
        let whole = whole.trim_start_matches('0');
        let whole = if whole.is_empty() { "0" } else { whole };
        (whole.to_owned(), text(fraction))
    }

    /// Sign and digits, without separators.
    pub(super) fn plain(&self) -> String {
        let (whole, fraction) = self.split();
        let sign = if self.negative { "-" } else { "" };
        let point = if fraction.is_empty() { "" } else { "." };
        format!("{sign}{whole}{point}{fraction}")
    }

    /// Digits without sign, with separators.
    pub(super) fn grouped(&self, (thousands, point): (&str, &str)) -> String {
        let (whole, fraction) = self.split();
        let mut text = grouped(&whole, thousands);
        if !fraction.is_empty() {
            text.push_str(point);
            text.push_str(&fraction);
        }
        text
    }
}

/// Whole digits with a separator between thousands.
pub(super) fn grouped(whole: &str, separator: &str) -> String {
    let mut text = String::new();
    for (n, digit) in whole.chars().enumerate() {
        if n > 0 && (whole.len() - n).is_multiple_of(3) {
            text.push_str(separator);
        }
        text.push(digit);
    }
    text
}
