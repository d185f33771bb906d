//! The report of made-up runs.

mod fixture;

use std::path::Path;

/// Writes a report to look at: `TRIATHLON_REPORT_TO=/tmp/x cargo test -p
/// triathlon-reports`.
#[test]
fn a_full_run_renders() {
    let directory = tempfile::tempdir().unwrap();
    let to = std::env::var_os("TRIATHLON_REPORT_TO");
    let dir = to.as_deref().map_or(directory.path(), Path::new);
    fixture::full().write(dir);
    let rendered = triathlon_reports::render(dir).unwrap();
    let page = triathlon_reports::write(dir, &rendered).unwrap();
    assert!(page.is_file());
}
