//! What the page says of files: where they lay, and what a hop costs.

use triathlon_contract::record::{FilesPlace, WorkloadFile};

use crate::files::rendered;
use crate::fixture::{Fixture, case, chart, fixture_of, run};

/// Small files read in the plain way, through a handle and directly, in two rounds:
/// 24, 60 and 6 µs of CPU, in the second one 5.
fn hops(writes: u64) -> Fixture {
    let mut run = run(2);
    let chart = chart("in_flight", "operations in flight (C)", "files", "files", "cpu_us_per_op");
    run.workloads = vec![WorkloadFile {
        name: "files".to_string(),
        category: "machine".to_string(),
        operation: "file operation".to_string(),
        beside: None,
        server: false,
        chart,
        ..run.workloads[0].clone()
    }];
    let parameters = [
        ("files", 1000),
        ("file_bytes", 4096),
        ("chunk_bytes", 4096),
        ("in_flight", 16),
        ("writes", writes),
        ("cold", 0),
    ];
    for way in ["", ":handle", ":inline"] {
        run.cases.push(case(&format!("files@small/tokio/multi-thread{way}"), &parameters));
    }
    let mut fixture = fixture_of(run);
    for record in &mut fixture.records {
        let cpu_us = match (record.id.rsplit_once(':'), record.round) {
            (Some((_, "handle")), _) => 60,
            (Some((_, "inline")), 1) => 6,
            (Some((_, "inline")), _) => 5,
            _ => 24,
        };
        let window = record.window.as_mut().unwrap();
        (window.user_ns, window.system_ns) = (cpu_us * 1000 * window.samples, 0);
    }
    fixture
}

/// The page's text, without marks and narrow spaces.
fn page(fixture: &Fixture) -> String {
    let page = rendered(fixture)["report.html"].replace('\u{202f}', " ");
    page.replace("<span class=\"nowrap\">", "").replace("</span>", "")
}

#[test]
fn a_hop_costs_what_the_cells_and_their_rounds_say() {
    let want = "With 16 in flight, a warm file of 4 KiB costs tokio/multi-thread 24.0 µs of CPU by one \
                hop to its pool (the plain way), 60.0 µs by an open file, which hops for each call \
                (handle), and 5.50 µs read directly on a worker (inline): 4.40 × [4.00–4.80] and \
                11.0 × [10.0–12.0] as much.";
    let text = page(&hops(0));
    assert!(text.contains(want), "{}", text.split("A hop.").nth(1).unwrap_or("no hop"));
}

#[test]
fn nothing_is_said_where_a_cell_is_missing_or_something_else_was_done() {
    assert!(!page(&hops(1)).contains("A hop."), "files that are written");
    for missing in ["small/tokio/multi-thread", ":handle", ":inline"] {
        let mut fixture = hops(0);
        fixture.records.retain(|record| !record.id.ends_with(missing));
        assert!(!page(&fixture).contains("A hop."), "{missing}");
    }
}

#[test]
fn the_page_says_where_files_lay() {
    let mut fixture = hops(0);
    assert!(!page(&fixture).contains("Files lay in"));
    let of = |file_system: &str| FilesPlace {
        directory: "/mnt/<x>".to_string(),
        file_system: file_system.to_string(),
        device: "/dev/vda1".to_string(),
        cold: false,
    };
    fixture.run.files = Some(of("ext4"));
    let want = "Files lay in /mnt/&lt;x&gt; on ext4 (/dev/vda1), read from a warm page cache.";
    assert!(page(&fixture).contains(want));
    let mut fixture = hops(1);
    fixture.run.files = Some(of("tmpfs"));
    assert!(page(&fixture).contains("It is in memory, where `fsync` has nothing to do."));
    fixture.run.cases.iter_mut().for_each(|case| *case.parameters.get_mut("cold").unwrap() = 1);
    assert!(page(&fixture).contains("and from an empty one where a preset is cold"));
}

/// Otherwise the pasted command would measure on another device, or nothing at all.
#[test]
fn the_command_of_a_cell_keeps_where_files_lay() {
    let mut fixture = hops(0);
    let words = ["--files-dir", "/mnt/it's", "--cold-files", "^files@"];
    fixture.run.filters = words.map(str::to_string).to_vec();
    let want = r"--files-dir '/mnt/it'\''s' --cold-files '^files@small/";
    assert!(page(&fixture).contains(want));
}
