//! The server as a process.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;

use crate::bodies::Bodies;
use crate::draws::DEFAULT_SEED;
use crate::listen::{Port, Server, Wire, accept, bind};
use crate::timer::Timer;
use crate::trial::Trial;
use crate::trials::Trials;
use crate::{Options, ServeError, process};

/// The one line on standard output.
#[derive(Serialize)]
struct Announcement {
    address: SocketAddr,
    pid: u32,
    workers: usize,
}

/// Serves until SIGTERM, SIGINT or the death of the parent process.
///
/// Prints one line of JSON on standard output when it accepts connections, with
/// `address`, `pid` and `workers`. Pins the calling thread and changes limits
/// and signal handlers of the process: call it from `main`. If the parent is
/// gone already it returns at once and prints nothing.
///
/// # Errors
/// The address cannot be bound, a CPU is not permitted, or standard output is
/// closed.
pub fn serve(options: &Options) -> Result<(), ServeError> {
    if !process::follow(options.parent)? {
        return Ok(());
    }
    process::prepare(options)?;
    let workers = process::workers(options);
    let (listener, address) = listen(options)?;
    let runtime = runtime(workers)?;
    runtime.block_on(async {
        let ends = process::Ends::new(options.parent)?;
        let stop = start(listener, address)?;
        announce(&Announcement { address, pid: std::process::id(), workers })
            .context("cannot print the address; keep standard output open")?;
        ends.wait().await;
        drop(stop);
        Ok(())
    })
}

/// Binds the control address.
pub(crate) fn listen(options: &Options) -> Result<(std::net::TcpListener, SocketAddr), ServeError> {
    let address = SocketAddr::new(options.listen, options.port);
    let bound = bind(address).and_then(|listener| {
        let local = listener.local_addr()?;
        Ok((listener, local))
    });
    bound.map_err(|source| ServeError::Bind { address, source })
}

/// A runtime without tokio's timer, which nothing here may use.
pub(crate) fn runtime(workers: usize) -> Result<Runtime, ServeError> {
    let mut builder = match workers {
        1 => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    let built = builder.worker_threads(workers).enable_io().build();
    Ok(built.context("cannot start the runtime; raise the limits of threads and open files")?)
}

/// Starts the tasks of the server inside a runtime; they end with the runtime,
/// or when the sender is dropped.
pub(crate) fn start(
    listener: std::net::TcpListener,
    address: SocketAddr,
) -> Result<watch::Sender<()>, ServeError> {
    let limits = "cannot register with the runtime; raise the limit of open files";
    let listener = TcpListener::from_std(listener).context(limits)?;
    let timer = Timer::new().context(limits)?;
    let server =
        Server { ip: address.ip(), bodies: Bodies::new(), timer, trials: Trials::default() };
    let server = Arc::new(server);
    let driver = Arc::clone(&server);
    tokio::spawn(async move { driver.timer.drive().await });
    let trial = Arc::new(Trial::new(0, 0, DEFAULT_SEED));
    let port = Port { server, trial, wire: Wire::Http, control: true };
    let (stop, stopped) = watch::channel(());
    tokio::spawn(accept(listener, Arc::new(port), stopped));
    Ok(stop)
}

fn announce(announcement: &Announcement) -> io::Result<()> {
    let mut line = serde_json::to_vec(announcement)?;
    line.push(b'\n');
    let mut stdout = io::stdout().lock();
    stdout.write_all(&line)?;
    stdout.flush()
}
