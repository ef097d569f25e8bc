//! Loaders: many `load(key)` calls of one level become one statement.
//!
//! A lane collects the keys of one kind; [`super::drive()`] drains all lanes when the request can go
//! no further. Lanes live as long as the request, are built from its viewer and cache what they
//! loaded, so nothing passes from one caller to another.

use super::Scope;
use crate::kernel::{Error, Result};
use foldhash::fast::RandomState;
use futures_util::future::BoxFuture;
use std::{
    any::{Any, TypeId},
    collections::HashMap,
    future::{Future, poll_fn},
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::{Poll, Waker},
};

/// How keys of one kind become values, in one statement.
pub trait Batch: Send + Sync + 'static {
    /// What is asked for.
    type Key: Clone + Eq + Hash + Send + Sync + 'static;
    /// What is answered; cheap to clone.
    type Value: Clone + Send + Sync + 'static;

    /// Loads the values of all keys. A key without value is left out.
    fn load(
        &self,
        scope: Arc<Scope>,
        keys: Vec<Self::Key>,
    ) -> impl Future<Output = Result<HashMap<Self::Key, Self::Value>>> + Send;
}

/// An entity that can be loaded by its id, as far as the viewer may see it.
pub trait ById: Send + Sync + Sized + 'static {
    /// The entity's marker.
    type Entity: crate::kernel::Entity;

    /// Loads the visible ones among `ids`, each with its id.
    fn by_ids(
        scope: Arc<Scope>,
        ids: Vec<crate::kernel::Id<Self::Entity>>,
    ) -> impl Future<Output = Result<Vec<(crate::kernel::Id<Self::Entity>, Self)>>> + Send;
}

struct Ids<R>(std::marker::PhantomData<fn() -> R>);

impl<R: ById> Batch for Ids<R> {
    type Key = crate::kernel::Id<R::Entity>;
    type Value = Arc<R>;

    async fn load(
        &self,
        scope: Arc<Scope>,
        keys: Vec<Self::Key>,
    ) -> Result<HashMap<Self::Key, Arc<R>>> {
        let rows = R::by_ids(scope, keys).await?;
        Ok(rows
            .into_iter()
            .map(|(id, row)| (id, Arc::new(row)))
            .collect())
    }
}

type Answer<V> = Result<Option<V>>;

struct Lane<B: Batch> {
    batch: B,
    state: Mutex<State<B>>,
}

struct State<B: Batch> {
    /// Every key asked for, with its answer once there is one.
    answers: HashMap<B::Key, Option<Answer<B::Value>>, RandomState>,
    /// Keys asked for and not yet sent.
    waiting: Vec<B::Key>,
    wakers: Vec<Waker>,
}

impl<B: Batch> State<B> {
    /// Waits for answers.
    fn wait<T>(&mut self, waker: &Waker) -> Poll<T> {
        // Mostly all wait in the same task.
        let waits = |last: &Waker| last.will_wake(waker);
        if !self.wakers.last().is_some_and(waits) {
            self.wakers.push(waker.clone());
        }
        Poll::Pending
    }
}

trait AnyLane: Send + Sync {
    fn flush(self: Arc<Self>, scope: Arc<Scope>) -> BoxFuture<'static, ()>;
    fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
    fn forget(&self);
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<B: Batch> AnyLane for Lane<B> {
    fn flush(self: Arc<Self>, scope: Arc<Scope>) -> BoxFuture<'static, ()> {
        let keys = std::mem::take(&mut lock(&self.state).waiting);
        Box::pin(async move {
            let asked = keys.clone();
            let result = self.batch.load(scope, keys).await;
            let mut state = lock(&self.state);
            match result {
                Ok(mut values) => {
                    for key in asked {
                        let value = values.remove(&key);
                        state.answers.insert(key, Some(Ok(value)));
                    }
                }
                Err(error) => {
                    for key in asked {
                        state.answers.insert(key, Some(Err(error.clone())));
                    }
                }
            }
            for waker in state.wakers.drain(..) {
                waker.wake();
            }
        })
    }

    fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }

    fn forget(&self) {
        let answers = &mut lock(&self.state).answers;
        answers.retain(|_, answer| answer.is_none());
    }
}

/// Lanes by the kind of their keys and the place in the document that they serve.
type ByKind = HashMap<(TypeId, usize), Arc<dyn AnyLane>, RandomState>;

/// The lanes of one request.
#[derive(Default)]
pub struct Lanes {
    scope: Weak<Scope>,
    by_kind: Mutex<ByKind>,
    waiting: Mutex<Vec<Arc<dyn AnyLane>>>,
}

impl Lanes {
    /// Lanes for the request of `scope`.
    pub fn new(scope: Weak<Scope>) -> Self {
        Self {
            scope,
            ..Self::default()
        }
    }

