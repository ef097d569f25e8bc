//! The built-in roles: one table, from which the database, the documentation and the tests are made.
//!
//! Each organization and project role has everything of the one before it. "Own" grants of
//! deliveries (only on what the caller made) join with deliveries themselves.

use super::{Permission, Permission::*, PermissionSet, RoleScope};

/// One built-in role.
#[derive(Debug, Clone)]
pub struct BuiltInRole {
    /// Key, unique within the scope.
    pub key: &'static str,
    /// Name as shown.
    pub name: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// Where it can be granted.
    pub scope: RoleScope,
    /// What it grants.
    pub permissions: PermissionSet,
}

const MEMBER: &[Permission] = &[ApiKeyUse, OrganizationView, MemberView];
const VIEWER: &[Permission] = &[
    ProjectView,
    CatalogView,
    ResultExport,
    SpaceView,
    ChartView,
    DashboardView,
    ShareLinkCreate,
    CommentView,
    PublishedReportPreview,
    PublishedReportDownload,
    PublishedReportSubscribe,
];
const INTERACTIVE_VIEWER: &[Permission] = &[
    ExploreUse,
    UnderlyingDataView,
    ResultExportUnlimited,
    CommentCreate,
    DeliveryView,
];
const EDITOR: &[Permission] = &[
    GroupView,
    CatalogEdit,
    TagManage,
    SpaceCreate,
    SpaceEdit,
    SpaceDelete,
    SpaceAccessManage,
    ChartCreate,
    ChartEdit,
    ChartDelete,
    DashboardCreate,
    DashboardEdit,
    DashboardDelete,
    CommentModerate,
    PinnedItemManage,
    DeliveryCreate,
    DeliveryEdit,
    DeliveryDelete,
    DeliveryRun,
    DeliveryRunView,
    ConditionView,
    ConditionCreate,
    ConditionEdit,
    ConditionDelete,
];
const DEVELOPER: &[Permission] = &[
    ProjectCreatePreview,
    ProjectEdit,
    ProjectCompile,
    ProjectValidate,
    PullRequestCreate,
    CustomSqlUse,
    SqlRun,
    ContentPromote,
    PublishedReportDelete,
];
const ADMIN: &[Permission] = &[
    UserView,
    UserCreate,
    UserEdit,
    UserDelete,
    GroupCreate,
    GroupEdit,
    GroupDelete,
    RoleView,
    RoleCreate,
    RoleEdit,
    RoleDelete,
    UserDirectoryView,
    UserDirectoryCreate,
    UserDirectoryEdit,
    UserDirectoryDelete,
    UserAttributeView,
    UserAttributeManage,
    InvitationManage,
    ApiKeyManageAll,
    OrganizationEdit,
    OrganizationDelete,
    MemberManage,
    IntegrationManage,
    AnalyticsView,
    ProjectCreate,
    ProjectImport,
    ProjectDelete,
    ProjectAccessManage,
    SpaceViewAll,
];
const SPACE_VIEWER: &[Permission] = &[SpaceView, ChartView, DashboardView, CommentView];
const SPACE_EDITOR: &[Permission] = &[
    ChartCreate,
    ChartEdit,
    ChartDelete,
    DashboardCreate,
    DashboardEdit,
    DashboardDelete,
];
const SPACE_ADMIN: &[Permission] = &[SpaceEdit, SpaceAccessManage, SpaceDelete];
const HUB_USER: &[Permission] = &[
    PublishedReportPreview,
    PublishedReportDownload,
    PublishedReportSubscribe,
];

/// Key, name and description, and the permissions beyond the role before.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static [Permission],
);

const LADDER: &[Row] = &[
    (
        "member",
        "Member",
        "Belongs to the organization; sees what is granted beyond.",
        MEMBER,
    ),
    (
        "viewer",
        "Viewer",
        "Looks at charts and dashboards.",
        VIEWER,
    ),
    (
        "interactive_viewer",
        "Interactive viewer",
        "Asks own questions and comments.",
        INTERACTIVE_VIEWER,
    ),
    ("editor", "Editor", "Creates and changes content.", EDITOR),
    (
        "developer",
        "Developer",
        "Works on models and writes SQL.",
        DEVELOPER,
    ),
    ("admin", "Admin", "Everything in its scope.", ADMIN),
];
const SPACE_LADDER: &[Row] = &[
    (
        "viewer",
        "Can view",
        "Sees the space and its content.",
        SPACE_VIEWER,
    ),
    (
        "editor",
        "Can edit",
        "Changes the content of the space.",
        SPACE_EDITOR,
    ),
    (
        "admin",
        "Full access",
        "Changes the space and who may use it.",
        SPACE_ADMIN,
    ),
];

/// Every built-in role, lesser ones first within a scope.
pub fn built_in_roles() -> Vec<BuiltInRole> {
    let mut roles = vec![
        BuiltInRole {
            key: "system_admin",
            name: "System administrator",
            description: "Every permission, everywhere.",
            scope: RoleScope::Tenant,
            permissions: PermissionSet::all(),
        },
        BuiltInRole {
            key: "hub_user",
            name: "Hub user",
            description: "Receives published reports.",
            scope: RoleScope::Tenant,
            permissions: HUB_USER.iter().copied().collect(),
        },
    ];
    roles.extend(climb(LADDER, RoleScope::Organization));
    roles.extend(climb(LADDER, RoleScope::Project).filter(|role| role.key != "member"));
    roles.extend(climb(SPACE_LADDER, RoleScope::Space));
    roles
}

fn climb(ladder: &'static [Row], scope: RoleScope) -> impl Iterator<Item = BuiltInRole> {
    ladder.iter().scan(
        PermissionSet::NONE,
        move |held, (key, name, description, more)| {
            *held = held.union(more.iter().copied().collect());
            Some(BuiltInRole {
                key,
                name,
                description,
                scope,
                permissions: held.fitting(scope),
            })
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_permission_is_in_some_role_and_fits_there() {
        let roles = built_in_roles();
        let admin = roles
            .iter()
            .find(|r| r.key == "admin" && r.scope == RoleScope::Organization)
            .unwrap();
        let tenant: PermissionSet = [
            SystemView,
            SystemCreate,
            SystemEdit,
            SystemDelete,
            SettingsView,
            SettingsEdit,
            EnterpriseAccess,
        ]
        .into_iter()
        .collect();
        assert_eq!(admin.permissions, PermissionSet::all().without(tenant));
        let project = roles
            .iter()
            .find(|r| r.key == "viewer" && r.scope == RoleScope::Project)
            .unwrap();
        assert!(!project.permissions.contains(OrganizationView));
        assert!(project.permissions.contains(ProjectView));
    }
}
