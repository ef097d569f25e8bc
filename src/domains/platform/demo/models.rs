//! The demo's models: what dbt made of them, deployed to each of its projects.

use super::{
    data::{self, Demo},
    rows,
};
use crate::{
    authz::{Create, Place, System},
    db::Conn,
    domains::model::deployment::{Files, deploy_now},
    kernel::{Id, Result, entity},
};
use sha2::{Digest as _, Sha256};

const MANIFEST: &str = include_str!("../../../../playground/demo/manifest.json");
const CATALOG: &str = include_str!("../../../../playground/demo/catalog.json");
const CONFIG: &str = include_str!("../../../../playground/demo/dbt/lightdash.config.yml");

/// The dbt project behind the demo, as it is uploaded.
pub const FILES: Files<'static> = Files {
    manifest: MANIFEST,
    catalog: Some(CATALOG),
    config: Some(CONFIG),
};

/// Deploys the demo's models to its projects, unless these very models are deployed there or
/// somebody has deployed others. Ids come from the models, so they are the same everywhere.
pub(super) async fn deploy(
    conn: &Conn,
    demo: &Demo,
    projects: &[(&data::Project, entity::ProjectId)],
) -> Result<()> {
    let mut hash = Sha256::new();
    for text in [MANIFEST, CATALOG, CONFIG] {
        hash.update(text);
    }
    let version = hex::encode(hash.finalize());
    for (project, id) in projects {
        let slug = &project.slug;
        let place = Place::project(rows::organization_id(demo), *id);
        let system = System::new("deploying the demo's models");
        let grant = system.grant::<Create<entity::Deployment>, entity::Project>(*id, place);
        let deployment =
            Id::deterministic(project.created_at, &format!("deployment/{slug}/{version}"));
        deploy_now(conn, &grant, deployment, FILES).await?;
    }
    Ok(())
}
