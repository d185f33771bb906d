//! Fetches a URL with hyper's client, in a task of smol's.
//!
//! Guide: smol's example `hyper-client`: a handshake gives a sender and a
//! connection; the connection is a task of its own.
//! Deviates: the example detaches that task and prints its error; here it is
//! awaited where the connection is closed, as the other styles do.

mod runtime;

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::HOST;
use hyper::{Request, Uri};
use smol::net::TcpStream;
use smol::{Executor, Task};
use smol_hyper::rt::FuturesIo;
use triathlon_errand::{Body, Errand, Watch};

fn main() -> Result<()> {
    let watch = Watch::start();
    let errand = Errand::of_arguments(&runtime::FLAVOURS)?;
    let runtime = runtime::build(&errand.flavour)?;
    let executor = Arc::clone(&runtime.executor);
    let fetch = fetch(executor, errand.clone(), watch);
    let driver = runtime.executor.spawn(fetch);
    let mut watch = runtime.block_on(driver)?;
    drop(runtime);
    watch.down();
    errand.tell(&watch)
}

/// The driver: one connection, one fetch after the other.
async fn fetch(
    executor: Arc<Executor<'static>>,
    errand: Errand,
    mut watch: Watch,
) -> Result<Watch> {
    watch.up();
    let mut client = Client::open(&executor, &errand.url).await?;
    for _ in 0..errand.gets {
        watch.got(client.get().await?);
    }
    client.close().await?;
    Ok(watch)
}

/// One connection of hyper: who sends, and the task that drives it.
struct Client {
    uri: Uri,
    sender: SendRequest<Empty<Bytes>>,
    driver: Task<hyper::Result<()>>,
}

impl Client {
    async fn open(executor: &Executor<'static>, url: &str) -> Result<Self> {
        let uri: Uri = url.parse()?;
        let host = uri.host().context("the URL has no host")?;
        let port = uri.port_u16().unwrap_or(80);
        let stream = TcpStream::connect((host, port)).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) =
            http1::handshake(FuturesIo::new(stream)).await?;
        let driver = executor.spawn(connection);
        Ok(Self { uri, sender, driver })
    }

    async fn get(&mut self) -> Result<Body> {
        let path = self.uri.path_and_query().context("the URL has no path")?;
        let host = self.uri.authority().context("the URL has no host")?;
        let request = Request::builder()
            .uri(path.as_str())
            .header(HOST, host.as_str())
            .body(Empty::<Bytes>::new())?;
        self.sender.ready().await?;
        let response = self.sender.send_request(request).await?;
        let status = response.status();
        ensure!(status.is_success(), "the server answered {status}");
        let body = response.into_body().collect().await?.to_bytes();
        Ok(Body::of(&body))
    }

    /// Dropping the sender ends the connection's task.
    async fn close(self) -> Result<()> {
        drop(self.sender);
        Ok(self.driver.await?)
    }
}
