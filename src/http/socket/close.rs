//! Why sockets close, in the numbers of the protocol.

use axum::extract::ws::CloseFrame;
use std::borrow::Cow;

/// Longest reason that fits into a close frame.
const REASON_BYTES: usize = 123;

/// The last thing that a client hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Close {
    /// The code.
    pub(super) code: u16,
    /// For people.
    pub(super) reason: Cow<'static, str>,
}

impl Close {
    const fn new(code: u16, reason: &'static str) -> Self {
        Self {
            code,
            reason: Cow::Borrowed(reason),
        }
    }

    /// The bytes are no WebSocket.
    pub(super) const BROKEN: Self = Self::new(1002, "Protocol error");
    /// The server stops, or starts anew.
    pub(super) const RESTART: Self = Self::new(1012, "Service restart");
    /// The database cannot be reached.
    pub(super) const LATER: Self = Self::new(1013, "Try again later");
    /// Operations before `connection_ack`.
    pub(super) const UNAUTHORIZED: Self = Self::new(4401, "Unauthorized");
    /// No `connection_init` in time.
    pub(super) const INIT_TIMEOUT: Self = Self::new(4408, "Connection initialisation timeout");
    /// The client does not read.
    pub(super) const SLOW: Self = Self::new(4408, "A message could not be written in time");
    /// The client is gone.
    pub(super) const SILENT: Self = Self::new(4408, "Pings were not answered");
    /// A second `connection_init`.
    pub(super) const REPEATED_INIT: Self = Self::new(4429, "Too many initialisation requests");
    /// Operations beyond the limit, and nothing is read of what is said about them.
    pub(super) const FLOOD: Self = Self::new(4429, "Too many operations");
    /// The session or key is over.
    pub(super) const ENDED: Self = Self::new(4403, "Forbidden: the session or key has ended");

    /// A message that the protocol does not know.
    pub(super) fn bad_message(reason: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code: 4400,
            reason: reason.into(),
        }
    }

    /// Credentials that do not let in.
    pub(super) const fn forbidden(reason: &'static str) -> Self {
        Self::new(4403, reason)
    }

    /// A message that is too long.
    pub(super) fn too_big(maximum: usize) -> Self {
        Self {
            code: 1009,
            reason: format!("A message may have at most {maximum} bytes").into(),
        }
    }

    /// An id that is in use.
    pub(super) fn duplicate(id: &str) -> Self {
        Self {
            code: 4409,
            reason: format!("Subscriber for {id} already exists").into(),
        }
    }

    /// One socket more than allowed.
    pub(super) fn too_many_sockets(maximum: usize) -> Self {
        Self {
            code: 4429,
            reason: format!("Too many sockets: at most {maximum} per user").into(),
        }
    }

    /// As a frame, its reason cut to what fits.
    pub(super) fn frame(&self) -> CloseFrame {
        let reason = if self.reason.len() <= REASON_BYTES {
            &*self.reason
        } else {
            let end = self.reason.floor_char_boundary(REASON_BYTES);
            self.reason.get(..end).unwrap_or_default()
        };
        CloseFrame {
            code: self.code,
            reason: reason.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_fit_into_a_frame() {
        let short = Close::duplicate("7").frame();
        assert_eq!(short.reason.as_str(), "Subscriber for 7 already exists");
        for id in ["x".repeat(500), "é".repeat(500), "🦀".repeat(100)] {
            let frame = Close::duplicate(&id).frame();
            assert!(frame.reason.len() <= REASON_BYTES && frame.reason.len() > REASON_BYTES - 4);
        }
    }
}
