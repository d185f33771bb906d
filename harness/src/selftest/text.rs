//! Lines for people.

use triathlon_contract::record::{RowStatus, SelftestRecord, SelftestRow};

/// One row in one line, aligned with the others.
pub fn line(row: &SelftestRow) -> String {
    let SelftestRow { name, wanted, got, status, reason, .. } = row;
    let reason = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let word = match status {
        RowStatus::Ok => "ok",
        RowStatus::Failed => "FAILED",
        RowStatus::NotMeasured => "not measured",
    };
    format!("{name:<21} {wanted:<51} {got:<58} {word}{reason}\n")
}

/// The last line.
pub fn summary(record: &SelftestRecord) -> String {
    let SelftestRecord { passed, failed, not_measured, duration_s, form, .. } = record;
    let cut = if record.interrupted { ", interrupted" } else { "" };
    format!(
        "{form} selftest: {passed} ok, {failed} failed, {not_measured} not measured, \
         {duration_s:.0} s{cut}\n"
    )
}

#[cfg(test)]
mod tests {
    use triathlon_contract::record::{RowStatus, SelftestRow};

    use super::line;

    #[test]
    fn verdicts_stand_below_each_other() {
        let row = |name: &str, status, reason: Option<&str>| SelftestRow {
            name: name.to_string(),
            wanted: "p50 ≤ 20 ms".to_string(),
            got: "p50 0.21 ms".to_string(),
            status,
            reason: reason.map(str::to_string),
            figures: Vec::new(),
        };
        let ok = line(&row("one stall", RowStatus::Ok, None));
        let failed = line(&row("known law", RowStatus::Failed, Some("p50 is 30 ms")));
        let column = |line: &str, word: &str| {
            line.chars().count() - line.split_once(word).unwrap().1.chars().count() - word.len()
        };
        assert_eq!(column(&ok, "ok"), column(&failed, "FAILED"));
        assert!(failed.ends_with("FAILED: p50 is 30 ms\n"));
        let absent = line(&row("x", RowStatus::NotMeasured, Some("this build")));
        assert!(absent.ends_with("not measured: this build\n"));
    }
}
