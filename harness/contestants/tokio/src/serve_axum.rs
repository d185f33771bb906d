//! A task for every connection, with hyper's server below and axum's routes,
//! extractors and state above.
//!
//! Guide: axum's examples `serve-with-hyper` and `graceful-shutdown`.
//! Deviates: most call `axum::serve`, which is that loop without settings: no
//! bound for heads, for silent clients, or for the drain.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::{Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper::server::conn::http1::Builder;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use serde::Deserialize;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch::{self, Receiver};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use triathlon_contract::serve::{DRAIN, Refusal, Route};
use triathlon_contract::{Outcome, Serve, Setting};
use triathlon_lab::Lab;

use crate::runtime;
use crate::serve::listen;
use crate::serve_stack::http;
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
    let app = app(Arc::clone(&service));
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
        let (http, app) = (http.clone(), app.clone());
        tasks.spawn(async move {
            let conversed = converse(stream, http, app, stopping).await;
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

/// One task's life: every request of a connection.
async fn converse(
    stream: TcpStream,
    http: Builder,
    app: Router,
    mut stopping: Receiver<bool>,
) -> Result<()> {
    stream.set_nodelay(true)?;
    let app = TowerToHyperService::new(app);
    let connection = http.serve_connection(TokioIo::new(stream), app);
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

/// What is served where.
fn app(service: Arc<Service>) -> Router {
    Router::new()
        .route("/plain", get(plain))
        .route("/json", get(json))
        .route("/crud", get(crud))
        .with_state(service)
}

async fn plain(
    State(service): State<Arc<Service>>,
    method: Method,
) -> Response {
    answer(&service, Ok(Route::Plain), &method).await
}

async fn json(State(service): State<Arc<Service>>, method: Method) -> Response {
    answer(&service, Ok(Route::Json), &method).await
}

/// What `/crud` takes; axum answers 400 where it is not that.
#[derive(Deserialize)]
struct Crud {
    queries: u64,
    bytes: u64,
}

async fn crud(
    State(service): State<Arc<Service>>,
    Query(Crud { queries, bytes }): Query<Crud>,
    method: Method,
) -> Response {
    answer(&service, Route::crud(queries, bytes), &method).await
}

async fn answer(
    service: &Service,
    asks: Result<Route, Refusal>,
    method: &Method,
) -> Response {
    let page = service.page(asks).await;
    service.served.answered(&page, method == Method::HEAD);
    let status = StatusCode::from_u16(page.status).unwrap_or_default();
    (status, [(CONTENT_TYPE, page.kind)], page.body()).into_response()
}
