//! From a URL to a database.

use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;

use postgres::Config;
use postgres::config::{Host, SslMode};
use triathlon_contract::Login;

use crate::{Failure, Result};

/// How a URL is spelt.
const SPELT: &str = "write postgres://USER[:PASSWORD]@HOST[:PORT]/DATABASE";

/// How long the database may take to answer.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// Where a database is, and who asks it.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) address: SocketAddr,
    pub(super) login: Login,
    pub(super) config: Config,
}

/// Understands a URL.
///
/// # Errors
/// A usage failure, which never repeats what was written: it may have a password.
pub(super) fn parse(url: &str) -> Result<Target> {
    let usage = |why: &str| Failure::usage(format_args!("--postgres: {why}; {SPELT}"));
    if !["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
        return Err(usage("this is no URL of a PostgreSQL"));
    }
    let mut config: Config = url.parse().map_err(|_| usage("the URL cannot be understood"))?;
    if config.get_ssl_mode() == SslMode::Require {
        return Err(usage("queries are measured without encryption, leave out sslmode=require"));
    }
    let host = match config.get_hosts() {
        [Host::Tcp(host)] => host.clone(),
        [] => return Err(usage("the URL has no host")),
        [Host::Unix(_)] => return Err(usage("queries go over TCP, name an address")),
        _ => return Err(usage("the URL has several hosts")),
    };
    let port = config.get_ports().first().copied().unwrap_or(5432);
    let mut found = (host.as_str(), port)
        .to_socket_addrs()
        .map_err(|error| usage(&format!("the host is not known ({error})")))?;
    let address = found.next().ok_or_else(|| usage("the host has no address"))?;
    let user = config.get_user().ok_or_else(|| usage("the URL has no user"))?.to_string();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec());
    let password = config.get_password().map(text).transpose();
    let password = password.map_err(|_| usage("the password is not UTF-8"))?;
    let database = config.get_dbname().map_or_else(|| user.clone(), str::to_string);
    config.application_name("triathlon").connect_timeout(CONNECT_WITHIN);
    Ok(Target { address, login: Login { user, password, database }, config })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_url_says_where_and_who() {
        let target = parse("postgres://ann:s%20t@127.0.0.1:5433/shop").unwrap();
        assert_eq!(target.address, "127.0.0.1:5433".parse().unwrap());
        assert_eq!(target.login.user, "ann");
        assert_eq!(target.login.password.as_deref(), Some("s t"));
        assert_eq!(target.login.database, "shop");
        let short = parse("postgresql://ann@127.0.0.1").unwrap();
        assert_eq!((short.address.port(), short.login.database.as_str()), (5432, "ann"));
    }

    #[test]
    fn what_is_none_is_one_sentence_without_the_password() {
        let check = |url: &str, want: &str| {
            let sentence = parse(url).unwrap_err().to_string();
            assert!(sentence.contains(want), "{url}: {sentence}");
            assert!(!sentence.contains("secret") && !sentence.contains('\n'), "{sentence}");
        };
        check("mysql://ann:secret@127.0.0.1/x", "no URL of a PostgreSQL");
        check("host=127.0.0.1 user=ann password=secret", "no URL of a PostgreSQL");
        check("postgres://ann:secret@127.0.0.1:port/x", "cannot be understood");
        check("postgres://ann:secret@127.0.0.1/x?sslmode=require", "without encryption");
        check("postgres://ann:secret@%2Fvar%2Frun/x", "over TCP");
        check("postgres://127.0.0.1/x", "no user");
        check("postgres://ann:secret@127.0.0.1,127.0.0.2/x", "several hosts");
    }
}
