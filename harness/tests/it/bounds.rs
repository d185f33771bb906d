//! Sizes that keep the code legible.

use std::fs;
use std::path::PathBuf;

use triathlon_contract::Style;

use crate::support::root;

fn sources(folder: PathBuf, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn files_stay_short_and_cells_fit_two_on_a_screen() {
    let mut paths = Vec::new();
    for folder in ["harness", "mock-server", "reports", "benches"] {
        sources(root().join(folder), &mut paths);
    }
    assert!(paths.len() > 60);
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let lines = text.lines().count();
        let folders = ["harness/contestants", "harness/cost", "harness/drivers/src"];
        let cell = folders.into_iter().any(|folder| path.starts_with(root().join(folder)));
        // What a contestant answers is a list that grows with the workloads.
        let list = path.file_name().is_some_and(|name| name == "lib.rs");
        let at_most = if cell && !list { 220 } else { 400 };
        assert!(lines <= at_most, "{}: {lines} lines", path.display());
        let width = text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
        let at_most = if cell { 80 } else { 200 };
        assert!(width <= at_most, "{}: {width} columns", path.display());
    }
}

/// Nagle's algorithm would add 40 ms to some requests and not to others.
#[test]
fn both_ends_set_tcp_nodelay() {
    let contestants = triathlon::contestants::ALL
        .iter()
        .flat_map(|contestant| {
            ["connection", "socket", "database"].map(|file| (contestant.name, file))
        })
        .map(|(name, file)| format!("harness/contestants/{name}/src/{file}.rs"));
    let serves = ["blocking", "threads-per-op", "threads-pool", "tokio", "async-std", "smol"]
        .map(|name| format!("harness/contestants/{name}/src/serve.rs"));
    let stacks = ["tokio/src/serve_axum", "tokio/src/serve_stack", "async-std/src/serve_stack"]
        .into_iter()
        .chain(["smol/src/serve_stack"])
        .map(|path| format!("harness/contestants/{path}.rs"));
    let others =
        ["mock-server/src/listen.rs", "harness/load/src/connection.rs"].map(str::to_string);
    for path in contestants.chain(serves).chain(stacks).chain(others) {
        let text = fs::read_to_string(root().join(&path)).unwrap();
        assert!(text.contains("set_nodelay(true)"), "{path}");
    }
}

#[test]
fn same_files_in_every_contestant() {
    for contestant in triathlon::contestants::ALL {
        let folder = root().join("harness/contestants").join(contestant.name).join("src");
        let cells = [
            "fan_out.rs",
            "fan_out_stack.rs",
            "request_loop.rs",
            "cpu.rs",
            "mixed.rs",
            "connect.rs",
            "download.rs",
            "pipeline.rs",
            "files.rs",
            "websocket.rs",
            "query.rs",
            "stall.rs",
            "lock.rs",
            "deadline.rs",
        ];
        let pools = [
            "cpu_blocking_pool.rs",
            "stall_blocking_pool.rs",
            "mixed_offloaded.rs",
            "lock_own_mutex.rs",
            "runtime.rs",
            "fs.rs",
        ];
        let all = ["lib.rs", "connection.rs", "direct.rs", "socket.rs", "database.rs"];
        let all = all.iter().chain(&cells);
        let pools = pools.iter().filter(|_| contestant.style == Style::Async);
        // Who starts nothing has no cell for it.
        let starts = contestant.style != Style::Blocking;
        let all = all.chain(starts.then_some(&"spawn.rs"));
        // Who has nobody to hand over to, or jobs that must not wait, has no ring.
        let waits = starts && contestant.name != "rayon";
        let all = all.chain(["ring.rs", "link.rs"].iter().filter(|_| waits));
        // Nor does who waits alone, or holds a job's thread, have anybody to cancel.
        let all = all.chain(["cancel.rs"].iter().filter(|_| waits));
        // Who must not wait serves nobody.
        let serves = contestant.name != "rayon";
        let all = all.chain(["serve.rs", "service.rs"].iter().filter(|_| serves));
        let stack = serves && contestant.style == Style::Async;
        let all = all.chain(stack.then_some(&"serve_stack.rs"));
        for file in all.chain(pools) {
            assert!(folder.join(file).is_file(), "{}/{file}", folder.display());
        }
    }
}
