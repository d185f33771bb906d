use std::collections::HashSet;
use std::path::Path;

use super::{Files, Kind, Ready};
use crate::{Workload, body};

fn work(kind: Kind, in_flight: u64, laps: u64) -> Files {
    let (files, file_bytes) = if kind == Kind::ReadLarge { (1, 6400) } else { (50, 128) };
    Files { kind, files, file_bytes, chunk_bytes: 128, in_flight, cold: false, laps }
}

#[test]
fn lanes_share_every_piece_of_every_lap_and_a_warm_up_precedes_them() {
    for kind in [Kind::ReadSmall, Kind::ReadLarge, Kind::WriteSmall] {
        for (in_flight, laps) in [(1, 1), (7, 3), (16, 2)] {
            let work = work(kind, in_flight, laps);
            let ready = Ready::new(&work, Path::new("/folder"));
            let mut places = Vec::new();
            for lane in 0..in_flight {
                let share: Vec<u64> = ready.share(lane).collect();
                assert!(share.len() as u64 <= work.quota(), "{work:?}");
                places.extend(share.into_iter().map(|op| (ready.path(op), ready.offset(op))));
            }
            assert_eq!(places.len() as u64, work.operations());
            // Each operation writes its own file; every place is read once a lap.
            let distinct: HashSet<_> = places.iter().collect();
            let want = if work.writes() { 50 * laps } else { 50 };
            assert_eq!(distinct.len() as u64, want, "{work:?}");
            let warm_up = (ready.path(ready.warm_up()), ready.offset(ready.warm_up()));
            assert_eq!(places.contains(&warm_up), !work.writes(), "{work:?}");
        }
    }
}

#[test]
fn the_expectation_is_the_sum_of_all_pieces_and_the_first() {
    let work = work(Kind::ReadLarge, 3, 2);
    let hash = |piece: u64| body::hash(&work.content(piece));
    let sum = (0..50).map(hash).fold(0, u64::wrapping_add);
    let expected = work.expects(3);
    assert_eq!((expected.ok, expected.samples, expected.bytes), (101, 100, 101 * 128));
    let want = sum.wrapping_mul(2).wrapping_add(hash(work.order()[0]));
    assert_eq!(expected.checksum, want);
}

#[test]
fn no_two_pieces_are_alike_and_the_order_is_no_sequence() {
    let work = work(Kind::ReadSmall, 1, 1);
    let hashes: HashSet<u64> = (0..50).map(|piece| body::hash(&work.content(piece))).collect();
    assert_eq!(hashes.len(), 50);
    let order = work.order();
    assert_eq!(order.iter().collect::<HashSet<_>>().len(), 50);
    let steps = order.windows(2).filter(|pair| pair[1] == pair[0] + 1).count();
    assert!(steps < 10, "{order:?}");
    assert_eq!(order, work.order(), "the same for everybody");
}

#[test]
fn what_is_written_is_what_would_be_read() {
    let (work, order) = (work(Kind::WriteSmall, 4, 2), work(Kind::WriteSmall, 4, 2).order());
    let ready = Ready::new(&work, Path::new("/folder"));
    for operation in 0..=work.operations() {
        let piece = work.piece(operation, &order);
        assert_eq!(ready.content(operation), work.content(piece));
        assert_eq!(ready.path(operation), Path::new("/folder").join(Files::name(operation)));
    }
}

#[test]
fn presets_divide_files_into_whole_pieces() {
    for preset in Files::presets() {
        let Files { file_bytes, chunk_bytes, .. } = preset.work;
        assert_eq!(file_bytes % chunk_bytes, 0, "{}", preset.name);
        assert!(preset.work.kind == Kind::ReadLarge || file_bytes == chunk_bytes);
        assert!(!preset.work.cold || preset.work.laps == 1, "{}", preset.name);
    }
}
