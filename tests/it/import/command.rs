//! The command: what it prints, and how it ends.

use super::{World, coffee};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// Runs `chartroom import lightdash` on the database of the test.
fn chartroom(world: &World, folder: &Path, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_chartroom"))
        .env_clear()
        .env("DATABASE_URL", world.app.database_url())
        .env("CHARTROOM_LOG", "error")
        .args(["import", "lightdash"])
        .arg(folder)
        .args(more)
        .output()
        .expect("the command runs")
}

/// A folder that is gone with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("cr-import-{}", uuid::Uuid::new_v4()));
        fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

#[tokio::test(flavor = "multi_thread")]
async fn it_prints_what_it_did_and_ends_well() {
    let world = World::new().await;
    let done = chartroom(
        &world,
        &coffee(),
        &["--project", "coffee", "--as", "admin-of-acme"],
    );
    assert_eq!(done.status.code(), Some(0), "{}", stderr(&done));
    assert_eq!(
        stdout(&done),
        "warning: charts/open-orders.sql.yml:2:1: the SQL chart open-orders is taken over as the SQL of its tiles; its limit and how it is drawn are not\n\
         created space shop\n\
         created space shop/sales\n\
         created space shop/sales/stores\n\
         created dashboard mornings\n\
         created chart orders-per-hour\n\
         created chart revenue-by-store\n\
         spaces: 3 created, 0 updated, 0 unchanged\n\
         charts: 2 created, 0 updated, 0 unchanged\n\
         dashboards: 1 created, 0 updated, 0 unchanged\n\
         4 files read, 0 errors, 1 warning\n"
    );
    let again = chartroom(&world, &coffee(), &["--project", &world.project]);
    assert_eq!(again.status.code(), Some(0));
    assert!(
        stdout(&again).contains(
            "spaces: 0 created, 0 updated, 3 unchanged\n\
             charts: 0 created, 0 updated, 2 unchanged\n\
             dashboards: 0 created, 0 updated, 1 unchanged\n"
        ),
        "{}",
        stdout(&again)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_end_it_with_one_and_are_on_the_standard_output() {
    let world = World::new().await;
    let folder = Folder::new();
    let charts = folder.0.join("lightdash/charts");
    fs::create_dir_all(&charts).expect("a folder");
    let good = coffee().join("charts/revenue-by-store.yml");
    fs::copy(&good, charts.join("good.yml")).expect("a copy");
    fs::write(charts.join("bad.yml"), "name: [\n").expect("a file");

    let refused = chartroom(&world, &folder.0, &["--project", "Coffee"]);
    assert_eq!(refused.status.code(), Some(1));
    let printed = stdout(&refused);
    assert!(
        printed.starts_with("error: charts/bad.yml:2:1: this is not YAML: "),
        "{printed}"
    );
    assert!(
        printed.ends_with("2 files read, 1 error, 0 warnings: nothing was imported\n"),
        "{printed}"
    );
    assert_eq!(
        stderr(&refused),
        "chartroom: nothing was imported: put the errors right first, or leave these files out with --skip-invalid\n"
    );
    assert_eq!(world.counts().await, (0, 0));

    let skipped = chartroom(
        &world,
        &folder.0,
        &["--project", "Coffee", "--skip-invalid"],
    );
    assert_eq!(skipped.status.code(), Some(0), "{}", stderr(&skipped));
    let printed = stdout(&skipped);
    assert!(
        printed.starts_with("left out: charts/bad.yml:2:1: "),
        "{printed}"
    );
    assert!(
        printed.ends_with("2 files read, 1 file left out, 0 errors, 0 warnings\n"),
        "{printed}"
    );
    assert_eq!(world.counts().await, (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_folder_or_project_is_one_clear_line() {
    let world = World::new().await;
    let empty = Folder::new();
    let failed = |folder: &Path, more: &[&str]| {
        let output = chartroom(&world, folder, more);
        assert_eq!(stdout(&output), "");
        (output.status.code(), stderr(&output))
    };
    let (code, text) = failed(&empty.0, &["--project", "Coffee"]);
    assert_eq!(code, Some(1));
    assert!(
        text.contains("holds no .yml files") && text.lines().count() == 1,
        "{text}"
    );
    let (code, text) = failed(Path::new("/nowhere"), &["--project", "Coffee"]);
    assert_eq!(code, Some(1));
    assert!(
        text.starts_with("chartroom: cannot read /nowhere: "),
        "{text}"
    );
    let id = "space_01h455vb4pex5vsknk084sn02q";
    let (code, text) = failed(&coffee(), &["--project", id]);
    assert_eq!(code, Some(1));
    assert_eq!(
        text,
        "chartroom: --project is the id of something else: expected an id that starts with `project_`, got one that starts with `space_`\n"
    );
    let (code, text) = failed(&coffee(), &["--project", "Tea"]);
    assert_eq!(code, Some(1));
    assert_eq!(
        text,
        "chartroom: there is no project with the id or name \"Tea\"\n"
    );
    let (code, _) = failed(&coffee(), &[]);
    assert_eq!(code, Some(2), "--project is missing");
}
