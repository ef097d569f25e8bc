//! What one request carries: the viewer, its connection, its loaders, its limits.

use super::{ById, Lanes};
use crate::{
    authz::{Origin, Permits, Viewer, Visible},
    db::{self, Database, PooledConn, Share},
    kernel::{Clock, Error, Id, Result},
};
use async_graphql::Context;
use std::{
    future::Future,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
};
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Limits on what a document may ask for, beside those of the guard.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Nodes on a page if the caller names no number.
    pub page_default: i64,
    /// Most nodes on a page.
    pub page_max: i64,
    /// Most ids in a bulk mutation or in `nodes`.
    pub bulk_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            page_default: 50,
            page_max: 200,
            bulk_max: 100,
        }
    }
}

/// What resolvers leave for the HTTP layer.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct ResponseNotes {
    /// A token to set as the session cookie.
    pub session_token: Option<String>,
    /// Whether to clear the session cookie.
    pub signed_out: bool,
    /// Whether a mutation was committed.
    pub committed: bool,
    /// Users whose cached rights are out of date.
    pub changed_rights: bool,
}

/// The context of one request (or one entry of a batch, or one event of a stream).
pub struct Scope {
    db: Database,
    viewer: Option<Arc<Viewer>>,
    /// Whom the request goes on as, after signing in or after rights changed.
    later: Later,
    signed_in: AtomicBool,
    /// Where the request comes from.
    pub origin: Origin,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Limits of pages and bulk inputs.
    pub limits: Limits,
    /// The loaders.
    pub lanes: Lanes,
    /// The connection that the request has to itself, if it needed one.
    conn: RwLock<Option<PooledConn>>,
    /// Which of the shared connections it read on last.
    place: AtomicUsize,
    statements: Arc<AtomicU64>,
    notes: Mutex<ResponseNotes>,
}

/// Viewers of one request in turn. Earlier ones stay, since resolvers may still borrow them.
#[derive(Default)]
struct Later(OnceLock<Box<(Arc<Viewer>, Later)>>);

impl Later {
    fn last(&self) -> Option<&Arc<Viewer>> {
        let mut last = None;
        let mut place = self;
        while let Some(link) = place.0.get() {
            last = Some(&link.0);
            place = &link.1;
        }
        last
    }

    fn push(&self, viewer: Arc<Viewer>) {
        let mut place = self;
        let mut link = Box::new((viewer, Self::default()));
        loop {
            while let Some(next) = place.0.get() {
                place = &next.1;
            }
            match place.0.set(link) {
                Ok(()) => return,
                Err(back) => link = back,
            }
        }
    }
}

/// A connection to read on.
pub enum SharedConn<'a> {
    /// The request's own.
    Own(RwLockReadGuard<'a, Option<PooledConn>>),
    /// One that requests share.
    Shared(Share),
}

impl SharedConn<'_> {
    /// The connection.
    ///
    /// # Errors
    /// The request has none, which would be a fault of the server.
    pub fn get(&self) -> Result<&db::Conn> {
        match self {
            Self::Own(conn) => conn.as_deref().ok_or_else(no_connection),
            Self::Shared(share) => Ok(share.conn()),
        }
    }
}

/// No shared connection was read on yet.
const NOWHERE: usize = usize::MAX;

fn no_connection() -> Error {
    Error::fault("the request has no connection")
}

impl Scope {
    /// The scope of a request by `viewer`; `None` is an anonymous caller.
    pub fn new(
        db: Database,
        viewer: Option<Arc<Viewer>>,
        origin: Origin,
        clock: Arc<dyn Clock>,
        limits: Limits,
    ) -> Arc<Self> {
        Arc::new_cyclic(|scope| Self {
            db,
            viewer,
            later: Later::default(),
            signed_in: AtomicBool::new(false),
            origin,
            clock,
            limits,
            lanes: Lanes::new(scope.clone()),
            conn: RwLock::new(None),
            place: AtomicUsize::new(NOWHERE),
            statements: Arc::default(),
            notes: Mutex::default(),
        })
    }

    /// The signed-in caller.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for an anonymous one.
    pub fn viewer(&self) -> Result<&Arc<Viewer>> {
        self.viewer_if_any().ok_or(Error::Unauthenticated)
    }

    /// The caller, if signed in.
    pub fn viewer_if_any(&self) -> Option<&Arc<Viewer>> {
        self.later.last().or(self.viewer.as_ref())
    }

    /// Goes on as a user who has just signed in, so that the answer can show what they see. False
    /// if somebody did so in this request already.
    pub fn go_on_as(&self, viewer: Arc<Viewer>) -> bool {
        let first = !self.signed_in.swap(true, Ordering::Relaxed);
        if first {
            self.go_on_with(viewer);
        }
        first
    }

