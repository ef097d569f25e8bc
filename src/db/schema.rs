//! The tables of Chartroom as diesel sees them.
//!
//! Follows the migrations; `tests/it/schema.rs` fails where the two differ.
#![expect(
    missing_docs,
    reason = "columns are documented by COMMENT ON in the migrations"
)]

/// Types of PostgreSQL that diesel has no names for.
pub mod sql_types {
    /// `xid8`, the number of a transaction.
    #[derive(diesel::query_builder::QueryId, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "xid8"))]
    pub struct Xid8;
}

diesel::table! {
    /// A role given to a user or a group on an organization, a project or a space. The grant of a user on an organization is the membership.
    access_grants (id) {
        id -> Uuid,
        organization_id -> Uuid,
        scope -> Text,
        scope_id -> Uuid,
        project_id -> Nullable<Uuid>,
        space_id -> Nullable<Uuid>,
        user_id -> Nullable<Uuid>,
        group_id -> Nullable<Uuid>,
        role_id -> Uuid,
        created_at -> Timestamptz,
        created_by -> Nullable<Uuid>,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    /// Keys that act with the present rights of their user; only the SHA-256 of the secret is kept.
    api_keys (id) {
        id -> Uuid,
        user_id -> Uuid,
        name -> Text,
        description -> Nullable<Text>,
        secret_hash -> Bytea,
        last_four -> Text,
        expires_at -> Nullable<Timestamptz>,
        last_used_at -> Nullable<Timestamptz>,
        last_used_address -> Nullable<Text>,
        rotated_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    /// Who did what, when and from where, denials included. Never updated.
    audit_events (id) {
        id -> Uuid,
        organization_id -> Nullable<Uuid>,
        at -> Timestamptz,
        actor_id -> Nullable<Uuid>,
        api_key_id -> Nullable<Uuid>,
        action -> Text,
        outcome -> Text,
        target_id -> Nullable<Text>,
        changes -> Array<Text>,
        address -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        request_id -> Nullable<Text>,
    }
}

diesel::table! {
    /// Saved charts: a metric query and how to draw it. dashboard_id is set where the chart exists only inside one dashboard. version_id names what it draws now; the earlier ones are chart_versions.
    charts (id) {
        id -> Uuid,
        organization_id -> Uuid,
        project_id -> Uuid,
        space_id -> Uuid,
        dashboard_id -> Nullable<Uuid>,
        slug -> Text,
        name -> Text,
        description -> Nullable<Text>,
        kind -> Text,
        explore_name -> Text,
        view_count -> Int4,
        first_viewed_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        created_by -> Nullable<Uuid>,
        updated_at -> Timestamptz,
        updated_by -> Nullable<Uuid>,
        metric_query -> Jsonb,
        config -> Jsonb,
        pivot_columns -> Array<Text>,
        column_order -> Array<Text>,
        version_id -> Uuid,
        versioned_at -> Nullable<Timestamptz>,
        versioned_by -> Nullable<Uuid>,
    }
}

diesel::table! {
    /// What charts drew before: written by the table charts itself, never updated.
    chart_versions (id) {
        id -> Uuid,
        organization_id -> Uuid,
        chart_id -> Uuid,
        explore_name -> Text,
        metric_query -> Jsonb,
        config -> Jsonb,
        pivot_columns -> Array<Text>,
        column_order -> Array<Text>,
        created_at -> Timestamptz,
        created_by -> Nullable<Uuid>,
    }
}

diesel::table! {
    /// Tabs of a dashboard, in order of position.
    dashboard_tabs (id) {
        id -> Uuid,
        organization_id -> Uuid,
        dashboard_id -> Uuid,
        name -> Text,
        position -> Int4,
    }
}

diesel::table! {
    /// Tiles of a dashboard on a grid of 36 columns.
    dashboard_tiles (id) {
        id -> Uuid,
        organization_id -> Uuid,
        dashboard_id -> Uuid,
        tab_id -> Nullable<Uuid>,
        kind -> Text,
        x -> Int4,
        y -> Int4,
        width -> Int4,
        height -> Int4,
        title -> Nullable<Text>,
        hide_title -> Bool,
        chart_id -> Nullable<Uuid>,
        content -> Nullable<Text>,
        url -> Nullable<Text>,
        position -> Int4,
    }
}

diesel::table! {
    /// What validations found.
    validation_errors (id) {
        id -> Uuid,
        organization_id -> Uuid,
        project_id -> Uuid,
        job_id -> Nullable<Uuid>,
        is_latest -> Bool,
        source -> Text,
        error_type -> Text,
        error -> Text,
        field_name -> Nullable<Text>,
        chart_id -> Nullable<Uuid>,
        dashboard_id -> Nullable<Uuid>,
        explore_name -> Nullable<Text>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    /// Dashboards: tiles on a grid, in tabs, with filters over all of them.
    dashboards (id) {
        id -> Uuid,
        organization_id -> Uuid,
        project_id -> Uuid,
        space_id -> Uuid,
        slug -> Text,
        name -> Text,
        description -> Nullable<Text>,
        filters -> Jsonb,
        view_count -> Int4,
        first_viewed_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        created_by -> Nullable<Uuid>,
        updated_at -> Timestamptz,
        updated_by -> Nullable<Uuid>,
    }
}

diesel::table! {
    /// Keys that encrypt the secrets of an organization, wrapped by the master key of that id.
    data_keys (id) {
        id -> Uuid,
        organization_id -> Uuid,
        master_key_id -> Text,
        wrapped -> Bytea,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    /// Who is in a group; only members of the group's organization can be.
    group_members (group_id, user_id) {
        organization_id -> Uuid,
        group_id -> Uuid,
        user_id -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    /// Sets of members of one organization; a grant to a group reaches its members while it is active.
    groups (id) {
        id -> Uuid,
        organization_id -> Uuid,
        key -> Text,
        name -> Text,
        description -> Nullable<Text>,
        #[sql_name = "type"]
        type_ -> Text,
        is_active -> Bool,
        created_at -> Timestamptz,
        created_by -> Nullable<Uuid>,
        updated_at -> Timestamptz,
        updated_by -> Nullable<Uuid>,
    }
}

diesel::table! {
    /// Answers of mutations sent with an Idempotency-Key, kept for a day.
    idempotency_keys (user_id, key) {
        user_id -> Uuid,
        key -> Text,
        request_hash -> Bytea,
        response -> Nullable<Jsonb>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    /// One row: facts about this installation, such as the one-time code of the first administrator.
    installation (singleton) {
        singleton -> Bool,
        setup_code_hash -> Nullable<Bytea>,
        setup_code_expires_at -> Nullable<Timestamptz>,
        setup_completed_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    /// What a job does outside the database: noted before and after, so that a rerun knows whether it was done, or may have been.
    job_effects (job_id, step) {
        job_id -> Uuid,
        step -> Text,
        attempt -> Int4,
        state -> Text,
        intended_at -> Timestamptz,
        done_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    /// Everything that happened to a job, in order, written with the change itself. Readers of many jobs follow it by transaction: numbers given before a commit would lose the late ones.
    job_events (job_id, version) {
        job_id -> Uuid,
        version -> Int4,
        at -> Timestamptz,
        previous -> Nullable<Text>,
        status -> Text,
        attempt -> Int4,
        progress_done -> Int4,
        progress_total -> Nullable<Int4>,
        progress_message -> Nullable<Text>,
        worker_id -> Nullable<Uuid>,
        transaction -> Int8,
    }
}

diesel::table! {
    /// Each due time of a schedule, once: enqueued, or why not.
    job_fires (schedule_id, due_at) {
        schedule_id -> Uuid,
        due_at -> Timestamptz,
        at -> Timestamptz,
        outcome -> Text,
        job_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    /// What a job was asked to do. Apart from jobs, whose rows are rewritten all the time.
    job_inputs (job_id) {
        job_id -> Uuid,
        version -> Int4,
        input -> Jsonb,
    }
}

diesel::table! {
    /// Most jobs that run at a time: of an organization, of a kind in an organization, or of a kind everywhere. weight is the share of an organization among those that wait.
    job_limits (id) {
        id -> Uuid,
        organization_id -> Nullable<Uuid>,
        kind -> Nullable<Text>,
        most_running -> Nullable<Int4>,
        weight -> Int4,
    }
}

diesel::table! {
    /// Lines that a job wrote while it ran. Bounded by line and by job.
    job_logs (job_id, seq) {
        job_id -> Uuid,
        seq -> Int4,
        attempt -> Int4,
        at -> Timestamptz,
        level -> Text,
        message -> Text,
        details -> Nullable<Jsonb>,
    }
}

diesel::table! {
    /// What is enqueued by the calendar. Any node fires what is due; job_fires keeps it to once.
    job_schedules (id) {
        id -> Uuid,
        organization_id -> Nullable<Uuid>,
        name -> Text,
        kind -> Text,
        input_version -> Int4,
        input -> Jsonb,
        run_as_id -> Nullable<Uuid>,
        cron -> Text,
        time_zone -> Text,
        catch_up -> Text,
        overlap -> Text,
        is_enabled -> Bool,
        next_due_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    /// Long work: status, progress and result, and the lease of the worker that runs it. Lease and progress are in no index, so that beats are updates in place.
    jobs (id) {
        id -> Uuid,
        organization_id -> Nullable<Uuid>,
        project_id -> Nullable<Uuid>,
        kind -> Text,
        run_as_id -> Nullable<Uuid>,
        created_by_id -> Nullable<Uuid>,
        status -> Text,
        version -> Int4,
        progress_done -> Int4,
        progress_total -> Nullable<Int4>,
        progress_message -> Nullable<Text>,
        result -> Nullable<Jsonb>,
        error -> Nullable<Jsonb>,
        priority -> Int4,
        fairness_key -> Uuid,
        rank_at -> Timestamptz,
        run_at -> Timestamptz,
        deadline_at -> Nullable<Timestamptz>,
        attempt -> Int4,
        max_attempts -> Int4,
        crashes -> Int4,
        lease_token -> Nullable<Uuid>,
        lease_until -> Nullable<Timestamptz>,
        worker_id -> Nullable<Uuid>,
        cancel_requested_at -> Nullable<Timestamptz>,
        idempotency_key -> Nullable<Text>,
        unique_key -> Nullable<Text>,
        retry_of_id -> Nullable<Uuid>,
        created_at -> Timestamptz,
        started_at -> Nullable<Timestamptz>,
        finished_at -> Nullable<Timestamptz>,
        retain_until -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    /// Who belongs to an organization. Grants and group memberships refer to it, so that leaving takes them along.
    organization_members (organization_id, user_id) {
        organization_id -> Uuid,
        user_id -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    /// A tenant: holds projects, members, groups and custom roles. Organizations may form a tree.
    organizations (id) {
        id -> Uuid,
        name -> Text,
        display_name -> Text,
        description -> Nullable<Text>,
        theme_id -> Nullable<Text>,
        parent_id -> Nullable<Uuid>,
        chart_colors -> Array<Text>,
        default_project_id -> Nullable<Uuid>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    /// Argon2id hashes, apart from users so that no query of people ever reads one.
    password_credentials (user_id) {
        user_id -> Uuid,
        hash -> Text,
        changed_at -> Timestamptz,
    }
}

diesel::table! {
    /// Which of their own credentials a user wants a project to use.
    project_warehouse_credentials (project_id, user_id) {
        organization_id -> Uuid,
        project_id -> Uuid,
        user_id -> Uuid,
        warehouse_credentials_id -> Uuid,
    }
}

diesel::table! {
    /// A project of an organization: one semantic layer and the spaces built on it.
    projects (id) {
        id -> Uuid,
        organization_id -> Uuid,
        name -> Text,
        description -> Nullable<Text>,
        #[sql_name = "type"]
        type_ -> Text,
        is_active -> Bool,
        upstream_project_id -> Nullable<Uuid>,
        scheduler_timezone -> Text,
        require_user_credentials -> Bool,
        created_at -> Timestamptz,
        created_by -> Nullable<Uuid>,
        updated_at -> Timestamptz,
        updated_by -> Nullable<Uuid>,
    }
}

diesel::table! {
    use super::sql_types::Xid8;
    use diesel::sql_types::{Nullable, Timestamptz};

    /// Transactions that changed what somebody may do, for a few hours.
    rights_changes (xid) {
        xid -> Xid8,
        seen_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    /// Tenant roles, and custom project roles with projects of their own, given to a user without a scope.
    role_assignments (user_id, role_id) {
        user_id -> Uuid,
        role_id -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    /// Projects on which a custom project role holds for the users it is assigned to.
    role_projects (role_id, project_id) {
        organization_id -> Uuid,
        role_id -> Uuid,
        project_id -> Uuid,
    }
}

diesel::table! {
    /// Named sets of permissions. Built-in and tenant roles belong to no organization. rank orders roles by the number of permissions.
    roles (id) {
        id -> Uuid,
        organization_id -> Nullable<Uuid>,
        key -> Text,
        name -> Text,
        description -> Nullable<Text>,
        scope -> Text,
        is_built_in -> Bool,
        is_active -> Bool,
        all_projects -> Bool,
        permissions -> Array<Text>,
        rank -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    /// Signed-in sessions; only the SHA-256 of a token is kept. A revoked session is deleted.
    sessions (id) {
        id -> Uuid,
        user_id -> Uuid,
        organization_id -> Nullable<Uuid>,
        token_hash -> Bytea,
        user_agent -> Nullable<Text>,
        address -> Nullable<Text>,
        created_at -> Timestamptz,
        last_used_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    /// Tickets that let a browser with a session cookie open one socket; only their SHA-256 is kept. A used ticket is deleted.
    socket_tickets (hash) {
        hash -> Bytea,
        session_id -> Uuid,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    /// Failed sign-ins of the last day; what slows guessing down, by account, address and organization.
    sign_in_failures (id) {
        id -> Int8,
        account -> Text,
        address -> Nullable<Text>,
        organization_id -> Nullable<Uuid>,
        at -> Timestamptz,
    }
}

diesel::table! {
    /// Folders of content, nested. path runs from the root to the space; grant_path from the nearest private ancestor (or the root), the spaces whose grants reach this one; is_restricted tells that a private one cuts off wider grants.
    spaces (id) {
        id -> Uuid,
        organization_id -> Uuid,
        project_id -> Uuid,
        parent_id -> Nullable<Uuid>,
        name -> Text,
        slug -> Text,
        is_private -> Bool,
        path -> Array<Uuid>,
        grant_path -> Array<Uuid>,
        is_restricted -> Bool,
        created_at -> Timestamptz,
        created_by -> Nullable<Uuid>,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    /// Accounts of people. Accounts belong to the installation; organization_id is the home organization.
    users (id) {
        id -> Uuid,
        kind -> Text,
        external_id -> Nullable<Text>,
        username -> Text,
        email -> Nullable<Text>,
        is_email_verified -> Bool,
        first_name -> Nullable<Text>,
        last_name -> Nullable<Text>,
        full_name -> Text,
        mobile -> Nullable<Text>,
        provider -> Text,
        domain_account -> Nullable<Text>,
        locale -> Nullable<Text>,
        status -> Text,
        locked_until -> Nullable<Timestamptz>,
        is_technician -> Bool,
        is_setup_complete -> Bool,
        is_tracking_anonymized -> Bool,
        is_marketing_opted_in -> Bool,
        last_login_at -> Nullable<Timestamptz>,
        password_changed_at -> Nullable<Timestamptz>,
        password_expiration_policy -> Text,
        organization_id -> Nullable<Uuid>,
        managing_organization_id -> Nullable<Uuid>,
        default_organization_id -> Nullable<Uuid>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    /// Processes that run jobs, with their last sign of life.
    worker_nodes (id) {
        id -> Uuid,
        host -> Text,
        kinds -> Array<Text>,
        slots -> Int4,
        is_stopping -> Bool,
        started_at -> Timestamptz,
        last_beat_at -> Timestamptz,
    }
}

diesel::table! {
    /// How a project reaches its warehouse. secret is encrypted; settings hold nothing secret.
    warehouse_connections (project_id) {
        project_id -> Uuid,
        organization_id -> Uuid,
        kind -> Text,
        settings -> Jsonb,
        secret -> Nullable<Bytea>,
        start_of_week -> Nullable<Text>,
        created_at -> Timestamptz,
        created_by -> Nullable<Uuid>,
        updated_at -> Timestamptz,
        updated_by -> Nullable<Uuid>,
    }
}

diesel::table! {
    /// Personal credentials of a user for the warehouses of one organization. secret is encrypted.
    warehouse_credentials (id) {
        id -> Uuid,
        organization_id -> Uuid,
        user_id -> Uuid,
        name -> Text,
        kind -> Text,
        username -> Nullable<Text>,
        secret -> Bytea,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    /// Models that were given to a project, newest last. The explores of a compiled one never change.
    deployments (id) {
        id -> Uuid,
        organization_id -> Uuid,
        project_id -> Uuid,
        source -> Text,
        status -> Text,
        is_strict -> Bool,
        dbt_version -> Nullable<Text>,
        explore_count -> Nullable<Int4>,
        error_count -> Nullable<Int4>,
        error -> Nullable<Text>,
        job_id -> Nullable<Uuid>,
        created_at -> Timestamptz,
        created_by -> Nullable<Uuid>,
        compiled_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    /// Uploaded files, compressed with gzip, until they are compiled.
    deployment_files (deployment_id, kind) {
        organization_id -> Uuid,
        deployment_id -> Uuid,
        kind -> Text,
        content -> Bytea,
    }
}

diesel::table! {
    /// Compiled explores of a deployment. access are the attributes that its base table asks for. definition is JSON as text: jsonb would forget the order of fields.
    explores (id) {
        id -> Uuid,
        organization_id -> Uuid,
        project_id -> Uuid,
        deployment_id -> Uuid,
        name -> Text,
        label -> Text,
        description -> Nullable<Text>,
        groups -> Array<Text>,
        tags -> Array<Text>,
        base_table -> Text,
        source_path -> Nullable<Text>,
        is_usable -> Bool,
        error_count -> Int4,
        access -> Jsonb,
        definition -> Text,
    }
}

diesel::table! {
    /// The deployment whose explores a project shows and queries.
    active_deployments (project_id) {
        project_id -> Uuid,
        organization_id -> Uuid,
        deployment_id -> Uuid,
        activated_at -> Timestamptz,
        activated_by -> Nullable<Uuid>,
    }
}

diesel::table! {
    /// Named facts about users that models ask for: who may use a field, which rows there are.
    user_attributes (id) {
        id -> Uuid,
        organization_id -> Uuid,
        name -> Text,
        description -> Nullable<Text>,
        default_value -> Nullable<Text>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    /// Values of an attribute for a user.
    user_attribute_users (attribute_id, user_id, value) {
        organization_id -> Uuid,
        attribute_id -> Uuid,
        user_id -> Uuid,
        value -> Text,
    }
}

diesel::table! {
    /// Values of an attribute for the members of a group, while it is active.
    user_attribute_groups (attribute_id, group_id, value) {
        organization_id -> Uuid,
        attribute_id -> Uuid,
        group_id -> Uuid,
        value -> Text,
    }
}

diesel::table! {
    /// What a warehouse answered. key is a hash of everything that the answer depends on: equal questions are answered from here until expires_at.
    query_results (id) {
        id -> Uuid,
        organization_id -> Uuid,
        project_id -> Uuid,
        key -> Bytea,
        answer_columns -> Jsonb,
        row_count -> Int4,
        is_truncated -> Bool,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    /// Rows of a result, 500 in each part, as JSON arrays of values. As text: numbers keep their digits.
    query_result_rows (result_id, part) {
        organization_id -> Uuid,
        result_id -> Uuid,
        part -> Int4,
        rows -> Text,
    }
}

diesel::table! {
    /// Executions of queries, for who asked. permission is what seeing one asks of its project beside that; with a chart it is that the chart is seen. spec is what is run, to be compiled again when it is.
    query_runs (id) {
        id -> Uuid,
        organization_id -> Uuid,
        project_id -> Uuid,
        job_id -> Uuid,
        kind -> Text,
        permission -> Text,
        chart_id -> Nullable<Uuid>,
        dashboard_id -> Nullable<Uuid>,
        explore_name -> Nullable<Text>,
        spec -> Jsonb,
        dashboard_filters -> Jsonb,
        sql -> Text,
        warnings -> Jsonb,
        answer_columns -> Nullable<Jsonb>,
        result_id -> Nullable<Uuid>,
        row_count -> Nullable<Int4>,
        is_truncated -> Bool,
        totals -> Nullable<Jsonb>,
        cached_at -> Nullable<Timestamptz>,
        compile_ms -> Nullable<Float8>,
        warehouse_ms -> Nullable<Float8>,
        store_ms -> Nullable<Float8>,
        created_at -> Timestamptz,
        created_by -> Uuid,
        wait_ms -> Nullable<Float8>,
    }
}

diesel::table! {
    /// Tables and fields of a project by name. Those that the active deployment lacks stay, with their tags, but are not current.
    catalog_items (id) {
        id -> Uuid,
        organization_id -> Uuid,
        project_id -> Uuid,
        kind -> Text,
        table_name -> Text,
        name -> Text,
        label -> Text,
        table_label -> Text,
        description -> Nullable<Text>,
        explore_name -> Text,
        is_current -> Bool,
        is_listed -> Bool,
        access -> Jsonb,
        usage_keys -> Array<Text>,
        icon_unicode -> Nullable<Text>,
        icon_url -> Nullable<Text>,
        search -> Text,
    }
}

diesel::table! {
    /// Labels for catalog items of a project.
    tags (id) {
        id -> Uuid,
        organization_id -> Uuid,
        project_id -> Uuid,
        name -> Text,
        color -> Text,
        created_at -> Timestamptz,
        created_by -> Nullable<Uuid>,
    }
}

diesel::table! {
    /// Which catalog items have which tags.
    catalog_item_tags (item_id, tag_id) {
        organization_id -> Uuid,
        project_id -> Uuid,
        item_id -> Uuid,
        tag_id -> Uuid,
    }
}

diesel::table! {
    /// Files that exports make, for their user alone. permissions are all that fetching one asks of its project, beside sight of the chart. A file without finished_at is being written by the attempt that made it.
    exported_files (id) {
        id -> Uuid,
        organization_id -> Uuid,
        project_id -> Uuid,
        job_id -> Uuid,
        user_id -> Uuid,
        chart_id -> Nullable<Uuid>,
        permissions -> Array<Text>,
        file_name -> Text,
        mime_type -> Text,
        size -> Int8,
        row_count -> Int4,
        is_truncated -> Bool,
        created_at -> Timestamptz,
        finished_at -> Nullable<Timestamptz>,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    /// Contents of files, up to 1 MiB in each part, counted from 0.
    exported_file_chunks (file_id, part) {
        organization_id -> Uuid,
        file_id -> Uuid,
        part -> Int4,
        bytes -> Bytea,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    access_grants,
    charts,
    dashboards,
    dashboard_tiles,
    group_members,
    groups,
    organization_members,
    organizations,
    projects,
    role_assignments,
    role_projects,
    roles,
    spaces,
    users,
);
diesel::allow_tables_to_appear_in_same_query!(api_keys, sessions, users);
