//! Whether service times fit into the window that holds them.

use triathlon_contract::record::WindowRecord;

/// What clocks and edges may add.
///
/// Source: research rule V9, Little's law within 2 %.
const TOLERANCE: f64 = 1.02;

/// Checks by Little's law, N = X·R, that no more operations were in flight on
/// average than were asked for at once. Fewer are no fault: spawning, joining and
/// waiting for a turn are outside of service times.
///
/// # Errors
/// One sentence: then a clock, a sample or the window is wrong, and no figure of
/// the execution counts.
pub(super) fn possible(window: &WindowRecord, most: u64) -> Result<(), String> {
    let Some(service) = window.service_us.filter(|_| window.elapsed_ns > 0) else {
        return Ok(());
    };
    let elapsed_us = window.elapsed_ns as f64 / 1e3;
    let in_flight = window.samples as f64 * service.mean / elapsed_us;
    if in_flight > most as f64 * TOLERANCE {
        return Err(format!(
            "impossible times: the service times fill {in_flight:.2} operations in flight, and at most \
             {most} were wanted at once"
        ));
    }
    if service.max > elapsed_us * TOLERANCE {
        return Err(format!(
            "impossible times: an operation took {:.0} µs of a window of {elapsed_us:.0} µs",
            service.max
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use triathlon_contract::record::{Service, WindowRecord};

    use super::possible;

    #[test]
    fn service_times_fit_into_their_window() {
        let check = |samples, mean, max, most, want: Option<&str>| {
            let service = Service { mean, max, ..Service::default() };
            let window = WindowRecord {
                elapsed_ns: 1_000_000,
                samples,
                service_us: Some(service),
                ..WindowRecord::default()
            };
            let found = possible(&window, most).err();
            assert_eq!(found.is_some(), want.is_some(), "{found:?}");
            assert!(found.unwrap_or_default().contains(want.unwrap_or_default()));
        };
        // Four at once for the whole of a millisecond.
        check(40, 100.0, 200.0, 4, None);
        check(40, 101.0, 200.0, 4, None);
        check(40, 103.0, 200.0, 4, Some("fill 4.12 operations in flight, and at most 4"));
        check(1, 100.0, 100.0, 4, None);
        check(1, 900.0, 1_030.0, 4, Some("took 1030 µs of a window of 1000 µs"));
        check(0, 0.0, 0.0, 1, None);
        assert_eq!(possible(&WindowRecord::default(), 1), Ok(()));
    }
}
