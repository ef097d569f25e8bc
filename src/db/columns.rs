//! The columns of a row, whose text is made once per kind of row instead of once per statement.

use diesel::{
    Selectable, SelectableHelper as _,
    dsl::{AsSelect, SqlTypeOf},
    expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate},
    pg::{Pg, PgQueryBuilder},
    query_builder::{AstPass, QueryBuilder as _, QueryFragment, QueryId},
    result::QueryResult,
};
use std::{marker::PhantomData, sync::OnceLock};

/// The text of the columns of `R`, once it is known.
#[derive(Debug)]
pub struct ColumnsText<R> {
    text: OnceLock<String>,
    row: PhantomData<fn() -> R>,
}

impl<R> ColumnsText<R>
where
    R: Selectable<Pg>,
    AsSelect<R, Pg>: QueryFragment<Pg>,
{
    /// Not known yet.
    #[expect(
        clippy::new_without_default,
        reason = "made in statics, which need a constant function"
    )]
    pub const fn new() -> Self {
        Self {
            text: OnceLock::new(),
            row: PhantomData,
        }
    }

    /// The columns, for `select`.
    ///
    /// # Errors
    /// The columns have no text, which would be a fault of the server.
    pub fn get(&'static self) -> QueryResult<Columns<R>> {
        let text = match self.text.get() {
            Some(text) => text,
            None => {
                let mut builder = PgQueryBuilder::new();
                R::as_select().to_sql(&mut builder, &Pg)?;
                self.text.get_or_init(|| builder.finish())
            }
        };
        Ok(Columns {
            text,
            row: PhantomData,
        })
    }
}

/// The columns of `R`.
#[derive(Debug, Clone, Copy)]
pub struct Columns<R> {
    text: &'static str,
    row: PhantomData<fn() -> R>,
}

impl<R> QueryFragment<Pg> for Columns<R> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        pass.push_sql(self.text);
        Ok(())
    }
}
impl<R> QueryId for Columns<R> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
impl<R: Selectable<Pg>> Expression for Columns<R>
where
    AsSelect<R, Pg>: Expression,
{
    type SqlType = SqlTypeOf<AsSelect<R, Pg>>;
}
impl<R: Selectable<Pg>, QS> AppearsOnTable<QS> for Columns<R> where
    AsSelect<R, Pg>: AppearsOnTable<QS>
{
}
impl<R: Selectable<Pg>, QS> SelectableExpression<QS> for Columns<R> where
    AsSelect<R, Pg>: SelectableExpression<QS>
{
}
impl<R> ValidGrouping<()> for Columns<R> {
    type IsAggregate = is_aggregate::No;
}
