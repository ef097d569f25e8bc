//! The permissions: a flat list, and sets of them.
//!
//! A role is a set of permissions with a scope; `reach` says on which scopes a permission can be
//! held, so that a project role cannot carry an organization's permission without effect.

use super::RoleScope;

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $text:literal on $($scope:ident)+;)*) => {
        /// What a role can grant. Which built-in role has it: `docs/permissions.md`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, async_graphql::Enum)]
        pub enum Permission { $($(#[$doc])* #[graphql(name = $text)] $name),* }

        impl Permission {
            /// Every permission, in order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name as in the graph and in the database.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }

            /// The permission of that name.
            pub fn from_text(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$name),)* _ => None }
            }

            /// Whether a role of this scope can carry the permission. Tenant roles carry any.
            pub fn fits(self, scope: RoleScope) -> bool {
                scope == RoleScope::Tenant || match self {
                    $(Self::$name => [$(RoleScope::$scope),+].contains(&scope)),*
                }
            }

            #[expect(clippy::as_conversions, reason = "the discriminant of a field-less enum, in a const fn")]
            const fn bit(self) -> u128 {
                1 << (self as u128)
            }
        }
    };
}

permissions! {
    /// See what belongs to the installation: all organizations, tenant roles, settings of the system.
    SystemView = "SYSTEM_VIEW" on Tenant;
    /// Create what belongs to the installation: organizations beside one's own, tenant roles.
    SystemCreate = "SYSTEM_CREATE" on Tenant;
    /// Change what belongs to the installation.
    SystemEdit = "SYSTEM_EDIT" on Tenant;
    /// Delete what belongs to the installation.
    SystemDelete = "SYSTEM_DELETE" on Tenant;
    /// See mail servers, hub settings and authentication methods.
    SettingsView = "SETTINGS_VIEW" on Tenant;
    /// Change mail servers, hub settings and authentication methods.
    SettingsEdit = "SETTINGS_EDIT" on Tenant;
    /// Use the enterprise features of the installation.
    EnterpriseAccess = "ENTERPRISE_ACCESS" on Tenant;
    /// See the accounts that live in the organization.
    UserView = "USER_VIEW" on Organization;
    /// Create accounts in the organization.
    UserCreate = "USER_CREATE" on Organization;
    /// Change accounts that live in the organization, end their sessions.
    UserEdit = "USER_EDIT" on Organization;
    /// Delete accounts that live in the organization.
    UserDelete = "USER_DELETE" on Organization;
    /// See groups and who is in them.
    GroupView = "GROUP_VIEW" on Organization;
    /// Create groups.
    GroupCreate = "GROUP_CREATE" on Organization;
    /// Change groups and who is in them.
    GroupEdit = "GROUP_EDIT" on Organization;
    /// Delete groups.
    GroupDelete = "GROUP_DELETE" on Organization;
    /// See custom roles and who holds them.
    RoleView = "ROLE_VIEW" on Organization;
    /// Create custom roles with permissions that one holds.
    RoleCreate = "ROLE_CREATE" on Organization;
    /// Change custom roles.
    RoleEdit = "ROLE_EDIT" on Organization;
    /// Delete custom roles.
    RoleDelete = "ROLE_DELETE" on Organization;
    /// See user directories.
    UserDirectoryView = "USER_DIRECTORY_VIEW" on Organization;
    /// Create user directories.
    UserDirectoryCreate = "USER_DIRECTORY_CREATE" on Organization;
    /// Change and synchronize user directories.
    UserDirectoryEdit = "USER_DIRECTORY_EDIT" on Organization;
    /// Delete user directories.
    UserDirectoryDelete = "USER_DIRECTORY_DELETE" on Organization;
    /// See user attributes and their values.
    UserAttributeView = "USER_ATTRIBUTE_VIEW" on Organization;
    /// Create, change and delete user attributes and their values.
    UserAttributeManage = "USER_ATTRIBUTE_MANAGE" on Organization;
    /// Invite people into the organization.
    InvitationManage = "INVITATION_MANAGE" on Organization;
    /// Have API keys of one's own.
    ApiKeyUse = "API_KEY_USE" on Organization;
    /// See and delete the API keys of everybody in the organization.
    ApiKeyManageAll = "API_KEY_MANAGE_ALL" on Organization;
    /// See the organization.
    OrganizationView = "ORGANIZATION_VIEW" on Organization;
    /// Change the organization, read its audit log.
    OrganizationEdit = "ORGANIZATION_EDIT" on Organization;
    /// Delete the organization.
    OrganizationDelete = "ORGANIZATION_DELETE" on Organization;
    /// See who is a member of the organization.
    MemberView = "MEMBER_VIEW" on Organization;
    /// Change the roles of members, remove members.
    MemberManage = "MEMBER_MANAGE" on Organization;
    /// Install and change integrations.
    IntegrationManage = "INTEGRATION_MANAGE" on Organization;
    /// See who uses what.
    AnalyticsView = "ANALYTICS_VIEW" on Organization Project;
    /// Open the project.
    ProjectView = "PROJECT_VIEW" on Organization Project;
    /// Create projects.
    ProjectCreate = "PROJECT_CREATE" on Organization;
    /// Create previews of the project.
    ProjectCreatePreview = "PROJECT_CREATE_PREVIEW" on Organization Project;
    /// Import projects.
    ProjectImport = "PROJECT_IMPORT" on Organization;
    /// Change the project's name, warehouse and settings.
    ProjectEdit = "PROJECT_EDIT" on Organization Project;
    /// Delete the project with all that it holds.
    ProjectDelete = "PROJECT_DELETE" on Organization Project;
    /// Give and take access to the project.
    ProjectAccessManage = "PROJECT_ACCESS_MANAGE" on Organization Project;
    /// Compile and deploy models.
    ProjectCompile = "PROJECT_COMPILE" on Organization Project;
    /// Validate content against the models.
    ProjectValidate = "PROJECT_VALIDATE" on Organization Project;
    /// Write changes back to the model repository.
    PullRequestCreate = "PULL_REQUEST_CREATE" on Organization Project;
    /// Browse tables, dimensions and metrics.
    CatalogView = "CATALOG_VIEW" on Organization Project;
    /// Change icons and tags of the catalog.
    CatalogEdit = "CATALOG_EDIT" on Organization Project;
    /// Create, change and delete tags.
    TagManage = "TAG_MANAGE" on Organization Project;
    /// Ask new questions: compose and run metric queries.
    ExploreUse = "EXPLORE_USE" on Organization Project;
    /// See the rows behind an aggregated value.
    UnderlyingDataView = "UNDERLYING_DATA_VIEW" on Organization Project;
    /// Export results up to the row limit.
    ResultExport = "RESULT_EXPORT" on Organization Project;
    /// Export results without the row limit.
    ResultExportUnlimited = "RESULT_EXPORT_UNLIMITED" on Organization Project;
    /// Write SQL in calculations and custom dimensions.
    CustomSqlUse = "CUSTOM_SQL_USE" on Organization Project;
    /// Run SQL of one's own on the warehouse.
    SqlRun = "SQL_RUN" on Organization Project;
    /// See the space.
    SpaceView = "SPACE_VIEW" on Organization Project Space;
    /// See private spaces too, with the rights one has in the project.
    SpaceViewAll = "SPACE_VIEW_ALL" on Organization Project;
    /// Create spaces.
    SpaceCreate = "SPACE_CREATE" on Organization Project Space;
    /// Rename, move and restrict the space.
    SpaceEdit = "SPACE_EDIT" on Organization Project Space;
    /// Delete the space with its content.
    SpaceDelete = "SPACE_DELETE" on Organization Project Space;
    /// Give and take access to the space.
    SpaceAccessManage = "SPACE_ACCESS_MANAGE" on Organization Project Space;
    /// See charts.
    ChartView = "CHART_VIEW" on Organization Project Space;
    /// Create charts.
    ChartCreate = "CHART_CREATE" on Organization Project Space;
    /// Change and move charts.
    ChartEdit = "CHART_EDIT" on Organization Project Space;
    /// Delete charts.
    ChartDelete = "CHART_DELETE" on Organization Project Space;
    /// See dashboards.
    DashboardView = "DASHBOARD_VIEW" on Organization Project Space;
    /// Create dashboards.
    DashboardCreate = "DASHBOARD_CREATE" on Organization Project Space;
    /// Change and move dashboards.
    DashboardEdit = "DASHBOARD_EDIT" on Organization Project Space;
    /// Delete dashboards.
    DashboardDelete = "DASHBOARD_DELETE" on Organization Project Space;
    /// Copy content to the upstream project.
    ContentPromote = "CONTENT_PROMOTE" on Organization Project;
    /// Create links that share a view.
    ShareLinkCreate = "SHARE_LINK_CREATE" on Organization Project;
    /// Read comments.
    CommentView = "COMMENT_VIEW" on Organization Project Space;
    /// Write comments.
    CommentCreate = "COMMENT_CREATE" on Organization Project Space;
    /// Resolve and delete the comments of others.
    CommentModerate = "COMMENT_MODERATE" on Organization Project Space;
    /// Pin and order items of the project's home.
    PinnedItemManage = "PINNED_ITEM_MANAGE" on Organization Project;
    /// See deliveries.
    DeliveryView = "DELIVERY_VIEW" on Organization Project;
    /// Create deliveries.
    DeliveryCreate = "DELIVERY_CREATE" on Organization Project;
    /// Change deliveries.
    DeliveryEdit = "DELIVERY_EDIT" on Organization Project;
    /// Delete deliveries.
    DeliveryDelete = "DELIVERY_DELETE" on Organization Project;
    /// Run deliveries by hand.
    DeliveryRun = "DELIVERY_RUN" on Organization Project;
    /// See the runs of deliveries.
    DeliveryRunView = "DELIVERY_RUN_VIEW" on Organization Project;
    /// See conditions.
    ConditionView = "CONDITION_VIEW" on Organization Project;
    /// Create conditions.
    ConditionCreate = "CONDITION_CREATE" on Organization Project;
    /// Change conditions.
    ConditionEdit = "CONDITION_EDIT" on Organization Project;
    /// Delete conditions.
    ConditionDelete = "CONDITION_DELETE" on Organization Project;
    /// Preview published reports.
    PublishedReportPreview = "PUBLISHED_REPORT_PREVIEW" on Organization Project;
    /// Download published reports.
    PublishedReportDownload = "PUBLISHED_REPORT_DOWNLOAD" on Organization Project;
    /// Subscribe to published reports.
    PublishedReportSubscribe = "PUBLISHED_REPORT_SUBSCRIBE" on Organization Project;
    /// Delete published reports.
    PublishedReportDelete = "PUBLISHED_REPORT_DELETE" on Organization Project;
}

