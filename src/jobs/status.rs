//! The states of a job and the moves between them.

crate::db::text_enum! {
    /// Where a job stands.
    pub enum JobStatus {
        /// Not due yet.
        Scheduled = "SCHEDULED",
        /// Waits for a worker.
        Queued = "QUEUED",
        /// A worker is at it.
        Running = "RUNNING",
        /// An attempt failed; the next one is due at `runAt`.
        RetryWait = "RETRY_WAIT",
        /// Done; see `result`.
        Succeeded = "SUCCEEDED",
        /// Given up; see `error`.
        Failed = "FAILED",
        /// Stopped because somebody asked for it.
        Cancelled = "CANCELLED",
        /// Not done by its deadline.
        Expired = "EXPIRED",
    }
}

impl JobStatus {
    /// Whether nothing more happens to the job.
    pub const fn is_terminal(self) -> bool {
        matches!(
            self,
            Self::Succeeded | Self::Failed | Self::Cancelled | Self::Expired
        )
    }

    /// Whether a job in this state may enter the next one.
    ///
    /// The table `job_events` has the same list as a CHECK, so that a statement that breaks it fails.
    /// A running job goes back to the queue when its worker stops in order and hands it back.
    pub const fn may_become(self, next: Self) -> bool {
        match self {
            Self::Scheduled => matches!(next, Self::Queued | Self::Cancelled | Self::Expired),
            Self::Queued => matches!(next, Self::Running | Self::Cancelled | Self::Expired),
            Self::Running => !matches!(next, Self::Scheduled),
            Self::RetryWait => matches!(next, Self::Queued | Self::Cancelled | Self::Expired),
            Self::Succeeded | Self::Failed | Self::Cancelled | Self::Expired => false,
        }
    }
}

crate::db::text_enum! {
    /// Why a job failed.
    pub enum FailureCode {
        /// The job cannot be done as it was asked for.
        Invalid = "INVALID",
        /// The user whose rights the job has may not do this (any more).
        Forbidden = "FORBIDDEN",
        /// Every attempt failed; the message is that of the last one.
        AttemptsExhausted = "ATTEMPTS_EXHAUSTED",
        /// Workers that ran it died, several times: it is not tried again.
        Poison = "POISON",
        /// It was not done by its deadline.
        Expired = "EXPIRED",
        /// The warehouse cannot be reached, or refuses.
        WarehouseError = "WAREHOUSE_ERROR",
        /// The explore that is asked did not compile.
        ExploreError = "EXPLORE_ERROR",
        /// The project asks for the user's own warehouse credentials.
        CredentialsRequired = "CREDENTIALS_REQUIRED",
        /// A fault of the server.
        Internal = "INTERNAL",
    }
}
