//! What this process holds of the kernel: descriptors and threads, as `/proc` lists them.

use std::fs;
use std::os::unix::fs::MetadataExt;

use crate::{Clock, ProbeError};

/// The folder that has an entry for each open descriptor.
const DESCRIPTORS: &str = "/proc/self/fd";

/// The folder that has one for each thread.
const THREADS: &str = "/proc/self/task";

/// How long what is being given back may take before it counts as kept.
const PATIENCE_NS: u64 = 10_000_000_000;

/// Descriptors and threads of this process at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Open descriptors.
    pub descriptors: u64,
    /// Threads, those included that have ended and are not yet gone.
    pub threads: u64,
}

impl Held {
    /// Counts them now.
    ///
    /// # Errors
    /// If `/proc` does not answer.
    pub fn read() -> Result<Self, ProbeError> {
        Ok(Self { descriptors: descriptors()?, threads: threads()? })
    }

    /// Whether there are more now, for as long as that is worth waiting for: who gives
    /// them back since `since_ns` asks again until there are not. A thread that was
    /// joined is on its way out for a while.
    ///
    /// # Errors
    /// If `/proc` does not answer.
    pub fn exceeded(self, clock: Clock, since_ns: u64) -> Result<bool, ProbeError> {
        let now = Self::read()?;
        let more = now.descriptors > self.descriptors || now.threads > self.threads;
        Ok(more && patient(since_ns, clock.now_ns()))
    }

    /// How many there are more or fewer now, both together.
    ///
    /// # Errors
    /// If `/proc` does not answer.
    pub fn changed(self) -> Result<u64, ProbeError> {
        let now = Self::read()?;
        Ok(now.descriptors.abs_diff(self.descriptors) + now.threads.abs_diff(self.threads))
    }
}

/// Open descriptors of this process.
///
/// Since Linux 6.2 the size of the folder is their number; before, it is 0, and the
/// entries are counted, without the one that is open for it.
///
/// # Errors
/// If `/proc` does not answer.
pub(crate) fn descriptors() -> Result<u64, ProbeError> {
    let size = fs::metadata(DESCRIPTORS).map_err(|error| unread(DESCRIPTORS, &error))?.size();
    if size > 0 {
        return Ok(size);
    }
    listed()
}

/// Sockets that this process has open.
///
/// Not every descriptor that is taken is open: who waits in `accept` has the next one already.
///
/// # Errors
/// If `/proc` does not answer.
pub(crate) fn sockets() -> Result<u64, ProbeError> {
    let entries = fs::read_dir(DESCRIPTORS).map_err(|error| unread(DESCRIPTORS, &error))?;
    let mut count = 0;
    for entry in entries {
        let entry = entry.map_err(|error| unread(DESCRIPTORS, &error))?;
        // One that was closed meanwhile is none any more.
        let what = fs::read_link(entry.path()).unwrap_or_default();
        count += u64::from(what.to_string_lossy().starts_with("socket:"));
    }
    Ok(count)
}

fn listed() -> Result<u64, ProbeError> {
    let entries = fs::read_dir(DESCRIPTORS).map_err(|error| unread(DESCRIPTORS, &error))?;
    Ok(entries.count() as u64 - 1)
}

/// Threads of this process: each is a folder, beside `.` and `..`.
fn threads() -> Result<u64, ProbeError> {
    let links = fs::metadata(THREADS).map_err(|error| unread(THREADS, &error))?.nlink();
    Ok(links - 2)
}

fn patient(since_ns: u64, now_ns: u64) -> bool {
    now_ns < since_ns + PATIENCE_NS
}

fn unread(path: &str, error: &std::io::Error) -> ProbeError {
    ProbeError(format!("{path}: {error}"))
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::net::{TcpListener, TcpStream};
    use std::process::Command;
    use std::sync::mpsc;
    use std::thread;

    use super::{Held, PATIENCE_NS, descriptors, listed, patient, sockets};
    use crate::Clock;

    /// In the environment of the process in which nothing else runs.
    const ALONE: &str = "TRIATHLON_TEST_HELD";

    /// Other tests of this process open files and start threads as they like.
    #[test]
    fn what_is_opened_and_started_is_counted_until_it_is_given_back() {
        if std::env::var_os(ALONE).is_some() {
            return alone();
        }
        let name = "held::tests::what_is_opened_and_started_is_counted_until_it_is_given_back";
        let own = std::env::current_exe().unwrap();
        let output = Command::new(own).args(["--exact", name]).env(ALONE, "yes").output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("1 passed"), "{said}");
    }

    fn alone() {
        let clock = Clock::start();
        let before = Held::read().unwrap();
        assert_eq!(descriptors().unwrap(), listed().unwrap(), "both ways of counting agree");
        assert_eq!((before.changed().unwrap(), before.exceeded(clock, 0).unwrap()), (0, false));

        let files: Vec<File> = (0..20).map(|_| File::open("/dev/null").unwrap()).collect();
        assert_eq!(descriptors().unwrap(), listed().unwrap());
        let opened = Held::read().unwrap();
        assert_eq!(opened.descriptors, before.descriptors + 20);
        assert_eq!(before.changed().unwrap(), 20);
        assert!(before.exceeded(clock, clock.now_ns()).unwrap());
        drop(files);
        assert_eq!(before.changed().unwrap(), 0);
        assert_eq!(opened.changed().unwrap(), 20, "fewer is a change, too");
        assert!(!opened.exceeded(clock, clock.now_ns()).unwrap());

        let none = sockets().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let server = listener.accept().unwrap();
        assert_eq!(sockets().unwrap(), none + 3, "a file is no socket");
        drop((listener, client, server));
        assert_eq!(sockets().unwrap(), none);

        let (go, wait) = mpsc::channel::<()>();
        let thread = thread::spawn(move || wait.recv());
        assert_eq!(Held::read().unwrap().threads, before.threads + 1);
        drop(go);
        thread.join().unwrap().unwrap_err();
        let since_ns = clock.now_ns();
        while before.exceeded(clock, since_ns).unwrap() {
            thread::yield_now();
        }
        assert_eq!(Held::read().unwrap(), before);
    }

    #[test]
    fn nobody_waits_for_ever_for_what_is_kept() {
        let clock = Clock::start();
        let nothing = Held { descriptors: 0, threads: 0 };
        assert!(nothing.exceeded(clock, clock.now_ns()).unwrap());
        assert!(patient(7, 7 + PATIENCE_NS - 1));
        assert!(!patient(7, 7 + PATIENCE_NS));
    }
}
