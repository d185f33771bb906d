//! A task for every connection, each with hyper's server.
//!
//! Guide: hyper's "Getting started with a server" and its "Gracefully shutdown
//! a server": the connection is told to end behind the answer that is under
//! way, and awaited.

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
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch::{self, Receiver};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use triathlon_contract::serve::{DRAIN, HEAD_MAX_BYTES, route};
use triathlon_contract::{Outcome, Serve, Setting};
use triathlon_lab::Lab;

use crate::runtime;
use crate::serve::listen;
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

/// Accepts until it is told to stop, then waits for those in flight.
async fn accept(
    listener: TcpListener,
    service: Arc<Service>,
    mut stopping: Receiver<bool>,
) -> Result<()> {
    let http = http(service.timeout());
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
        let http = http.clone();
        tasks.spawn(async move {
            let conversed = converse(stream, http, &service, stopping).await;
            if conversed.is_err() {
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

/// How hyper speaks here: as the other servers do.
pub(crate) fn http(silence: Option<Duration>) -> Builder {
    let mut http = Builder::new();
    http.half_close(true)
        .max_buf_size(HEAD_MAX_BYTES)
        .auto_date_header(false)
        .header_read_timeout(silence);
    if silence.is_some() {
        http.timer(TokioTimer::new());
    }
    http
}

/// One task's life: every request of a connection.
async fn converse(
    stream: TcpStream,
    http: Builder,
    service: &Arc<Service>,
    mut stopping: Receiver<bool>,
) -> Result<()> {
    stream.set_nodelay(true)?;
    let answers = service_fn(|request| answer(request, Arc::clone(service)));
    let connection = http.serve_connection(TokioIo::new(stream), answers);
    let mut connection = pin!(connection);
    let served = tokio::select! {
        served = connection.as_mut() => Some(served),
        _ = stopping.wait_for(|stops| *stops) => None,
    };
    let served = match served {
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
