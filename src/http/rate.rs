//! How much one caller may use a minute: requests, and cost points.
//!
//! Buckets refill continuously. Each server counts on its own.

use super::failure::Failure;
use crate::{authz::Viewer, config::RateLimits, gql::ErrorCode};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use governor::{
    Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
    middleware::StateInformationMiddleware,
    state::keyed::DashMapStateStore,
};
use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    time::Duration,
};
use uuid::Uuid;

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
/// Between two looks at a budget that is used up.
const SHORTEST_WAIT: Duration = Duration::from_millis(10);
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// Whose budget a request uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Principal {
    /// A signed-in user, whatever the session or key.
    User(Uuid),
    /// Everybody at an address; for IPv6 its network, of which one client owns all addresses.
    Address(IpAddr),
    /// Requests without an address, as in tests.
    Nowhere,
}

impl Principal {
    pub(super) fn of(viewer: Option<&Viewer>, address: Option<IpAddr>) -> Self {
        match (viewer, address) {
            (Some(viewer), _) => Self::User(viewer.user.uuid()),
            (None, Some(IpAddr::V6(address))) => {
                let network = address.to_bits() & (u128::MAX << 64);
                Self::Address(Ipv6Addr::from_bits(network).into())
            }
            (None, Some(address)) => Self::Address(address),
            (None, None) => Self::Nowhere,
        }
    }
}

type Buckets =
    RateLimiter<Principal, DashMapStateStore<Principal>, DefaultClock, StateInformationMiddleware>;

struct Limiter {
    buckets: Buckets,
    limit: NonZeroU32,
}

/// What is left of a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Budget {
    /// Points a minute.
    pub(super) limit: u32,
    /// Points that may be used at once.
    pub(super) remaining: u32,
}

impl Budget {
    /// Seconds until the budget is full.
    pub(super) fn reset_seconds(self) -> u64 {
        let used = u64::from(self.limit.saturating_sub(self.remaining));
        (used * 60).div_ceil(u64::from(self.limit.max(1)))
    }

    /// Adds the headers that tell of it.
    pub(super) fn headers(self, headers: &mut HeaderMap) {
        headers.insert(LIMIT, self.limit.into());
        headers.insert(REMAINING, self.remaining.into());
        headers.insert(RESET, self.reset_seconds().into());
    }
}

/// All budgets.
pub(super) struct Rate {
    requests: Option<Limiter>,
    points: Option<Limiter>,
}

impl Limiter {
    fn new(per_minute: u32) -> Option<Self> {
        let limit = NonZeroU32::new(per_minute)?;
        let buckets = RateLimiter::dashmap(Quota::per_minute(limit))
            .with_middleware::<StateInformationMiddleware>();
        Some(Self { buckets, limit })
    }

    fn take(&self, principal: &Principal, amount: u32) -> Result<Budget, Duration> {
        let amount = NonZeroU32::new(amount).unwrap_or(NonZeroU32::MIN);
        // More than the whole budget waits for the whole budget, not for ever.
        let amount = amount.min(self.limit);
        match self.buckets.check_key_n(principal, amount) {
            Ok(Ok(state)) => {
                let remaining = state.remaining_burst_capacity();
                Ok(Budget {
                    limit: self.limit.get(),
                    remaining,
                })
            }
            Ok(Err(early)) => Err(early.wait_time_from(DefaultClock::default().now())),
            Err(_) => Err(Duration::from_mins(1)),
        }
    }
}

impl Rate {
    pub(super) fn new(limits: RateLimits) -> Self {
        Self {
            requests: Limiter::new(limits.requests),
            points: Limiter::new(limits.points),
        }
    }

    /// Counts one request.
    pub(super) fn request(&self, principal: &Principal) -> Result<(), Failure> {
        let Some(limiter) = &self.requests else {
            return Ok(());
        };
        limiter
            .take(principal, 1)
            .map(drop)
            .map_err(|wait| limited(limiter, wait, "requests"))
    }

    /// Uses up points.
    pub(super) fn points(
        &self,
        principal: &Principal,
        points: u32,
    ) -> Result<Option<Budget>, Failure> {
        let Some(limiter) = &self.points else {
            return Ok(None);
        };
        let budget = limiter.take(principal, points);
        budget
            .map(Some)
            .map_err(|wait| limited(limiter, wait, "cost points"))
    }

    /// Uses up points as soon as there are so many.
    pub(super) async fn points_in_time(&self, principal: &Principal, points: u32) {
        let Some(limiter) = &self.points else { return };
        while let Err(wait) = limiter.take(principal, points) {
            tokio::time::sleep(wait.max(SHORTEST_WAIT)).await;
        }
    }

    /// Forgets callers whose budgets are full again.
    pub(super) fn forget_idle(&self) {
        for limiter in [&self.requests, &self.points].into_iter().flatten() {
            limiter.buckets.retain_recent();
            limiter.buckets.shrink_to_fit();
        }
    }
}

fn limited(limiter: &Limiter, wait: Duration, what: &str) -> Failure {
    let limit = limiter.limit.get();
    let seconds = wait.as_secs().saturating_add(1);
    let message = format!("at most {limit} {what} a minute are allowed; try again in {seconds} s");
    let mut failure = Failure::new(
        StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::RateLimited,
        message,
    )
    .with(header::RETRY_AFTER, HeaderValue::from(seconds));
    Budget {
        limit,
        remaining: 0,
    }
    .headers(&mut failure.headers);
    failure
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_have_budgets_of_their_own() {
        let rate = Rate::new(RateLimits {
            requests: 2,
            points: 100,
        });
        let one = Principal::Address([192, 0, 2, 1].into());
        let two = Principal::Address([192, 0, 2, 2].into());
        rate.request(&one).unwrap();
        rate.request(&one).unwrap();
        let refused = rate.request(&one).unwrap_err();
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(refused.headers.contains_key(header::RETRY_AFTER));
        rate.request(&two).unwrap();
        let budget = rate.points(&one, 30).unwrap().unwrap();
        assert_eq!((budget.limit, budget.remaining), (100, 70));
        assert_eq!(budget.reset_seconds(), 18);
        rate.points(&one, 71).unwrap_err();
        rate.points(&one, 70).unwrap();
    }

    #[test]
    fn zero_is_no_limit() {
        let rate = Rate::new(RateLimits {
            requests: 0,
            points: 0,
        });
        for _ in 0..1000 {
            rate.request(&Principal::Nowhere).unwrap();
            assert_eq!(rate.points(&Principal::Nowhere, u32::MAX).unwrap(), None);
        }
    }

    #[test]
    fn a_client_owns_its_whole_ipv6_network() {
        let of = |text: &str| Principal::of(None, Some(text.parse().unwrap()));
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
