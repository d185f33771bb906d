//! `scripts/accept sense`: do medians of interleaved repeats make sense?

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;
use triathlon::cmd;
use triathlon_contract::record::{Record, RunFile};

use crate::check;
use crate::measure::{print_steal, run};

/// Over sockets: the filters and how often.
const NETWORK: (&[&str], u64) = (
    &[
        "^fan-out@n100/[a-z/-]+$",
        "^fan-out@n100/rayon:pool-of-n$",
        "^request-loop@c64-d0/(threads-per-op|tokio/current-thread)$",
        "^request-loop@c(1|64)-d20ms/[a-z/-]+$",
        "^request-loop@c8-d10ms/[a-z/-]+$",
    ],
    9,
);

/// On all CPUs: triples of one thread, two threads and rayon.
const MACHINE: (&[&str], u64) = (&["^cpu@coarse-uniform/(blocking|threads-pool|rayon)$"], 7);

/// Do the figures make sense?
pub(crate) fn sense() -> Result<u32> {
    let machine = figures(MACHINE)?;
    let mut missed = machine.judge_machine()?;
    let network = figures(NETWORK)?;
    missed += network.judge_network()?;
    Ok(missed)
}

/// Measures so many interleaved rounds of these filters; keeps no run.
fn figures((filters, rounds): (&[&str], u64)) -> Result<Figures> {
    let out = std::env::temp_dir().join(format!("triathlon-accept-{}", std::process::id()));
    let arguments = cmd::run::Arguments {
        filters: filters.iter().map(ToString::to_string).collect(),
        rounds: Some(rounds),
        profile: "quick".to_string(),
        out: out.clone(),
        no_selftest: true,
        ..cmd::run::Arguments::defaults()
    };
    let read = run(&arguments).and_then(|directory| Figures::read(&directory));
    std::fs::remove_dir_all(&out).context("remove the run")?;
    let figures = read?;
    println!("medians of {rounds} interleaved executions");
    print_steal(&figures.records);
    Ok(figures)
}

struct Figures {
    summary: Value,
    workers: u64,
    records: Vec<Record>,
}

impl Figures {
    fn read(run: &Path) -> Result<Self> {
        let summary = serde_json::from_str(&std::fs::read_to_string(run.join("summary.json"))?)?;
        let text = std::fs::read_to_string(run.join("records.jsonl"))?;
        let records = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
        let plan: RunFile = serde_json::from_str(&std::fs::read_to_string(run.join("run.json"))?)?;
        Ok(Self { summary, workers: plan.placement.workers, records })
    }

    /// One thread against two and against rayon; how many figures are missed.
    fn judge_machine(&self) -> Result<u32> {
        let id = |who: &str| format!("cpu@coarse-uniform/{who}");
        let ratio = |of: &str, to: &str| self.ratio(&id(of), &id(to));
        let mut missed = 0;
        missed += check(
            "coarse cpu, rayon / blocking, median per round",
            ratio("rayon", "blocking")?,
            (0.0, 0.55),
            "",
        );
        missed += check(
            "coarse cpu, rayon / two threads, median per round",
            ratio("rayon", "threads-pool")?,
            (0.9, 1.1),
            "",
        );
        Ok(missed)
    }

    /// Waits that overlap and waits that do not; how many figures are missed.
    fn judge_network(&self) -> Result<u32> {
        let mut missed = 0;
        for who in self.contestants("fan-out@n100") {
            let elapsed_ms = 1e3 * self.median(&format!("fan-out@n100/{who}"), "elapsed_s")?;
            // One wait after the other on as many threads as there are.
            let one_by_one = matches!(who.as_str(), "blocking" | "rayon");
            let threads = if who == "rayon" { self.workers as f64 } else { 1.0 };
            let bounds =
                if one_by_one { (2000.0 / threads, 2300.0 / threads) } else { (20.0, 60.0) };
            missed += check(&format!("fan-out N = 100 at 20 ms, {who}"), elapsed_ms, bounds, "ms");
        }
        let cpu = |who: &str| self.median(&format!("request-loop@c64-d0/{who}"), "cpu_us_per_op");
        let (threads, tasks) = (cpu("threads-per-op")?, cpu("tokio/current-thread")?);
        println!(
            "       C = 64, delay 0: threads-per-op {threads:.2} µs, tokio/current-thread {tasks:.2} µs"
        );
        let what = "CPU per request, threads-per-op / tokio/current-thread";
        missed += check(what, threads / tasks, (0.5, 2.0), "");
        for preset in
            ["request-loop@c1-d20ms/", "request-loop@c8-d10ms/", "request-loop@c64-d20ms/"]
        {
            let what = format!("delay beyond what was asked, p90, {preset}");
            missed += check(&what, self.delay_excess_us(preset) / 1e3, (0.0, 0.5), "ms");
        }
        let one_by_one = ["blocking", "rayon"];
        for who in self.contestants("request-loop@c8-d10ms") {
            if !one_by_one.contains(&who.as_str()) {
                let id = format!("request-loop@c8-d10ms/{who}");
                let rate = self.median(&id, "throughput_per_s")?;
                let what = format!("8 connections × 10 ms, {who}");
                missed += check(&what, rate, (740.0, 800.0), "/s");
            }
        }
        Ok(missed)
    }

    /// Median over the rounds of the ratio of elapsed.
    fn ratio(&self, of: &str, to: &str) -> Result<f64> {
        let elapsed = |id: &str, round: u64| {
            let mut records = self.records.iter();
            let record = records.find(|r| r.id == id && r.round == round && !r.twin)?;
            Some(record.window.as_ref()?.elapsed_ns as f64)
        };
        let rounds = self.records.iter().map(|record| record.round).max().unwrap_or(0);
        let ratios: Vec<f64> = (1..=rounds)
            .filter_map(|round| Some(elapsed(of, round)? / elapsed(to, round)?))
            .collect();
        let words: Vec<_> = ratios.iter().map(|ratio| format!("{ratio:.3}")).collect();
        println!("       {of} / {to}: {}", words.join(" "));
        triathlon_statistics::median(&ratios).with_context(|| format!("{of} / {to}"))
    }

    /// Those that ran `what`.
    fn contestants(&self, what: &str) -> Vec<String> {
        let cells = self.summary["cells"].as_array().into_iter().flatten();
        let ids =
            cells.filter(|cell| cell["status"] == "valid").filter_map(|cell| cell["id"].as_str());
        let start = format!("{what}/");
        ids.filter_map(|id| id.strip_prefix(&start).map(str::to_string)).collect()
    }

    fn median(&self, id: &str, metric: &str) -> Result<f64> {
        let cells = self.summary["cells"].as_array().context("cells")?;
        let cell = cells.iter().find(|cell| cell["id"] == id).with_context(|| id.to_string())?;
        cell["metrics"][metric]["median"].as_f64().with_context(|| format!("{metric} of {id}"))
    }

    /// Median over the executions of a preset of their 90th percentile.
    fn delay_excess_us(&self, preset: &str) -> f64 {
        let of_preset = self.records.iter().filter(|record| record.id.starts_with(preset));
        let p90: Vec<f64> = of_preset
            .filter_map(|record| Some(record.witness.as_ref()?.delay_excess_us?.p90))
            .collect();
        triathlon_statistics::median(&p90).unwrap_or(f64::NAN)
    }
}
