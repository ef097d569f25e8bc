//! The views of Chartroom as diesel sees them; read only.
//!
//! Follows the migrations; `tests/it/schema.rs` fails where the two differ. Whether a column can be null
//! is known here only: PostgreSQL does not say it of views.
#![expect(
    missing_docs,
    reason = "columns are documented by COMMENT ON in the migrations"
)]

diesel::table! {
    /// Every version of every chart, the current ones included.
    chart_history (id) {
        id -> Uuid,
        organization_id -> Uuid,
        chart_id -> Uuid,
        explore_name -> Text,
        is_current -> Bool,
        created_at -> Timestamptz,
        created_by -> Nullable<Uuid>,
        metric_query -> Jsonb,
        config -> Jsonb,
        pivot_columns -> Array<Text>,
        column_order -> Array<Text>,
    }
}
