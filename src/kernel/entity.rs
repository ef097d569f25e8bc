//! The kinds of things that have ids: one marker type each, with prefix and GraphQL name.

use super::{Entity, Id};

macro_rules! entity_markers {
    ($($(#[$doc:meta])* $name:ident, $alias:ident, $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $name {}
        impl Entity for $name {
            const PREFIX: &'static str = $prefix;
            const TYPE: &'static str = stringify!($name);
        }
        #[doc = concat!("Id of one [`", stringify!($name), "`].")]
        pub type $alias = Id<$name>;
    )*};
}

entity_markers! {
    /// An account of a person.
    User, UserId, "user";
    /// A signed-in session.
    Session, SessionId, "session";
    /// An API key.
    ApiKey, ApiKeyId, "apikey";
    /// A set of members of an organization.
    Group, GroupId, "group";
    /// A named set of permissions.
    Role, RoleId, "role";
    /// A role given to a user or group on a scope.
    AccessGrant, AccessGrantId, "grant";
    /// A tenant.
    Organization, OrganizationId, "organization";
    /// A user's or group's grant on an organization, seen from the organization.
    OrganizationMembership, OrganizationMembershipId, "membership";
    /// A project of an organization.
    Project, ProjectId, "project";
    /// A folder of content.
    Space, SpaceId, "space";
    /// A saved chart.
    Chart, ChartId, "chart";
    /// What a chart draws, or drew.
    ChartVersion, ChartVersionId, "chartversion";
    /// A dashboard.
    Dashboard, DashboardId, "dashboard";
    /// A tile of a dashboard.
    DashboardTile, DashboardTileId, "tile";
    /// A tab of a dashboard.
    DashboardTab, DashboardTabId, "tab";
    /// Personal credentials of a user for warehouses.
    WarehouseCredentials, WarehouseCredentialsId, "credentials";
    /// Models that were given to a project.
    Deployment, DeploymentId, "deployment";
    /// A table and what is joined to it, of one deployment.
    Explore, ExploreId, "explore";
    /// A table or field of a project, of whatever kind.
    CatalogItem, CatalogItemId, "item";
    /// A table of the semantic layer.
    Table, TableId, "table";
    /// A field to group and filter by.
    Dimension, DimensionId, "dimension";
    /// A field that is computed over groups of rows.
    Metric, MetricId, "metric";
    /// A label for items of the catalog.
    Tag, TagId, "tag";
    /// A named fact about users that models ask for.
    UserAttribute, UserAttributeId, "attribute";
    /// A record of who did what.
    AuditEvent, AuditEventId, "audit";
    /// An execution of a query on a warehouse.
    QueryRun, QueryRunId, "queryrun";
    /// Something that a validation found.
    ValidationError, ValidationErrorId, "validationerror";
    /// A stored answer of a warehouse.
    QueryResult, QueryResultId, "queryresult";
    /// A file that an export made.
    ExportedFile, ExportedFileId, "exportedfile";
    /// A piece of long work.
    Job, JobId, "job";
    /// A process that runs jobs.
    WorkerNode, WorkerNodeId, "worker";
    /// What is enqueued by the calendar.
    JobSchedule, JobScheduleId, "schedule";
}