    /// The batches that wait to be sent.
    pub fn drain(&self) -> Vec<BoxFuture<'static, ()>> {
        let Some(scope) = self.scope.upgrade() else {
            return Vec::new();
        };
        let waiting = std::mem::take(&mut *lock(&self.waiting));
        waiting
            .into_iter()
            .map(|lane| lane.flush(scope.clone()))
            .collect()
    }

    /// Forgets what was loaded, after a mutation changed it.
    pub fn forget(&self) {
        for lane in lock(&self.by_kind).values() {
            lane.forget();
        }
    }

    fn lane<B: Batch>(
        &self,
        place: usize,
        batch: impl FnOnce() -> Result<B>,
    ) -> Result<Arc<Lane<B>>> {
        let mut lanes = lock(&self.by_kind);
        let lane = match lanes.get(&(TypeId::of::<B>(), place)) {
            Some(lane) => lane.clone(),
            None => {
                let lane: Arc<dyn AnyLane> = Arc::new(Lane {
                    batch: batch()?,
                    state: Mutex::new(State {
                        answers: HashMap::default(),
                        waiting: Vec::new(),
                        wakers: Vec::new(),
                    }),
                });
                lanes.insert((TypeId::of::<B>(), place), lane.clone());
                lane
            }
        };
        lane.as_any()
            .downcast()
            .ok()
            .ok_or_else(|| Error::fault("a lane has another type than its key"))
    }

    /// Loads a value through the lane of its kind. `place` tells apart lanes of one kind with
    /// different arguments; `batch` is made once per lane.
    ///
    /// # Errors
    /// What the batch failed with, shared by all its keys.
    pub async fn load<B: Batch>(
        &self,
        place: usize,
        batch: impl FnOnce() -> Result<B>,
        key: B::Key,
    ) -> Result<Option<B::Value>> {
        let lane = self.lane(place, batch)?;
        poll_fn(|cx| {
            let mut state = lock(&lane.state);
            match self.ask(&lane, &mut state, &key) {
                Some(answer) => Poll::Ready(answer),
                None => state.wait(cx.waker()),
            }
        })
        .await
    }

    /// Loads values through the lane of their kind, as [`Self::load`] does for one, in the order of
    /// their keys.
    async fn load_all<B: Batch>(
        &self,
        place: usize,
        batch: impl FnOnce() -> Result<B>,
        keys: &[B::Key],
    ) -> Result<Vec<Option<B::Value>>> {
        let lane = self.lane(place, batch)?;
        poll_fn(|cx| {
            let mut state = lock(&lane.state);
            let mut answers = Vec::with_capacity(keys.len());
            for key in keys {
                answers.extend(self.ask(&lane, &mut state, key));
            }
            if answers.len() < keys.len() {
                return state.wait(cx.waker());
            }
            Poll::Ready(answers.into_iter().collect())
        })
        .await
    }

    /// The answer for a key; `None` if there is none yet, and then it is asked for.
    fn ask<B: Batch>(
        &self,
        lane: &Arc<Lane<B>>,
        state: &mut State<B>,
        key: &B::Key,
    ) -> Option<Answer<B::Value>> {
        if let Some(answer) = state.answers.get(key) {
            return answer.clone();
        }
        state.answers.insert(key.clone(), None);
        state.waiting.push(key.clone());
        if state.waiting.len() == 1 {
            lock(&self.waiting).push(lane.clone());
        }
        None
    }

    /// Gives a value before it is asked for.
    ///
    /// # Errors
    /// The lane cannot be made.
    pub fn prime<B: Batch>(
        &self,
        place: usize,
        batch: impl FnOnce() -> Result<B>,
        values: impl IntoIterator<Item = (B::Key, Option<B::Value>)>,
    ) -> Result<()> {
        let lane = self.lane(place, batch)?;
        let mut state = lock(&lane.state);
        for (key, value) in values {
            let answer = state.answers.entry(key).or_default();
            answer.get_or_insert(Ok(value));
        }
        Ok(())
    }

    /// Loads an entity by its id; `None` if it does not exist or the viewer may not see it.
    ///
    /// # Errors
    /// What the batch failed with.
    pub async fn by_id<R: ById>(&self, id: crate::kernel::Id<R::Entity>) -> Result<Option<Arc<R>>> {
        self.load(0, || Ok(Ids::<R>(std::marker::PhantomData)), id)
            .await
    }

    /// Loads entities by their ids, in their order; `None` for each that does not exist or that the viewer
    /// may not see.
    ///
    /// # Errors
    /// What the batch failed with.
    pub async fn by_ids<R: ById>(
        &self,
        ids: &[crate::kernel::Id<R::Entity>],
    ) -> Result<Vec<Option<Arc<R>>>> {
        self.load_all(0, || Ok(Ids::<R>(std::marker::PhantomData)), ids)
            .await
    }

    /// Gives rows by id before they are asked for.
    ///
    /// # Errors
    /// The lane cannot be made.
    pub fn prime_by_id<R: ById>(
        &self,
        rows: impl IntoIterator<Item = (crate::kernel::Id<R::Entity>, Arc<R>)>,
    ) -> Result<()> {
        let rows = rows.into_iter().map(|(id, row)| (id, Some(row)));
        self.prime(0, || Ok(Ids::<R>(std::marker::PhantomData)), rows)
    }
}
