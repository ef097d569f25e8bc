//! Statements on attributes.

use super::UserAttributeRow;
use crate::{
    authz::{Create, Delete, Edit, Grant, Resource as _, System, View, Viewer, Visible},
    db::{Bind, Conn, schema::user_attributes, sql},
    kernel::{
        Error, Result,
        entity::{GroupId, Organization, OrganizationId, UserAttribute, UserAttributeId, UserId},
    },
    semantic::request::UserFacts,
};
use chrono::{DateTime, Utc};
use diesel::{dsl::SqlTypeOf, pg::Pg, prelude::*, sql_types as st};
use diesel_async::RunQueryDsl;
use serde_json::Value;

type Facts = (Option<String>, bool, Value);

/// What explores know of a user.
pub(super) async fn user_facts(
    mut conn: &Conn,
    _: System,
    organization: OrganizationId,
    user: UserId,
) -> Result<UserFacts> {
    let found: Option<Facts> = sql(
        "SELECT u.email, u.is_email_verified, user_attribute_values(?, u.id) FROM users u WHERE u.id = ?",
        [organization.into(), user.into()],
    )
    .statement::<(st::Nullable<st::Text>, st::Bool, st::Jsonb)>()
    .get_result(&mut conn)
    .await
    .optional()?;
    let Some((email, email_verified, attributes)) = found else {
        return Ok(UserFacts::default());
    };
    let attributes = serde_json::from_value(attributes).map_err(anyhow::Error::new)?;
    Ok(UserFacts {
        attributes,
        email,
        email_verified,
    })
}

/// An attribute to be stored.
pub(super) struct NewAttribute<'a> {
    pub(super) id: UserAttributeId,
    pub(super) name: &'a str,
    pub(super) description: Option<&'a str>,
    pub(super) default_value: Option<&'a str>,
    pub(super) at: DateTime<Utc>,
}

/// Stores an attribute of the organization of the grant.
pub(super) async fn create(
    mut conn: &Conn,
    organization: &Grant<Create<UserAttribute>, Organization>,
    new: &NewAttribute<'_>,
) -> Result<UserAttributeRow> {
    let row = diesel::insert_into(user_attributes::table)
        .values((
            user_attributes::id.eq(new.id),
            user_attributes::organization_id.eq(organization.id()),
            user_attributes::name.eq(new.name),
            user_attributes::description.eq(new.description),
            user_attributes::default_value.eq(new.default_value),
            user_attributes::created_at.eq(new.at),
            user_attributes::updated_at.eq(new.at),
        ))
        .returning(UserAttributeRow::as_returning())
        .get_result(&mut conn)
        .await?;
    Ok(row)
}

/// Changes the attribute of the grant. Of description and default, `None` leaves it as it is.
pub(super) async fn update(
    mut conn: &Conn,
    attribute: &Grant<Edit, UserAttribute>,
    name: &str,
    (description, default): (Option<Option<String>>, Option<Option<String>>),
    at: DateTime<Utc>,
) -> Result<UserAttributeRow> {
    let row = diesel::update(user_attributes::table.find(attribute.id()))
        .set((
            user_attributes::name.eq(name),
            description.map(|text| user_attributes::description.eq(text)),
            default.map(|text| user_attributes::default_value.eq(text)),
            user_attributes::updated_at.eq(at),
        ))
        .returning(UserAttributeRow::as_returning())
        .get_result(&mut conn)
        .await?;
    Ok(row)
}

/// Deletes the attributes of the grants, with their values.
pub(super) async fn delete(mut conn: &Conn, grants: &[Grant<Delete, UserAttribute>]) -> Result<()> {
    let ids: Vec<_> = grants.iter().map(Grant::id).collect();
    diesel::delete(user_attributes::table.filter(user_attributes::id.eq_any(ids)))
        .execute(&mut conn)
        .await?;
    Ok(())
}

