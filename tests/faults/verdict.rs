//! What was promised, what was measured.

/// One line for each promise.
#[derive(Default)]
pub(crate) struct Verdict(Vec<(bool, String)>);

impl Verdict {
    /// Notes whether a promise was kept, and says so.
    pub(crate) fn check(&mut self, is_kept: bool, text: impl Into<String>) {
        let text = text.into();
        println!("  {} {text}", if is_kept { "ok  " } else { "FAIL" });
        self.0.push((is_kept, text));
    }

    /// Says how it went; true if every promise was kept.
    pub(crate) fn tell(&self) -> bool {
        let broken: Vec<_> = self.0.iter().filter(|(is_kept, _)| !is_kept).collect();
        println!(
            "verdict: {} of {} promises kept",
            self.0.len() - broken.len(),
            self.0.len()
        );
        for (_, text) in &broken {
            println!("  broken: {text}");
        }
        broken.is_empty()
    }
}
