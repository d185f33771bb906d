//! The charts, on the page and alone.

use crate::files::rendered;
use crate::fixture::full;

fn panels(page: &str) -> Vec<&str> {
    let charts = page.split("<svg class=\"chart\"").skip(1);
    charts.filter_map(|rest| Some(rest.split_once("</svg>")?.0)).collect()
}

#[test]
fn a_panel_of_five_contestants_is_small() {
    let mut fixture = full();
    for case in &mut fixture.run.cases {
        // A fifth point per line: the pool's preset joins the others.
        case.parameters.insert("pool".to_string(), 0);
        if case.id.contains("pool64") {
            case.parameters.insert("fetches".to_string(), 500);
        }
    }
    let files = rendered(&fixture);
    let panels = panels(&files["report.html"]);
    assert_eq!(panels.len(), 1 + 3);
    for panel in panels {
        assert!(panel.len() <= 12_288, "{} bytes", panel.len());
    }
}

#[test]
fn a_chart_has_a_title_a_description_and_text_as_text() {
    for panel in panels(&rendered(&full())["report.html"]) {
        assert!(panel.contains("role=\"img\""));
        assert!(panel.contains("<title>") && panel.contains("<desc>"));
        assert!(panel.contains(">blocking</text>") && panel.contains(">tokio/multi-thread</text>"));
    }
}

#[test]
fn colours_are_roles_and_sizes_are_the_page_s() {
    for panel in panels(&rendered(&full())["report.html"]) {
        for left_over in ["#", "stroke=", "fill=", "font-family", "width=\""] {
            assert!(!panel.contains(left_over), "{left_over}");
        }
    }
}

#[test]
fn a_figure_alone_says_where_it_comes_from() {
    let files = rendered(&full());
    let figure = &files["figures/fan-out.svg"];
    assert!(figure.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
    assert!(figure.contains(">triathlon · fan-out</text>"));
    assert!(figure.contains(">20261122T170501Z-0a1b2c3d-9f8e7d6c-42</text>"));
    assert!(figure.contains("prefers-color-scheme:dark"));
}

#[test]
fn the_finding_comes_from_the_data() {
    let page = rendered(&full())["report.html"].replace('\u{202f}', " ");
    let finding = "At C = 256 and delay at the server 20 ms, threads-per-op spends 2.";
    assert!(page.contains(finding));
    assert!(page.contains("the CPU time per request of tokio/multi-thread"));
    assert!(page.contains("the reference against itself:"));
}

#[test]
fn a_value_without_a_logarithm_is_left_out() {
    let mut fixture = full();
    fixture.run.workloads[0].chart.metric = "ctx_switches_per_op".to_string();
    fixture.run.workloads[1].chart.over = "delay_us".to_string();
    assert!(rendered(&fixture).contains_key("figures/request-loop.svg"));
}
