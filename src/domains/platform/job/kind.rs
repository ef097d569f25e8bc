//! The kinds of jobs that this version knows.

crate::db::text_enum! {
    /// What a job does.
    pub enum JobKind {
        /// Tests the queue from end to end: steps, pauses, failures as asked for.
        Selftest = "SELFTEST",
        /// Runs a metric query on a warehouse.
        MetricQuery = "METRIC_QUERY",
        /// Runs SQL that somebody wrote on a warehouse.
        SqlQuery = "SQL_QUERY",
        /// Computes the totals of a metric query.
        Totals = "TOTALS",
        /// Compiles models into the explores of a project.
        CompileProject = "COMPILE_PROJECT",
        /// Looks for content and tables of a project that do not fit its models.
        Validation = "VALIDATION",
        /// Writes the rows of a query into a file.
        Export = "EXPORT",
        /// Deletes what was kept long enough.
        Purge = "PURGE",
    }
}
