//! Little's law as a check of the account.

/// How far `n` requests in flight are from throughput times mean service time,
/// as a share of `n`: `|N − X·R| / N`.
///
/// In a closed loop `n` is the number of connections, all of them busy until
/// the end. A gap is time that belongs to no request: the generator's own, or
/// connections that ran dry before the others. NaN or infinite if `n` is 0.
///
/// Source: J. D. C. Little, "A Proof for the Queuing Formula: L = λW",
/// Operations Research 9(3), 1961.
pub fn little(n: f64, throughput_per_s: f64, mean_service_s: f64) -> f64 {
    (n - throughput_per_s * mean_service_s).abs() / n
}

#[cfg(test)]
mod tests {
    use super::little;

    #[test]
    fn the_gap_is_a_share_of_the_requests_in_flight() {
        let check = |n, throughput_per_s, mean_service_s, want: f64| {
            let gap = little(n, throughput_per_s, mean_service_s);
            assert!((gap - want).abs() < 1e-12, "{gap} instead of {want}");
        };
        check(64.0, 6400.0, 0.010, 0.0);
        check(10.0, 100.0, 0.08, 0.2); // wrk #114: 20 % of the time was lost
        check(10.0, 100.0, 0.12, 0.2); // too much is a gap as well
        check(1.0, 0.0, 0.010, 1.0);
    }
}
