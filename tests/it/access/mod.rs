//! Who may do what, proved from outside.
//!
//! - `evaluator` decides slowly and plainly what anybody may see, from `docs/permissions.md` alone;
//!   `random_worlds` compares the server with it on hundreds of random worlds.
//! - `registry`: every root field declares a policy; `policy.json` is the reviewed copy.
//! - `matrix`: every root field and every kind of node, called as every persona.
//! - `prober`: every id that an input takes, fed with ids of another tenant.
//! - `secrets`, `revocation`, `as_of`: what never shows, and what ends at once.

mod as_of;
mod evaluator;
mod matrix;
mod operations;
mod personas;
mod prober;
mod random_worlds;
mod registry;
mod revocation;
mod rules;
mod schema;
mod secrets;
mod stage;
mod worlds;

/// Compares a text with a committed file; `CHARTROOM_UPDATE_GOLDEN=1` writes the file instead.
#[expect(
    clippy::disallowed_methods,
    reason = "whether to write is told by the environment"
)]
#[track_caller]
fn golden(path: &str, text: &str) {
    if std::env::var("CHARTROOM_UPDATE_GOLDEN").is_ok() {
        std::fs::write(path, text).expect("the file can be written");
        return;
    }
    let stored = std::fs::read_to_string(path).unwrap_or_default();
    if stored != text {
        let differs = |(a, b): &(&str, &str)| a != b;
        let first = stored
            .lines()
            .zip(text.lines())
            .position(|pair| differs(&pair));
        let line = first.unwrap_or_else(|| stored.lines().count().min(text.lines().count()));
        panic!(
            "{path} is not up to date, first at line {}:\n  stored: {:?}\n  now:    {:?}\n\
             look at the difference, and write it with CHARTROOM_UPDATE_GOLDEN=1",
            line + 1,
            stored.lines().nth(line),
            text.lines().nth(line),
        );
    }
}
