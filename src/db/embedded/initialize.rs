//! Creates a cluster with `initdb`, and its password.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use tokio::io::AsyncWriteExt as _;

use super::account::Account;
use super::binaries::Binaries;
use super::error::EmbeddedError;
use super::home::{Home, create_private, write_private};
use super::log::last_lines;
use super::secret::random_hex;
use super::session::{ROLE, SUPERUSER};

/// Added to `postgresql.conf` once, for a small machine that also runs Chartroom. Operators may
/// change it there; what must not change is given on the command line.
const SETTINGS: &str = "
# Chartroom's defaults. Change them to suit the machine; they are written once.
max_connections = 100
shared_buffers = 256MB
effective_cache_size = 1GB
work_mem = 8MB
maintenance_work_mem = 128MB
wal_compression = on
max_wal_size = 2GB
checkpoint_timeout = 15min
random_page_cost = 1.1
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] '
log_checkpoints = off
log_lock_waits = on
";

/// Fills a new cluster directory. It gets its name when it is complete, so that a start cut short
/// begins anew.
///
/// Fails when `initdb` does.
pub(super) async fn create(
    home: &Home,
    account: &Account,
    binaries: &Binaries,
) -> Result<(), EmbeddedError> {
    let directory = home.unfinished()?;
    create_private(&directory, account)?;
    let password = new_password(home)?;
    let handed = HandedPassword::write(home, account, &password)?;
    // Not every system knows C.UTF-8, which sorts like C and knows letters beyond ASCII.
    let mut output = initdb(binaries, account, &directory, &handed.path, "C.UTF-8").await?;
    if !output.status.success() && text_of(&output).contains("locale") {
        output = initdb(binaries, account, &directory, &handed.path, "C").await?;
    }
    if !output.status.success() {
        return Err(EmbeddedError::program(
            "initdb",
            &last_lines(&text_of(&output)),
        ));
    }
    let configuration = directory.join("postgresql.conf");
    let appended = OpenOptions::new()
        .append(true)
        .open(&configuration)
        .and_then(|mut file| {
            file.write_all(SETTINGS.as_bytes())
                .and_then(|()| file.sync_all())
        });
    appended.map_err(EmbeddedError::at("write", &configuration))?;
    let named = fs::rename(&directory, home.cluster())
        .and_then(|()| File::open(home.root()).and_then(|root| root.sync_all()));
    named.map_err(EmbeddedError::at("create", &home.cluster()))
}

/// The password of the cluster's roles. If its file is lost, for instance in a restored backup,
/// a new one is set, with a server that takes statements from this process alone.
///
/// Fails when the file cannot be read, or the server cannot run.
pub(super) async fn password(
    home: &Home,
    account: &Account,
    binaries: &Binaries,
) -> Result<String, EmbeddedError> {
    let path = home.password();
    match fs::read_to_string(&path) {
        Ok(text) => return Ok(text.trim().to_owned()),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(EmbeddedError::at("read", &path)(error)),
    }
    let password = random_hex::<24>()?;
    let statements = format!(
        "ALTER ROLE {SUPERUSER} PASSWORD '{password}'\nALTER ROLE {ROLE} PASSWORD '{password}'\n"
    );
    let mut command = account.command(&binaries.program("postgres"));
    command
        .arg("--single")
        .arg("-D")
        .arg(home.cluster())
        .arg("postgres");
    command.stdin(Stdio::piped()).stderr(Stdio::piped());
    let run = async {
        let mut child = tokio::process::Command::from(command)
            .kill_on_drop(true)
            .spawn()?;
        if let Some(mut input) = child.stdin.take() {
            input.write_all(statements.as_bytes()).await?;
        }
        child.wait_with_output().await
    };
    let output = run
        .await
        .map_err(|cause| EmbeddedError::io("set a new password", cause))?;
    if !output.status.success() {
        return Err(EmbeddedError::program(
            "postgres --single",
            &last_lines(&text_of(&output)),
        ));
    }
    write_private(&path, &format!("{password}\n"))?;
    Ok(password)
}

fn new_password(home: &Home) -> Result<String, EmbeddedError> {
    let password = random_hex::<24>()?;
    write_private(&home.password(), &format!("{password}\n"))?;
    Ok(password)
}

async fn initdb(
    binaries: &Binaries,
    account: &Account,
    directory: &Path,
    password: &Path,
    locale: &str,
) -> Result<Output, EmbeddedError> {
    let mut command = account.command(&binaries.program("initdb"));
    command
        .arg(format!("--username={SUPERUSER}"))
        .arg(format!("--locale={locale}"))
        .args([
            "--encoding=UTF8",
            "--auth=scram-sha-256",
            "--data-checksums",
        ])
        .arg("--no-instructions")
        .arg("--pwfile")
        .arg(password)
        .arg("-D")
        .arg(directory)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut command = tokio::process::Command::from(command);
    command.kill_on_drop(true).output().await.map_err(|cause| {
        EmbeddedError::io(format!("run initdb as the user {}", account.name()), cause)
    })
}

fn text_of(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// The password in a file that `initdb` may read, gone when dropped.
struct HandedPassword {
    path: PathBuf,
}

impl HandedPassword {
    fn write(home: &Home, account: &Account, password: &str) -> Result<Self, EmbeddedError> {
        let this = Self {
            path: home.root().join("initdb.password"),
        };
        let _ = fs::remove_file(&this.path);
        let opened = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&this.path);
        opened
            .and_then(|mut file| writeln!(file, "{password}"))
            .map_err(EmbeddedError::at("write", &this.path))?;
        account.own(&this.path)?;
        Ok(this)
    }
}

impl Drop for HandedPassword {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}
