//! What must never show: secrets in the schema, inputs in the log.

use super::{schema::schema, stage::Stage};
use apollo_compiler::schema::ExtendedType;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, Version, password_hash::SaltString};
use diesel_async::SimpleAsyncConnection as _;
use serde_json::json;
use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};
use tracing_subscriber::fmt::MakeWriter;

/// Shown once, when they are made.
const SHOWN_ONCE: [&str; 3] = [
    "CreateApiKeyPayload.secret",
    "RotateApiKeyPayload.secret",
    "SignInPayload.token",
];

#[test]
fn no_field_gives_a_secret_away() {
    let mut wrong = Vec::new();
    for (name, kind) in &schema().types {
        let ExtendedType::Object(object) = kind else {
            continue;
        };
        if name.starts_with("__") {
            continue;
        }
        for (field, definition) in &object.fields {
            let lower = field.to_lowercase();
            let suspicious = ["password", "secret", "token", "hash", "privatekey"];
            let coordinate = format!("{name}.{field}");
            // Whether there is one, since when, and what rules it follows may be told.
            let inner = definition.ty.inner_named_type();
            let harmless = matches!(inner.as_str(), "Boolean" | "DateTime")
                || schema().types[inner].is_enum()
                || schema().types[inner].is_object() && lower.ends_with("password");
            if suspicious.iter().any(|word| lower.contains(word))
                && !harmless
                && !SHOWN_ONCE.contains(&coordinate.as_str())
            {
                wrong.push(coordinate);
            }
        }
    }
    assert!(wrong.is_empty(), "fields that look like secrets: {wrong:?}");
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("the log").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn the_log_has_no_input_of_callers() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(log.clone())
        .with_ansi(false)
        .with_max_level(tracing::Level::TRACE)
        .finish();
    let stage = Stage::new().await;
    let user = stage.ours.uuid("user.colleague");
    let params = Params::new(8, 1, 1, None).expect("parameters");
    let salt = SaltString::encode_b64(b"a salt of tests").expect("a salt");
    let hash = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password(b"canary-password-right", &salt)
        .expect("a hash");
    let mut conn = stage.app.conn().await;
    let statement = format!(
        "INSERT INTO password_credentials (user_id, hash) VALUES ('{user}', '{hash}'); \
         UPDATE users SET username = 'canary-login' WHERE id = '{user}'"
    );
    conn.batch_execute(&statement).await.expect("the password");
    drop(conn);

    let guard = tracing::subscriber::set_default(subscriber);
    tracing::info!("the log is read");
    let sign_in =
        "mutation ($input: SignInInput!) { signIn(input: $input) { token userErrors { code } } }";
    for (password, code) in [
        ("canary-password-wrong", "CREDENTIALS_INVALID"),
        ("canary-password-right", ""),
    ] {
        let input = json!({ "input": { "login": "canary-login", "password": password } });
        let answer = stage.call("anonymous", sign_in, &input).await;
        let found = answer["data"]["signIn"]["userErrors"][0]["code"]
            .as_str()
            .unwrap_or("");
        assert_eq!(found, code, "{answer}");
        if code.is_empty() {
            let token = answer["data"]["signIn"]["token"]
                .as_str()
                .expect("a token")
                .to_owned();
            let seen = stage
                .send(Some(&token), "{ viewer { user { id } } }", &json!({}))
                .await;
            assert!(seen["data"]["viewer"].is_object(), "{seen}");
            let log = text(&log);
            assert!(!log.contains(&token), "the session token is in the log");
        }
    }
    let create = "mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret apiKey { id } userErrors { code } } }";
    let input = json!({ "name": "canary-key-name", "description": "canary-key-text", "expiresAt": super::operations::soon() });
    let answer = stage
        .call("admin", create, &json!({ "input": input }))
        .await;
    let secret = answer["data"]["createApiKey"]["secret"]
        .as_str()
        .unwrap_or_else(|| panic!("{answer}"));
    let broken = "query { canaryField(argument: \"canary-argument\") }";
    stage.call("admin", broken, &json!({})).await;
    stage
        .send(
            Some("crs_canaryToken"),
            "{ viewer { user { id } } }",
            &json!({}),
        )
        .await;
    drop(guard);

    let text = text(&log);
    assert!(text.contains("the log is read"), "nothing was captured");
    assert!(!text.contains(secret), "the secret of a key is in the log");
    let shown: Vec<_> = text
        .lines()
        .filter(|line| line.to_lowercase().contains("canary"))
        .collect();
    assert!(
        shown.is_empty(),
        "input of callers in the log:\n{}",
        shown.join("\n")
    );
}

fn text(log: &Log) -> String {
    String::from_utf8_lossy(&log.0.lock().expect("the log")).into_owned()
}
