//! A task for every connection, each with hyper's server over smol-hyper.
//!
//! Guide: smol's example `hyper-server`; hyper's "Gracefully shutdown a
//! server": the connection is told to end behind the answer that is under way,
//! and awaited.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use smol::channel::{self, Receiver};
use smol::future::or;
use smol::net::{TcpListener, TcpStream};
use smol::{Executor, Timer};
use smol_hyper::rt::{FuturesIo, SmolTimer};
use triathlon_contract::serve::{DRAIN, HEAD_MAX_BYTES, route};
use triathlon_contract::{Outcome, Serve, Setting};
use triathlon_lab::Lab;

use crate::runtime;
use crate::serve::{listen, next, stopped};
use crate::service::Service;

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

/// Accepts until it is told to stop, then waits for those in flight.
async fn accept(
    executor: Arc<Executor<'static>>,
    listener: TcpListener,
    service: Arc<Service>,
    stopping: Receiver<()>,
) {
    let http = http(service.timeout());
    let (lives, gone) = channel::bounded::<()>(1);
    while let Some(accepted) = next(&listener, &stopping).await {
        let Ok(stream) = accepted else {
            Timer::after(PAUSE).await;
            continue;
        };
        service.served.connected();
        let (service, stopping) = (Arc::clone(&service), stopping.clone());
        let (http, lives) = (http.clone(), lives.clone());
        let task = executor.spawn(async move {
            let conversed = converse(stream, http, &service, stopping).await;
            if conversed.is_err() {
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

/// How hyper speaks here: as the other servers do.
fn http(silence: Option<Duration>) -> Builder {
    let mut http = Builder::new();
    http.half_close(true)
        .max_buf_size(HEAD_MAX_BYTES)
        .auto_date_header(false)
        .header_read_timeout(silence);
    if silence.is_some() {
        http.timer(SmolTimer::new());
    }
    http
}

/// One task's life: every request of a connection.
async fn converse(
    stream: TcpStream,
    http: Builder,
    service: &Arc<Service>,
    stopping: Receiver<()>,
) -> Result<()> {
    stream.set_nodelay(true)?;
    let answers = service_fn(|request| answer(request, Arc::clone(service)));
    let connection = http.serve_connection(FuturesIo::new(stream), answers);
    let mut connection = pin!(connection);
    let ended = async { Some(connection.as_mut().await) };
    let served = match or(stopped(&stopping, None), ended).await {
        Some(served) => served,
        None => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    match served {
        // A client that is silent for too long.
        Err(error) if error.is_timeout() => Ok(()),
        served => Ok(served?),
    }
}

async fn answer(
    request: Request<Incoming>,
    service: Arc<Service>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let bodyless = request.method() == Method::HEAD;
    let target = request.uri().path_and_query();
    let target = target.map_or("", |target| target.as_str());
    let page = service.page(route(request.method().as_str(), target)).await;
    service.served.answered(&page, bodyless);
    let status = StatusCode::from_u16(page.status);
    let kind = HeaderValue::from_static(page.kind);
    let mut response = Response::new(Full::new(page.body()));
    *response.status_mut() = status.unwrap_or_default();
    response.headers_mut().insert(CONTENT_TYPE, kind);
    Ok(response)
}
