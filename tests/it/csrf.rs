//! Requests that a page of another site makes a signed-in browser send.

use crate::support::{Actor, Reply, Tenant, TestApp};
use axum::http::{Request, header};
use serde_json::json;

const WHO: &str = r#"{"query": "{ projects { nodes { id } } }"}"#;
const ALLOWED: &str = "https://bi.example.test";

struct Browser {
    app: TestApp,
    token: String,
}

impl Browser {
    async fn signed_in() -> Self {
        let app = TestApp::with(|config| config.cors_origins = vec![ALLOWED.to_owned()]).await;
        let tenant = Tenant::create(&app, "acme").await;
        let token = app.token(tenant.admin).await;
        Self { app, token }
    }

    async fn post(&self, headers: &[(&str, &str)]) -> Reply {
        let mut request = Request::post("/graphql")
            .header(header::HOST, "chartroom.test")
            .header(
                header::COOKIE,
                format!("theme=dark; __Host-chartroom={}", self.token),
            );
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.app.reply(request, WHO).await
    }
}

const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn a_cookie_works_for_pages_of_ours_only() {
    let browser = Browser::signed_in().await;
    for name in [
        "x-chartroom-csrf",
        "graphql-require-preflight",
        "apollo-require-preflight",
    ] {
        let own = browser
            .post(&[JSON, (name, "1"), ("origin", "https://chartroom.test")])
            .await;
        assert_eq!(own.status, 200, "{name}");
        assert_eq!(own.json()["data"]["projects"]["nodes"], json!([]));
    }
    let allowed = browser
        .post(&[JSON, ("x-chartroom-csrf", "1"), ("origin", ALLOWED)])
        .await;
    assert_eq!(allowed.status, 200);
    for headers in [
        &[JSON][..],
        &[JSON, ("origin", "https://chartroom.test")],
        &[
            JSON,
            ("x-chartroom-csrf", "1"),
            ("origin", "https://evil.test"),
        ],
        &[
            JSON,
            ("x-chartroom-csrf", "1"),
            ("origin", "https://chartroom.test.evil.test"),
        ],
        &[JSON, ("x-chartroom-csrf", "1"), ("origin", "null")],
        &[
            JSON,
            ("x-chartroom-csrf", "1"),
            ("sec-fetch-site", "cross-site"),
        ],
    ] {
        let reply = browser.post(headers).await;
        assert_eq!(
            (reply.status.as_u16(), reply.code().as_str()),
            (403, "CSRF_REFUSED"),
            "{headers:?}"
        );
    }
}

#[tokio::test]
async fn forms_and_links_of_other_sites_do_nothing() {
    let browser = Browser::signed_in().await;
    for kind in ["text/plain", "application/x-www-form-urlencoded"] {
        assert_eq!(
            browser.post(&[("content-type", kind)]).await.status,
            415,
            "{kind}"
        );
    }
    // What brings files is answered, but a form of another site cannot send the header.
    let form = ("content-type", "multipart/form-data; boundary=x");
    let reply = browser.post(&[form]).await;
    assert_eq!(
        (reply.status.as_u16(), reply.code().as_str()),
        (403, "CSRF_REFUSED")
    );
    let link = Request::get("/graphql?query=%7Bprojects%7Bnodes%7Bid%7D%7D%7D").header(
        header::COOKIE,
        format!("__Host-chartroom={}", browser.token),
    );
    let reply = browser.app.reply(link, "").await;
    assert_eq!(
        (reply.status.as_u16(), reply.code().as_str()),
        (403, "CSRF_REFUSED")
    );
}

#[tokio::test]
async fn a_token_in_a_header_needs_nothing_beside_it() {
    let browser = Browser::signed_in().await;
    let bearer = format!("Bearer {}", browser.token);
    let reply = browser
        .post(&[
            JSON,
            ("authorization", &bearer),
            ("origin", "https://evil.test"),
        ])
        .await;
    assert_eq!(reply.status, 200);
}

#[tokio::test]
async fn the_weak_cookie_works_on_loopback_names_only() {
    let browser = Browser::signed_in().await;
    let ask = async |host: &str| {
        let request = Request::post("/graphql")
            .header(header::HOST, host)
            .header(header::CONTENT_TYPE, "application/json")
            .header("x-chartroom-csrf", "1")
            .header(
                header::COOKIE,
                format!("chartroom_session={}", browser.token),
            );
        browser.app.reply(request, WHO).await.json()
    };
    assert_eq!(
        ask("127.0.0.1:8080").await["data"]["projects"]["nodes"],
        json!([])
    );
    assert_eq!(
        ask("chartroom.test").await["errors"][0]["extensions"]["code"],
        "UNAUTHENTICATED"
    );
}

#[tokio::test]
async fn signing_in_and_out_sets_and_clears_the_cookie() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let sign_out = r#"{"query": "mutation { signOut { deletedId } }"}"#;
    for (host, name, secure) in [
        ("chartroom.test", "__Host-chartroom", true),
        ("localhost:8080", "chartroom_session", false),
    ] {
        let actor = tenant
            .user(&app, host.split('.').next().unwrap(), "admin")
            .await;
        let request = app.request(actor).await.header(header::HOST, host);
        let reply = app.reply(request, sign_out).await;
        let cookie = reply.header("set-cookie");
        assert!(
            cookie.starts_with(&format!(
                "{name}=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"
            )),
            "{cookie}"
        );
        assert_eq!(cookie.ends_with("; Secure"), secure, "{cookie}");
        let after = app.reply(app.request(actor).await, WHO).await;
        assert_eq!(after.status, 401, "the token stops working at once");
    }
    let anonymous = app
        .reply(app.request(Actor::Anonymous).await, sign_out)
        .await;
    assert_eq!(anonymous.header("set-cookie"), "");
}
