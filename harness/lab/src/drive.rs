//! A server's window: somebody else brings the load, and says when it is over.

use std::net::SocketAddr;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::roll_call::stay_idle;
use crate::{Asleep, Clock, Footprint, Lab, Probe, ProbeError, Window, held};

/// Who leads the clients of a server; speaks with them while the server serves.
pub trait Conductor: Send {
    /// Tells where the server listens; returns once all clients are connected and have
    /// been answered once.
    ///
    /// # Errors
    /// Why there is no load, in one sentence.
    fn gather(&mut self, address: SocketAddr) -> Result<(), String>;

    /// Lets the load begin; returns once it is over.
    ///
    /// # Errors
    /// Why it did not come to its end, in one sentence.
    fn conduct(&mut self) -> Result<(), String>;
}

/// A load that is under way.
#[derive(Debug)]
pub struct Drive(JoinHandle<Result<Window, ProbeError>>);

impl Lab {
    /// The same lab, for a server whose clients somebody leads.
    #[must_use]
    pub fn conducted_by(mut self, conductor: Box<dyn Conductor>) -> Self {
        self.conductor = Some(conductor);
        self
    }

    /// Has the clients of a server do nothing for so long, once each of them has been
    /// answered and before the window opens, and reads meanwhile what the server holds for
    /// them and what that costs: call it before [`Lab::drive`].
    pub fn idles_for(&mut self, idle: Duration) {
        self.idle = Some(idle);
    }

    /// Has a load brought to `address`, opens and closes the window around it, then calls
    /// `stop`, whatever came of it, so that the server ends.
    ///
    /// All of it happens on a thread that sleeps most of the time: it is one more in the
    /// process of every server.
    ///
    /// # Errors
    /// Nobody leads the clients, or the thread cannot be started.
    pub fn drive(
        &mut self,
        address: SocketAddr,
        stop: impl FnOnce() + Send + 'static,
    ) -> Result<Drive, ProbeError> {
        let nobody = || ProbeError("nobody brings a load to this server".to_string());
        let conductor = self.conductor.take().ok_or_else(nobody)?;
        let (clock, server, idle) = (self.clock, self.server, self.idle);
        let lead = move || {
            let _ending = Ending(Some(stop));
            lead(conductor, address, clock, server, idle)
        };
        let thread = thread::Builder::new().name("conductor".to_string()).spawn(lead);
        let thread = thread.map_err(|error| ProbeError(format!("start the conductor: {error}")))?;
        Ok(Drive(thread))
    }

    /// Takes the window of a load, once the server has ended. What went wrong with the
    /// load is said by [`Lab::finish`].
    pub fn driven(&mut self, Drive(thread): Drive) {
        match thread.join() {
            Ok(Ok(window)) => self.window = Some(window),
            Ok(Err(error)) => self.fail(&error),
            Err(_) => self.fail(&ProbeError("the conductor panicked".to_string())),
        }
    }
}

/// Stops the server when it goes, also on the way out of a failure.
struct Ending<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> Drop for Ending<F> {
    fn drop(&mut self) {
        if let Some(stop) = self.0.take() {
            stop();
        }
    }
}

/// Has the clients come; what is read if they are idle for a while.
fn gather(
    conductor: &mut dyn Conductor,
    address: SocketAddr,
    idle: Option<Duration>,
) -> Result<Option<Asleep>, ProbeError> {
    let Some(idle) = idle else {
        conductor.gather(address).map_err(ProbeError)?;
        return Ok(None);
    };
    let (sockets, before) = (held::sockets()?, Footprint::of_server()?);
    conductor.gather(address).map_err(ProbeError)?;
    let read = stay_idle(idle, Footprint::of_server)?;
    // Those that are there in the end were there all the time: nobody comes meanwhile.
    let sleepers = held::sockets()?.saturating_sub(sockets);
    Ok(Some(Asleep { sleepers, before, ..read }))
}

fn lead(
    mut conductor: Box<dyn Conductor>,
    address: SocketAddr,
    clock: Clock,
    server: Option<u32>,
    idle: Option<Duration>,
) -> Result<Window, ProbeError> {
    let asleep = gather(conductor.as_mut(), address, idle)?;
    let opened = Probe::read(server)?;
    let opened_ns = clock.now_ns();
    conductor.conduct().map_err(ProbeError)?;
    let elapsed_ns = clock.now_ns() - opened_ns;
    let closed = Probe::read_closing(server)?;
    Ok(Window { opened_ns, elapsed_ns, opened, closed, asleep, ..Window::default() })
}

