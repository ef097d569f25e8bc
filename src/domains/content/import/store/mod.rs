//! Statements of the import: whole sets at once, all in the transaction of the caller.

mod known;
mod write;

pub(super) use known::{
    KnownChart, KnownDashboard, KnownSpace, Target, charts, dashboards, has_models, lock, member,
    projects, spaces,
};
pub(super) use write::{
    create_spaces, keep_tabs, keep_tiles, put_charts, put_dashboards, put_tabs, put_tiles,
    rename_spaces, settle_charts, touch,
};
