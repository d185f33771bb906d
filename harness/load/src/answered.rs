//! What is told of a request when it is answered.

use triathlon_lab::Sample;

/// A request of a plan that was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    /// Which connection it took, counted from 0.
    pub connection: usize,
    /// When it was to start, when it did, and when the answer was complete.
    pub sample: Sample,
    /// Since when that connection was free when the request took it; 0 if it was its first.
    pub free_ns: u64,
}

impl Answered {
    /// How late it was although a connection was free: the generator's own share of its lag,
    /// from when it could have started to when it did.
    ///
    /// Who was due before its connection was free waited for an answer. Nothing is due before
    /// its load begins, so what a connection did until then is of no account.
    #[inline]
    pub fn own_lag(&self) -> Sample {
        let Sample { intended_ns, started_ns, .. } = self.sample;
        Sample::closed(intended_ns.max(self.free_ns), started_ns)
    }
}

#[cfg(test)]
mod tests {
    use triathlon_lab::Sample;

    use super::Answered;

    #[test]
    fn a_generator_is_late_from_when_a_request_was_due_and_its_connection_free() {
        let check = |intended_ns, free_ns, started_ns, could_ns, want_ns| {
            let sample = Sample { intended_ns, started_ns, done_ns: 900 };
            let own_lag = Answered { connection: 0, sample, free_ns }.own_lag();
            assert_eq!(own_lag, Sample::closed(could_ns, started_ns));
            assert_eq!(own_lag.service_ns(), want_ns, "{sample:?}, free at {free_ns}");
        };
        check(100, 40, 107, 100, 7); // free before it was due
        check(100, 100, 100, 100, 0);
        check(100, 160, 163, 160, 3); // it waited 60 for an answer
        check(100, 0, 150, 100, 50); // the first on its connection
    }
}
