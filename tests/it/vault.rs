//! Secrets at rest: bound to their row, readable with the right master key only.

use crate::support::{Tenant, TestApp};
use chartroom::{
    config::MasterKeySource,
    db::sql,
    kernel::entity::OrganizationId,
    services::vault::{MasterKeys, Slot, Vault, VaultError},
};
use diesel::sql_types as st;
use diesel_async::RunQueryDsl as _;
use secrecy::{ExposeSecret as _, SecretString};
use std::{fs, path::PathBuf};
use uuid::Uuid;

const CANARY: &str = "canary-7f3a-password";

fn slot(organization: OrganizationId) -> Slot {
    Slot {
        table: "warehouse_connections",
        column: "secret",
        row: Uuid::from_u128(7),
        organization,
    }
}

fn given(keys: &str) -> MasterKeySource {
    MasterKeySource::Given(keys.into())
}

fn nowhere() -> PathBuf {
    std::env::temp_dir().join(format!("chartroom-vault-{}", Uuid::new_v4()))
}

#[tokio::test]
async fn a_secret_opens_in_its_own_slot_only() {
    let app = TestApp::start().await;
    let (acme, other) = (
        Tenant::create(&app, "acme").await,
        Tenant::create(&app, "other").await,
    );
    let vault = Vault::new(MasterKeys::ephemeral().unwrap());
    let conn = app.conn().await;
    let home = slot(acme.id);
    let sealed = vault.seal(&conn, &home, &CANARY.into()).await.unwrap();
    let again = vault.seal(&conn, &home, &CANARY.into()).await.unwrap();
    assert_ne!(sealed, again, "equal secrets look different");
    assert!(!String::from_utf8_lossy(&sealed).contains("canary"));
    let opened = vault.open(&conn, &home, &sealed).await.unwrap();
    assert_eq!(opened.expose_secret(), CANARY);
    // The other organization has a key as well.
    vault
        .seal(&conn, &slot(other.id), &CANARY.into())
        .await
        .unwrap();
    for elsewhere in [
        Slot {
            row: Uuid::from_u128(8),
            ..home
        },
        Slot {
            column: "settings",
            ..home
        },
        Slot {
            table: "warehouse_credentials",
            ..home
        },
        Slot {
            organization: other.id,
            ..home
        },
    ] {
        let error = vault.open(&conn, &elsewhere, &sealed).await.unwrap_err();
        assert!(
            matches!(error, VaultError::Damaged),
            "{elsewhere:?}: {error}"
        );
    }
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert!(
            vault.open(&conn, &home, &changed).await.is_err(),
            "byte {at}"
        );
    }
    assert!(vault.open(&conn, &home, &sealed[..20]).await.is_err());
    assert!(vault.open(&conn, &home, &[]).await.is_err());
}

#[tokio::test]
async fn a_data_key_copied_to_another_organization_opens_nothing() {
    let app = TestApp::start().await;
    let acme = Tenant::create(&app, "acme").await;
    let thief = Tenant::create(&app, "thief").await;
    let keys = "11".repeat(32);
    let vault = Vault::new(MasterKeys::parse(&keys.as_str().into()).unwrap());
    let conn = app.conn().await;
    let sealed = vault
        .seal(&conn, &slot(acme.id), &CANARY.into())
        .await
        .unwrap();
    sql(
        "UPDATE data_keys SET organization_id = ?",
        [thief.id.into()],
    )
    .statement::<()>()
    .execute(&mut &*conn)
    .await
    .unwrap();
    let vault = Vault::new(MasterKeys::parse(&keys.as_str().into()).unwrap());
    for organization in [acme.id, thief.id] {
        let error = vault
            .open(&conn, &slot(organization), &sealed)
            .await
            .unwrap_err();
        assert!(matches!(error, VaultError::Damaged), "{error}");
    }
}

#[tokio::test]
async fn master_keys_rotate_and_wrong_ones_are_named() {
    let app = TestApp::start().await;
    let acme = Tenant::create(&app, "acme").await;
    let conn = app.conn().await;
    let (old, new) = ("11".repeat(32), "22".repeat(32));
    let prepare = async |keys: String| {
        Vault::prepare(&conn, &given(&keys), &nowhere())
            .await
            .unwrap()
    };
    let sealed = prepare(old.clone())
        .await
        .seal(&conn, &slot(acme.id), &CANARY.into())
        .await
        .unwrap();
    let wrong = prepare(new.clone()).await;
    let error = wrong
        .open(&conn, &slot(acme.id), &sealed)
        .await
        .unwrap_err();
    let VaultError::UnknownMasterKey { id } = &error else {
        panic!("{error}");
    };
    assert!(
        error.to_string().contains("CHARTROOM_MASTER_KEY"),
        "{error}"
    );
    assert!(!old.contains(id.as_str()));
    // Entering the secret again works with the new key alone.
    let own = wrong
        .seal(&conn, &slot(acme.id), &CANARY.into())
        .await
        .unwrap();
    assert!(wrong.open(&conn, &slot(acme.id), &own).await.is_ok());
    // Both keys: what the old one wrapped is wrapped by the new one, which then is enough.
    prepare(format!("{new},{old}")).await;
    let opened = prepare(new)
        .await
        .open(&conn, &slot(acme.id), &sealed)
        .await
        .unwrap();
    assert_eq!(opened.expose_secret(), CANARY);
    let masters: Vec<String> = sql("SELECT DISTINCT master_key_id FROM data_keys", [])
        .statement::<st::Text>()
        .load(&mut &*conn)
        .await
        .unwrap();
    assert_eq!(masters.len(), 1);
}

#[tokio::test]
async fn the_first_start_makes_a_key_and_a_lost_one_is_not_replaced() {
    let app = TestApp::start().await;
    let acme = Tenant::create(&app, "acme").await;
    let conn = app.conn().await;
    let directory = nowhere();
    let source = MasterKeySource::DataDirectory;
    let vault = Vault::prepare(&conn, &source, &directory).await.unwrap();
    let secret = SecretString::from(CANARY);
    let sealed = vault.seal(&conn, &slot(acme.id), &secret).await.unwrap();
    let again = Vault::prepare(&conn, &source, &directory).await.unwrap();
    assert!(again.open(&conn, &slot(acme.id), &sealed).await.is_ok());
    fs::remove_file(directory.join("master.key")).unwrap();
    let error = Vault::prepare(&conn, &source, &directory)
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("master key is missing"),
        "{error}"
    );
    assert!(!directory.join("master.key").exists(), "nothing is made up");
    let absent = MasterKeySource::File(directory.join("absent"));
    let error = Vault::prepare(&conn, &absent, &directory)
        .await
        .unwrap_err();
    assert!(
        error.to_string().starts_with("CHARTROOM_MASTER_KEY_FILE"),
        "{error}"
    );
    fs::remove_dir_all(directory).unwrap();
}
