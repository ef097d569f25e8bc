//! What is to be exported and how, as it is stored with the job.

use super::{
    input::{ExportQueryResultsInput, OutputFormat},
    layout::Columns,
};
use crate::{
    authz::{Permission, Place, Viewer},
    domains::query::{
        engine::{Asker, RowLimit},
        spec::Spec,
    },
    gql::{UserErrorCode, UserErrors},
    kernel::{
        entity::{OrganizationId, ProjectId},
        text,
    },
};
use async_graphql::MaybeUndefined;
use chrono::{DateTime, Utc};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a job of an export is asked to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::domains::query) struct Order {
    pub(super) organization: OrganizationId,
    pub(super) project: ProjectId,
    pub(super) spec: Spec,
    pub(super) shape: Shape,
}

/// How the file is to look.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Shape {
    pub(super) format: OutputFormat,
    pub(super) only_raw: bool,
    pub(super) rows: RowsAsked,
    pub(super) show_table_names: bool,
    pub(super) columns: Columns,
    pub(super) name: String,
}

/// How many rows are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RowsAsked {
    /// Those that running the source gives.
    AsQueried,
    /// At most so many.
    AtMost(u64),
    /// All of them.
    All,
}

impl RowsAsked {
    /// With which limit the query is compiled: one more row than is written, by which it is known whether
    /// there are more.
    pub(super) fn compiled(self, cells: u64) -> RowLimit {
        match self {
            Self::AsQueried => RowLimit::OfQuery,
            Self::AtMost(most) => RowLimit::At(most.min(cells).saturating_add(1)),
            Self::All => RowLimit::At(cells.saturating_add(1)),
        }
    }

    /// Most rows that are read, where one answer may have `ordinary` and the file can have `room`.
    pub(super) fn most(self, ordinary: u64, room: u64) -> u64 {
        match self {
            Self::AsQueried => ordinary.min(room),
            Self::AtMost(most) => most.min(room),
            Self::All => room,
        }
    }
}

impl Order {
    /// Who asks for it, with the rights given.
    pub(super) fn asker<'a>(&self, viewer: &'a Viewer, now: DateTime<Utc>) -> Asker<'a> {
        Asker {
            viewer,
            organization: self.organization,
            project: self.project,
            now,
        }
    }

    /// Name of the file where none is given: that of the explore.
    pub(super) fn default_name(&self) -> &str {
        let question = self.spec.ask.question();
        question.map_or("query", |question| &question.query.explore_name)
    }

    /// Everything that it needs on the project, where one answer may have `ordinary` rows.
    pub(super) fn permissions(&self, ordinary: u64) -> Vec<Permission> {
        let is_large = match self.shape.rows {
            RowsAsked::AsQueried => false,
            RowsAsked::AtMost(most) => most > ordinary,
            RowsAsked::All => true,
        };
        let unlimited = is_large.then_some(Permission::ResultExportUnlimited);
        [Permission::ResultExport]
            .into_iter()
            .chain(unlimited)
            .chain(self.spec.permissions())
            .collect()
    }

    /// The first of those that the viewer lacks.
    pub(super) fn lacks(&self, viewer: &Viewer, ordinary: u64) -> Option<Permission> {
        let held = viewer.at(&Place::project(self.organization, self.project));
        let needed = self.permissions(ordinary).into_iter();
        needed.into_iter().find(|needed| !held.contains(*needed))
    }
}

impl Shape {
    /// Reads the input; mistakes of form are noted at their places.
    pub(super) fn read(errors: &mut UserErrors, input: &ExportQueryResultsInput) -> Self {
        let rows = match input.csv_limit {
            MaybeUndefined::Undefined => RowsAsked::AsQueried,
            MaybeUndefined::Null => RowsAsked::All,
            MaybeUndefined::Value(most) => {
                if most < 1 {
                    let text = "must be at least 1; null exports all rows";
                    errors.add(UserErrorCode::Invalid, "csvLimit", text);
                }
                RowsAsked::AtMost(u64::try_from(most).unwrap_or(1))
            }
        };
        let name = input.chart_name.as_deref().map(|name| {
            let name = text::name(name);
            errors.text("chartName", name)
        });
        let list = |list: &Option<Vec<String>>| list.clone().unwrap_or_default();
        Self {
            format: input.format,
            only_raw: input.only_raw,
            rows,
            show_table_names: input.show_table_names,
            columns: Columns {
                order: list(&input.column_order),
                hidden: list(&input.hidden_fields),
                labels: labels(errors, input.custom_labels.as_ref()),
                pivot: list(&input.pivot_columns),
            },
            name: name.unwrap_or_default(),
        }
    }
}

/// Titles by column.
fn labels(errors: &mut UserErrors, given: Option<&Value>) -> IndexMap<String, String> {
    let given = match given {
        None | Some(Value::Null) => return IndexMap::new(),
        Some(Value::Object(given)) => given,
        Some(_) => {
            let text = "titles are an object from columns to texts";
            errors.add(UserErrorCode::Invalid, "customLabels", text);
            return IndexMap::new();
        }
    };
    let mut labels = IndexMap::new();
    for (field, label) in given {
        let path = format!("customLabels.{field}");
        match label.as_str() {
            Some(label) => {
                labels.insert(field.clone(), errors.text(&path, text::name(label)));
            }
            None => errors.add(UserErrorCode::Invalid, &path, "expected a text"),
        }
    }
    labels
}
