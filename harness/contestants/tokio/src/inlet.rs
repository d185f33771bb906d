//! The receiving end of a channel, for one worker or for several.

use std::sync::Arc;

use tokio::sync::Mutex;
use tokio::sync::mpsc::Receiver;

/// One worker owns the receiver; several share it behind tokio's mutex, which
/// may be held across an await: whoever holds it awaits the next item, the
/// others await the lock, in turn.
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
    pub(crate) async fn recv(&mut self) -> Option<T> {
        match self {
            Self::Own(receiver) => receiver.recv().await,
            Self::Shared(receiver) => receiver.lock().await.recv().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Inlet;
    use tokio::sync::mpsc;
    use tokio::task::JoinSet;

    #[tokio::test]
    async fn every_item_comes_out_once_and_all_workers_see_the_end() {
        for workers in [1, 4] {
            let (sender, receiver) = mpsc::channel(2);
            let mut tasks = JoinSet::new();
            for mut inlet in Inlet::split(receiver, workers) {
                tasks.spawn(async move {
                    let mut sum = 0u64;
                    while let Some(item) = inlet.recv().await {
                        sum += item;
                    }
                    sum
                });
            }
            assert_eq!(tasks.len() as u64, workers);
            for item in 0..100 {
                sender.send(item).await.unwrap();
            }
            drop(sender);
            let sums = tasks.join_all().await;
            assert_eq!(sums.iter().sum::<u64>(), 99 * 100 / 2);
        }
    }

    #[tokio::test]
    async fn the_receiver_goes_with_the_last_of_them() {
        let (sender, receiver) = mpsc::channel(1);
        let mut inlets = Inlet::split(receiver, 2);
        inlets.pop();
        sender.send(1).await.unwrap();
        inlets.pop();
        assert!(sender.send(2).await.is_err());
    }
}
