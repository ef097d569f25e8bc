//! The demo's warehouse: the tables that its charts ask, and the connections of its projects.

use super::{
    data::{self, Demo},
    models, rows, store,
};
use crate::{
    authz::{Edit, Place, System},
    db::{Conn, transaction},
    domains::warehouse::connection::connect_as_system,
    kernel::{Id, Result, entity},
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
        let system = System::new("connecting the demo");
        let projects = present(conn, system, &demo).await?;
        for (_, id) in &projects {
            let place = Place::project(rows::organization_id(&demo), *id);
            let grant = system.grant::<Edit, entity::Project>(*id, place);
            connect_as_system(conn, &outside.vault, &grant, &settings, &password).await?;
        }
        // For the warehouse that they are connected with now.
        models::deploy(conn, &demo, &projects).await
    })
    .await
    .context("its connections and models cannot be stored")?;
    Ok(loaded)
}

/// The projects of the demo that nobody has deleted.
async fn present<'d>(
    conn: &Conn,
    system: System,
    demo: &'d Demo,
) -> Result<Vec<(&'d data::Project, entity::ProjectId)>> {
    let all = demo.projects.iter().map(|project| {
        let key = format!("project/{}", project.slug);
        let id = Id::<entity::Project>::deterministic(project.created_at, &key);
        (project, id)
    });
    let all: Vec<_> = all.collect();
    let ids = all.iter().map(|(_, id)| id.uuid()).collect();
    let found = store::projects(conn, system, ids).await?;
    Ok(all
        .into_iter()
        .filter(|(_, id)| found.contains(id))
        .collect())
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
