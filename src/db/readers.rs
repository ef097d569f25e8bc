//! Connections that small reads share.
//!
//! Under load a small statement costs less than handing it to a process of PostgreSQL and waking up
//! for its answer. So small requests do not take turns on connections of their own: their statements
//! go down a few connections one behind the other, and both sides work through what has gathered.
//!
//! Statements of one connection wait for each other, so only what is expected to be short comes here
//! (see [`super::Database::unshared`]), and nobody joins a connection that has not answered for
//! [`PATIENCE`]: then another is taken, or one from the pool. Transactions have connections of their
//! own.

use super::{pool::Slot, turns::processors};
use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

/// How long a connection may go without an answer until it is left alone.
const PATIENCE: Duration = Duration::from_millis(10);

/// The shared connections.
pub(super) struct Readers {
    seats: Mutex<Box<[Seat]>>,
    began: Instant,
}

/// The place of one connection.
enum Seat {
    Empty,
    /// Somebody is connecting.
    Opening,
    Open(Arc<Reader>),
}

struct Reader {
    slot: Slot,
    place: usize,
    at_work: AtomicUsize,
    /// When it was last seen to answer, or began to work, in microseconds since [`Readers::began`].
    moved: AtomicU64,
    /// Answers until then.
    answers: AtomicU64,
}

/// The use of a shared connection for one read.
pub struct Share {
    reader: Arc<Reader>,
    readers: Arc<Readers>,
}

/// What is to be had.
pub(super) enum Choice {
    /// This one.
    Join(Share),
    /// A place for a connection that is to be opened.
    Open(Opening),
    /// All keep others waiting.
    Nothing,
}

/// A place that is kept for a connection until it is there, or given up.
pub(super) struct Opening {
    readers: Arc<Readers>,
    place: usize,
}

impl Readers {
    /// Places for so many connections, each opened when it is first needed.
    pub(super) fn new(number: usize) -> Self {
        let seats = (0..number).map(|_| Seat::Empty).collect();
        Self {
            seats: Mutex::new(seats),
            began: Instant::now(),
        }
    }

    /// How many of `most` connections are shared. Where PostgreSQL works on the same processors, one
    /// for each keeps it busy; elsewhere more of its time is the way there.
    pub(super) fn number(is_here: bool, most: usize) -> usize {
        let each = if is_here { 1 } else { 2 };
        (processors() * each).min(most / 2)
    }

    /// Places, connections that are open, and those of them at work.
    pub(super) fn usage(&self) -> (usize, usize, usize) {
        let seats = self.seats();
        let open = seats.iter().filter_map(|seat| match seat {
            Seat::Open(reader) => Some(reader.at_work.load(Ordering::Relaxed)),
            Seat::Empty | Seat::Opening => None,
        });
        open.fold((seats.len(), 0, 0), |(places, open, busy), at_work| {
            (places, open + 1, busy + usize::from(at_work > 0))
        })
    }

    /// Where to read: on the connection at `preferred`, if it answers, or on that with the least to do.
    pub(super) fn choose(self: &Arc<Self>, preferred: Option<usize>) -> Choice {
        let mut seats = self.seats();
        let now = self.now();
        let mut least: Option<(usize, &Arc<Reader>)> = None;
        let mut empty = None;
        for (place, seat) in seats.iter_mut().enumerate() {
            if matches!(seat, Seat::Open(reader) if reader.slot.is_closed()) {
                *seat = Seat::Empty;
            }
            match seat {
                Seat::Open(reader) => {
                    let at_work = reader.at_work.load(Ordering::Relaxed);
                    if at_work > 0 && reader.keeps_waiting(now) {
                        continue;
                    }
                    if preferred == Some(place) {
                        least = Some((0, reader));
                        break;
                    }
                    if least.is_none_or(|(fewest, _)| at_work < fewest) {
                        least = Some((at_work, reader));
                    }
                }
                Seat::Empty => empty = empty.or(Some(place)),
                Seat::Opening => {}
            }
        }
        match (least, empty) {
            (Some((0, reader)), _) | (Some((_, reader)), None) => {
                Choice::Join(self.join(reader.clone()))
            }
            (_, Some(place)) => {
                if let Some(seat) = seats.get_mut(place) {
                    *seat = Seat::Opening;
                }
                let readers = self.clone();
                Choice::Open(Opening { readers, place })
            }
            (None, None) => Choice::Nothing,
        }
    }

    /// One more at work. The places are locked meanwhile.
    fn join(self: &Arc<Self>, reader: Arc<Reader>) -> Share {
        if reader.at_work.fetch_add(1, Ordering::Relaxed) == 0 {
            reader.moved.store(self.now(), Ordering::Relaxed);
        }
        let readers = self.clone();
        Share { reader, readers }
    }

    /// Ends a connection that nobody reads on and that has a statement left: its reader went away.
    fn end_if_abandoned(&self, reader: &Arc<Reader>) {
        let mut seats = self.seats();
        if reader.at_work.load(Ordering::Relaxed) > 0 || !reader.slot.is_waiting() {
            return;
        }
        if let Some(seat) = seats.get_mut(reader.place)
            && matches!(seat, Seat::Open(open) if Arc::ptr_eq(open, reader))
        {
            *seat = Seat::Empty;
            reader.slot.cancel();
        }
    }

    fn now(&self) -> u64 {
        let micros = self.began.elapsed().as_micros();
        u64::try_from(micros).unwrap_or(u64::MAX)
    }

    fn seats(&self) -> MutexGuard<'_, Box<[Seat]>> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reader {
    fn keeps_waiting(&self, now: u64) -> bool {
        let moved = self.moved.load(Ordering::Relaxed);
        u128::from(now.saturating_sub(moved)) > PATIENCE.as_micros()
    }
}

impl Share {
    /// The connection.
    pub fn conn(&self) -> &super::Conn {
        self.reader.slot.conn()
    }

    /// Where the connection is, to read on it again.
    pub fn place(&self) -> usize {
        self.reader.place
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let Self { reader, readers } = self;
        // Who leaves without an answer says nothing of how the connection does.
        let answers = reader.slot.answers();
        if reader.answers.swap(answers, Ordering::Relaxed) != answers {
            reader.moved.store(readers.now(), Ordering::Relaxed);
        }
        let was = reader.at_work.fetch_sub(1, Ordering::Relaxed);
        if was == 1 && reader.slot.is_waiting() {
            readers.end_if_abandoned(reader);
        }
    }
}

impl Opening {
    /// Takes the place with a connection, and begins to read on it.
    pub(super) fn fill(self, slot: Slot) -> Share {
        let reader = Arc::new(Reader {
            slot,
            place: self.place,
            at_work: AtomicUsize::new(0),
            moved: AtomicU64::new(0),
            answers: AtomicU64::new(0),
        });
        let mut seats = self.readers.seats();
        let share = self.readers.join(reader.clone());
        if let Some(seat) = seats.get_mut(self.place) {
            *seat = Seat::Open(reader);
        }
        share
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        if let Some(seat) = self.readers.seats().get_mut(self.place)
            && matches!(seat, Seat::Opening)
        {
            *seat = Seat::Empty;
        }
    }
}
