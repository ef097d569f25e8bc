//! The kinds of jobs that this version knows.

crate::db::text_enum! {
    /// What a job does.
    pub enum JobKind {
        /// Tests the queue from end to end: steps, pauses, failures as asked for.
        Selftest = "SELFTEST",
        /// Deletes what was kept long enough.
        Purge = "PURGE",
    }
}
