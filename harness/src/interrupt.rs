//! Ctrl-C and SIGTERM: the first asks the run to stop, the second ends it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use signal_hook::consts::{SIGINT, SIGTERM, SIGUSR1};
use signal_hook::flag;

/// Whether the user asked to stop; clones share the answer.
#[derive(Clone, Debug, Default)]
pub struct Interrupt {
    asked: Arc<AtomicBool>,
}

impl Interrupt {
    /// Listens to SIGINT and SIGTERM from now on, and to SIGUSR1, which
    /// [`Interrupt::with_parent`] asks for.
    ///
    /// A second SIGINT or SIGTERM ends the process at once with 130; the
    /// processes that it started end with it (they ask the kernel for that).
    ///
    /// # Errors
    /// If the handlers cannot be installed.
    pub fn listen() -> Result<Self> {
        let asked = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            flag::register_conditional_shutdown(signal, 130, Arc::clone(&asked))
                .and_then(|_| flag::register(signal, Arc::clone(&asked)))
                .with_context(|| format!("listen to signal {signal}"))?;
        }
        flag::register(SIGUSR1, Arc::clone(&asked)).context("listen to the parent's end")?;
        Ok(Self { asked })
    }

    /// Also asks to stop when the parent ends.
    ///
    /// Ctrl-C at a terminal ends cargo at once and reaches the bench as well,
    /// so the parent's end must not count as the second Ctrl-C: it has a signal
    /// of its own.
    ///
    /// # Errors
    /// If the kernel refuses.
    pub fn with_parent(self) -> Result<Self> {
        set_pdeathsig(Signal::SIGUSR1).context("ask to be told of the parent's end")?;
        Ok(self)
    }

    /// For those who look at it from several threads.
    pub fn flag(&self) -> &AtomicBool {
        &self.asked
    }

    /// Whether a signal came.
    pub fn asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }
}
