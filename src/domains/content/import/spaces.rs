//! The spaces that content is in: those of the project are found by their slugs, others are made.

use super::{
    content::{Filed, FolderContent, SpaceFile},
    report::{Change, Kind, Outcome},
    store::{self, KnownSpace, Target},
};
use crate::{
    authz::System,
    db::Conn,
    kernel::{
        Result,
        entity::{SpaceId, UserId},
    },
};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};

/// Who imports what, and how.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame<'a> {
    /// The proof that the server acts.
    pub(super) system: System,
    /// The project.
    pub(super) target: &'a Target,
    /// In whose name.
    pub(super) actor: Option<UserId>,
    /// When.
    pub(super) now: DateTime<Utc>,
    /// Whether new spaces are private.
    pub(super) private: bool,
}

/// Spaces by the slugs from the top down.
pub(super) type Spaces = HashMap<Vec<String>, SpaceId>;

/// Finds or makes every space that the content names. Gives also the ids of those that changed.
pub(super) async fn ensure(
    conn: &Conn,
    frame: Frame<'_>,
    content: &FolderContent,
    changes: &mut Vec<Change>,
) -> Result<(Spaces, Vec<SpaceId>)> {
    let known = store::spaces(conn, frame.system, frame.target.id).await?;
    let mut tree = Tree::of(known);
    let files: HashMap<&[String], &SpaceFile> = content
        .spaces
        .iter()
        .map(|Filed { item, .. }| (item.path.as_slice(), item))
        .collect();
    let (mut rows, mut renamed) = (Vec::new(), Vec::new());
    let mut touched = Vec::new();
    for path in wanted(content) {
        let file = files.get(path.as_slice()).copied();
        let name = file.map(|file| file.name.as_str());
        let slug = path.join("/");
        let outcome = match tree.by_path.get(&path) {
            None => {
                let (space, row) = tree.add(frame, &path, name, file.is_some_and(|f| f.is_private));
                touched.push(space);
                rows.push(row);
                Outcome::Created
            }
            Some(space) if name.is_some_and(|name| name != space.name) => {
                renamed.push(json!({ "id": space.id.uuid(), "name": name }));
                touched.push(space.id);
                Outcome::Updated
            }
            Some(_) => Outcome::Unchanged,
        };
        changes.push(Change {
            kind: Kind::Space,
            slug,
            outcome,
        });
    }
    store::create_spaces(conn, frame.system, rows).await?;
    store::rename_spaces(conn, frame.system, renamed, frame.now).await?;
    let spaces = tree
        .by_path
        .into_iter()
        .map(|(path, space)| (path, space.id))
        .collect();
    Ok((spaces, touched))
}

/// Every path that content names, with those above, parents first.
fn wanted(content: &FolderContent) -> BTreeSet<Vec<String>> {
    let spaces = content.spaces.iter().map(|space| &space.item.path);
    let charts = content.charts.iter().map(|chart| &chart.item.space);
    let dashboards = content
        .dashboards
        .iter()
        .map(|dashboard| &dashboard.item.space);
    spaces
        .chain(charts)
        .chain(dashboards)
        .flat_map(|path| (1..=path.len()).filter_map(|depth| path.get(..depth)))
        .map(<[String]>::to_vec)
        .collect()
}

struct Tree {
    by_path: HashMap<Vec<String>, KnownSpace>,
}

impl Tree {
    fn of(known: Vec<KnownSpace>) -> Self {
        let slugs: HashMap<_, _> = known
            .iter()
            .map(|space| (space.id.uuid(), space.slug.clone()))
            .collect();
        let path = |space: &KnownSpace| -> Option<Vec<String>> {
            space.path.iter().map(|id| slugs.get(id).cloned()).collect()
        };
        let by_path = known
            .into_iter()
            .filter_map(|space| Some((path(&space)?, space)))
            .collect();
        Self { by_path }
    }

    /// A new space, and its row. What flows down from above ends at a private one.
    fn add(
        &mut self,
        frame: Frame<'_>,
        path: &[String],
        name: Option<&str>,
        private: bool,
    ) -> (SpaceId, Value) {
        let above = path
            .split_last()
            .and_then(|(_, above)| self.by_path.get(above));
        let slug = path.last().cloned().unwrap_or_default();
        let id = SpaceId::new();
        // Below a private space nothing else needs to be private to stay among its readers.
        let is_private = private || (frame.private && above.is_none());
        let with_id = |mut ids: Vec<uuid::Uuid>| {
            ids.push(id.uuid());
            ids
        };
        let inherited = above
            .filter(|_| !is_private)
            .map(|above| above.grant_path.clone());
        let space = KnownSpace {
            id,
            parent: above.map(|above| above.id),
            name: name.map_or_else(|| self.name_of(above, &slug), str::to_owned),
            slug,
            path: with_id(above.map(|above| above.path.clone()).unwrap_or_default()),
            grant_path: with_id(inherited.unwrap_or_default()),
            is_restricted: is_private || above.is_some_and(|above| above.is_restricted),
        };
        let row = json!({
            "id": id.uuid(), "organization_id": frame.target.organization.uuid(),
            "project_id": frame.target.id.uuid(),
            "parent_id": space.parent.map(SpaceId::uuid),
            "name": space.name, "slug": space.slug, "is_private": is_private,
            "path": space.path, "grant_path": space.grant_path,
            "is_restricted": space.is_restricted, "created_at": frame.now,
            "created_by": frame.actor.map(UserId::uuid), "updated_at": frame.now,
        });
        self.by_path.insert(path.to_vec(), space);
        (id, row)
    }

    /// A name made from the slug; the slug itself where a sibling is called so already.
    fn name_of(&self, above: Option<&KnownSpace>, slug: &str) -> String {
        let words: Vec<&str> = slug.split('-').filter(|word| !word.is_empty()).collect();
        let mut letters = words.join(" ").chars().collect::<Vec<char>>().into_iter();
        let name: String = letters
            .next()
            .map(|first| first.to_uppercase().chain(letters).collect())
            .unwrap_or_default();
        let parent = above.map(|above| above.id);
        let taken = self.by_path.values().any(|space| {
            space.parent == parent && space.name.to_lowercase() == name.to_lowercase()
        });
        if name.is_empty() || taken {
            slug.to_owned()
        } else {
            name
        }
    }
}
