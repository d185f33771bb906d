//! Samples of one connection, task or thread.

/// Three instants of one operation, in nanoseconds of the execution's clock.
///
/// `lag = started − intended`, `service = done − started`,
/// `response = done − intended`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// When the schedule wanted it to start; in a closed loop, when it did.
    pub intended_ns: u64,
    /// When it did start.
    pub started_ns: u64,
    /// When its outcome was complete.
    pub done_ns: u64,
}

impl Sample {
    /// A sample of a closed loop, where the start follows no schedule.
    #[inline]
    pub fn closed(started_ns: u64, done_ns: u64) -> Self {
        Self { intended_ns: started_ns, started_ns, done_ns }
    }

    /// Service time in nanoseconds.
    #[inline]
    pub fn service_ns(self) -> u64 {
        self.done_ns - self.started_ns
    }
}

/// Preallocated, owned samples of one connection, task or thread.
///
/// The memory is written once when the lane is made, so that logging causes
/// no page fault inside the window. What does not fit is counted, not stored:
/// a lane never grows.
#[derive(Debug)]
pub struct Lane {
    samples: Vec<Sample>,
    quota: usize,
    refused: u64,
}

impl Lane {
    pub(crate) fn with_quota(quota: usize) -> Self {
        let mut samples = vec![Sample { intended_ns: 1, started_ns: 1, done_ns: 1 }; quota];
        samples.clear();
        Self { samples, quota, refused: 0 }
    }

    /// Keeps one sample.
    #[inline]
    pub fn log(&mut self, sample: Sample) {
        if self.samples.len() < self.quota {
            self.samples.push(sample);
        } else {
            self.refused += 1;
        }
    }

    /// The samples in the order they were logged.
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// How many samples came beyond the quota and were not kept.
    pub fn refused(&self) -> u64 {
        self.refused
    }
}

#[cfg(test)]
mod tests {
    use super::{Lane, Sample};

    #[test]
    fn a_lane_counts_what_exceeds_its_quota_and_does_not_grow() {
        let mut lane = Lane::with_quota(2);
        let capacity = lane.samples.capacity();
        for done in 1..=3 {
            lane.log(Sample::closed(0, done));
        }
        assert_eq!(lane.samples(), [Sample::closed(0, 1), Sample::closed(0, 2)]);
        assert_eq!(lane.refused(), 1);
        assert_eq!(lane.samples.capacity(), capacity);
    }

    #[test]
    fn service_is_done_minus_started() {
        assert_eq!(Sample { intended_ns: 1, started_ns: 3, done_ns: 10 }.service_ns(), 7);
    }
}
