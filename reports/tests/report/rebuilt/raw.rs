//! `run.json` and `records.jsonl` as plain JSON: which executions count, what
//! they measured, and which cells the server may have limited.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::number::six;

/// One value a round.
pub(super) type Rounds = BTreeMap<u64, f64>;

/// A run's files.
pub(super) struct Raw {
    pub(super) run: Value,
    /// `cost.json`; null without one.
    pub(super) cost: Value,
    /// Records by id and whether they are of the second label.
    records: BTreeMap<(String, bool), Vec<Value>>,
}

/// A case's id, cut.
pub(super) struct Id<'a> {
    pub(super) workload: &'a str,
    pub(super) preset: &'a str,
    /// Contestant, flavour and way.
    pub(super) who: &'a str,
}

pub(super) fn cut(id: &str) -> Id<'_> {
    let (what, who) = id.split_once('/').unwrap();
    let (workload, preset) = what.split_once('@').unwrap();
    Id { workload, preset, who }
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

/// A list's members.
pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("{value} is no list"))
}

pub(super) fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// Half of the values are at most this, half at least.
pub(super) fn middle(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| a.partial_cmp(b).unwrap());
    let count = sorted.len();
    (count > 0).then(|| (sorted[(count - 1) / 2] + sorted[count / 2]) / 2.0)
}

impl Raw {
    pub(super) fn read(dir: &Path) -> Self {
        let run = serde_json::from_slice(&fs::read(dir.join("run.json")).unwrap()).unwrap();
        let mut records: BTreeMap<(String, bool), Vec<Value>> = BTreeMap::new();
        for line in fs::read_to_string(dir.join("records.jsonl")).unwrap().lines() {
            let record: Value = serde_json::from_str(line).unwrap();
            let key = (text(&record["id"]).to_string(), record["twin"] == true);
            records.entry(key).or_default().push(record);
        }
        let cost = fs::read(dir.join("cost.json"))
            .map_or(Value::Null, |bytes| serde_json::from_slice(&bytes).unwrap());
        Self { run, cost, records }
    }

    /// Ids of the plan, in its order.
    pub(super) fn ids(&self) -> Vec<&str> {
        list(&self.run["cases"]).iter().map(|case| text(&case["id"])).collect()
    }

    pub(super) fn workload(&self, name: &str) -> &Value {
        list(&self.run["workloads"]).iter().find(|workload| workload["name"] == name).unwrap()
    }

    /// The contestant of a preset that was executed under two labels.
    pub(super) fn twin(&self, workload: &str, preset: &str) -> Option<&str> {
        let twins = self.records.keys().filter(|(_, twin)| *twin).map(|(id, _)| id.as_str());
        let own = |id: &&str| cut(id).workload == workload && cut(id).preset == preset;
        twins.filter(own).find(|id| !self.kept(id, true).is_empty())
    }

    /// Whether that case was executed under a second label, too, and some of it counts.
    pub(super) fn was_twice(&self, id: &str) -> bool {
        !self.kept(id, true).is_empty()
    }

    /// What the harness called a success and what has a window.
    fn successes(&self, id: &str, twin: bool) -> Vec<&Value> {
        let own = self.records.get(&(id.to_string(), twin));
        let success = |record: &&Value| record["status"] == "ok" && !record["window"].is_null();
        own.map_or(Vec::new(), |records| records.iter().filter(success).collect())
    }

    /// Successes that nobody disturbed; none if more than half were.
    fn kept(&self, id: &str, twin: bool) -> Vec<&Value> {
        let all = self.successes(id, twin);
        let kept: Vec<&Value> =
            all.iter().filter(|record| !self.disturbed(record)).copied().collect();
        if (all.len() - kept.len()) * 2 > all.len() { Vec::new() } else { kept }
    }

    fn disturbed(&self, record: &Value) -> bool {
        let dropped = number(&self.run["rounds"]) > 1.0 && self.run["keep_disturbed"] != true;
        let Some(foreign) = record["foreign_ns"].as_f64().filter(|_| dropped) else {
            return false;
        };
        let wall = record["process"]["wall_ns"].as_f64().unwrap_or(0.0);
        let (steal, elapsed) = (&record["window"]["steal_ns"], &record["window"]["elapsed_ns"]);
        let (steal, elapsed) = (number(steal), number(elapsed));
        let stolen = steal > 0.01 * elapsed * self.cpus() && steal > 10_000_000.0;
        (wall > 0.0 && foreign > 0.05 * wall) || stolen
    }

    fn cpus(&self) -> f64 {
        text(&self.run["machine"]["facts"]["cpus"]).parse().unwrap()
    }

    /// Whether a case was planned and somebody succeeded in it.
    pub(super) fn succeeded(&self, id: &str) -> bool {
        let cases = list(&self.run["cases"]);
        let planned = cases.iter().any(|case| case["id"] == id && case["absent"].is_null());
        planned && !self.successes(id, false).is_empty()
    }

