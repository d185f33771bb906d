//! The receiving end of a channel, for one worker or for several.

use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};

/// One worker owns the receiver; several share it behind a mutex, as in the
/// Rust book: whoever holds the lock waits for the next item, the others wait
/// for the lock.
pub(crate) enum Inlet<T> {
    Own(Receiver<T>),
    Shared(Arc<Mutex<Receiver<T>>>),
}

impl<T> Inlet<T> {
    /// One for each worker.
    pub(crate) fn split(receiver: Receiver<T>, workers: u64) -> Vec<Self> {
        if workers == 1 {
            return vec![Self::Own(receiver)];
        }
        let shared = Arc::new(Mutex::new(receiver));
        (0..workers).map(|_| Self::Shared(Arc::clone(&shared))).collect()
    }

    /// The next item; nothing once all senders are gone.
    pub(crate) fn recv(&self) -> Option<T> {
        match self {
            Self::Own(receiver) => receiver.recv().ok(),
            Self::Shared(receiver) => {
                let receiver =
                    receiver.lock().unwrap_or_else(PoisonError::into_inner);
                receiver.recv().ok()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Inlet;
    use std::sync::mpsc::sync_channel;
    use std::thread;

    fn sum(inlet: &Inlet<u64>) -> u64 {
        std::iter::from_fn(|| inlet.recv()).sum()
    }

    #[test]
    fn every_item_comes_out_once_and_all_workers_see_the_end() {
        for workers in [1, 4] {
            let (sender, receiver) = sync_channel(2);
            let inlets = Inlet::split(receiver, workers);
            assert_eq!(inlets.len() as u64, workers);
            let sums: Vec<u64> = thread::scope(|scope| {
                let threads: Vec<_> = inlets
                    .into_iter()
                    .map(|inlet| scope.spawn(move || sum(&inlet)))
                    .collect();
                (0..100).for_each(|item| sender.send(item).unwrap());
                drop(sender);
                threads.into_iter().map(|t| t.join().unwrap()).collect()
            });
            assert_eq!(sums.iter().sum::<u64>(), 99 * 100 / 2);
        }
    }

    #[test]
    fn the_receiver_goes_with_the_last_of_them() {
        let (sender, receiver) = sync_channel(1);
        let mut inlets = Inlet::split(receiver, 2);
        inlets.pop();
        sender.send(1).unwrap();
        inlets.pop();
        assert!(sender.send(2).is_err());
    }
}
