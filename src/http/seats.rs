//! How many long connections each caller has. Each server counts on its own.

use super::rate::Principal;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum SeatKind {
    /// Sockets.
    Socket,
    /// Event streams.
    Stream,
}

type Taken = Arc<Mutex<HashMap<(SeatKind, Principal), usize>>>;

/// The connections of all callers.
#[derive(Debug, Default)]
pub(super) struct Seats(Taken);

/// One connection of a caller; it counts for as long as this lives.
#[derive(Debug)]
pub(super) struct Seat {
    taken: Taken,
    key: (SeatKind, Principal),
}

impl Seats {
    /// One more connection, unless the caller has `most` already.
    pub(super) fn take(&self, kind: SeatKind, principal: Principal, most: usize) -> Option<Seat> {
        let key = (kind, principal);
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(key).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Seat {
            taken: self.0.clone(),
            key,
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_are_counted_by_kind_and_caller_and_given_back() {
        let seats = Seats::default();
        let one = Principal::Address([192, 0, 2, 1].into());
        let two = Principal::Address([192, 0, 2, 2].into());
        let first = seats.take(SeatKind::Socket, one, 2).unwrap();
        let second = seats.take(SeatKind::Socket, one, 2).unwrap();
        assert!(seats.take(SeatKind::Socket, one, 2).is_none());
        let other = seats.take(SeatKind::Stream, one, 2).unwrap();
        let stranger = seats.take(SeatKind::Socket, two, 2).unwrap();
        drop(first);
        let third = seats.take(SeatKind::Socket, one, 2).unwrap();
        drop((second, third, other, stranger));
        assert!(seats.0.lock().unwrap().is_empty());
    }
}
