//! Import of content as code: the folder that Lightdash's `lightdash download` writes.
//!
//! Files are YAML, one chart or dashboard each. They are read with their places (`yaml`, `fields`),
//! brought into the graph's own inputs and checked as those are (`chart`, `query`, `filter`,
//! `dashboard`, `tile`), checked against one another (`check`), and written by slug in one
//! transaction (`apply`, `layout`): all, or nothing if anything is wrong.
//!
//! What is wrong in a file is an error; where it was asked for, such files are left out instead.
//! What is right, but has no place in the graph, is a warning; no key is passed over silently. The format and what becomes of each part of it:
//! `docs/import-lightdash.md`.

mod apply;
mod chart;
mod check;
mod content;
mod dashboard;
mod draft;
mod fields;
mod filter;
mod folder;
mod head;
mod layout;
mod models;
mod query;
mod report;
mod spaces;
mod store;
mod tile;
mod yaml;

pub use folder::{FolderError, SourceFile, read as read_folder};
pub use report::{Change, Kind, Outcome, Problem, Report, Severity};

/// The one document of a YAML file as JSON.
///
/// # Errors
/// What is wrong with it, with line and column.
pub fn yaml_as_json(text: &str) -> Result<serde_json::Value, String> {
    yaml::parse(text).map(|node| node.json()).map_err(|error| {
        let yaml::Mark { line, column } = error.at;
        format!("line {line}, column {column}: {}", error.message)
    })
}

use crate::{
    authz::System,
    db::{Conn, transaction},
    kernel::{Entity, Error, Id, IdError, entity::UserId},
};
use check::Present;
use content::FolderContent;
use spaces::Frame;
use store::Target;

/// What to import, and how.
#[derive(Debug, Clone, Copy)]
pub struct Import<'a> {
    /// The files.
    pub files: &'a [SourceFile],
    /// Id or name of the project.
    pub project: &'a str,
    /// Id, username or mail address of a member of the organization who shall count as the author.
    pub author: Option<&'a str>,
    /// Whether new spaces on the first level are private.
    pub private: bool,
    /// Whether files with errors are left out, instead of all being refused.
    pub skip_invalid: bool,
    /// Whether nothing shall be written.
    pub dry_run: bool,
}

/// Why nothing could be imported, beside what is wrong in the files.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The id of something else.
    #[error("{option} is the id of something else")]
    WrongId {
        /// Where it was given.
        option: &'static str,
        /// What is wrong with it.
        #[source]
        cause: IdError,
    },
    /// No such project.
    #[error("there is no project with the id or name {0:?}")]
    NoProject(String),
    /// Several such projects.
    #[error("several projects are called {name:?}; name one by its id: {found}")]
    ManyProjects {
        /// The name.
        name: String,
        /// Their ids and organizations.
        found: String,
    },
    /// No such author.
    #[error(
        "the organization of the project has no active member with the id, username or mail address {0:?}"
    )]
    NoAuthor(String),
    /// The database failed, or somebody else changed the same things.
    #[error("the import failed and nothing was written")]
    Store(#[source] Error),
}

/// How the transaction ends.
enum End {
    /// Undone on purpose.
    DryRun(Report),
    /// Undone by a failure.
    Failed(Error),
}

impl<E: Into<Error>> From<E> for End {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Imports the files. The report tells what was done, and why nothing was if it holds errors.
///
/// # Errors
/// There is no such project or author, or the database fails; nothing was written then.
pub async fn run(conn: &mut Conn, import: Import<'_>) -> Result<Report, ImportError> {
    let system = System::new("importing content from files");
    let target = project(conn, system, import.project).await?;
    let author = author(conn, system, &target, import.author).await?;
    let mut content = FolderContent::read(import.files);
    let done = transaction(conn, async |conn: &Conn| {
        let now = store::lock(conn, system, target.id).await?;
        let charts = store::charts(conn, system, target.id).await?;
        let dashboards = store::dashboards(conn, system, target.id).await?;
        let present = Present::of(&charts, &dashboards);
        let mut report = Report {
            files: import.files.len(),
            problems: check::check(&mut content, &present, import.skip_invalid),
            dry_run: import.dry_run,
            ..Report::default()
        };
        models::check(conn, system, target.id, (&content, &mut report.problems)).await?;
        if report.failed() {
            return Ok(report);
        }
        let frame = Frame {
            system,
            target: &target,
            actor: author,
            now,
            private: import.private,
        };
        report.changes = apply::write(conn, frame, &content, (charts, dashboards)).await?;
        if import.dry_run {
            Err(End::DryRun(report))
        } else {
            Ok(report)
        }
    })
    .await;
    match done {
        Ok(report) | Err(End::DryRun(report)) => Ok(report),
        Err(End::Failed(error)) => Err(ImportError::Store(error)),
    }
}

/// The id that a text is, if it is one; one of another kind is a slip, not a name.
fn id<T: Entity>(option: &'static str, text: &str) -> Result<Option<Id<T>>, ImportError> {
    match text.parse() {
        Ok(id) => Ok(Some(id)),
        Err(IdError::Malformed { .. }) => Ok(None),
        Err(cause @ IdError::WrongPrefix { .. }) => Err(ImportError::WrongId { option, cause }),
    }
}

async fn project(conn: &Conn, system: System, text: &str) -> Result<Target, ImportError> {
    let mut found = store::projects(conn, system, id("--project", text)?, text)
        .await
        .map_err(ImportError::Store)?;
    match (found.pop(), found.as_slice()) {
        (None, _) => Err(ImportError::NoProject(text.to_owned())),
        (Some(target), []) => Ok(target),
        (Some(target), others) => {
            let all = others.iter().chain([&target]);
            let one = |target: &Target| format!("{} in {}", target.id, target.organization_name);
            let found = all.map(one).collect::<Vec<_>>().join(", ");
            Err(ImportError::ManyProjects {
                name: text.to_owned(),
                found,
            })
        }
    }
}

async fn author(
    conn: &Conn,
    system: System,
    target: &Target,
    text: Option<&str>,
) -> Result<Option<UserId>, ImportError> {
    let Some(text) = text else { return Ok(None) };
    store::member(conn, system, target.organization, (id("--as", text)?, text))
        .await
        .map_err(ImportError::Store)?
        .map(Some)
        .ok_or_else(|| ImportError::NoAuthor(text.to_owned()))
}
