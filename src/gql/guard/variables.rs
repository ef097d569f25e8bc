//! The variables' JSON text before serde sees it: size and depth by an iterative scan.
//!
//! serde's own recursion limit is 128 levels and its values are dropped recursively by whoever
//! holds them; the engine walks them recursively once more. 32 levels are enough for any input
//! type of ours.

use super::{
    limits::{LimitName, Limits},
    refusal::Refusal,
};

/// Refuses JSON text that is too long or nests too deeply. Says nothing about its syntax, which
/// stays with the JSON parser.
pub(super) fn scan(raw: &[u8], limits: &Limits) -> Result<(), Refusal> {
    let length = u64::try_from(raw.len()).unwrap_or(u64::MAX);
    Refusal::check(LimitName::VariablesBytes, limits.variables_bytes, length)?;
    let (mut depth, mut in_string, mut escaped) = (0_u64, false, false);
    for byte in raw {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'[' | b'{' => {
                depth += 1;
                Refusal::check(LimitName::VariablesDepth, limits.variables_depth, depth)?;
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}