/// A set of permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct PermissionSet(u128);

impl Permission {
    /// What somebody is told who lacks it.
    pub fn refusal(self) -> String {
        format!("you need the permission {} for this", self.as_str())
    }
}

impl PermissionSet {
    /// No permission.
    pub const NONE: Self = Self(0);

    /// Every permission.
    pub fn all() -> Self {
        Permission::ALL.iter().copied().collect()
    }

    /// Whether the permission is in the set.
    pub const fn contains(self, permission: Permission) -> bool {
        self.0 & permission.bit() != 0
    }

    /// What is in either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in this set but not in the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether nothing is in the set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many permissions there are.
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// The permissions, in order of declaration.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL
            .iter()
            .copied()
            .filter(move |permission| self.contains(*permission))
    }

    /// What of the set has an effect on this scope.
    #[must_use]
    pub fn fitting(self, scope: RoleScope) -> Self {
        self.iter()
            .filter(|permission| permission.fits(scope))
            .collect()
    }

    /// Reads stored names; names of a later version are left out.
    pub fn from_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        names
            .into_iter()
            .filter_map(Permission::from_text)
            .collect()
    }

    /// The names to store.
    pub fn names(self) -> Vec<String> {
        self.iter()
            .map(|permission| permission.as_str().to_owned())
            .collect()
    }
}

impl FromIterator<Permission> for PermissionSet {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        Self(
            permissions
                .into_iter()
                .fold(0, |set, permission| set | permission.bit()),
        )
    }
}
