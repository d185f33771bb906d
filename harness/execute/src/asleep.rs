//! What sleepers held and how late they woke, as kept. Pure.

use anyhow::{Result, ensure};
use triathlon_contract::record::{AsleepRecord, LateRecord};
use triathlon_lab::{Asleep, Sample};

use crate::open_window::{histogram, sorted, times};

/// The difference between two footprints; `descriptors` is the soft limit of open files.
pub(crate) fn asleep(read: &Asleep, descriptors: Option<u64>) -> AsleepRecord {
    let Asleep { sleepers, before, during, idle_ns, idle_cpu_ns, idle_switches } = *read;
    let more = |during: u64, before: u64| during as i64 - before as i64;
    let (now, then) = (during.sockets, before.sockets);
    let known = |during: Option<u64>, before: Option<u64>| Some(more(during?, before?));
    AsleepRecord {
        sleepers,
        threads: more(during.threads, before.threads),
        resident_bytes: more(during.resident_bytes, before.resident_bytes),
        page_table_bytes: more(during.page_table_bytes, before.page_table_bytes),
        virtual_bytes: more(during.virtual_bytes, before.virtual_bytes),
        kernel_stack_bytes: known(during.kernel_stack_bytes, before.kernel_stack_bytes),
        slab_bytes: known(during.slab_bytes, before.slab_bytes),
        reclaimable_bytes: known(now.reclaimable_bytes, then.reclaimable_bytes),
        buffer_bytes: known(now.buffer_bytes, then.buffer_bytes),
        idle_ns,
        idle_cpu_ns,
        idle_switches,
        descriptors,
        bound: None,
    }
}

/// By how much each was late.
///
/// # Errors
/// If one woke before its time.
pub(crate) fn late(samples: &[Sample]) -> Result<LateRecord> {
    let early = samples.iter().find(|sample| sample.started_ns < sample.intended_ns);
    ensure!(early.is_none(), "a sleeper woke before its time");
    let late = sorted(samples, |sample| sample.started_ns - sample.intended_ns);
    let count = samples.len() as u64;
    Ok(LateRecord { count, late_us: times(&late), late_ns: histogram(&late)? })
}

#[cfg(test)]
mod tests {
    use super::{asleep, late};
    use triathlon_lab::{Asleep, Footprint, Sample, Sockets};

    #[test]
    fn a_machine_that_gave_memory_back_meanwhile_shows_less_than_nothing() {
        let before = Footprint {
            resident_bytes: 100,
            slab_bytes: Some(50),
            threads: 2,
            ..Footprint::default()
        };
        let during = Footprint {
            resident_bytes: 900,
            slab_bytes: Some(40),
            kernel_stack_bytes: Some(7),
            threads: 12,
            ..before
        };
        let read = Asleep { sleepers: 10, before, during, idle_cpu_ns: 5, ..Asleep::default() };
        let record = asleep(&read, Some(1024));
        assert_eq!((record.sleepers, record.threads, record.resident_bytes), (10, 10, 800));
        assert_eq!((record.slab_bytes, record.kernel_stack_bytes), (Some(-10), None));
        assert_eq!((record.idle_cpu_ns, record.descriptors, record.bound), (5, Some(1024), None));
    }

    #[test]
    fn behind_the_connections_of_a_server_lies_what_the_machine_tells() {
        let read = |buffer_bytes, reclaimable_bytes| Footprint {
            sockets: Sockets { reclaimable_bytes, buffer_bytes },
            ..Footprint::default()
        };
        let (before, during) = (read(Some(4096), Some(900)), read(Some(8192), None));
        let record = asleep(&Asleep { before, during, ..Asleep::default() }, None);
        assert_eq!((record.buffer_bytes, record.reclaimable_bytes), (Some(4096), None));
    }

    #[test]
    fn lateness_is_from_the_end_that_was_asked_for() {
        let sample = |late_us: u64| {
            let woke = 1_000_000 + late_us * 1000;
            Sample { intended_ns: 1_000_000, started_ns: woke, done_ns: woke }
        };
        let samples: Vec<Sample> = (1..=100).map(sample).collect();
        let record = late(&samples).unwrap();
        assert_eq!(
            (record.count, record.late_us.p50, record.late_us.max),
            (100, Some(50.0), 100.0)
        );
        assert_eq!(record.late_us.p99, None, "one sample lies beyond");
        assert!(!record.late_ns.is_empty());
        let early = Sample { intended_ns: 2, started_ns: 1, done_ns: 1 };
        assert!(late(&[early]).unwrap_err().to_string().contains("before its time"));
    }
}
