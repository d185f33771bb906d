use triathlon_contract::record::{RowStatus, SCHEMA, SelftestRecord, SelftestRow};

use super::{Choice, Here, Wanted, choose, wanted};
use crate::time;

const NOW_S: u64 = 1_800_000_000;

fn here() -> Here {
    let [machine, commit] = ["9f8e7d6c", "0a1b2c3d"].map(str::to_string);
    Here { machine, commit, dirty: false, optimised: true, now_s: NOW_S }
}

fn row(status: RowStatus) -> SelftestRow {
    let [name, wanted, got] = ["one stall", "p99 151 ms", "p99 152 ms"].map(str::to_string);
    SelftestRow { name, wanted, got, status, reason: None, figures: Vec::new() }
}

/// Made an hour ago, by this build, on this machine; everything passed that was
/// measured.
pub(crate) fn good() -> SelftestRecord {
    SelftestRecord {
        schema: SCHEMA,
        started_at: time::utc(NOW_S - 3600),
        duration_s: 19.5,
        commit: here().commit,
        dirty: false,
        optimised: true,
        machine: here().machine,
        form: "quick".to_string(),
        interrupted: false,
        rows: vec![row(RowStatus::Ok), row(RowStatus::NotMeasured)],
        passed: 1,
        failed: 0,
        not_measured: 1,
    }
}

#[test]
fn a_certificate_is_copied_only_if_it_proves_this_build_here_today() {
    assert_eq!(choose(Wanted::Always, &here(), Some(&good())), Choice::Copy);
    assert_eq!(choose(Wanted::Always, &here(), None), Choice::Make);
    let refused = |what: &str, change: fn(&mut SelftestRecord)| {
        let mut record = good();
        change(&mut record);
        assert_eq!(choose(Wanted::Always, &here(), Some(&record)), Choice::Make, "{what}");
        assert_eq!(choose(Wanted::IfThere, &here(), Some(&record)), Choice::None, "{what}");
    };
    refused("another schema", |record| record.schema += 1);
    refused("another machine", |record| record.machine.push('0'));
    refused("another commit", |record| record.commit.push('0'));
    refused("uncommitted changes", |record| record.dirty = true);
    refused("not optimised", |record| record.optimised = false);
    refused("interrupted", |record| record.interrupted = true);
    refused("a failed row", |record| record.rows.push(row(RowStatus::Failed)));
    refused("a failed row by its count", |record| record.failed = 1);
    refused("nothing passed", |record| record.rows.retain(|row| row.status != RowStatus::Ok));
    refused("no rows", |record| record.rows.clear());
    refused("more than a day old", |record| record.started_at = time::utc(NOW_S - 86_401));
    refused("of tomorrow", |record| record.started_at = time::utc(NOW_S + 1));
    refused("of no time", |record| record.started_at.clear());
    let mut record = good();
    record.started_at = time::utc(NOW_S - 86_400);
    assert_eq!(choose(Wanted::Always, &here(), Some(&record)), Choice::Copy, "just a day old");
}

#[test]
fn who_concludes_nothing_takes_what_is_there_and_waits_for_none() {
    assert_eq!(choose(Wanted::IfThere, &here(), Some(&good())), Choice::Copy);
    assert_eq!(choose(Wanted::IfThere, &here(), None), Choice::None);
    assert_eq!(choose(Wanted::Never, &here(), Some(&good())), Choice::None);
    assert_eq!(choose(Wanted::Never, &here(), None), Choice::None);
    for profile in ["quick", "default", "publish"] {
        assert_eq!(wanted(true, profile, true), Wanted::Always, "{profile}");
        assert_eq!(wanted(true, profile, false), Wanted::IfThere, "{profile}, not optimised");
        assert_eq!(wanted(false, profile, true), Wanted::Never, "{profile}, --no-selftest");
    }
    assert_eq!(wanted(true, "smoke", true), Wanted::IfThere);
    assert_eq!(wanted(false, "smoke", false), Wanted::Never);
}
