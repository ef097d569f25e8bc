//! Proofs of a right: what stores ask for before they touch anything.

use super::{Permission, Place, Reach, Viewer};
use crate::{
    db::{Conn, Fragment, sql},
    kernel::{Entity, Error, Id, Result, entity::UserId},
};
use chrono::{DateTime, Utc};
use diesel_async::RunQueryDsl;
use std::{future::Future, marker::PhantomData, sync::Arc};

/// Seeing a thing.
#[derive(Debug)]
pub enum View {}
/// Changing a thing.
#[derive(Debug)]
pub enum Edit {}
/// Deleting a thing.
#[derive(Debug)]
pub enum Delete {}
/// Creating a `C` inside a thing.
#[derive(Debug)]
pub enum Create<C> {
    /// Never made; names the kind of child.
    #[doc(hidden)]
    Never(std::convert::Infallible, PhantomData<C>),
}
/// Giving and taking access to a thing.
#[derive(Debug)]
pub enum ManageAccess {}
/// Changing who is a member of a thing.
#[derive(Debug)]
pub enum ManageMembers {}

/// One impl per entity, in its `policy.rs`: where one row is, and who may see it.
pub trait Resource: Entity + Sized {
    /// The table, whose primary key is `id`.
    const TABLE: &'static str;

    /// Where the row is; `None` if there is no such row.
    ///
    /// # Errors
    /// The database fails.
    fn place(conn: &Conn, id: Id<Self>) -> impl Future<Output = Result<Option<Place>>> + Send;

    /// The condition on rows of the table that the viewer may see.
    fn visible(viewer: &Viewer) -> Fragment;

    /// The condition that `column`, of whatever table, names a row that the viewer may see.
    fn visible_by(viewer: &Viewer, column: &'static str) -> Fragment {
        sql("EXISTS (SELECT FROM ", [])
            .then(Self::TABLE, [])
            .then(" WHERE ", [])
            .then(Self::TABLE, [])
            .then(".id = ", [])
            .then(column, [])
            .then(" AND ", [])
            .with(Self::visible(viewer))
            .then(")", [])
    }

    /// The condition that the viewer may see a row: the same for every row that it is asked of.
    fn is_seen(viewer: &Viewer, id: Id<Self>) -> Fragment {
        sql("EXISTS (SELECT FROM ", [])
            .then(Self::TABLE, [])
            .then(" WHERE ", [])
            .then(Self::TABLE, [])
            .then(".id = ? AND ", [id.into()])
            .with(Self::visible(viewer))
            .then(")", [])
    }
}

/// An entity of whose rows SQL can tell where a permission is held.
pub trait Reached: Resource {
    /// The condition on rows of the table that `reach` reaches.
    fn reached(reach: &Reach) -> Fragment;
}

/// Which permission an action on this entity needs. No impl, no such action: it does not compile.
pub trait Permits<A>: Entity {
    /// The permission.
    const PERMISSION: Permission;
}

/// Proof that the viewer may do `A` to one row; good in the transaction that made it.
#[derive(Debug)]
pub struct Grant<A, R> {
    id: Id<R>,
    place: Place,
    action: PhantomData<fn() -> A>,
}

impl<A, R> Grant<A, R> {
    /// The row.
    pub const fn id(&self) -> Id<R> {
        self.id
    }

    /// Where the row is.
    pub const fn place(&self) -> &Place {
        &self.place
    }
}

/// Proof that a statement does `A` to one row only if the viewer may do that at its very moment: it
/// carries the condition itself.
#[derive(Debug, Clone)]
pub struct Proviso<A, R> {
    id: Id<R>,
    condition: Fragment,
    action: PhantomData<fn() -> A>,
}

impl<A, R> Proviso<A, R> {
    /// The row.
    pub const fn id(&self) -> Id<R> {
        self.id
    }

    /// The condition on it, for a statement over its table.
    pub const fn condition(&self) -> &Fragment {
        &self.condition
    }
}

/// Proof that a query is limited to the rows on which the viewer may do `A`.
#[derive(Debug)]
pub struct Visible<R, A = View> {
    viewer: Arc<Viewer>,
    reach: Arc<Reach>,
    kind: PhantomData<fn() -> (R, A)>,
}

impl<R, A> Clone for Visible<R, A> {
    fn clone(&self) -> Self {
        Self {
            viewer: self.viewer.clone(),
            reach: self.reach.clone(),
            kind: PhantomData,
        }
    }
}

