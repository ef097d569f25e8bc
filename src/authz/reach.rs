//! The scopes on which a viewer holds one permission, and the SQL conditions made from them.

use crate::db::{Bind, Fragment, sql};
use uuid::Uuid;

/// Where a permission is held. See [`super::Access::reach`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// Held on the installation.
    pub everywhere: bool,
    /// Held on the installation together with `SPACE_VIEW_ALL`.
    pub everywhere_restricted: bool,
    /// Organizations on which it is held.
    pub organizations: Vec<Uuid>,
    /// Organizations on whose projects it is held.
    pub organizations_below: Vec<Uuid>,
    /// The same, with `SPACE_VIEW_ALL`: restricted spaces are reached too.
    pub organizations_restricted: Vec<Uuid>,
    /// Projects on which it is held by a grant of their own.
    pub projects: Vec<Uuid>,
    /// The same, with `SPACE_VIEW_ALL`.
    pub projects_restricted: Vec<Uuid>,
    /// Spaces on which it is held by a grant of their own.
    pub spaces: Vec<Uuid>,
    /// Projects with a space that the viewer may see by a grant on the space.
    pub projects_of_spaces: Vec<Uuid>,
}

/// Columns by which a row of some table is placed. The texts are SQL of ours.
#[derive(Debug, Clone, Copy)]
pub struct Columns {
    /// The organization's id.
    pub organization: &'static str,
    /// The project's id.
    pub project: &'static str,
}

impl Reach {
    /// Whether the permission is held nowhere.
    pub fn is_empty(&self) -> bool {
        !self.everywhere
            && self.organizations.is_empty()
            && self.organizations_below.is_empty()
            && self.projects.is_empty()
            && self.spaces.is_empty()
    }

    /// Condition on the id of an organization.
    pub fn of_organization(&self, column: &'static str) -> Fragment {
        if self.everywhere {
            return Fragment::yes();
        }
        any_of(column, &self.organizations)
    }

    /// Condition on a project: granted on it or above.
    pub fn of_project(&self, columns: Columns) -> Fragment {
        if self.everywhere {
            return Fragment::yes();
        }
        any_of(columns.organization, &self.organizations_below)
            .or(any_of(columns.project, &self.projects))
    }

    /// Condition on a project, counting those reached only through a space inside.
    pub fn of_project_or_space_inside(&self, columns: Columns) -> Fragment {
        self.of_project(columns)
            .or(any_of(columns.project, &self.projects_of_spaces))
    }

    /// Condition on rows of `spaces`.
    pub fn of_space(&self) -> Fragment {
        let columns = Columns {
            organization: "spaces.organization_id",
            project: "spaces.project_id",
        };
        self.past_restriction(columns).or(self.inside("spaces"))
    }

    /// Condition on rows that are in a space by `space_id`.
    ///
    /// The wide grants are tested on the row itself, so that the space is looked up only where
    /// they do not decide. It is looked up by its id for each row: of EXISTS beside OR, PostgreSQL makes a
    /// table of all spaces that fit, whoever's they are, for every page.
    pub fn of_content(&self, columns: Columns, space_id: &'static str) -> Fragment {
        if self.everywhere_restricted {
            return Fragment::yes();
        }
        let inside = sql("(SELECT ", [])
            .with(self.inside("s"))
            .then(" FROM spaces s WHERE s.id = ", [])
            .then(space_id, [])
            .then(")", []);
        self.past_restriction(columns).or(inside)
    }

    fn past_restriction(&self, columns: Columns) -> Fragment {
        if self.everywhere_restricted {
            return Fragment::yes();
        }
        any_of(columns.organization, &self.organizations_restricted)
            .or(any_of(columns.project, &self.projects_restricted))
    }

    /// Grants on the space's own path, and wider ones where nothing restricts it.
    fn inside(&self, alias: &'static str) -> Fragment {
        let mut open = sql("NOT ", []).then(alias, []).then(".is_restricted", []);
        if !self.everywhere {
            open = open.and(
                sql(alias, [])
                    .then(
                        ".organization_id = ANY(?)",
                        [Bind::Uuids(self.organizations_below.clone())],
                    )
                    .or(sql(alias, [])
                        .then(".project_id = ANY(?)", [Bind::Uuids(self.projects.clone())])),
            );
        }
        sql(alias, [])
            .then(".grant_path && ?", [Bind::Uuids(self.spaces.clone())])
            .or(open)
    }
}

fn any_of(column: &'static str, ids: &[Uuid]) -> Fragment {
    sql(column, []).then(" = ANY(?)", [Bind::Uuids(ids.to_vec())])
}
