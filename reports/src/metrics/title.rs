//! What readers call metrics.

/// Name of a metric for readers; `operation` in the singular.
pub(crate) fn title(metric: &str, operation: &str) -> String {
    let operation = crate::text::clip(operation, 30);
    match metric {
        "elapsed_s" => "Elapsed".to_string(),
        "throughput_per_s" => "Throughput".to_string(),
        "cpu_us_per_op" => format!("CPU time per {operation}"),
        "ctx_switches_per_op" => format!("Context switches per {operation}"),
        "peak_rss_bytes" => "Peak memory".to_string(),
        "held_bytes" => "Memory held by all".to_string(),
        "reserved_bytes" => "Address space of all".to_string(),
        "sleepers" => "Sleepers".to_string(),
        "least_share" => "Least share of one".to_string(),
        "most_share" => "Greatest share of one".to_string(),
        "jain_index" => "Jain's index".to_string(),
        "held_each_bytes" => format!("Held for each {operation}"),
        "reserved_each_bytes" => format!("Reserved for each {operation}"),
        "idle_cpu_share" => "CPU while idle".to_string(),
        "achieved_per_s" => "Rate reached".to_string(),
        "capacity_per_s" => "Capacity".to_string(),
        "goodput_per_s" => "Goodput at 2 × capacity".to_string(),
        "goodput_share" => "Goodput at 2 ×, to the highest".to_string(),
        "recovery_us" => "Recovery".to_string(),
        "response_p50_us" => "Response, median".to_string(),
        "response_p99_us" => "Response, p99".to_string(),
        "lag_p50_us" => "Lag, median".to_string(),
        "lag_p99_us" => "Lag, p99".to_string(),
        "lag_max_us" => "Lag, longest".to_string(),
        "calls" => "Calls".to_string(),
        "call_mean_us" => "Call, mean".to_string(),
        "call_max_us" => "Call, longest".to_string(),
        "given_up" => "Times of giving up".to_string(),
        "giving_up_mean_us" => "Giving up, mean".to_string(),
        "giving_up_p50_us" => "Giving up, median".to_string(),
        "giving_up_p90_us" => "Giving up, p90".to_string(),
        "giving_up_max_us" => "Giving up, longest".to_string(),
        "service_p50_us" => "Service, median".to_string(),
        "service_p99_us" => "Service, p99".to_string(),
        other => crate::text::clip(&other.replace('_', " "), 60),
    }
}
