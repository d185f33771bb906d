//! Small programs do the same errand, and `triathlon cost` keeps what they cost.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use rustix::process::{Pid, Signal, kill_process};
use triathlon::contestants;
use triathlon::cost::package;
use triathlon::machine::{self, Share};
use triathlon::selection;
use triathlon::server::Server;
use triathlon_contract::body;
use triathlon_contract::record::CostFile;
use triathlon_reports::Code;

use crate::interrupt::nothing_is_left;
use crate::support::{TRIATHLON, marked, output, root, succeeds, triathlon, until};

/// Where the small programs lie, built as the tests are: once, beside everything else.
fn programs() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let mut command = Command::new(env!("CARGO"));
        command.args(["build", "--quiet", "--locked", "--offline"]).current_dir(root());
        for contestant in contestants::ALL {
            command.args(["-p", &package(contestant)]);
        }
        let target = Path::new(TRIATHLON).parent().unwrap().parent().unwrap();
        let built = command.arg("--target-dir").arg(target).output().unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        target.join("debug")
    })
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn every_small_program_fetches_the_same_over_one_connection() {
    let server = Server::start(Path::new(TRIATHLON), &[]).unwrap();
    let want = format!("1000 bytes, xxh3 {:016x}\n", body::hash_of_bytes(1000));
    for contestant in contestants::ALL {
        let program = programs().join(package(contestant));
        for flavour in contestant.flavours {
            let flavour: Vec<&str> =
                if flavour.is_empty() { Vec::new() } else { vec!["--flavour", flavour] };
            let call = |path: &str, words: &[&str]| -> (Output, u64, u64) {
                let trial = server.open_trial().unwrap();
                let url = format!("http://{}{path}", trial.address);
                let mut command = Command::new(&program);
                let ended = command.arg(url).args(words).args(&flavour).output().unwrap();
                let seen = server.close_trial(&trial).unwrap();
                (ended, seen.requests, seen.connections)
            };
            let who = format!("{} {flavour:?}", contestant.name);
            let (once, requests, connections) = call("/bytes/1000", &[]);
            assert_eq!((text(&once.stdout), requests, connections), (want.clone(), 1, 1), "{who}");
            let (often, requests, connections) = call("/bytes/1000", &["--repeat", "5"]);
            assert_eq!((requests, connections), (5, 1), "{who}: {}", text(&often.stderr));
            let told: serde_json::Value = serde_json::from_slice(&often.stdout).unwrap();
            assert_eq!(told["gets_ns"].as_array().unwrap().len(), 5, "{who}: {told}");
            assert_eq!(told["bytes"], 1000, "{who}: {told}");
            let peak = told["peak_bytes"].as_u64().unwrap();
            assert!((256 << 10..64 << 20).contains(&peak), "{who}: {told}");
            let (refused, ..) = call("/status/503", &[]);
            assert!(!refused.status.success() && refused.stdout.is_empty(), "{who}");
            assert!(text(&refused.stderr).contains("503"), "{who}: {}", text(&refused.stderr));
        }
        let nobody = Command::new(&program).output().unwrap();
        assert!(text(&nobody.stderr).contains("there is no URL"), "{}", text(&nobody.stderr));
    }
}

/// The parser knows every cell, and every cell is what the rules of the repository permit.
#[test]
fn every_cell_is_counted_and_within_bounds() {
    let all = selection::all(&machine::placement(Share::Half), machine::limits().unwrap());
    let sources: BTreeSet<&str> = all.iter().map(|selected| selected.case.source).collect();
    assert!(sources.len() > 120, "{}", sources.len());
    for source in sources.into_iter().filter(|source| !source.is_empty()) {
        let name = source.lines().next().unwrap_or_default();
        let code = Code::of(source).unwrap_or_else(|error| panic!("{name}: {error:#}"));
        let written = source.lines().filter(|line| !line.trim().is_empty()).count();
        assert!((10..=written).contains(&code.lines), "{name}: {code:?} of {written}");
        assert!((1..=8).contains(&code.nesting), "{name}: {code:?}");
        let awaits = source.lines().filter(|line| !line.trim_start().starts_with("//"));
        let awaits: usize = awaits.map(|line| line.matches(".await").count()).sum();
        assert_eq!(code.awaits, awaits, "{name}");
    }
}

