//! The two ends of a server's sockets: how they begin to listen, how they
//! close.

use std::io::{self, Read};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};

use socket2::{Domain, Socket, Type};
use triathlon_contract::serve::{BACKLOG, LINGER, LINGER_READS};

/// `std` has a backlog of its own choice.
pub(crate) fn listen() -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())?;
    socket.listen(BACKLOG as i32)?;
    Ok(socket.into())
}

/// Closes so that the last answer arrives: to close with bytes unread would
/// reset the connection.
pub(crate) fn close(mut stream: &TcpStream) -> io::Result<()> {
    stream.shutdown(Shutdown::Write)?;
    stream.set_read_timeout(Some(LINGER))?;
    let mut rest = [0; 4096];
    for _ in 0..LINGER_READS {
        match stream.read(&mut rest) {
            // A stopped process goes on, and the last answer is not there.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
    }
    Ok(())
}
