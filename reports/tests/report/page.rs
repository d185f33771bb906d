//! The page as a document.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use triathlon_contract::record::KernelRecord;

use crate::crowd::crowd;
use crate::files::rendered;
use crate::fixture::{full, tiny};

fn attributes<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let open = format!(" {name}=\"");
    page.split(&open).skip(1).filter_map(|rest| Some(rest.split_once('"')?.0)).collect()
}

#[test]
fn nothing_is_loaded() {
    let page = &rendered(&full())["report.html"];
    assert!(page.contains("default-src &#39;none&#39;") || page.contains("default-src 'none'"));
    assert!(!page.contains("<link") && !page.contains("@import"));
    assert!(!page.contains("url("));
    for name in ["src", "href", "srcset", "data", "action"] {
        for value in attributes(page, name) {
            assert!(!value.contains("//"), "{name}={value}");
        }
    }
}

/// The only script is the one whose hash the policy names.
#[test]
fn one_script_runs_and_it_is_small() {
    let page = &rendered(&full())["report.html"];
    let (_, script) = page.split_once("<script>").unwrap();
    let (script, after) = script.split_once("</script>").unwrap();
    assert!(!after.contains("<script") && page.matches("<script").count() == 1);
    assert!(script.len() < 32_000, "{} bytes", script.len());
    let hash = STANDARD.encode(Sha256::digest(script));
    assert!(
        page.contains(&format!("script-src &#39;sha256-{hash}&#39;;"))
            || page.contains(&format!("script-src 'sha256-{hash}';"))
    );
    for word in ["innerHTML", "eval(", "fetch(", "XMLHttpRequest", "//"] {
        let found =
            script.lines().find(|line| line.contains(word) && !line.trim_start().starts_with("//"));
        assert!(found.is_none_or(|line| line.contains("http://www.w3.org/2000/svg")), "{found:?}");
    }
}

#[test]
fn anchors_are_unique_and_lead_somewhere() {
    let page = &rendered(&crowd())["report.html"];
    let ids = attributes(page, "id");
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), unique.len());
    for href in attributes(page, "href") {
        if let Some(id) = href.strip_prefix('#') {
            assert!(unique.contains(id), "{href}");
        }
    }
}

/// A closed loop asks a slow server less often; what it sees are service times.
#[test]
fn nothing_of_a_closed_loop_is_called_a_latency() {
    let page = rendered(&full())["report.html"].to_lowercase();
    assert!(page.contains("closed loop") && page.contains("service time"));
    assert!(!page.contains("latency") && !page.contains("latencies"));
}

#[test]
fn rows_keep_their_anchors() {
    let page = &rendered(&full())["report.html"];
    for anchor in [
        "cell-fan-out.n10_blocking",
        "cell-fan-out.n10_blocking..stack",
        "cell-fan-out.n5000_threads-per-op",
        "cell-request-loop.c64-d20ms_tokio_multi-thread",
    ] {
        assert!(page.contains(&format!("id=\"{anchor}\"")), "{anchor}");
    }
}

#[test]
fn a_row_has_the_command_that_measures_it_again_with_the_reference() {
    let page = rendered(&full())["report.html"].replace("&#39;", "'");
    let run = "cargo run --release -- run --profile quick --seed 42 --rounds 6";
    for filter in [
        "^fan-out@n100/(tokio/multi-thread|blocking)$",
        "^fan-out@n100/(tokio/multi-thread:stack|blocking:stack)$",
        "^fan-out@n100/tokio/multi-thread$",
    ] {
        assert!(page.contains(&format!("{run} '{filter}'")), "{filter}");
    }
}

#[test]
fn what_is_not_complete_comes_before_what_is_compared() {
    let page = &rendered(&full())["report.html"];
    let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text} is missing"));
    assert!(at("killed after the wall limit") < at("id=\"comparison\""));
    assert!(at("2 of 6 executions failed") < at("id=\"noise-floor\""));
    assert!(at("id=\"trust\"") < at("id=\"workloads\""));
}

#[test]
fn a_run_without_twins_says_that_noise_was_not_measured() {
    let mut fixture = tiny();
    fixture.records.retain(|record| !record.twin);
    assert!(rendered(&fixture)["report.html"].contains("Not measured: this run has no execution"));
}