/// A cargo that builds in no time: it hands out what is built already, and notes its calls.
fn quick_cargo(directory: &Path, build: &str) -> PathBuf {
    let cargo = directory.join("quick-cargo");
    let script = format!(
        "#!/bin/sh\n\
         echo \"$@\" >> {calls}\n\
         [ -z \"$RUSTFLAGS$CARGO_INCREMENTAL$CARGO_TARGET_DIR\" ] || exit 9\n\
         for word; do last=$word; done\n\
         case $1 in\n\
         -V) echo 'cargo 1.0.0 (quick)' ;;\n\
         fetch) ;;\n\
         tree) printf 'anyhow v1.0.0\\n%s v0.1.0 (/here)\\nanyhow v1.0.0 (*)\\n' \"$last\" ;;\n\
         build) {build} ;;\n\
         *) exit 8 ;;\n\
         esac\n",
        calls = directory.join("calls").display()
    );
    fs::write(&cargo, script).unwrap();
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
    cargo
}

/// Copies the package, which follows `-p`, to where cargo would put it.
fn copying() -> String {
    format!(
        "[ ! -e \"$last\" ] || exit 7; mkdir -p \"$last/cost\" && \
         while [ \"$1\" != -p ]; do shift; done && cp {}/\"$2\" \"$last/cost/\"",
        programs().display()
    )
}

/// A small real run.
fn run(directory: &Path) {
    let filter = "^fan-out@n10/(blocking|tokio/current-thread)$";
    let words = ["run", filter, "--profile", "smoke", "--keep-disturbed", "--quiet"];
    succeeds(directory, &words);
}

fn cost(directory: &Path, cargo: &Path, words: &[&str]) -> Command {
    let mut command = triathlon(directory, &["cost"]);
    command.args(words).args(["--dir", "builds"]).env("CARGO", cargo);
    command.env("RUSTFLAGS", "--none").env("CARGO_TARGET_DIR", "/none");
    command
}

#[test]
fn what_programs_cost_is_kept_beside_the_run_and_on_its_page() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    run(here);
    fs::create_dir(here.join("builds")).unwrap();
    let cargo = quick_cargo(here, &copying());
    let words = ["--contestant", "blocking", "--contestant", "tokio", "--rounds", "2"];
    let words = [&words[..], &["--processes", "3", "--gets", "4", "--seed", "5"]].concat();
    let ended = cost(here, &cargo, &words).output().unwrap();
    assert!(ended.status.success(), "{}", text(&ended.stderr));
    assert!(text(&ended.stdout).contains("tokio/current-thread"), "{}", text(&ended.stdout));
    assert!(text(&ended.stdout).trim_end().ends_with("report.html"), "{}", text(&ended.stdout));

    let latest = here.join("reports/latest");
    let file = fs::read(latest.join("cost.json")).unwrap();
    let file: CostFile = serde_json::from_slice(&file).unwrap();
    assert_eq!((file.rounds, file.processes, file.gets, file.seed), (2, 3, 4, 5));
    let names: Vec<&str> = file.programs.iter().map(|one| one.contestant.as_str()).collect();
    assert_eq!(names, ["blocking", "tokio"]);
    let built = |name: &str| fs::metadata(programs().join(name)).unwrap().len();
    for program in &file.programs {
        assert_eq!(program.crates, ["anyhow 1.0.0"]);
        assert_eq!(program.binary_bytes, built(&program.package));
        assert!(program.sources.contains_key("main.rs"), "{:?}", program.sources.keys());
        let rounds: Vec<u64> = program.builds.iter().map(|build| build.round).collect();
        assert_eq!(rounds, [1, 2]);
        for runs in &program.runs {
            let rounds: Vec<u64> = runs.processes.iter().map(|process| process.round).collect();
            assert_eq!(rounds, [1, 2, 3], "{}", runs.who);
            for one in &runs.processes {
                assert!(one.first_ns > 0 && one.later_ns > 0 && one.peak_resident_bytes > 0);
                assert!(one.up_ns + one.first_ns + one.down_ns < one.wall_ns, "{one:?}");
            }
        }
    }
    let calls = fs::read_to_string(here.join("calls")).unwrap();
    let builds = calls.lines().filter(|line| line.starts_with("build --locked --offline"));
    assert_eq!(builds.count(), 4, "{calls}");
    let page = fs::read_to_string(latest.join("report.html")).unwrap();
    assert!(page.contains("id=\"cost.program_tokio_current-thread\""));
    assert!(succeeds(here, &["verify"]).starts_with("ok: "));
    assert_eq!(fs::read_dir(here.join("builds")).unwrap().count(), 0, "nothing is left");
    // Rendered again it is the same.
    succeeds(here, &["report"]);
    assert!(succeeds(here, &["verify"]).contains("byte for byte"));
}

