//! The requests in flight, one per connection at most, and who is free.

use std::collections::VecDeque;

/// What a connection does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Free,
    Busy,
    /// It is being opened again.
    Down,
}

/// An array for each property, because a turn touches few of them.
#[derive(Debug)]
pub(crate) struct Slots {
    phase: Vec<Phase>,
    pub(crate) intended_ns: Vec<u64>,
    pub(crate) started_ns: Vec<u64>,
    /// Since when a connection is free.
    pub(crate) free_ns: Vec<u64>,
    /// Free connections, the one that is free for longest first, so that all
    /// of them are used. One that went down stays in and is passed over.
    line: VecDeque<u32>,
    in_line: Vec<bool>,
    pub(crate) busy: usize,
}

impl Slots {
    /// So many free connections.
    pub(crate) fn new(connections: usize) -> Self {
        Self {
            phase: vec![Phase::Free; connections],
            intended_ns: vec![0; connections],
            started_ns: vec![0; connections],
            free_ns: vec![0; connections],
            line: (0..connections as u32).collect(),
            in_line: vec![true; connections],
            busy: 0,
        }
    }

    /// Whether a request could start now.
    #[inline]
    pub(crate) fn any_free(&mut self) -> bool {
        while let Some(&first) = self.line.front() {
            if self.phase[first as usize] == Phase::Free {
                return true;
            }
            self.line.pop_front();
            self.in_line[first as usize] = false;
        }
        false
    }

    /// Takes the connection that is free for longest.
    #[inline]
    pub(crate) fn take(&mut self) -> Option<u32> {
        if !self.any_free() {
            return None;
        }
        let first = self.line.pop_front()?;
        self.in_line[first as usize] = false;
        Some(first)
    }

    /// A request started on it.
    #[inline]
    pub(crate) fn start(&mut self, connection: u32, intended_ns: u64, started_ns: u64) {
        let index = connection as usize;
        self.phase[index] = Phase::Busy;
        self.intended_ns[index] = intended_ns;
        self.started_ns[index] = started_ns;
        self.busy += 1;
    }

    /// It is free from now on.
    #[inline]
    pub(crate) fn free(&mut self, connection: u32, now_ns: u64) {
        let index = connection as usize;
        self.leave(index);
        self.phase[index] = Phase::Free;
        self.free_ns[index] = now_ns;
        if !self.in_line[index] {
            self.in_line[index] = true;
            self.line.push_back(connection);
        }
    }

    /// It is being opened again.
    pub(crate) fn down(&mut self, connection: u32) {
        self.leave(connection as usize);
        self.phase[connection as usize] = Phase::Down;
    }

    fn leave(&mut self, index: usize) {
        self.busy -= usize::from(self.phase[index] == Phase::Busy);
    }

    /// Connections with a request in flight.
    pub(crate) fn in_flight(&self) -> impl Iterator<Item = u32> + '_ {
        let busy = |index: &u32| self.phase[*index as usize] == Phase::Busy;
        (0..self.phase.len() as u32).filter(busy)
    }

    /// When the oldest request in flight started.
    pub(crate) fn oldest_ns(&self) -> Option<u64> {
        self.in_flight().map(|index| self.started_ns[index as usize]).min()
    }
}

#[cfg(test)]
mod tests {
    use super::Slots;

    #[test]
    fn free_connections_take_turns() {
        let mut slots = Slots::new(3);
        let mut order = Vec::new();
        for at in 0..6 {
            let connection = slots.take().unwrap();
            slots.start(connection, at, at);
            slots.free(connection, at);
            order.push(connection);
        }
        assert_eq!((order, slots.busy), (vec![0, 1, 2, 0, 1, 2], 0));
    }

    #[test]
    fn a_line_has_every_connection_once_however_often_it_is_lost() {
        let mut slots = Slots::new(2);
        for at in 0..100 {
            slots.down(1);
            slots.free(1, at);
        }
        assert_eq!((slots.line.len(), slots.take(), slots.take()), (2, Some(0), Some(1)));
        slots.down(0);
        slots.down(1);
        assert!(!slots.any_free() && slots.take().is_none());
        slots.free(0, 7);
        assert_eq!(slots.take(), Some(0));
        slots.start(0, 1, 2);
        assert_eq!((slots.busy, slots.oldest_ns(), slots.in_flight().count()), (1, Some(2), 1));
    }
}