    /// A parameter of a case's preset.
    pub(super) fn parameter(&self, id: &str, name: &str) -> f64 {
        let case = list(&self.run["cases"]).iter().find(|case| case["id"] == id).unwrap();
        number(&case["parameters"][name])
    }

    /// A metric of a case, the first value of each round.
    pub(super) fn rounds(&self, id: &str, twin: bool, metric: &str) -> Rounds {
        let successes = self.successes(id, twin);
        let saturated = successes.iter().filter(|record| record["open"]["saturated"] == true);
        let unsteady = saturated.count() * 2 > successes.len() && metric.starts_with("response");
        let mut rounds = Rounds::new();
        for record in self.kept(id, twin).into_iter().filter(|_| !unsteady) {
            let value = self.value(record, cut(id).workload, metric);
            if let Some(value) = value.filter(|value| value.is_finite()) {
                rounds.entry(record["round"].as_u64().unwrap()).or_insert(value);
            }
        }
        rounds
    }

    fn value(&self, record: &Value, workload: &str, metric: &str) -> Option<f64> {
        let window = |name: &str| number(&record["window"][name]);
        let closed = record["open"].is_null();
        match metric {
            "elapsed_s" => closed.then(|| window("elapsed_ns") / 1e9),
            "throughput_per_s" => closed.then(|| window("samples") / window("elapsed_ns") * 1e9),
            "achieved_per_s" => record["open"]["achieved_per_s"].as_f64(),
            "response_p50_us" => record["open"]["response_us"]["p50"].as_f64(),
            "response_p99_us" => record["open"]["response_us"]["p99"].as_f64(),
            "cpu_us_per_op" => {
                Some((window("user_ns") + window("system_ns")) / 1000.0 / window("samples"))
            }
            "ctx_switches_per_op" => {
                let switches = window("voluntary_switches") + window("involuntary_switches");
                Some(switches / window("samples"))
            }
            "peak_rss_bytes" => Some(window("peak_resident_bytes")),
            "held_bytes" => {
                let asleep = |name: &str| record["asleep"][name].as_f64();
                let stacks = asleep("threads")? >= asleep("sleepers")?;
                let stacks = if stacks { asleep("kernel_stack_bytes").unwrap_or(0.0) } else { 0.0 };
                Some(asleep("resident_bytes")? + asleep("page_table_bytes")? + stacks)
            }
            "sleepers" => record["asleep"]["sleepers"].as_f64(),
            "server" => {
                let own = list(&self.run["placement"]["server_cpus"]).len() as f64;
                let cpus = if own > 0.0 { own } else { self.cpus() };
                let takes_part = self.workload(workload)["server"] != false;
                takes_part.then(|| window("server_cpu_ns") / window("elapsed_ns") / cpus)
            }
            "late" => record["witness"]["delay_excess_us"]["p90"].as_f64(),
            other => panic!("no rule for {other}"),
        }
    }

    /// The median over executions, as the files keep it.
    fn median(&self, id: &str, metric: &str) -> Option<f64> {
        let kept = self.kept(id, false);
        let values = kept.iter().filter_map(|record| {
            self.value(record, cut(id).workload, metric).filter(|value| value.is_finite())
        });
        middle(&values.collect::<Vec<f64>>()).map(six)
    }

    /// Whether time and rate of a case may be the server's: it was busy, late, or
    /// as fast as it is for the bare generator.
    pub(super) fn limited(&self, id: &str) -> bool {
        let case = list(&self.run["cases"]).iter().find(|case| case["id"] == id).unwrap();
        let delay = case["parameters"]["delay_us"].as_f64().unwrap_or(0.0);
        let rate = self.median(id, "throughput_per_s").or(self.median(id, "achieved_per_s"));
        let ceiling = case["ceiling"].as_str().and_then(|name| self.ceiling(name));
        self.median(id, "server").is_some_and(|share| share >= 0.8)
            || self.median(id, "late").is_some_and(|late| late > (delay / 10.0).max(500.0))
            || rate.zip(ceiling).is_some_and(|(rate, ceiling)| six(rate / ceiling) >= 0.7)
    }

    /// Rate of the bare generator, of all its successes.
    fn ceiling(&self, name: &str) -> Option<f64> {
        list(&self.run["ceilings"]).iter().find(|ceiling| **ceiling == name)?;
        let successes = self.successes(&format!("ceiling@{name}/generator"), false);
        let rate = |record: &&Value| {
            let window = |name: &str| number(&record["window"][name]);
            window("samples") / window("elapsed_ns") * 1e9
        };
        middle(&successes.iter().map(rate).collect::<Vec<f64>>()).map(six)
    }
}
