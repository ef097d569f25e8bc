//! The type `Tag`.

use super::TagRow;
use crate::{
    domains::{
        identity::user::{User, UserRow},
        project::project::{Project, ProjectRow},
    },
    gql::{Color, ScopeExt as _, id_text},
    kernel::{Error, Result},
};
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// A label of a project for tables and fields of its catalog.
#[derive(Clone)]
pub struct Tag(pub Arc<TagRow>);

impl From<Arc<TagRow>> for Tag {
    fn from(row: Arc<TagRow>) -> Self {
        Self(row)
    }
}

/// A label of a project for tables and fields of its catalog.
#[Object]
impl Tag {
    /// Globally unique id.
    pub async fn id(&self) -> ID {
        id_text(self.0.id)
    }

    /// Name, unique in the project whatever the letter case.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Colour.
    async fn color(&self) -> Color {
        Color::trusted(self.0.color.as_str())
    }

    /// The project.
    async fn project(&self, ctx: &Context<'_>) -> Result<Project> {
        let row = ctx.by_id::<ProjectRow>(self.0.project_id).await?;
        Ok(row.ok_or(Error::NotFound)?.into())
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// Who created it; null if the account is gone or not visible.
    async fn created_by(&self, ctx: &Context<'_>) -> Option<Result<User>> {
        let row = ctx.by_id::<UserRow>(self.0.created_by?).await;
        row.map(|row| row.map(Into::into)).transpose()
    }
}
