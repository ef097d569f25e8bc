//! Typed ids as SQL values.

use crate::kernel::Id;
use diesel::{
    backend::Backend,
    deserialize::{self, FromSql, Queryable},
    expression::AsExpression,
    internal::derives::as_expression::Bound,
    pg::{Pg, PgValue},
    serialize::{self, Output, ToSql},
    sql_types::{Nullable, SingleValue, Uuid as SqlUuid},
};
use uuid::Uuid;

impl<T: 'static> ToSql<SqlUuid, Pg> for Id<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <Uuid as ToSql<SqlUuid, Pg>>::to_sql(&self.uuid(), &mut out.reborrow())
    }
}

impl<T: 'static> ToSql<Nullable<SqlUuid>, Pg> for Id<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <Self as ToSql<SqlUuid, Pg>>::to_sql(self, out)
    }
}

impl<T> FromSql<SqlUuid, Pg> for Id<T> {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        <Uuid as FromSql<SqlUuid, Pg>>::from_sql(value).map(Self::from_uuid)
    }
}

impl<T, ST, DB> Queryable<ST, DB> for Id<T>
where
    DB: Backend,
    ST: SingleValue,
    Self: FromSql<ST, DB>,
{
    type Row = Self;

    fn build(row: Self) -> deserialize::Result<Self> {
        Ok(row)
    }
}

impl<T> AsExpression<SqlUuid> for Id<T> {
    type Expression = Bound<SqlUuid, Self>;

    fn as_expression(self) -> Self::Expression {
        Bound::new(self)
    }
}

impl<'a, T> AsExpression<SqlUuid> for &'a Id<T> {
    type Expression = Bound<SqlUuid, &'a Id<T>>;

    fn as_expression(self) -> Self::Expression {
        Bound::new(self)
    }
}

impl<T> AsExpression<Nullable<SqlUuid>> for Id<T> {
    type Expression = Bound<Nullable<SqlUuid>, Self>;

    fn as_expression(self) -> Self::Expression {
        Bound::new(self)
    }
}

impl<'a, T> AsExpression<Nullable<SqlUuid>> for &'a Id<T> {
    type Expression = Bound<Nullable<SqlUuid>, &'a Id<T>>;

    fn as_expression(self) -> Self::Expression {
        Bound::new(self)
    }
}
