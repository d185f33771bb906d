//! A task for every connection, which reads a request, answers it and awaits
//! the next.
//!
//! Guide: smol's examples `simple-server` and `async-listen`'s advice on
//! errors of accepting; the documentation of async-channel on closing.
//!
//! Who ends: the conductor's thread closes a channel. The accepting task then
//! drops the listener; the others await their next request and the channel at
//! once, so an idle one ends and one that answers answers first. Each of them
//! holds a sender of a second channel, which closes when the last has left.
//! The drain is bounded.

use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use smol::channel::{self, Receiver};
use smol::future::or;
use smol::io::{AsyncReadExt, AsyncWriteExt};
use smol::net::{TcpListener, TcpStream};
use smol::{Executor, Timer};
use socket2::{Domain, Socket, Type};
use triathlon_contract::serve::{
    BACKLOG, DRAIN, LINGER, LINGER_READS, Requests,
};
use triathlon_contract::{Outcome, Serve, Setting};
use triathlon_lab::Lab;

use crate::runtime;
use crate::service::{Service, in_time};

/// How long to wait where no connection can be accepted, as without a
/// descriptor: others end meanwhile.
const PAUSE: Duration = Duration::from_millis(10);

pub(crate) fn run(
    work: &Serve,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let runtime = runtime::build(setting)?;
    let open = runtime.executor.spawn(open(*work, setting.clone()));
    let (service, listener) = runtime.block_on(open)?;
    let address = listener.local_addr()?;

    let (stop, stopping) = channel::bounded(1);
    let drive = lab.drive(address, move || drop(stop))?;
    let executor = Arc::clone(&runtime.executor);
    let accept = accept(executor, listener, Arc::clone(&service), stopping);
    let driver = runtime.executor.spawn(accept);
    runtime.block_on(driver);
    lab.driven(drive);
    service.served.outcome(runtime.workers())
}

async fn open(
    work: Serve,
    setting: Setting,
) -> Result<(Arc<Service>, TcpListener)> {
    let service = Service::open(work, setting).await?;
    Ok((Arc::new(service), listen().context("listen")?))
}

/// `TcpListener::bind` has a backlog of its own choice.
pub(crate) fn listen() -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())?;
    socket.listen(BACKLOG as i32)?;
    TcpListener::try_from(StdListener::from(socket))
}

/// Accepts until it is told to stop, then waits for those in flight.
async fn accept(
    executor: Arc<Executor<'static>>,
    listener: TcpListener,
    service: Arc<Service>,
    stopping: Receiver<()>,
) {
    let (lives, gone) = channel::bounded::<()>(1);
    while let Some(accepted) = next(&listener, &stopping).await {
        let Ok(stream) = accepted else {
            Timer::after(PAUSE).await;
            continue;
        };
        service.served.connected();
        let (service, stopping) = (Arc::clone(&service), stopping.clone());
        let lives = lives.clone();
        let task = executor.spawn(async move {
            if converse(stream, &service, stopping).await.is_err() {
                service.served.lost();
            }
            drop(lives);
        });
        task.detach();
    }
    drop((listener, lives));
    // Nothing is ever sent: it ends when the last sender is dropped.
    let last = async { _ = gone.recv().await };
    or(last, async { _ = Timer::after(DRAIN).await }).await;
}

/// The next connection, or an error of accepting; nothing once the channel is
/// closed.
pub(crate) async fn next(
    listener: &TcpListener,
    stopping: &Receiver<()>,
) -> Option<io::Result<TcpStream>> {
    let accepted = async { Some(listener.accept().await.map(|(s, _)| s)) };
    or(stopped(stopping, None), accepted).await
}

/// `value`, once the channel is closed.
pub(crate) async fn stopped<T>(stopping: &Receiver<()>, value: T) -> T {
    stopping.recv().await.ok();
    value
}

/// One task's life: every request of a connection.
async fn converse(
    mut stream: TcpStream,
    service: &Service,
    stopping: Receiver<()>,
) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut requests = Requests::new();
    loop {
        while let Some(request) = requests.next() {
            let page = service.page(request.asks).await;
            let last = stopping.is_closed() || !request.keep_alive;
            let answer = page.answer(&request, last);
            in_time(service.timeout(), stream.write_all(&answer)).await?;
            service.served.answered(&page, request.bodyless);
            if last {
                return close(stream).await;
            }
        }
        let read = in_time(service.timeout(), stream.read(requests.space()));
        match or(stopped(&stopping, Ok(0)), read).await {
            // The client left, perhaps in the middle, or the server stops.
            Ok(0) => return Ok(()),
            Ok(count) => requests.advance(count),
            // A client that is silent for too long.
            Err(error) if is_slow(&error) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

fn is_slow(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::TimedOut)
}

/// Closes so that the last answer arrives: to close with bytes unread would
/// reset the connection.
async fn close(mut stream: TcpStream) -> Result<()> {
    stream.close().await?;
    let mut rest = [0; 4096];
    for _ in 0..LINGER_READS {
        match in_time(Some(LINGER), stream.read(&mut rest)).await {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
    }
    Ok(())
}
