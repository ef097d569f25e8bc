//! Finds the programs of PostgreSQL on this machine.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::error::EmbeddedError;
use super::options::EmbeddedOptions;
use crate::db::OLDEST_POSTGRES;

/// Where packages put one version beside another: the directory, what its entries begin with,
/// and where the programs are in an entry.
const VERSIONED: [(&str, &str, &str); 5] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/usr/libexec", "postgresql", ""),
    ("/opt/homebrew/opt", "postgresql@", "bin"),
    ("/usr/local/opt", "postgresql@", "bin"),
];

/// One installed version of PostgreSQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binaries {
    directory: PathBuf,
    major: u32,
}

impl Binaries {
    /// The version for a cluster: the one that made it, else the newest.
    ///
    /// Fails when nothing is installed, when all of it is too old, or when no installed version
    /// can serve the cluster.
    pub(super) fn find(
        options: &EmbeddedOptions,
        cluster: Option<(&Path, u32)>,
    ) -> Result<Self, EmbeddedError> {
        let installed = installed(options);
        choose(installed, cluster).map_err(|error| match error {
            EmbeddedError::NotInstalled { .. } => EmbeddedError::NotInstalled {
                searched: searched(options),
            },
            other => other,
        })
    }

    /// The path of a program.
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// The major version.
    pub(super) fn major(&self) -> u32 {
        self.major
    }

    fn at(directory: &Path) -> Option<Self> {
        // A link in PATH leads to the directory where the other programs and their files are.
        let initdb = fs::canonicalize(directory.join("initdb")).ok()?;
        let directory = initdb.parent()?;
        let postgres = directory.join("postgres");
        postgres.is_file().then_some(())?;
        let output = Command::new(postgres)
            .arg("--version")
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
            .ok()?;
        let major = parse_version(&String::from_utf8_lossy(&output.stdout))?;
        Some(Self {
            directory: directory.to_owned(),
            major,
        })
    }
}

/// The version a cluster directory was made by, if there is a cluster.
pub(super) fn cluster_version(cluster: &Path) -> Option<u32> {
    fs::read_to_string(cluster.join("PG_VERSION"))
        .ok()?
        .trim()
        .parse()
        .ok()
}

fn choose(
    mut installed: Vec<Binaries>,
    cluster: Option<(&Path, u32)>,
) -> Result<Binaries, EmbeddedError> {
    installed.sort_by_key(|binaries| std::cmp::Reverse(binaries.major));
    let found = || {
        let versions: Vec<_> = installed.iter().map(|b| b.major.to_string()).collect();
        versions.join(", ")
    };
    let Some(newest) = installed.first() else {
        return Err(EmbeddedError::NotInstalled {
            searched: String::new(),
        });
    };
    let Some((path, version)) = cluster else {
        if newest.major < OLDEST_POSTGRES {
            return Err(EmbeddedError::TooOld {
                found: found(),
                minimum: OLDEST_POSTGRES,
            });
        }
        return Ok(newest.clone());
    };
    installed
        .iter()
        .find(|binaries| binaries.major == version)
        .cloned()
        .ok_or_else(|| EmbeddedError::Version {
            path: path.to_owned(),
            cluster: version,
            found: found(),
        })
}

fn installed(options: &EmbeddedOptions) -> Vec<Binaries> {
    if let Some(directory) = &options.binaries {
        return Binaries::at(directory).into_iter().collect();
    }
    let path = options
        .search_path
        .as_deref()
        .map(OsStr::to_owned)
        .unwrap_or_default();
    let mut found: Vec<Binaries> = Vec::new();
    // Relative entries of PATH are skipped: what happens to be in the current directory is not
    // to be run, least of all by root.
    let listed = std::env::split_paths(&path).filter(|directory| directory.is_absolute());
    for directory in listed.chain(versioned_directories()) {
        if let Some(binaries) = Binaries::at(&directory)
            && !found.contains(&binaries)
        {
            found.push(binaries);
        }
    }
    if found.is_empty() {
        found.extend(bindir().as_deref().and_then(Binaries::at));
    }
    found
}

fn searched(options: &EmbeddedOptions) -> String {
    match &options.binaries {
        Some(directory) => directory.display().to_string(),
        None => "PATH and the usual directories".to_owned(),
    }
}

fn versioned_directories() -> impl Iterator<Item = PathBuf> {
    VERSIONED.into_iter().flat_map(|(parent, prefix, suffix)| {
        let entries = fs::read_dir(parent).into_iter().flatten().flatten();
        entries
            .filter(move |entry| entry.file_name().to_string_lossy().starts_with(prefix))
            .map(move |entry| entry.path().join(suffix))
    })
}

fn bindir() -> Option<PathBuf> {
    let output = Command::new("pg_config")
        .arg("--bindir")
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(PathBuf::from(text.trim()))
}

/// Reads `postgres (PostgreSQL) 17.2 (Debian …)`; betas read `18beta1`.
fn parse_version(output: &str) -> Option<u32> {
    let version = output.split_once("(PostgreSQL) ")?.1;
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(major: u32) -> Binaries {
        Binaries {
            directory: PathBuf::from("/"),
            major,
        }
    }

    #[test]
    fn versions_are_read() {
        assert_eq!(
            parse_version("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)"),
            Some(15)
        );
        assert_eq!(parse_version("postgres (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(parse_version("something else"), None);
    }

    #[test]
    fn a_new_cluster_gets_the_newest_version() {
        let chosen = choose(vec![version(15), version(17), version(16)], None).unwrap();
        assert_eq!(chosen.major(), 17);
    }

    #[test]
    fn a_cluster_gets_the_version_that_made_it() {
        let cluster = Path::new("/data");
        let chosen = choose(vec![version(15), version(17)], Some((cluster, 15))).unwrap();
        assert_eq!(chosen.major(), 15);
        let error = choose(vec![version(17), version(16)], Some((cluster, 15))).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("made by PostgreSQL 15, and only version 17, 16")
        );
    }

    #[test]
    fn nothing_installed_and_too_old_are_told_apart() {
        assert!(matches!(
            choose(vec![], None),
            Err(EmbeddedError::NotInstalled { .. })
        ));
        assert!(matches!(
            choose(vec![version(13)], None),
            Err(EmbeddedError::TooOld { .. })
        ));
    }
}
