//! A task for every connection, which reads a request, answers it and awaits
//! the next.
//!
//! Guide: tokio's tutorial, "Spawning" and "I/O", and its page "Graceful
//! Shutdown".
//!
//! Who ends: the conductor's thread sends on a watch channel. The accepting
//! task then drops the listener and joins the others; each of them awaits its
//! next request and the channel at once, so an idle one ends and one that
//! answers answers first. The drain is bounded.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch::{self, Receiver};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
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
    let open = open(*work, setting.clone());
    let (service, listener) = runtime.block_on(runtime.spawn(open))??;
    let address = listener.local_addr()?;

    let (stop, stopping) = watch::channel(false);
    let drive = lab.drive(address, move || {
        stop.send_replace(true);
    })?;
    let accept = accept(listener, Arc::clone(&service), stopping);
    runtime.block_on(runtime.spawn(accept))??;
    lab.driven(drive);
    service.served.outcome(runtime.metrics().num_workers() as u64)
}

async fn open(
    work: Serve,
    setting: Setting,
) -> Result<(Arc<Service>, TcpListener)> {
    let service = Service::open(work, setting).await?;
    Ok((Arc::new(service), listen().context("listen")?))
}

pub(crate) fn listen() -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    socket.listen(BACKLOG)
}

/// Accepts until it is told to stop, then waits for those in flight.
async fn accept(
    listener: TcpListener,
    service: Arc<Service>,
    mut stopping: Receiver<bool>,
) -> Result<()> {
    let mut tasks = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(ended) = tasks.join_next() => {
                ended?;
                continue;
            }
            _ = stopping.wait_for(|stops| *stops) => break,
        };
        let Ok((stream, _)) = accepted else {
            sleep(PAUSE).await;
            continue;
        };
        service.served.connected();
        let (service, stopping) = (Arc::clone(&service), stopping.clone());
        tasks.spawn(async move {
            if converse(stream, &service, stopping).await.is_err() {
                service.served.lost();
            }
        });
    }
    drop(listener);
    let drain = async {
        while let Some(ended) = tasks.join_next().await {
            ended?;
        }
        Ok(())
    };
    match timeout(DRAIN, drain).await {
        Ok(drained) => drained,
        Err(_) => {
            tasks.shutdown().await;
            Ok(())
        }
    }
}

/// One task's life: every request of a connection.
async fn converse(
    mut stream: TcpStream,
    service: &Service,
    mut stopping: Receiver<bool>,
) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut requests = Requests::new();
    loop {
        while let Some(request) = requests.next() {
            let page = service.page(request.asks).await;
            let last = *stopping.borrow() || !request.keep_alive;
            let answer = page.answer(&request, last);
            in_time(service.timeout(), stream.write_all(&answer)).await?;
            service.served.answered(&page, request.bodyless);
            if last {
                return close(stream).await;
            }
        }
        let read = in_time(service.timeout(), stream.read(requests.space()));
        let read = tokio::select! {
            read = read => read,
            _ = stopping.wait_for(|stops| *stops) => return Ok(()),
        };
        match read {
            // The client left, perhaps in the middle.
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
    stream.shutdown().await?;
    let mut rest = [0; 4096];
    for _ in 0..LINGER_READS {
        match timeout(LINGER, stream.read(&mut rest)).await {
            Ok(Ok(0) | Err(_)) | Err(_) => break,
            Ok(Ok(_)) => {}
        }
    }
    Ok(())
}
