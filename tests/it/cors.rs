//! Other origins: exact ones from the settings, nothing else.

use crate::support::TestApp;
use axum::http::{Request, header};

const ALLOWED: &str = "https://bi.example.test";

#[tokio::test]
async fn only_listed_origins_are_let_in() {
    let app = TestApp::with(|config| config.cors_origins = vec![ALLOWED.to_owned()]).await;
    for (origin, is_allowed) in [
        (ALLOWED, true),
        ("https://bi.example.test:8443", false),
        ("http://bi.example.test", false),
        ("https://bi.example.test.evil.test", false),
        ("null", false),
    ] {
        let preflight = Request::options("/graphql")
            .header(header::ORIGIN, origin)
            .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST");
        let reply = app.reply(preflight, "").await;
        assert_eq!(reply.status, 204);
        let expected = if is_allowed { origin } else { "" };
        assert_eq!(
            reply.header("access-control-allow-origin"),
            expected,
            "{origin}"
        );
        let headers = reply.header("access-control-allow-headers");
        assert_eq!(headers.contains("x-chartroom-csrf"), is_allowed, "{origin}");
        let request =
            Request::get("/graphql?query=%7B__typename%7D").header(header::ORIGIN, origin);
        let reply = app.reply(request, "").await;
        assert_eq!(
            reply.header("access-control-allow-origin"),
            expected,
            "{origin}"
        );
        let credentials = reply.header("access-control-allow-credentials");
        assert_eq!(credentials, if is_allowed { "true" } else { "" });
        let vary: Vec<_> = reply
            .headers
            .get_all("vary")
            .iter()
            .filter_map(|v| v.to_str().ok())
            .collect();
        assert!(vary.contains(&"origin"), "{vary:?}");
    }
}

#[tokio::test]
async fn without_settings_no_origin_is() {
    let app = TestApp::start().await;
    let request = Request::get("/graphql?query=%7B__typename%7D").header(header::ORIGIN, ALLOWED);
    let reply = app.reply(request, "").await;
    assert_eq!(reply.header("access-control-allow-origin"), "");
}
