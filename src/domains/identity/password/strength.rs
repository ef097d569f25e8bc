//! Which passwords are good enough: long ones that are not among the first that anybody tries.
//!
//! No rules on kinds of characters: they make passwords worse. `common.txt` holds words and
//! patterns of leaked passwords; variants of them (capitals, digits and signs around, letters
//! replaced by look-alikes, the word twice) count as well, so that the list stays short.

use std::{collections::HashSet, sync::LazyLock};

/// Fewest characters.
pub const SHORTEST: usize = 12;
/// Most characters.
pub const LONGEST: usize = 128;
/// What has to be left once a name that anybody can guess is taken away.
const LEFT: usize = 6;

/// Why a password is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    /// Too short.
    #[error("is too short: use at least {SHORTEST} characters, for example four random words")]
    Short,
    /// Too long.
    #[error("is too long: use at most {LONGEST} characters")]
    Long,
    /// Among the first that anybody tries.
    #[error("is one of the first that anybody would try: use words that do not belong together")]
    Common,
    /// Made of a name of the user or the organization.
    #[error("is mostly your name, address or organization: use something that others do not know")]
    OwnName,
}

static COMMON: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("common.txt").split_whitespace().collect());

/// Keys in the order in which fingers walk.
const WALKS: [&str; 8] = [
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiop[]asdfghjkl;'zxcvbnm,./",
    "qwertzuiopüasdfghjklöäyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1q2w3e4r5t6y7u8i9o0p",
];

/// Accepts a password, or tells why not. `own` are names that belong to the user.
///
/// # Errors
/// Why it is too weak.
pub fn check(password: &str, own: &[&str]) -> Result<(), Weakness> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Err(Weakness::Short);
    }
    if length > LONGEST {
        return Err(Weakness::Long);
    }
    let lower = password.to_lowercase();
    if is_common(&lower) {
        return Err(Weakness::Common);
    }
    if own.iter().any(|name| is_mostly(&lower, name)) {
        return Err(Weakness::OwnName);
    }
    Ok(())
}

fn is_common(lower: &str) -> bool {
    if is_monotonous(lower) || is_walk(lower) {
        return true;
    }
    let core = |text: &str| text.trim_matches(|c: char| !c.is_alphabetic()).to_owned();
    // Digits around a word may be digits or letters in disguise.
    [
        lower.to_owned(),
        look_alikes(lower),
        look_alikes(&core(lower)),
    ]
    .iter()
    .any(|text| {
        let core = core(text);
        core.is_empty() || is_known(text) || is_known(&core) || pieces(&core).all(is_known)
    })
}

/// A word of the list, or two of them on end (or one twice).
fn is_known(text: &str) -> bool {
    COMMON.contains(text)
        || is_walk(text)
        || text.char_indices().skip(2).any(|(at, _)| {
            text.split_at_checked(at)
                .is_some_and(|(a, b)| COMMON.contains(a) && COMMON.contains(b))
        })
}

/// What is between digits and signs, where that is two words at most.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut words: Vec<_> = text
        .split(|c: char| !c.is_alphabetic())
        .filter(|w| !w.is_empty())
        .collect();
    if words.len() > 2 {
        // Three words or more are left alone: as one text, which the list does not hold.
        words = vec![text];
    }
    words.into_iter()
}

/// Few different characters, or a short piece over and over.
fn is_monotonous(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    let different: HashSet<_> = chars.iter().collect();
    let repeats = |period: usize| {
        chars
            .iter()
            .zip(chars.iter().skip(period))
            .all(|(a, b)| a == b)
    };
    different.len() <= 4 || (1..=6).any(repeats)
}

/// Neighbouring keys, letters or digits, forwards or backwards, from start to end.
fn is_walk(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    let follows = |a: char, b: char| {
        WALKS.iter().any(|walk| {
            let mut pairs = walk.chars().zip(walk.chars().skip(1));
            pairs.any(|(x, y)| (x, y) == (a, b) || (y, x) == (a, b))
        })
    };
    let steps = chars.iter().zip(chars.iter().skip(1));
    let breaks = steps.filter(|(a, b)| !follows(**a, **b) && a != b).count();
    // One jump for every six keys, as from one row to the next.
    chars.len() >= 4 && breaks <= chars.len() / 6
}

fn look_alikes(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '@' | '4' => 'a',
            '3' => 'e',
            '1' | '!' | '|' => 'i',
            '0' => 'o',
            '5' | '$' => 's',
            '7' | '+' => 't',
            other => other,
        })
        .collect()
}

/// Whether little is left once a name, digits and signs are taken away.
fn is_mostly(lower: &str, name: &str) -> bool {
    let name = name.to_lowercase();
    let local = name.split('@').next().unwrap_or_default();
    let joined: String = name.chars().filter(|c| c.is_alphanumeric()).collect();
    let words = name.split(|c: char| !c.is_alphanumeric());
    let mut names: Vec<&str> = words
        .chain([local, joined.as_str()])
        .filter(|n| n.chars().count() >= 3)
        .collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    let mut rest = lower.to_owned();
    for name in names {
        rest = rest.replace(name, " ");
    }
    rest != lower && rest.chars().filter(|c| c.is_alphabetic()).count() < LEFT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_bounded_in_characters() {
        assert_eq!(check("tooshort-11", &[]), Err(Weakness::Short));
        assert_eq!(check("ünïcödé-wörd", &[]), Ok(()));
        assert_eq!(check(&"long enough ".repeat(11), &[]), Err(Weakness::Long));
    }

    #[test]
    fn the_first_guesses_are_refused() {
        for bad in [
            "password1234",
            "Password2024!",
            "P@ssw0rd12345",
            "123456789012",
            "qwertyuiop12",
            "qwertyuiop[]",
            "aaaaaaaaaaaa",
            "abcabcabcabc",
            "passwordpassword",
            "letmein123456!",
            "iloveyou12345",
            "Administrator1",
            "welcome-welcome",
            "1q2w3e4r5t6y",
            "zaq12wsxcde34rfv",
            "changeme2026!",
            "0987654321098",
            "abcdefghijkl",
            "summer-2025-winter",
            "!!!!!!!!!!!!1",
        ] {
            assert_eq!(check(bad, &[]), Err(Weakness::Common), "{bad}");
        }
    }

    #[test]
    fn phrases_are_accepted() {
        for good in [
            "correct horse battery staple",
            "demo-admin-password",
            "Tr0ub4dor&3-zebra",
            "vK8#pQ2!mZ7w",
            "gravel lantern ninety",
            "日本語のパスワードは長い方が良い",
        ] {
            assert_eq!(check(good, &[]), Ok(()), "{good}");
        }
    }

    #[test]
    fn own_names_do_not_make_a_password() {
        let own = ["ada.lovelace@example.com", "Jaffle House"];
        for bad in [
            "ada.lovelace1",
            "Lovelace-2026!!",
            "jafflehouse123",
            "JAFFLE house 99",
        ] {
            assert_eq!(check(bad, &own), Err(Weakness::OwnName), "{bad}");
        }
        assert_eq!(check("lovelace rides a gravel bike", &own), Ok(()));
    }
}
