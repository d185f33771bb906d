//! Windows whose samples span several operations.

use serde_json::Value;

use crate::files::rendered;
use crate::fixture::tiny;

fn metric(summary: &Value, name: &str) -> f64 {
    let found = &summary["cells"][0]["metrics"][name]["median"];
    found.as_f64().unwrap_or_else(|| panic!("{name}: {found}"))
}

#[test]
fn what_a_sample_spans_is_divided_by_its_operations() {
    let plain = tiny();
    let mut spans = tiny();
    for record in &mut spans.records {
        let window = record.window.as_mut().unwrap();
        window.operations = Some(window.samples * 4);
    }
    let [plain, spans] =
        [plain, spans].map(|run| serde_json::from_str(&rendered(&run)["summary.json"]).unwrap());
    let ratio = |name: &str| metric(&plain, name) / metric(&spans, name);
    for name in ["cpu_us_per_op", "ctx_switches_per_op", "service_mean_us", "service_p50_us"] {
        assert!((ratio(name) - 4.0).abs() < 1e-3, "{name}: {}", ratio(name));
    }
    assert!((ratio("throughput_per_s") - 0.25).abs() < 1e-3);
    for name in ["elapsed_s", "peak_rss_bytes"] {
        assert!((ratio(name) - 1.0).abs() < 1e-9, "{name}");
    }
}
