//! Fetching a file by its link.

use super::{ExportedFileRow, link::Link, store};
use crate::{
    authz::{Access, Credential, Grant, View, Viewer},
    db::Database,
    kernel::{
        Error, Result,
        entity::{ExportedFile, UserId},
    },
    services::vault::Vault,
};
use chrono::{DateTime, Utc};

/// Why nothing can be fetched.
#[derive(Debug)]
pub enum NoDownload {
    /// There is no such file for the user of the link, or it is no link.
    NotFound,
    /// The link has come to its end.
    Expired,
    /// Faults and outages.
    Error(Error),
}

impl From<Error> for NoDownload {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound => Self::NotFound,
            other => Self::Error(other),
        }
    }
}

/// A file that is being fetched, with the proof that it may be.
pub struct Contents {
    /// The file.
    pub row: ExportedFileRow,
    /// Whose link it is.
    pub user: UserId,
    grant: Grant<View, ExportedFile>,
    next: i32,
}

/// The file of a link, if the user of the link may have it now.
///
/// # Errors
/// They may not, or there is none.
pub async fn open(
    db: &Database,
    vault: &Vault,
    token: &str,
    now: DateTime<Utc>,
) -> Result<Contents, NoDownload> {
    let link = Link::read(token, vault).ok_or(NoDownload::NotFound)?;
    if link.until <= now {
        return Err(NoDownload::Expired);
    }
    let conn = db.get().await?;
    let viewer = Viewer {
        user: link.user,
        credential: Credential::CommandLine,
        organization: None,
        access: Access::load(&conn, link.user).await?,
    };
    let grant = viewer.see::<ExportedFile>(&conn, link.file).await?;
    let row = store::get(&conn, &grant).await?;
    Ok(Contents {
        row,
        user: link.user,
        grant,
        next: 0,
    })
}

impl Contents {
    /// The next bytes; none at the end. Holds no connection meanwhile.
    ///
    /// # Errors
    /// The database fails.
    pub async fn next(&mut self, db: &Database) -> Result<Option<Vec<u8>>> {
        let conn = db.get().await?;
        let part = store::part(&conn, &self.grant, self.next).await?;
        self.next += 1;
        Ok(part)
    }
}
