//! The demo's warehouse: the tables that its charts ask, and the connections of its projects.

use super::{data::Demo, models, rows};
use crate::{
    authz::{Edit, Place, System},
    db::{Conn, transaction},
    domains::warehouse::connection::connect_as_system,
    kernel::{Id, entity},
    services::{
        Outside,
        warehouse::{
            DEMO_DATABASE, DEMO_HOST, DEMO_ROLE, DemoContent, PostgresSettings, Settings, SslMode,
            demo_password,
        },
    },
};
use anyhow::Context as _;
use bytes::Bytes;
use rust_embed::RustEmbed;
use secrecy::SecretString;
use sha2::{Digest as _, Sha256};

/// The seeds as they are in the repository.
#[derive(RustEmbed)]
#[folder = "playground/demo/dbt/seeds/"]
#[include = "*.csv"]
struct Seeds;

const TABLES: &str = include_str!("../../../../playground/demo/warehouse/seeds.sql");
const ROLL_FORWARD: &str = include_str!("../../../../playground/demo/warehouse/roll_forward.sql");
const MODELS: &str = include_str!("../../../../playground/demo/warehouse/models.sql");

/// Makes the demo's warehouse, connects the demo's projects with it, and deploys their models; tells whether tables were
/// loaded. What is there is left alone, but for the password, which is a new one each time.
/// `make_role` makes the role that reads, with a password.
///
/// # Errors
/// The server does not let Chartroom make a database or a role, or the files in the binary are
/// wrong.
pub async fn load_warehouse<R>(
    conn: &mut Conn,
    outside: &Outside,
    make_role: R,
) -> anyhow::Result<bool>
where
    R: AsyncFn(&SecretString) -> anyhow::Result<()>,
{
    let password = demo_password()?;
    make_role(&password).await?;
    let own = outside.warehouses.own();
    let loaded = own
        .fill_demo(&content())
        .await
        .context("its tables cannot be loaded")?;
    let demo = Demo::read()?;
    let settings = settings();
    transaction(conn, async |conn: &Conn| {
        for project in &demo.projects {
            let key = format!("project/{}", project.slug);
            let id = Id::<entity::Project>::deterministic(project.created_at, &key);
            let place = Place::project(rows::organization_id(&demo), id);
            let grant =
                System::new("connecting the demo").grant::<Edit, entity::Project>(id, place);
            connect_as_system(conn, &outside.vault, &grant, &settings, &password).await?;
        }
        // For the warehouse that they are connected with now.
        models::deploy(conn, &demo).await
    })
    .await
    .context("its connections and models cannot be stored")?;
    Ok(loaded)
}

fn settings() -> Settings {
    Settings::Postgres(PostgresSettings {
        host: DEMO_HOST.to_owned(),
        port: 5432,
        database: DEMO_DATABASE.to_owned(),
        schema: Some("jaffle_house".to_owned()),
        user: DEMO_ROLE.to_owned(),
        ssl_mode: SslMode::Prefer,
        data_timezone: None,
    })
}

fn content() -> DemoContent {
    let mut names: Vec<_> = Seeds::iter().collect();
    names.sort();
    let mut hash = Sha256::new();
    for text in [TABLES, ROLL_FORWARD, MODELS] {
        hash.update(text);
    }
    let seeds: Vec<_> = names
        .into_iter()
        .filter_map(|name| {
            let csv = Bytes::from(Seeds::get(&name)?.data.into_owned());
            hash.update(&csv);
            Some((name.trim_end_matches(".csv").to_owned(), csv))
        })
        .collect();
    let version = hex::encode(hash.finalize()).chars().take(16).collect();
    DemoContent {
        version,
        tables: TABLES,
        seeds,
        roll_forward: ROLL_FORWARD,
        models: MODELS,
    }
}
