//! Secrets in inputs: taken in, never shown.

use crate::gql::{UserErrorCode, UserErrors};
use secrecy::SecretString;

/// Longest password, in characters.
const PASSWORD_MAX: usize = 1_000;

/// A password that can be sent to a warehouse; the mistake of another is noted at `path`.
pub(super) fn password(errors: &mut UserErrors, path: &str, text: &str) -> SecretString {
    if text.is_empty() {
        errors.add(
            UserErrorCode::Required,
            path,
            "the password must not be empty",
        );
    } else if text.contains('\0') {
        let message = "the password must not contain the character U+0000";
        errors.add(UserErrorCode::Invalid, path, message);
    } else if text.chars().count() > PASSWORD_MAX {
        let message = format!("the password may have at most {PASSWORD_MAX} characters");
        errors.add(UserErrorCode::Invalid, path, message);
    }
    SecretString::from(text)
}
