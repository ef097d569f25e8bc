//! Budgets of requests and points.

use crate::support::{Actor, Tenant, TestApp};
use axum::http::Request;
use chartroom::{
    config::{Networks, RateLimits},
    http::Peer,
};

const CHEAP: &str = r#"{"query": "{ __typename }"}"#;
/// 1 + 50 points and more.
const DEAR: &str = r#"{"query": "{ projects(first: 50) { nodes { id } } }"}"#;

#[tokio::test]
async fn requests_are_counted_by_user() {
    let app = TestApp::with(|config| {
        config.rate = RateLimits {
            requests: 3,
            points: 0,
        }
    })
    .await;
    let tenant = Tenant::create(&app, "acme").await;
    let other = tenant.user(&app, "other", "viewer").await;
    for _ in 0..3 {
        assert_eq!(
            app.reply(app.request(tenant.admin).await, CHEAP)
                .await
                .status,
            200
        );
    }
    let refused = app.reply(app.request(tenant.admin).await, CHEAP).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code().as_str()),
        (429, "RATE_LIMITED")
    );
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=21).contains(&wait), "{wait}");
    assert_eq!(refused.header("ratelimit-remaining"), "0");
    assert_eq!(app.reply(app.request(other).await, CHEAP).await.status, 200);
}

#[tokio::test]
async fn points_are_taken_before_anything_runs() {
    let app = TestApp::with(|config| {
        config.rate = RateLimits {
            requests: 0,
            points: 120,
        }
    })
    .await;
    let tenant = Tenant::create(&app, "acme").await;
    for left in [69, 18] {
        let reply = app.reply(app.request(tenant.admin).await, DEAR).await;
        assert_eq!(reply.status, 200);
        let remaining: u32 = reply.header("ratelimit-remaining").parse().unwrap();
        assert!((left..=left + 2).contains(&remaining), "{remaining}");
    }
    let refused = app.reply(app.request(tenant.admin).await, DEAR).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code().as_str()),
        (429, "RATE_LIMITED")
    );
    // A batch uses the sum of its entries.
    let viewer = tenant.user(&app, "other", "viewer").await;
    let batch = format!("[{DEAR},{DEAR},{DEAR}]");
    let reply = app.reply(app.request(viewer).await, batch).await;
    assert_eq!(reply.header("ratelimit-remaining"), "0", "{reply:?}");
}

#[tokio::test]
async fn addresses_are_those_of_clients_not_of_proxies() {
    let app = TestApp::with(|config| {
        config.rate = RateLimits {
            requests: 1,
            points: 0,
        };
        config.trusted_proxies = Networks::new(vec!["10.0.0.0/8".parse().unwrap()]);
    })
    .await;
    let from = async |peer: &str, forwarded: &str| {
        let peer = Peer(format!("{peer}:4711").parse().unwrap());
        let request = app.request(Actor::Anonymous).await.extension(peer);
        app.reply(request.header("x-forwarded-for", forwarded), CHEAP)
            .await
            .status
            .as_u16()
    };
    assert_eq!(from("10.0.0.1", "198.51.100.1").await, 200);
    assert_eq!(from("10.0.0.1", "198.51.100.1").await, 429);
    assert_eq!(
        from("10.0.0.2", "203.0.113.7, 198.51.100.1").await,
        429,
        "a forged beginning"
    );
    assert_eq!(from("10.0.0.1", "198.51.100.2").await, 200);
    assert_eq!(from("192.0.2.1", "198.51.100.3").await, 200);
    assert_eq!(
        from("192.0.2.1", "198.51.100.4").await,
        429,
        "no proxy, no word"
    );
}

#[tokio::test]
async fn guessing_tokens_uses_the_budget_of_the_address() {
    let app = TestApp::with(|config| {
        config.rate = RateLimits {
            requests: 2,
            points: 0,
        }
    })
    .await;
    let mut statuses = Vec::new();
    for _ in 0..3 {
        let token =
            chartroom::kernel::Secret::generate(chartroom::kernel::SecretKind::ApiKey).unwrap();
        let request = Request::post("/graphql")
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {}", token.expose()));
        statuses.push(app.reply(request, CHEAP).await.status.as_u16());
    }
    assert_eq!(statuses, [401, 401, 429]);
}
