//! Presets that are about fewer CPUs than the contestant has.

use crate::files::rendered;
use crate::fixture::{Fixture, tiny};
use crate::verdict::summary;

#[test]
fn the_share_of_the_cpu_is_that_of_the_cpus_it_might_use() {
    let mut fixture = tiny();
    fixture.run.workloads[0].server = false;
    for record in &mut fixture.records {
        let window = record.window.as_mut().unwrap();
        (window.elapsed_ns, window.user_ns, window.system_ns) = (1000, 800, 100);
    }
    let share =
        |fixture: &Fixture| summary(fixture)["cells"][0]["metrics"]["contestant_cpu_share"].clone();
    assert_eq!(share(&fixture)["median"], 0.45, "of the two CPUs of the run");
    for record in &mut fixture.records {
        record.window.as_mut().unwrap().cpus = Some(1);
    }
    assert_eq!(share(&fixture)["median"], 0.9);
}

#[test]
fn the_page_says_which_presets_have_fewer_cpus_and_which() {
    let mut fixture = tiny();
    fixture.run.workloads[0].server = false;
    let words = "Presets about fewer CPUs";
    assert!(!rendered(&fixture)["report.html"].contains(words));
    for case in &mut fixture.run.cases {
        case.cpus = Some(1);
    }
    let page = &rendered(&fixture)["report.html"];
    let want = format!("{words} (fan-out@n10): contestant CPU 0, 1 worker for those who have");
    assert!(page.contains(&want));
    // One that nobody executes is not named.
    for case in &mut fixture.run.cases {
        case.absent = Some("for the test".to_string());
    }
    assert!(!rendered(&fixture)["report.html"].contains(words));
}
