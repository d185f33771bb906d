//! `scripts/accept NAME`: tight live figures, from medians of interleaved
//! repeats. No gate: a busy machine may miss them, and steal is printed.
//!
//! Exit code 3 if a figure is missed.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use triathlon::interrupt::Interrupt;
use triathlon::{cli, cmd};
use triathlon_contract::record::Record;

const ROUNDS: u64 = 9;

fn main() -> ExitCode {
    // This program is also what executes contestants and serves them.
    let verb = std::env::args().nth(1).unwrap_or_default();
    if verb == "execute" || verb == "mock-server" {
        return cli::main(std::env::args_os());
    }
    let accepted = match verb.as_str() {
        "sense" => sense(),
        _ => {
            eprintln!("accept: there is no {verb:?}; choose sense");
            return ExitCode::from(2);
        }
    };
    match accepted {
        Ok(0) => ExitCode::SUCCESS,
        Ok(missed) => {
            println!("{missed} missed");
            ExitCode::from(3)
        }
        Err(error) => {
            eprintln!("accept: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Do the figures make sense?
fn sense() -> Result<u32> {
    let out = std::env::temp_dir().join(format!("triathlon-accept-{}", std::process::id()));
    let measured = measure(&out);
    let missed = measured.and_then(|()| {
        let figures = Figures::read(&out.join("latest"))?;
        figures.print_steal();
        figures.judge()
    });
    std::fs::remove_dir_all(&out).context("remove the run")?;
    missed
}

fn measure(out: &Path) -> Result<()> {
    let filters = [
        "^fan-out@n100/[a-z/-]+$",
        "^request-loop@c64-d0/(threads-per-op|tokio/current-thread)$",
        "^request-loop@c(1|64)-d20ms/",
        "^request-loop@c8-d10ms/",
    ];
    let own = std::env::current_exe()?;
    let arguments = cmd::run::Arguments {
        filters: filters.map(str::to_string).to_vec(),
        rounds: Some(ROUNDS),
        out: PathBuf::from(out),
        ..cmd::run::Arguments::defaults()
    };
    let fail = |failure: triathlon::Failure| anyhow::anyhow!("{failure}");
    let (plan, settings) = cmd::run::prepare(&arguments, own).map_err(fail)?;
    let done = triathlon::run::run(&plan, &settings, &Interrupt::listen()?).map_err(fail)?;
    if done.interrupted || done.failed > 0 {
        bail!("interrupted, or {} executions do not count", done.failed);
    }
    Ok(())
}

struct Figures {
    summary: Value,
    records: Vec<Record>,
}

impl Figures {
    fn read(run: &Path) -> Result<Self> {
        let summary = serde_json::from_str(&std::fs::read_to_string(run.join("summary.json"))?)?;
        let text = std::fs::read_to_string(run.join("records.jsonl"))?;
        let records = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
        Ok(Self { summary, records })
    }

    /// Prints every figure with its bound; how many are missed.
    fn judge(&self) -> Result<u32> {
        let mut missed = 0;
        let mut check = |what: &str, value: f64, low: f64, high: f64, unit: &str| {
            let good = (low..=high).contains(&value);
            missed += u32::from(!good);
            let word = if good { "ok    " } else { "MISSED" };
            println!("{word} {what}: {value:.3} {unit} (wanted {low} to {high})");
        };
        println!("medians of {ROUNDS} interleaved executions");
        for who in self.contestants("fan-out@n100") {
            let elapsed_ms = 1e3 * self.median(&format!("fan-out@n100/{who}"), "elapsed_s")?;
            let (low, high) = if who == "blocking" { (2000.0, 2300.0) } else { (20.0, 60.0) };
            check(&format!("fan-out N = 100 at 20 ms, {who}"), elapsed_ms, low, high, "ms");
        }
        let cpu = |who: &str| self.median(&format!("request-loop@c64-d0/{who}"), "cpu_us_per_op");
        let (threads, tasks) = (cpu("threads-per-op")?, cpu("tokio/current-thread")?);
        println!(
            "       C = 64, delay 0: threads-per-op {threads:.2} µs, tokio/current-thread {tasks:.2} µs"
        );
        check(
            "CPU per request, threads-per-op / tokio/current-thread",
            threads / tasks,
            0.5,
            2.0,
            "",
        );
        for preset in
            ["request-loop@c1-d20ms/", "request-loop@c8-d10ms/", "request-loop@c64-d20ms/"]
        {
            let excess_ms = self.delay_excess_us(preset) / 1e3;
            check(
                &format!("delay beyond what was asked, p90, {preset}"),
                excess_ms,
                0.0,
                0.5,
                "ms",
            );
        }
        for who in self.contestants("request-loop@c8-d10ms").into_iter().filter(|w| w != "blocking")
        {
            let rate = self.median(&format!("request-loop@c8-d10ms/{who}"), "throughput_per_s")?;
            check(&format!("8 connections × 10 ms, {who}"), rate, 740.0, 800.0, "/s");
        }
        Ok(missed)
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

    fn print_steal(&self) {
        let windows: Vec<_> = self.records.iter().filter_map(|r| r.window.as_ref()).collect();
        let steal: u64 = windows.iter().map(|window| window.steal_ns).sum();
        let elapsed: u64 = windows.iter().map(|window| window.elapsed_ns).sum();
        let share = 100.0 * steal as f64 / elapsed as f64;
        println!("steal: {share:.2} % of one CPU over all windows");
    }
}