#[cfg(test)]
mod tests {
    use super::Conductor;
    use crate::Lab;
    use std::net::{SocketAddr, TcpListener, TcpStream};
    use std::process::Command;
    use std::sync::mpsc::{self, Sender};
    use std::time::Duration;

    /// In the environment of the process in which nothing else runs.
    const ALONE: &str = "TRIATHLON_TEST_DRIVE";

    /// Tells what it was asked to do, and fails where it shall.
    struct Told(Sender<&'static str>, &'static str);

    impl Told {
        fn tell(&self, what: &'static str) -> Result<(), String> {
            self.0.send(what).unwrap();
            assert_ne!(self.1, "panic");
            if self.1 == what { Err(format!("{what} failed")) } else { Ok(()) }
        }
    }

    impl Conductor for Told {
        fn gather(&mut self, address: SocketAddr) -> Result<(), String> {
            assert_eq!(address.port(), 7);
            self.tell("gather")
        }

        fn conduct(&mut self) -> Result<(), String> {
            self.tell("conduct")
        }
    }

    #[test]
    fn the_server_is_stopped_behind_its_load_and_behind_every_failure() {
        let check = |fails: &'static str, want: &[&str], fault: Option<&str>| {
            let (told, hear) = mpsc::channel();
            let mut lab = Lab::new(None).conducted_by(Box::new(Told(told.clone(), fails)));
            let drive = lab.drive(([127, 0, 0, 1], 7).into(), move || told.send("stop").unwrap());
            lab.driven(drive.unwrap());
            assert_eq!(hear.iter().collect::<Vec<_>>(), want);
            match (lab.finish(), fault) {
                (Ok(window), None) => assert!(window.elapsed_ns > 0),
                (Err(error), Some(fault)) => assert!(error.0.contains(fault), "{error}"),
                (other, _) => panic!("{other:?}"),
            }
        };
        check("", &["gather", "conduct", "stop"], None);
        check("gather", &["gather", "stop"], Some("gather failed"));
        check("conduct", &["gather", "conduct", "stop"], Some("conduct failed"));
        check("panic", &["gather", "stop"], Some("panicked"));
    }

    /// Three clients come, and stay.
    struct Crowd(TcpListener, Vec<TcpStream>);

    impl Conductor for Crowd {
        fn gather(&mut self, address: SocketAddr) -> Result<(), String> {
            for _ in 0..3 {
                self.1.push(TcpStream::connect(address).unwrap());
                self.1.push(self.0.accept().unwrap().0);
            }
            Ok(())
        }

        fn conduct(&mut self) -> Result<(), String> {
            Ok(())
        }
    }

    /// Both ends of a connection are of one process here, beside which other tests open files.
    #[test]
    fn whoever_is_idle_is_counted_and_watched_before_the_window() {
        let name = "drive::tests::whoever_is_idle_is_counted_and_watched_before_the_window";
        if std::env::var_os(ALONE).is_none() {
            let own = std::env::current_exe().unwrap();
            let output = Command::new(own).args(["--exact", name]).env(ALONE, "yes").output();
            let said = String::from_utf8(output.unwrap().stdout).unwrap();
            assert!(said.contains("1 passed"), "{said}");
            return;
        }
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let mut lab = Lab::new(None).conducted_by(Box::new(Crowd(listener, Vec::new())));
        lab.idles_for(Duration::from_millis(30));
        let drive = lab.drive(address, || {}).unwrap();
        lab.driven(drive);
        let window = lab.finish().unwrap();
        let asleep = window.asleep.unwrap();
        assert_eq!(asleep.sleepers, 6, "{asleep:?}");
        assert!(asleep.idle_ns >= 30_000_000, "{asleep:?}");
        assert!(window.opened_ns >= asleep.idle_ns, "{window:?}");
        assert!(asleep.before.resident_bytes > 0 && asleep.during.resident_bytes > 0);
    }

    #[test]
    fn without_a_conductor_there_is_no_load() {
        let mut lab = Lab::new(None);
        let error = lab.drive(([127, 0, 0, 1], 7).into(), || {}).unwrap_err();
        assert!(error.0.contains("nobody brings a load"), "{error}");
    }
}
