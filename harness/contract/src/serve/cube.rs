//! All presets: the named ones, then what is left of the full cube of queries, bytes, delays
//! and clients, which a filter alone includes.

use std::sync::LazyLock;
use std::time::Duration;

use super::{POOL, Route, Serve};
use crate::workload::{Include, Preset};

/// Queries per request.
const QUERIES: [u64; 3] = [5, 1, 20];

/// Size of the page.
const KIB: [u64; 3] = [10, 1, 100];

/// Pause of the database in every query, and what it is called.
const DELAYS: [(u64, &str); 3] = [(1000, "1ms"), (200, "200us"), (10_000, "10ms")];

/// Clients.
const CLIENTS: [u64; 6] = [1, 4, 16, 64, 256, 1024];

/// How long the clients of a cube's preset shall ask, if one lap is not longer.
const WINDOW: Duration = Duration::from_millis(300);

/// Names live as long as the program.
static CUBE: LazyLock<Vec<(String, Serve)>> = LazyLock::new(cube);

/// The list that [`super::PRESETS`] begins.
pub(super) static ALL: LazyLock<Vec<Preset<Serve>>> = LazyLock::new(|| {
    let named = || super::PRESETS.iter();
    let is_left = |(name, _): &&(String, Serve)| named().all(|known| known.name != name);
    let left = CUBE.iter().filter(is_left);
    let left = left.map(|(name, work)| (name.as_str(), *work, Include::ByFilter));
    let all = named().map(|preset| (preset.name, preset.work, preset.include)).chain(left);
    all.map(|(name, work, include)| Preset { name, work, include }).collect()
});

fn cube() -> Vec<(String, Serve)> {
    let mut cube = Vec::new();
    for queries in QUERIES {
        for kib in KIB {
            for (delay_us, delay) in DELAYS {
                for connections in CLIENTS {
                    let name = format!("crud-n{queries}-{kib}k-{delay}-c{connections}");
                    let mut work = Serve {
                        route: Route::Crud { queries, bytes: kib * 1024 },
                        connections,
                        delay: Duration::from_micros(delay_us),
                        timeouts: false,
                        laps: 1,
                    };
                    work.laps = laps(&work);
                    cube.push((name, work));
                }
            }
        }
    }
    cube
}

/// So many laps that the window lasts some [`WINDOW`]: a lap of all clients takes as long as
/// one CPU computes for it, or as the database lets the pool wait, whichever is longer.
fn laps(work: &Serve) -> u64 {
    let (queries, clients) = (work.route.queries(), work.connections);
    let kib = work.route.bytes() / 1024;
    // About what the laps of the named presets allow for.
    let each = Duration::from_nanos(30_000 + 18_000 * queries + 400 * kib);
    let times = |span: Duration, count: u64| span * u32::try_from(count).unwrap_or(u32::MAX);
    let computes = times(each, clients);
    let waits = times(work.delay, queries * clients.div_ceil(POOL)) + each;
    let lap = computes.max(waits).as_nanos();
    u64::try_from(WINDOW.as_nanos() / lap.max(1)).unwrap_or(1).max(1)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{ALL, CUBE, WINDOW};
    use crate::Include;

    #[test]
    fn the_cube_is_whole_and_no_preset_is_there_twice() {
        let names: HashSet<&str> = ALL.iter().map(|preset| preset.name).collect();
        assert_eq!(names.len(), ALL.len());
        assert_eq!(CUBE.len(), 3 * 3 * 3 * 6);
        for (name, work) in CUBE.iter() {
            let preset = ALL.iter().find(|preset| preset.name == name).unwrap();
            let found = &preset.work;
            assert_eq!((found.route, found.delay), (work.route, work.delay), "{name}");
            assert_eq!((found.connections, found.timeouts), (work.connections, false), "{name}");
        }
        let named = super::super::PRESETS.each_ref().map(|preset| preset.name);
        let (first, more) = ALL.split_at(named.len());
        assert!(first.iter().map(|preset| preset.name).eq(named));
        assert!(more.iter().all(|preset| preset.include == Include::ByFilter));
    }

    #[test]
    fn a_window_is_neither_too_short_nor_much_longer_than_it_must_be() {
        for (name, work) in CUBE.iter() {
            let turns = work.connections.div_ceil(super::POOL) * work.laps;
            let waits = work.delay * u32::try_from(work.route.queries() * turns).unwrap();
            assert!(waits <= WINDOW || work.laps == 1, "{name}: {waits:?}");
            let least = work.laps * (work.connections * 30).max(work.delay.as_micros() as u64);
            assert!(least <= 300_000, "{name}: {} laps", work.laps);
            // A second lap would be too long, or there is one.
            let twice = work.laps > 1 || waits + waits > WINDOW || work.connections >= 256;
            assert!(twice, "{name}: {} laps", work.laps);
        }
        let laps = |wanted: &str| CUBE.iter().find(|(name, _)| name == wanted).unwrap().1.laps;
        // The named presets have 60, 40 and 2 of these.
        assert_eq!(laps("crud-n5-10k-1ms-c1"), 58);
        assert_eq!(laps("crud-n5-10k-1ms-c64"), 37);
        assert_eq!(laps("crud-n20-10k-10ms-c64"), 1);
    }
}
