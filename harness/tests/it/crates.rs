//! What depends on what: the invariants of the workspace.

use std::collections::BTreeSet;
use std::process::Command;

use triathlon_contract::Style;

use crate::support::root;

/// Crates that would make a blocking or threaded contestant something else.
const ASYNC: [&str; 16] = [
    "tokio",
    "mio",
    "polling",
    "hyper",
    "hyper-util",
    "async-std",
    "async-io",
    "async-executor",
    "smol",
    "futures-executor",
    "monoio",
    "compio",
    "glommio",
    "reqwest",
    "may",
    "tokio-util",
];

/// Names of all crates that `package` is built from.
fn tree(package: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "-e", "normal", "--prefix", "none", "--format", "{p}", "-p"])
        .arg(package)
        .current_dir(root())
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo tree -p {package}: {errors}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_string).collect()
}

#[test]
fn blocking_and_threads_contain_no_async_runtime() {
    for contestant in ["blocking", "threads-per-op", "threads-pool", "rayon"] {
        let package = format!("contestant-{contestant}");
        let crates = tree(&package);
        assert!(crates.contains("ureq") && crates.contains("triathlon-lab"), "{crates:?}");
        for name in ASYNC {
            assert!(!crates.contains(name), "{package} contains {name}");
        }
    }
    // The list does find a runtime where there is one.
    assert!(tree("contestant-tokio").contains("tokio"));
}

/// What is weighed of a style must be its own: no runtime where there is none, and nothing of
/// the suite but the errand.
#[test]
fn small_programs_contain_their_style_and_the_errand_alone() {
    for contestant in triathlon::contestants::ALL {
        let package = triathlon::cost::package(contestant);
        let crates = tree(&package);
        let own = |name: &&String| {
            ["triathlon", "contestant-", "cost-"].iter().any(|start| name.starts_with(start))
        };
        let own: Vec<&String> = crates.iter().filter(own).collect();
        assert_eq!(own, [&package, "triathlon-errand"], "{package}");
        let runs = ASYNC.iter().any(|name| crates.contains(*name));
        assert_eq!(runs, contestant.style == Style::Async, "{package}: {crates:?}");
        assert_eq!(crates.contains("ureq"), !runs, "{package}: {crates:?}");
        assert_eq!(crates.contains("rayon"), contestant.name == "rayon", "{package}");
    }
}

/// All styles and the server have the codec of the contract: a library would be measured
/// beside it.
#[test]
fn web_sockets_have_no_codec_but_ours() {
    let mut packages = vec!["triathlon-mock-server".to_string()];
    let contestants = triathlon::contestants::ALL.into_iter();
    packages.extend(contestants.map(|contestant| format!("contestant-{}", contestant.name)));
    for package in packages {
        let crates = tree(&package);
        assert!(crates.contains("triathlon-contract"), "{crates:?}");
        let codec = |name: &&String| {
            let parts = ["websocket", "tungstenite", "soketto"];
            parts.iter().any(|part| name.contains(part))
        };
        assert_eq!(crates.iter().find(codec), None, "{package}");
    }
}

#[test]
fn schemas_are_for_the_reports_alone() {
    assert!(tree("triathlon-reports").contains("schemars"));
    for contestant in triathlon::contestants::ALL {
        let package = format!("contestant-{}", contestant.name);
        assert!(!tree(&package).contains("schemars"), "{package} contains schemars");
    }
}

#[test]
fn crates_use_only_what_the_design_permits() {
    let own = |package: &str| -> BTreeSet<String> {
        let belongs =
            |name: &String| name.starts_with("triathlon") || name.starts_with("contestant");
        tree(package).into_iter().filter(|name| belongs(name) && name != package).collect()
    };
    let check = |package: &str, permitted: &[&str]| {
        let permitted: BTreeSet<String> =
            permitted.iter().map(|name| (*name).to_string()).collect();
        let used = own(package);
        assert!(used.is_subset(&permitted), "{package} uses {used:?}, may use {permitted:?}");
    };
    let contract = ["triathlon-contract", "triathlon-lab"];
    check("triathlon-lab", &[]);
    check("triathlon-statistics", &[]);
    check("triathlon-contract", &["triathlon-lab"]);
    check("triathlon-mock-server", &contract);
    check("triathlon-load", &contract);
    check("triathlon-guests", &contract);
    let execute = ["triathlon-contract", "triathlon-lab", "triathlon-load", "triathlon-statistics"];
    check("triathlon-execute", &execute);
    // A program of its own has its cells, and what answers a job.
    check(
        "triathlon-drivers",
        &[&execute[..], &["triathlon-execute", "triathlon-guests"]].concat(),
    );
    check("triathlon-reports", &["triathlon-contract", "triathlon-lab", "triathlon-statistics"]);
    for contestant in triathlon::contestants::ALL {
        check(&format!("contestant-{}", contestant.name), &contract);
    }
}