#[test]
fn ctrl_c_leaves_no_file_and_no_process() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    run(here);
    fs::create_dir(here.join("builds")).unwrap();
    let cargo = quick_cargo(here, "mkdir -p \"$last/cost\"; sleep 1000 & sleep 1000");
    let mark = format!("TRIATHLON_TEST_MARK=cost-{}", std::process::id());
    let (name, value) = mark.split_once('=').unwrap();
    let mut command = cost(here, &cargo, &["--contestant", "blocking", "--quiet"]);
    let before = fs::read(here.join("reports/latest/report.html")).unwrap();
    let child = command.env(name, value).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    let child = child.unwrap();
    let calls = || fs::read_to_string(here.join("calls")).unwrap_or_default();
    until("a build goes on", || calls().contains("build --locked"));
    assert!(marked(&mark).len() >= 2, "the builds carry the mark");
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130), "{}", text(&ended.stderr));
    assert_eq!(
        text(&ended.stderr),
        "triathlon: interrupted; nothing was written, and nothing is left\n"
    );
    nothing_is_left(&mark);
    assert_eq!(fs::read_dir(here.join("builds")).unwrap().count(), 0);
    assert!(!here.join("reports/latest/cost.json").exists());
    assert_eq!(fs::read(here.join("reports/latest/report.html")).unwrap(), before);
}

#[test]
fn a_wrong_call_is_a_sentence_and_a_failed_build_has_its_words() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let check = |ended: &Output, code: i32, want: &str| {
        let errors = text(&ended.stderr);
        assert_eq!((ended.status.code(), errors.lines().count()), (Some(code), 1), "{errors}");
        assert!(errors.contains(want), "{want}: {errors}");
    };
    check(&output(here, &["cost"]), 2, "reports/latest holds no run");
    check(&output(here, &["cost", "--contestant", "node"]), 2, "there is no contestant \"node\"");
    check(&output(here, &["cost", "--rounds", "0"]), 2, "0 is not in 1..=30");
    check(&output(here, &["cost", "--gets", "1"]), 2, "1 is not in 2..=10000");
    run(here);
    let quiet = ["--quiet", "--contestant", "blocking", "--rounds", "1"];
    let no_cargo = cost(here, Path::new("/nonexistent/cargo"), &quiet).output().unwrap();
    check(&no_cargo, 2, "/nonexistent/cargo does not answer: clean builds need cargo");
    let cargo = quick_cargo(here, "echo 'error: no linker' >&2; exit 101");
    let no_room = cost(here, &cargo, &quiet).output().unwrap();
    check(&no_room, 2, "builds: No such file or directory (os error 2); choose another place");
    fs::create_dir(here.join("builds")).unwrap();
    check(&cost(here, &cargo, &quiet).output().unwrap(), 1, "exit status: 101: error: no linker");
    assert_eq!(fs::read_dir(here.join("builds")).unwrap().count(), 0);
    // Figures of two machines do not belong together.
    let path = here.join("reports/latest/run.json");
    let own = fs::read_to_string(&path).unwrap();
    let id = machine::machine().id;
    fs::write(&path, own.replace(&format!("\"id\": \"{id}\""), "\"id\": \"0\"")).unwrap();
    let other = cost(here, &cargo, &quiet).output().unwrap();
    check(&other, 2, "was measured on another machine");
    assert!(!here.join("reports/latest/cost.json").exists());
}

#[test]
fn a_dry_run_says_what_would_be_built() {
    let directory = tempfile::tempdir().unwrap();
    let words = ["cost", "--dry-run", "--rounds", "2", "--processes", "10", "--dir", "/here"];
    let plan = succeeds(directory.path(), &words);
    for contestant in contestants::ALL {
        assert!(plan.contains(&format!("{}\n", package(contestant))), "{plan}");
    }
    assert!(plan.contains("14 clean builds in 2 rounds"), "{plan}");
    assert!(plan.contains("90 processes of 50 GETs"), "{plan}");
    assert!(plan.contains("below /here, removed at the end"), "{plan}");
}
