//! `chartroom import`: content from elsewhere into a project.

use super::{
    narrator::Narrator,
    storage::{Prepared, Storage},
};
use anyhow::{Context as _, bail};
use chartroom::{
    config::Config,
    domains::content::import::{self, Import, Report},
};
use clap::{Args, Subcommand};
use std::{io::Write as _, path::PathBuf};

/// Where content comes from.
#[derive(Debug, Subcommand)]
pub(super) enum Source {
    /// Import charts and dashboards from the folder that `lightdash download` wrote
    Lightdash(Lightdash),
}

/// A folder of content as code.
#[derive(Debug, Args)]
pub(super) struct Lightdash {
    /// The folder: the one with charts and dashboards in it, or the one above, with lightdash in it
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Id or name of the project to import into
    #[arg(long)]
    project: String,
    /// Id, username or mail address of the member who counts as the author; nobody unless given
    #[arg(long = "as", value_name = "USER")]
    author: Option<String>,
    /// Make new spaces private: nobody sees them before access is given, but administrators
    #[arg(long)]
    private: bool,
    /// Leave out files with errors, and tiles whose chart is not there, instead of importing nothing
    #[arg(long)]
    skip_invalid: bool,
    /// Check everything and tell what would be done, but write nothing
    #[arg(long)]
    dry_run: bool,
}

/// Imports, and prints what was done; fails if anything has to be put right first.
pub(super) async fn import(
    config: &Config,
    source: &Source,
    narrator: &Narrator,
) -> anyhow::Result<()> {
    let Source::Lightdash(folder) = source;
    // Before a database is started: a wrong folder is the most common mistake.
    let files = import::read_folder(&folder.folder)?;
    let storage = Storage::share(&config.storage, narrator).await?;
    let done = run(config, &storage, folder, &files, narrator).await;
    storage.close().await;
    let report = done?;
    writeln!(std::io::stdout(), "{report}").context("the report cannot be written")?;
    if report.failed() {
        bail!(
            "nothing was imported: put the errors right first, or leave these files out with --skip-invalid"
        );
    }
    Ok(())
}

async fn run(
    config: &Config,
    storage: &Storage,
    folder: &Lightdash,
    files: &[import::SourceFile],
    narrator: &Narrator,
) -> anyhow::Result<Report> {
    let Prepared { db, .. } = storage.prepare(config, false, narrator).await?;
    let mut conn = db.get().await.context("no connection to the database")?;
    let import = Import {
        files,
        project: &folder.project,
        author: folder.author.as_deref(),
        private: folder.private,
        skip_invalid: folder.skip_invalid,
        dry_run: folder.dry_run,
    };
    Ok(import::run(&mut conn, import).await?)
}