/// Gives the attribute of the grant these values in place of those that it has.
pub(super) async fn set_values(
    mut conn: &Conn,
    attribute: &Grant<Edit, UserAttribute>,
    users: &[(UserId, String)],
    groups: &[(GroupId, String)],
) -> Result<()> {
    let organization = attribute.place().organization.ok_or(Error::NotFound)?;
    for text in [
        "DELETE FROM user_attribute_users WHERE attribute_id = ?",
        "DELETE FROM user_attribute_groups WHERE attribute_id = ?",
    ] {
        sql(text, [attribute.id().into()])
            .statement::<()>()
            .execute(&mut conn)
            .await?;
    }
    let (ids, values): (Vec<_>, Vec<_>) = users.iter().cloned().unzip();
    let (group_ids, group_values): (Vec<_>, Vec<_>) = groups.iter().cloned().unzip();
    let steps = [
        (
            "INSERT INTO user_attribute_users (organization_id, attribute_id, user_id, value) \
             SELECT ?, ?, x.id, x.value FROM unnest(?, ?) AS x(id, value) ON CONFLICT DO NOTHING",
            Bind::from(ids),
            values,
        ),
        (
            "INSERT INTO user_attribute_groups (organization_id, attribute_id, group_id, value) \
             SELECT ?, ?, x.id, x.value FROM unnest(?, ?) AS x(id, value) ON CONFLICT DO NOTHING",
            Bind::from(group_ids),
            group_values,
        ),
    ];
    for (text, ids, values) in steps {
        let binds = [
            organization.into(),
            attribute.id().into(),
            ids,
            Bind::Texts(values),
        ];
        sql(text, binds)
            .statement::<()>()
            .execute(&mut conn)
            .await?;
    }
    Ok(())
}

/// Which of these users are members of an organization.
pub(super) async fn members(
    mut conn: &Conn,
    _: &Viewer,
    organization: OrganizationId,
    users: &[UserId],
) -> Result<Vec<UserId>> {
    let statement = sql(
        "SELECT user_id FROM organization_members WHERE organization_id = ? AND user_id = ANY(?)",
        [organization.into(), Bind::from(users)],
    );
    Ok(statement.statement::<st::Uuid>().load(&mut conn).await?)
}

type Value4 = (UserAttributeId, Option<UserId>, Option<GroupId>, String);

/// Values of attributes, each for a user or a group.
pub(super) async fn values(
    mut conn: &Conn,
    visible: &Visible<UserAttribute, View>,
    ids: &[UserAttributeId],
) -> Result<Vec<Value4>> {
    let statement = sql(
        "SELECT user_attributes.id, x.user_id, x.group_id, x.value FROM user_attributes \
         CROSS JOIN LATERAL ( \
           SELECT u.user_id, NULL::uuid AS group_id, u.value FROM user_attribute_users u WHERE u.attribute_id = user_attributes.id \
           UNION ALL \
           SELECT NULL, g.group_id, g.value FROM user_attribute_groups g WHERE g.attribute_id = user_attributes.id) x \
         WHERE user_attributes.id = ANY(?) AND ",
        [Bind::from(ids)],
    );
    let statement = statement
        .with(UserAttribute::visible(visible.viewer()))
        .then(" ORDER BY 1, 4, 2, 3", []);
    let rows = statement
        .statement::<(
            st::Uuid,
            st::Nullable<st::Uuid>,
            st::Nullable<st::Uuid>,
            st::Text,
        )>()
        .load(&mut conn)
        .await?;
    Ok(rows)
}

type Row = SqlTypeOf<diesel::dsl::AsSelect<UserAttributeRow, Pg>>;

/// What users have of the attributes that the viewer sees.
pub(super) async fn held(
    mut conn: &Conn,
    visible: &Visible<UserAttribute, View>,
    users: &[UserId],
) -> Result<Vec<(UserId, UserAttributeRow, Vec<String>)>> {
    let statement = sql(
        "SELECT m.user_id, user_attributes.id, user_attributes.organization_id, user_attributes.name, \
           user_attributes.description, user_attributes.default_value, user_attributes.created_at, \
           ARRAY(SELECT jsonb_array_elements_text(f.held->user_attributes.name)) \
         FROM organization_members m \
         CROSS JOIN LATERAL (SELECT user_attribute_values(m.organization_id, m.user_id) AS held OFFSET 0) f \
         JOIN user_attributes ON user_attributes.organization_id = m.organization_id AND jsonb_exists(f.held, user_attributes.name) \
         WHERE m.user_id = ANY(?) AND ",
        [Bind::from(users)],
    );
    let statement = statement
        .with(UserAttribute::visible(visible.viewer()))
        .then(" ORDER BY 1, user_attributes.name, user_attributes.id", []);
    let rows = statement
        .statement::<(st::Uuid, Row, st::Array<st::Text>)>()
        .load(&mut conn)
        .await?;
    Ok(rows)
}
