use std::fs;
use std::path::{Path, PathBuf};

use triathlon_contract::files::Kind;
use triathlon_contract::record::ProcessRecord;
use triathlon_contract::{ColdCache, Files, Workload};

use super::folder::PREFIX;
use super::{Folder, Place, bytes, cache, mount, was_cold};

fn work(kind: Kind) -> Files {
    let (files, file_bytes) = if kind == Kind::ReadLarge { (1, 1024) } else { (8, 128) };
    Files { kind, files, file_bytes, chunk_bytes: 128, in_flight: 2, cold: false, laps: 1 }
}

fn folders(below: &Path) -> Vec<PathBuf> {
    fs::read_dir(below).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn everything_lies_in_one_folder_that_goes_with_its_place() {
    let below = tempfile::tempdir().unwrap();
    let place = Place::below(below.path());
    assert_eq!(folders(below.path()).len(), 0, "made at first need");
    assert!(place.facts(ColdCache::NotAsked).is_none());
    for kind in [Kind::ReadSmall, Kind::ReadLarge, Kind::WriteSmall] {
        let work = work(kind);
        let folder = place.before(&work).unwrap();
        assert_eq!(folders(below.path()), std::slice::from_ref(&folder));
        let entries = folders(&folder.join(work.folder()));
        assert_eq!(entries.len() as u64, if work.writes() { 0 } else { work.files });
        let of = |path: &PathBuf| fs::metadata(path).unwrap().len();
        assert!(entries.iter().all(|path| of(path) == work.file_bytes));
    }
    let facts = place.facts(ColdCache::NotAsked).unwrap();
    assert_eq!(facts.directory, below.path().display().to_string());
    assert!(!facts.file_system.is_empty() && !facts.device.is_empty() && !facts.cold);
    drop(place);
    assert_eq!(folders(below.path()).len(), 0);
}

#[test]
fn what_a_dead_owner_left_is_removed_and_nothing_else() {
    let below = tempfile::tempdir().unwrap();
    let lives = Folder::make(below.path()).unwrap();
    // As a killed process leaves it: a lock that nobody holds.
    let dead = below.path().join(format!("{PREFIX}dead"));
    fs::create_dir_all(dead.join("1x1")).unwrap();
    fs::write(dead.join("lock"), "").unwrap();
    // Named alike, and no folder of ours.
    let foreign = below.path().join(format!("{PREFIX}foreign"));
    fs::create_dir(&foreign).unwrap();
    let precious = tempfile::tempdir().unwrap();
    fs::write(precious.path().join("lock"), "").unwrap();
    let link = below.path().join(format!("{PREFIX}link"));
    std::os::unix::fs::symlink(precious.path(), &link).unwrap();

    let next = Folder::make(below.path()).unwrap();
    assert!(!dead.exists(), "left behind");
    assert!(lives.path().is_dir() && next.path().is_dir() && foreign.is_dir());
    assert!(link.is_symlink() && precious.path().join("lock").exists());
}

#[test]
fn what_is_written_is_read_back_and_every_difference_is_found() {
    let below = tempfile::tempdir().unwrap();
    let place = Place::below(below.path());
    let work = Files { laps: 2, ..work(Kind::WriteSmall) };
    let order = work.order();
    let write = |operations: u64, change: u64| {
        let folder = place.before(&work).unwrap().join(work.folder());
        for operation in 0..operations {
            let mut content = work.content(work.piece(operation, &order));
            content[127] ^= u8::from(operation == change);
            fs::write(folder.join(Files::name(operation)), content).unwrap();
        }
        place.after(&work)
    };
    let all = work.operations() + 1;
    assert_eq!(write(all, u64::MAX), Ok(()));
    assert!(write(all - 1, u64::MAX).unwrap_err().contains("files written: 16 instead of 17"));
    assert!(write(all, 9).unwrap_err().contains("file 000009 has another content"));
}

#[test]
fn a_directory_that_is_not_there_or_too_small_is_one_sentence() {
    let below = tempfile::tempdir().unwrap();
    let refused = |directory: &Path, work: &Files| {
        let failure = Place::below(directory).prepare([(work, 1)].into_iter()).unwrap_err();
        assert_eq!(failure.code(), 2, "{failure}");
        failure.to_string()
    };
    let sentence = refused(&below.path().join("none"), &work(Kind::ReadSmall));
    assert!(sentence.contains("none: No such file") && sentence.contains("--files-dir"));
    fs::write(below.path().join("file"), "").unwrap();
    let sentence = refused(&below.path().join("file"), &work(Kind::ReadSmall));
    assert!(sentence.contains("cannot write files below"), "{sentence}");
    let huge = Files { files: 1 << 50, ..work(Kind::ReadSmall) };
    let sentence = refused(below.path(), &huge);
    assert!(sentence.contains("MiB free, and the files of this run need"), "{sentence}");
    assert_eq!(folders(below.path()).len(), 1, "only the file of this test");
}

#[test]
fn room_counts_blocks_and_shared_contents_once() {
    let (small, large, written) =
        (work(Kind::ReadSmall), work(Kind::ReadLarge), work(Kind::WriteSmall));
    assert_eq!(bytes(&[]), 0);
    assert_eq!(bytes(&[small.clone(), Files { in_flight: 1, ..small.clone() }]), 8 * 4096);
    assert_eq!(bytes(&[small, large]), 9 * 4096);
    let longer = Files { laps: 3, ..written.clone() };
    assert_eq!(bytes(&[written, longer]), 25 * 4096);
}

/// By what the device has to read, before and after. On a file system in memory it is the
/// refusal that is tested, and `scripts/test` names what is skipped.
#[test]
fn what_is_cold_is_in_no_page_cache_and_what_is_warm_is() {
    let below = tempfile::tempdir().unwrap();
    let place = Place::below(below.path());
    if ["tmpfs", "ramfs"].contains(&&*mount::of(below.path()).file_system) {
        assert_eq!(place.cold().unwrap(), ColdCache::Refused);
        return;
    }
    assert_eq!(place.cold().unwrap(), ColdCache::Allowed);
    assert_eq!(folders(below.path()).len(), 0, "what was tried is gone");
    let small = Files { file_bytes: 4096, chunk_bytes: 4096, ..work(Kind::ReadSmall) };
    let large = Files { file_bytes: 4 << 20, chunk_bytes: 4096, ..work(Kind::ReadLarge) };
    for warm in [small, large] {
        let read_bytes = |work: &Files| -> u64 {
            let folder = place.before(work).unwrap().join(work.folder());
            let paths = folders(&folder);
            paths.iter().map(|path| cache::device_bytes_to_read(path).unwrap()).sum()
        };
        let all = warm.files * warm.file_bytes;
        let cold = Files { cold: true, ..warm.clone() };
        // Just written, then read by others, then cold again.
        let first = read_bytes(&cold);
        assert!(first >= all, "{first} of {all} bytes, as made");
        assert_eq!(read_bytes(&warm), 0, "warm");
        let again = read_bytes(&cold);
        assert!(again >= all, "{again} of {all} bytes, once warm");
    }
}

/// A foreign file in the same folder stays in memory: nobody else is the slower.
#[test]
fn only_the_files_themselves_leave_the_page_cache() {
    let below = tempfile::tempdir().unwrap();
    let place = Place::below(below.path());
    let cold = Files { cold: true, ..work(Kind::ReadSmall) };
    let foreign = place.before(&cold).unwrap().join(cold.folder()).join("foreign");
    fs::write(&foreign, [1; 128]).unwrap();
    place.before(&cold).unwrap();
    assert_eq!(cache::device_bytes_to_read(&foreign).unwrap(), 0);
}

#[test]
fn a_file_system_in_memory_is_never_cold() {
    let memory = Path::new("/dev/shm");
    if mount::of(memory).file_system == "tmpfs" && fs::metadata(memory).is_ok() {
        let below = tempfile::tempdir_in(memory).unwrap();
        assert_eq!(Place::below(below.path()).cold().unwrap(), ColdCache::Refused);
    }
    let failure = Place::below(Path::new("/nowhere")).cold().unwrap_err();
    assert_eq!(failure.code(), 2, "{failure}");
}

#[test]
fn an_execution_that_read_from_memory_was_not_cold() {
    let check = |cold, read_bytes, want: Option<&str>| {
        let work = Files { cold, ..work(Kind::ReadSmall) };
        let device_read_bytes = Some(read_bytes);
        let process = ProcessRecord { device_read_bytes, ..ProcessRecord::default() };
        assert_eq!(was_cold(&work, &process).err().as_deref(), want);
    };
    check(true, 1024, None);
    check(true, 5000, None);
    check(true, 1023, Some("not cold: 1023 bytes came from the device, and the files have 1024"));
    check(false, 0, None);
}
