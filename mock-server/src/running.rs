//! The server on a thread, for tests.

use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread::JoinHandle;

use anyhow::Context;
use tokio::runtime::Runtime;
use tokio::sync::{oneshot, watch};

use crate::{Options, ServeError, process, serve};

/// A server on a thread of this process; dropping it ends it and waits.
///
/// For the tests of this crate and of the harness. What is measured talks to
/// a server in a process of its own.
#[derive(Debug)]
pub struct Running {
    /// The control address.
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Starts a server as [`crate::serve()`] does, but on a thread, without
/// handlers of signals and without a parent to follow. It serves when this
/// returns.
///
/// # Errors
/// The address cannot be bound, a CPU is not permitted, or the system is out of
/// threads or file descriptors.
pub fn spawn(options: Options) -> Result<Running, ServeError> {
    let (listener, address) = serve::listen(&options)?;
    let (stop, stopped) = oneshot::channel();
    let (started, starts) = mpsc::channel();
    let thread = std::thread::Builder::new().name("mock-server".into());
    let thread = thread.spawn(move || match begin(&options, listener, address) {
        Ok((runtime, tasks)) => {
            // Nobody listens only if nobody wants the server any more.
            let _ = started.send(Ok(()));
            // Ends when the sender is dropped; then the tasks do.
            let _ = runtime.block_on(stopped);
            drop(tasks);
        }
        Err(error) => drop(started.send(Err(error))),
    });
    let thread = thread.context("cannot start a thread; raise the limit of processes")?;
    starts.recv().context("the server's thread ended before it served")??;
    Ok(Running { address, stop: Some(stop), thread: Some(thread) })
}

/// Prepares this thread and starts the tasks.
fn begin(
    options: &Options,
    listener: std::net::TcpListener,
    address: SocketAddr,
) -> Result<(Runtime, watch::Sender<()>), ServeError> {
    process::prepare(options)?;
    let runtime = serve::runtime(process::workers(options))?;
    let tasks = runtime.block_on(async { serve::start(listener, address) })?;
    Ok((runtime, tasks))
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the server has been printed; a second one here, during
            // a drop, would end the process.
            let _ = thread.join();
        }
    }
}