impl<R, A> Visible<R, A> {
    /// Where the permission is held.
    pub fn reach(&self) -> &Reach {
        &self.reach
    }

    /// Whose view it is.
    pub fn viewer(&self) -> &Arc<Viewer> {
        &self.viewer
    }
}

/// Proof that the server itself acts, for a stated reason.
#[derive(Debug, Clone, Copy)]
pub struct System {
    reason: &'static str,
}

impl System {
    /// The server acts without a user. `reason` is for the reader of the code and the log.
    pub fn new(reason: &'static str) -> Self {
        tracing::debug!(reason, "acting as the system");
        Self { reason }
    }

    /// Why the server acts.
    pub const fn reason(self) -> &'static str {
        self.reason
    }
}

impl Viewer {
    /// The rows of a kind on which the viewer may do `A`.
    pub fn visible<R: Permits<A>, A>(self: &Arc<Self>) -> Visible<R, A> {
        Visible {
            viewer: self.clone(),
            reach: Arc::new(self.access.reach(R::PERMISSION)),
            kind: PhantomData,
        }
    }

    /// Proof that the viewer may do `A` to the row.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such row or the viewer may not see it,
    /// [`Error::Forbidden`] if they may see it but not do this.
    pub async fn authorize<A, R>(&self, conn: &Conn, id: Id<R>) -> Result<Grant<A, R>>
    where
        R: Resource + Permits<View> + Permits<A>,
    {
        let place = R::place(conn, id).await?.ok_or(Error::NotFound)?;
        let needed = <R as Permits<A>>::PERMISSION;
        let held = self.access.at(&place);
        let seen = held.contains(<R as Permits<View>>::PERMISSION) || self.sees(conn, id).await?;
        if !seen {
            return Err(Error::NotFound);
        }
        if !held.contains(needed) {
            return Err(Error::Forbidden(needed.refusal().into()));
        }
        Ok(Grant {
            id,
            place,
            action: PhantomData,
        })
    }

    /// Proof for a statement that does `A` to the row if the viewer may do that, and else nothing; `None` if
    /// their rights have to be read first.
    pub fn provided<A, R>(&self, id: Id<R>, now: DateTime<Utc>) -> Option<Proviso<A, R>>
    where
        R: Reached + Permits<View> + Permits<A>,
    {
        let held = self.access.reach(<R as Permits<A>>::PERMISSION);
        let condition = R::visible(self)
            .and(R::reached(&held))
            .and(self.unchanged(now)?);
        Some(Proviso {
            id,
            condition,
            action: PhantomData,
        })
    }

    /// Proof that the viewer may see the row.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such row or the viewer may not see it.
    pub async fn see<R: Resource>(&self, conn: &Conn, id: Id<R>) -> Result<Grant<View, R>> {
        let (place, sees) = tokio::join!(R::place(conn, id), self.sees(conn, id));
        let (place, sees) = (place?, sees?);
        let place = place.filter(|_| sees).ok_or(Error::NotFound)?;
        Ok(Grant {
            id,
            place,
            action: PhantomData,
        })
    }

    /// Proof for what everybody may do to what is their own, such as their profile or their keys.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such row or `owner` is somebody else.
    pub async fn own<A, R: Resource>(
        &self,
        conn: &Conn,
        id: Id<R>,
        owner: UserId,
    ) -> Result<Grant<A, R>> {
        if owner != self.user {
            return Err(Error::NotFound);
        }
        let place = R::place(conn, id).await?.ok_or(Error::NotFound)?;
        Ok(Grant {
            id,
            place,
            action: PhantomData,
        })
    }

    async fn sees<R: Resource>(&self, mut conn: &Conn, id: Id<R>) -> Result<bool> {
        let statement = sql("SELECT EXISTS (SELECT FROM ", [])
            .then(R::TABLE, [])
            .then(" WHERE id = ? AND ", [id.into()])
            .with(R::visible(self))
            .then(")", []);
        let seen: bool = statement
            .statement::<diesel::sql_types::Bool>()
            .get_result(&mut conn)
            .await?;
        Ok(seen)
    }
}

impl System {
    /// A proof for work of the server itself, such as loading the demo.
    pub fn grant<A, R>(self, id: Id<R>, place: Place) -> Grant<A, R> {
        Grant {
            id,
            place,
            action: PhantomData,
        }
    }
}
