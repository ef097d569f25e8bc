//! The types `ExportedFile` and `Download` of the graph.

use super::{ExportedFileRow, link::Link};
use crate::{
    domains::query::engine::Queries,
    gql::{ScopeExt as _, Url},
    kernel::Result,
    services::vault::Vault,
};
use async_graphql::{Context, Object, SimpleObject};
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// A file that can be fetched.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct Download {
    /// Where it is. Whoever has the address can fetch the file, as long as the user whom it was given to
    /// may: keep it like a password. Without a host it is relative to the API.
    url: Url,
    /// Name for people.
    file_name: String,
    /// Media type.
    mime_type: String,
    /// Bytes.
    size: Option<i32>,
    /// Until when it works.
    expires_at: DateTime<Utc>,
}

/// A file that an export made.
pub struct ExportedFile(pub Arc<ExportedFileRow>);

impl From<Arc<ExportedFileRow>> for ExportedFile {
    fn from(row: Arc<ExportedFileRow>) -> Self {
        Self(row)
    }
}

/// A file that an export made. For who asked for it, as long as they may export it.
#[Object]
impl ExportedFile {
    /// Where to fetch it.
    fn download(&self, ctx: &Context<'_>) -> Result<Download> {
        let row = &self.0;
        let link = Link {
            file: row.id,
            user: ctx.scope().viewer()?.user,
            until: row.expires_at,
        };
        let token = link.token(Vault::of(ctx)?)?;
        let exports = &Queries::of(ctx)?.config().exports;
        let server = exports.public_url.as_deref().unwrap_or_default();
        Ok(Download {
            url: Url::trusted(format!("{server}/downloads/{token}")),
            file_name: row.file_name.clone(),
            mime_type: row.mime_type.clone(),
            size: i32::try_from(row.size).ok(),
            expires_at: row.expires_at,
        })
    }

    /// How many rows it has, without the titles.
    async fn row_count(&self) -> Option<i32> {
        Some(self.0.row_count)
    }

    /// Whether something is missing: there were more rows than were asked for or than fit, or texts longer
    /// than a cell. The name of the file says so too. The limit of the query itself leaves nothing out.
    async fn truncated(&self) -> bool {
        self.0.is_truncated
    }
}
