//! The folder on disk.

use super::yaml::BYTES_MAX;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Most files in one folder.
const FILES_MAX: usize = 20_000;
/// Most bytes of all files together.
const TOTAL_MAX: usize = 256 * 1024 * 1024;
/// Deepest nesting of folders.
const DEPTH_MAX: usize = 16;

/// A file to import: its name relative to the folder, and what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Name relative to the folder, with `/`.
    pub name: String,
    /// What it holds; what is wrong with it if that is no text.
    pub text: Result<String, String>,
}

/// Why a folder could not be read.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It is not there, or may not be read.
    #[error("cannot read {}", .path.display())]
    Unreadable {
        /// What could not be read.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// There is nothing to import in it.
    #[error(
        "{} holds no .yml files: name the folder that `lightdash download` wrote, which has the folders charts and dashboards",
        .0.display()
    )]
    Empty(PathBuf),
    /// It is no folder of content.
    #[error("{} holds more than {FILES_MAX} files, {DEPTH_MAX} levels of folders or {TOTAL_MAX} bytes", .0.display())]
    TooLarge(PathBuf),
}

/// Reads every `.yml` file of a folder, or of `lightdash` inside it where there is one.
///
/// # Errors
/// The folder cannot be read, is too large, or holds no such file.
pub fn read(folder: &Path) -> Result<Vec<SourceFile>, FolderError> {
    let inner = folder.join("lightdash");
    let root = if inner.is_dir() {
        inner
    } else {
        folder.to_owned()
    };
    let mut paths = Vec::new();
    collect(&root, 0, &mut paths)?;
    if paths.is_empty() {
        return Err(FolderError::Empty(root));
    }
    paths.sort();
    let mut files = Vec::new();
    let mut total = 0;
    for path in &paths {
        let file = file(&root, path)?;
        total += file.text.as_ref().map_or(0, String::len);
        if total > TOTAL_MAX {
            return Err(FolderError::TooLarge(root));
        }
        files.push(file);
    }
    Ok(files)
}

fn collect(folder: &Path, depth: usize, paths: &mut Vec<PathBuf>) -> Result<(), FolderError> {
    let unreadable = |cause| FolderError::Unreadable {
        path: folder.to_owned(),
        cause,
    };
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = entry.path();
        // Links to folders are not followed, so there are no circles.
        if entry.file_type().map_err(unreadable)?.is_dir() {
            if depth == DEPTH_MAX {
                return Err(FolderError::TooLarge(folder.to_owned()));
            }
            collect(&path, depth + 1, paths)?;
        } else if path
            .extension()
            .is_some_and(|ext| ext == "yml" || ext == "yaml")
            && path.is_file()
        {
            paths.push(path);
        }
        if paths.len() > FILES_MAX {
            return Err(FolderError::TooLarge(folder.to_owned()));
        }
    }
    Ok(())
}

fn file(root: &Path, path: &Path) -> Result<SourceFile, FolderError> {
    let unreadable = |cause| FolderError::Unreadable {
        path: path.to_owned(),
        cause,
    };
    let name = path
        .strip_prefix(root)
        .unwrap_or(path)
        .to_string_lossy()
        .replace('\\', "/");
    let size = fs::metadata(path).map_err(unreadable)?.len();
    if usize::try_from(size).map_or(true, |size| size > BYTES_MAX) {
        let text = Err(format!(
            "the file has {size} bytes; at most {BYTES_MAX} are read"
        ));
        return Ok(SourceFile { name, text });
    }
    let bytes = fs::read(path).map_err(unreadable)?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        format!(
            "the file is not text in UTF-8: the byte {} is none",
            good + 1
        )
    });
    Ok(SourceFile { name, text })
}