#[test]
fn what_the_kernel_dropped_is_said_with_its_place() {
    let check = |kernel: Option<KernelRecord>, want: &str| {
        let mut fixture = tiny();
        for record in &mut fixture.records {
            record.kernel = Some(KernelRecord::default()).filter(|_| kernel.is_some());
        }
        fixture.records[1].kernel = kernel;
        assert!(rendered(&fixture)["report.html"].contains(want), "{want}");
    };
    check(None, "not read");
    check(Some(KernelRecord::default()), "no full listen queue");
    let some = KernelRecord { syn_retransmits: 1, ..KernelRecord::default() };
    check(Some(some), "something in 1 of 6 executions");
}

#[test]
fn the_badge_says_what_the_profile_permits() {
    let check = |profile: &str, badge: &str| {
        let mut fixture = tiny();
        fixture.run.profile = profile.to_string();
        assert!(rendered(&fixture)["report.html"].contains(badge), "{profile}");
    };
    check("smoke", "smoke — proves that everything runs, no conclusions");
    check("quick", "exploratory — ranges, no verdicts");
}

#[test]
fn no_word_of_the_page_is_a_verdict() {
    for fixture in [full(), crowd()] {
        let page = rendered(&fixture)["report.html"].to_lowercase();
        let (page, _) = page.split_once("<script>").unwrap();
        for word in ["faster", "slower", "fastest", "winner", "best", "significant", "latency"] {
            assert!(!page.contains(word), "{word}");
        }
    }
}

/// Otherwise the pasted command would measure on other CPUs, or in other turns.
#[test]
fn the_command_of_a_cell_keeps_the_choice_of_cpus_and_slices() {
    let mut fixture = full();
    let commands = |page: &str| -> Vec<String> {
        let commands = page.split("<code class=\"command\">").skip(1);
        commands.map(|rest| rest.split("</code>").next().unwrap().to_string()).collect()
    };
    let before = commands(&rendered(&fixture)["report.html"]);
    assert!(before.len() > 2 && before.iter().all(|command| !command.contains("--cpus")));
    fixture.run.filters = ["--cpus", "one", "--slice", "0"].map(str::to_string).to_vec();
    for command in commands(&rendered(&fixture)["report.html"]) {
        let command = command.replace("&#39;", "").replace('\'', "");
        assert!(command.contains(" --cpus one --slice 0"), "{command}");
    }
    // What is no number is not for a shell.
    fixture.run.filters = ["--slice", "$(reboot)"].map(str::to_string).to_vec();
    let of_cells = commands(&rendered(&fixture)["report.html"]);
    assert!(of_cells[..of_cells.len() - 1].iter().all(|command| !command.contains("reboot")));
}

/// Whoever makes many connections must know how many there could have been.
#[test]
fn a_workload_that_uses_up_ports_says_which_there_were() {
    let mut fixture = tiny();
    assert!(!rendered(&fixture)["report.html"].contains("<strong>Ports. "));
    for case in &mut fixture.run.cases {
        case.parameters.insert("addresses".to_string(), 4);
    }
    let page = &rendered(&fixture)["report.html"];
    assert!(
        page.contains("Which ports clients had was not read; the server had up to 4 addresses.")
    );
    let facts = &mut fixture.run.machine.facts;
    facts.insert("ephemeral ports".to_string(), "32768\t60999".to_string());
    let page = &rendered(&fixture)["report.html"];
    assert!(
        page.contains("Clients had the ports 32768 to 60999, anew for each of up to 4 addresses")
    );
}

#[test]
fn a_source_that_two_workloads_share_is_shown_once() {
    let mut fixture = full();
    let shared = fixture.sources["fan-out@n100/blocking"].clone();
    let other = fixture.run.cases.iter().find(|case| case.id.starts_with("request-loop@"));
    let other = other.unwrap().id.clone();
    fixture.sources.insert(other, shared);
    let page = &rendered(&fixture)["report.html"];
    assert!(page.contains("The same file as in <a href=\"#code-fan-out-"));
    assert_eq!(page.matches("//! One thing after the other.").count(), 1);
}
