//! `triathlon mock-server`

use std::net::IpAddr;

use triathlon_mock_server::{Options, ServeError};

use crate::{Failure, Result};

const EXAMPLES: &str = "\
Examples:
  triathlon mock-server                       a free port of 127.0.0.1, printed as JSON
  triathlon mock-server --port 8080
  curl -s localhost:8080/bytes/10 | xxd       bytes
  curl -s localhost:8080/delay/20000?bytes=3  three bytes after 20 ms
  curl -s localhost:8080/counters             what it has seen

It listens on loopback only unless --listen names another address.";

/// Where it listens and on which CPUs it runs.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Address to listen on; anything but loopback opens it to others
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    listen: IpAddr,
    /// Port; 0 for a free one
    #[arg(long, value_name = "N", default_value_t = 0)]
    port: u16,
    /// CPUs to run on, separated by commas
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    cpus: Vec<usize>,
    /// End when this process, the parent, ends
    #[arg(long, value_name = "PID")]
    parent: Option<u32>,
}

/// Serves until SIGTERM, Ctrl-C or the parent's end.
///
/// # Errors
/// A usage failure if the address or port cannot be had.
pub fn run(arguments: &Arguments) -> Result<()> {
    let options = Options {
        listen: arguments.listen,
        port: arguments.port,
        cpus: arguments.cpus.clone(),
        parent: arguments.parent,
    };
    triathlon_mock_server::serve(&options).map_err(|error| match error {
        ServeError::Other(error) => Failure::Failed(error),
        bind => Failure::usage(bind),
    })
}
