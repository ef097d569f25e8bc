//! Import of content as code, from the folder `coffee` beside this file.

mod command;
mod content;
mod problems;
mod writes;

use crate::support::{Actor, Tenant, TestApp};
use chartroom::domains::content::import::{
    Import, ImportError, Kind, Outcome, Report, SourceFile, read_folder, run,
};
use std::path::{Path, PathBuf};

/// The folder.
fn coffee() -> PathBuf {
    Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/it/import/coffee"
    ))
    .to_owned()
}

/// The files of the folder.
fn files() -> Vec<SourceFile> {
    read_folder(&coffee()).expect("the folder")
}

/// The files of the folder with a text in one of them replaced; it must be there once.
#[track_caller]
fn with(name: &str, from: &str, to: &str) -> Vec<SourceFile> {
    let mut files = files();
    replace(&mut files, name, from, to);
    files
}

/// Replaces a text that is in a file once.
#[track_caller]
fn replace(files: &mut [SourceFile], name: &str, from: &str, to: &str) {
    let file = files.iter_mut().find(|file| file.name == name);
    let file = file.unwrap_or_else(|| panic!("no file {name}"));
    let text = file.text.clone().expect("a text");
    assert_eq!(text.matches(from).count(), 1, "{from} in {name}");
    file.text = Ok(text.replace(from, to));
}

/// A server with an empty project.
struct World {
    app: TestApp,
    tenant: Tenant,
    project: String,
}

impl World {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let tenant = Tenant::create(&app, "acme").await;
        let project = tenant.project(&app, "Coffee").await;
        Self {
            app,
            tenant,
            project,
        }
    }

    fn admin(&self) -> Actor {
        self.tenant.admin
    }

    /// Runs an import as given.
    async fn try_import(&self, import: Import<'_>) -> Result<Report, ImportError> {
        let mut conn = self.app.conn().await;
        run(&mut conn, import).await
    }

    /// The usual import of files.
    fn of<'a>(&'a self, files: &'a [SourceFile]) -> Import<'a> {
        Import {
            files,
            project: &self.project,
            author: None,
            private: false,
            skip_invalid: false,
            dry_run: false,
        }
    }

    /// Imports files.
    async fn import(&self, files: &[SourceFile]) -> Report {
        self.try_import(self.of(files)).await.expect("a report")
    }

    /// Imports files, leaving out those with errors.
    async fn import_valid(&self, files: &[SourceFile]) -> Report {
        let import = Import {
            skip_invalid: true,
            ..self.of(files)
        };
        self.try_import(import).await.expect("a report")
    }

    /// How many charts and dashboards the project has.
    async fn counts(&self) -> (i64, i64) {
        let query = "query ($id: ID!) { project(id: $id) { \
                     charts { totalCount } dashboards { totalCount } } }";
        let answer = self
            .app
            .gql(
                self.admin(),
                query,
                serde_json::json!({ "id": self.project }),
            )
            .await;
        let count = |list: &str| {
            let count = answer.at(&format!("/project/{list}/totalCount"));
            count.as_i64().expect("a number")
        };
        (count("charts"), count("dashboards"))
    }
}

/// Created, updated and unchanged things of a kind.
fn sums(report: &Report, kind: Kind) -> [usize; 3] {
    [Outcome::Created, Outcome::Updated, Outcome::Unchanged]
        .map(|outcome| report.count(kind, outcome))
}

/// The problems, one line each.
fn lines(report: &Report) -> Vec<String> {
    report.problems.iter().map(ToString::to_string).collect()
}