    /// Goes on with the rights that the caller has after a change of them, so that the answer can
    /// show what they see now.
    pub fn go_on_with(&self, viewer: Arc<Viewer>) {
        self.lanes.forget();
        self.later.push(viewer);
    }

    /// Whether somebody signed in in this request.
    pub fn has_signed_in(&self) -> bool {
        self.signed_in.load(Ordering::Relaxed)
    }

    /// The rows of a kind on which the caller may do `A`.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for an anonymous caller.
    pub fn visible<R: Permits<A>, A>(&self) -> Result<Visible<R, A>> {
        Ok(self.viewer()?.visible())
    }

    /// A connection for reading: the request's own if it has one, one that requests share, or one
    /// taken from the pool, which is its own from then on.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if there is none to be had.
    pub async fn conn(&self) -> Result<SharedConn<'_>> {
        if let Some(own) = self.own_if_any().await {
            return Ok(own);
        }
        let place = self.place.load(Ordering::Relaxed);
        let place = Some(place).filter(|place| *place != NOWHERE);
        if let Some(share) = self.db.share(place).await {
            self.place.store(share.place(), Ordering::Relaxed);
            return Ok(SharedConn::Shared(share));
        }
        self.own_conn().await
    }

    /// The request's own connection for reading: for answers so large that others should not wait
    /// for them.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if there is none to be had.
    pub async fn own_conn(&self) -> Result<SharedConn<'_>> {
        if let Some(own) = self.own_if_any().await {
            return Ok(own);
        }
        Ok(SharedConn::Own(self.taken().await?.downgrade()))
    }

    async fn own_if_any(&self) -> Option<SharedConn<'_>> {
        let guard = self.conn.read().await;
        guard.is_some().then(|| SharedConn::Own(guard))
    }

    /// The request's connection for a transaction, exclusively.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if there is none to be had.
    pub async fn exclusive(&self) -> Result<ExclusiveConn<'_>> {
        Ok(ExclusiveConn(self.taken().await?))
    }

    /// The place of the request's own connection, with one in it.
    async fn taken(&self) -> Result<RwLockWriteGuard<'_, Option<PooledConn>>> {
        let mut slot = self.conn.write().await;
        if slot.is_none() {
            *slot = Some(self.db.get().await?);
        }
        Ok(slot)
    }

    /// Runs work of this request: sends what its loaders gather, and counts its statements.
    pub async fn drive<F: Future>(&self, work: F) -> F::Output {
        db::counted(&self.statements, super::drive(work, &self.lanes)).await
    }

    /// Gives the connection back to the pool and tells how many statements were sent.
    pub async fn release(&self) -> u64 {
        self.conn.write().await.take();
        self.statements.load(Ordering::Relaxed)
    }

    /// Gives the connection back to the pool, unless a statement is running on it.
    pub fn let_go(&self) {
        if let Ok(mut slot) = self.conn.try_write() {
            slot.take();
        }
    }

    /// Leaves a note for the HTTP layer.
    pub fn note(&self, change: impl FnOnce(&mut ResponseNotes)) {
        change(&mut self.notes.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The notes left by resolvers.
    pub fn notes(&self) -> ResponseNotes {
        self.notes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// The exclusive use of the request's connection.
pub struct ExclusiveConn<'a>(RwLockWriteGuard<'a, Option<PooledConn>>);

impl ExclusiveConn<'_> {
    /// The connection.
    ///
    /// # Errors
    /// The request has none, which would be a fault of the server.
    pub fn get(&mut self) -> Result<&mut PooledConn> {
        self.0.as_mut().ok_or_else(no_connection)
    }
}

/// What resolvers do with the scope.
pub trait ScopeExt {
    /// The scope of the request.
    fn scope(&self) -> &Arc<Scope>;

    /// Loads an entity by its id; `None` if it does not exist or the viewer may not see it.
    ///
    /// # Errors
    /// What the batch failed with.
    fn by_id<R: ById>(
        &self,
        id: Id<R::Entity>,
    ) -> impl Future<Output = Result<Option<Arc<R>>>> + Send;
}

impl ScopeExt for Context<'_> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that takes the scope, which every request has"
    )]
    fn scope(&self) -> &Arc<Scope> {
        self.data_unchecked::<Arc<Scope>>()
    }

    async fn by_id<R: ById>(&self, id: Id<R::Entity>) -> Result<Option<Arc<R>>> {
        self.scope().lanes.by_id::<R>(id).await
    }
}
