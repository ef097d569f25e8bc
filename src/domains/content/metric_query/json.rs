//! Limits on free JSON: what front ends store with content.

use crate::gql::{UserErrorCode, UserErrors};
use serde_json::Value;

/// Largest free JSON, in bytes of its text.
const BYTES_MAX: usize = 256 * 1024;
/// Deepest nesting.
const DEPTH_MAX: usize = 32;

/// Notes a mistake at `path` if the value is too large, too deep or holds what PostgreSQL cannot.
pub fn check_json(errors: &mut UserErrors, path: &str, value: &Value) {
    match measure(value, 0) {
        Ok(bytes) if bytes <= BYTES_MAX => {}
        Ok(bytes) => errors.add(
            UserErrorCode::Invalid,
            path,
            format!("{path} is about {bytes} bytes of JSON; at most {BYTES_MAX} are allowed"),
        ),
        Err(what) => errors.add(UserErrorCode::Invalid, path, format!("{path} {what}")),
    }
}

/// About how many bytes the value takes as text, or why it cannot be stored.
fn measure(value: &Value, depth: usize) -> Result<usize, String> {
    if depth > DEPTH_MAX {
        return Err(format!("is nested more than {DEPTH_MAX} deep"));
    }
    let text = |text: &str| {
        if text.contains('\0') {
            return Err("contains the character U+0000".to_owned());
        }
        Ok(text.len() + 3)
    };
    match value {
        Value::Null | Value::Bool(_) => Ok(5),
        Value::Number(_) => Ok(16),
        Value::String(string) => text(string),
        Value::Array(items) => items
            .iter()
            .try_fold(2, |sum, item| Ok(sum + measure(item, depth + 1)?)),
        Value::Object(fields) => fields.iter().try_fold(2, |sum, (key, item)| {
            Ok(sum + text(key)? + measure(item, depth + 1)?)
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn mistakes(value: &Value) -> bool {
        let mut errors = UserErrors::default();
        check_json(&mut errors, "config", value);
        !errors.is_empty()
    }

    #[test]
    fn free_json_is_bounded() {
        assert!(!mistakes(&json!({ "a": [1, "b", null, true] })));
        assert!(mistakes(&json!({ "a": "\0" })));
        assert!(mistakes(&json!({ "\0": 1 })));
        assert!(mistakes(&json!("x".repeat(BYTES_MAX))));
        let nest = |levels: usize| (0..levels).fold(json!(1), |inner, _| json!([inner]));
        assert!(!mistakes(&nest(DEPTH_MAX)));
        assert!(mistakes(&nest(DEPTH_MAX + 1)));
    }
}
