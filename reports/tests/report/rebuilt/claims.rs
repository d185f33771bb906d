//! The verdict on every claim, from the files of claims and the raw records.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use toml::{Table, Value};

use super::family::{margin, margin_of, of_time};
use super::programs::{program, programs};
use super::rank::{interval, levels, p_value};
use super::raw::{Raw, Rounds, cut};

/// One case of one test, against one other or against its bounds alone.
struct Asked {
    claim: String,
    logarithms: bool,
    /// In which part of the run a round was; of the small programs in none.
    of_programs: bool,
    /// Whether there is nothing that chance could decide.
    count: bool,
    /// None where it was not measured; empty where it must not be used.
    values: Option<Rounds>,
    low: Option<f64>,
    high: Option<f64>,
    floor: f64,
}

/// Every file, as a table.
pub(super) fn files() -> Vec<Table> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("claims");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files.map(|path| fs::read_to_string(path).unwrap().parse().unwrap()).collect()
}

/// Verdict by id, of a run that draws conclusions.
pub(super) fn verdicts(raw: &Raw, files: &[Table]) -> BTreeMap<String, String> {
    let asked: Vec<Asked> = files.iter().flat_map(|claim| tests(raw, claim)).collect();
    let p: Vec<f64> = asked.iter().flat_map(|one| bounds(one).map(|bound| p(one, bound))).collect();
    let mut levels = levels(&p, 0.05).into_iter();
    let mut said: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for one in &asked {
        let strictest = levels.by_ref().take(bounds(one).count()).fold(0.05, f64::min);
        said.entry(one.claim.clone()).or_default().push(word(raw, one, strictest));
    }
    let claims = files.iter().map(|claim| {
        let id = claim["id"].as_str().unwrap();
        let words = said.get(id).map_or(&[][..], Vec::as_slice);
        let any = claim.get("combine").and_then(Value::as_str) == Some("any");
        (id.to_string(), one_word(words, any).to_string())
    });
    claims.collect()
}

fn tests(raw: &Raw, claim: &Table) -> Vec<Asked> {
    let none = Vec::new();
    let tests = claim.get("test").map_or(&none, |tests| tests.as_array().unwrap());
    let needs = claim.contains_key("needs");
    let mut asked = Vec::new();
    for test in tests {
        let number = |name: &str| {
            let value = test.get(name)?;
            value.as_float().or(value.as_integer().map(|whole| whole as f64))
        };
        let metric = test["metric"].as_str().unwrap();
        let divided = test.get("to").map_or(Vec::new(), texts);
        for of in texts(&test["of"]) {
            let to: Vec<Option<&str>> = match divided.is_empty() {
                true => vec![None],
                false => divided.iter().copied().map(Some).collect(),
            };
            for to in to {
                let ids: Vec<&str> = [of].into_iter().chain(to).collect();
                let of_programs = of.starts_with("cost@");
                let slope = test.get("slope");
                let sides: Vec<Side> = ids
                    .iter()
                    .enumerate()
                    .map(|(at, id)| Side { id, along: slope.map(|line| along(id, line, at == 1)) })
                    .collect();
                let all = |side: &Side| match &side.along {
                    Some((_, cases)) => cases.iter().all(|id| raw.succeeded(id)),
                    None => raw.succeeded(side.id),
                };
                let measured = !needs
                    && match of_programs {
                        true => programs(raw),
                        false => sides.iter().all(all),
                    };
                let scale = |bound: f64| if to.is_some() { bound.ln() } else { bound };
                asked.push(Asked {
                    claim: claim["id"].as_str().unwrap().to_string(),
                    logarithms: to.is_some(),
                    of_programs,
                    count: of_programs && ["binary_bytes", "crates"].contains(&metric),
                    values: measured.then(|| values(raw, &sides, metric)).flatten(),
                    low: number("at_least").map(scale),
                    high: number("at_most").map(scale),
                    floor: if measured { floor(raw, &sides, metric) } else { 0.0 },
                });
            }
        }
    }
    asked
}

/// A case, a small program, or the cases that a slope is taken over.
struct Side<'a> {
    id: &'a str,
    /// The parameter, and the cases.
    along: Option<(&'a str, Vec<String>)>,
}

fn along<'a>(id: &str, line: &'a Value, divisor: bool) -> (&'a str, Vec<String>) {
    let presets = line.get("to").filter(|_| divisor).unwrap_or(&line["presets"]);
    let (workload, who) = (cut(id).workload, cut(id).who);
    let cases = texts(presets).into_iter().map(|preset| format!("{workload}@{preset}/{who}"));
    (line["over"].as_str().unwrap(), cases.collect())
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(all) => all.iter().map(|one| one.as_str().unwrap()).collect(),
        one => vec![one.as_str().unwrap()],
    }
}

/// Time per operation is made of the rate.
fn source(metric: &str) -> &str {
    if metric == "elapsed_us_per_op" { "throughput_per_s" } else { metric }
}

/// Values of one case, or logarithms of its ratio to another; none where no round has all
/// that a slope takes.
fn values(raw: &Raw, sides: &[Side<'_>], metric: &str) -> Option<Rounds> {
    let program_of = |side: &Side<'_>| side.id.starts_with("cost@");
    let limited = |side: &Side<'_>| !program_of(side) && raw.limited(side.id);
    if of_time(source(metric)) && sides.iter().any(limited) {
        return Some(Rounds::new());
    }
    // A cell that must not be used spoils a slope; rounds that each lack another do not.
    let mut cases = sides.iter().filter_map(|side| side.along.as_ref()).flat_map(|(_, ids)| ids);
    if cases.any(|id| raw.rounds(id, false, metric).is_empty()) {
        return Some(Rounds::new());
    }
    let of = |side: &Side<'_>| -> Rounds {
        if program_of(side) {
            return program(raw, cut(side.id).who, metric);
        }
        if let Some((parameter, cases)) = &side.along {
            return slope(raw, parameter, cases, false, metric);
        }
        let rounds = raw.rounds(side.id, false, source(metric)).into_iter();
        let turned = metric != source(metric);
        rounds.map(|(round, v)| (round, if turned { 1e6 / v } else { v })).collect()
    };
    let sloped = sides.iter().any(|side| side.along.is_some());
    let rounds: Rounds = match sides {
        [of_one] => of(of_one),
        [of_one, to] => {
            let (a, b) = (of(of_one), of(to));
            let both = a.keys().filter(|round| b.contains_key(round));
            let logs = both.map(|round| (*round, (a[round] / b[round]).ln()));
            logs.filter(|(_, log)| log.is_finite()).collect()
        }
        other => panic!("{} sides", other.len()),
    };
    (!sloped || !rounds.is_empty()).then_some(rounds)
}

/// Least squares over the rounds that have all: n·Σxy − Σx·Σy over n·Σx² − (Σx)².
fn slope(raw: &Raw, parameter: &str, cases: &[String], twin: bool, metric: &str) -> Rounds {
    let columns: Vec<(f64, Rounds)> = cases
        .iter()
        .map(|id| (raw.parameter(id, parameter), raw.rounds(id, twin, metric)))
        .collect();
    let (first, n) = (&columns[0].1, columns.len() as f64);
    let whole = first.keys().filter(|round| columns.iter().all(|(_, own)| own.contains_key(round)));
    let of = |round: &u64| {
        let sum = |of: fn(f64, f64) -> f64| -> f64 {
            columns.iter().map(|(x, own)| of(*x, own[round])).sum()
        };
        let (x, y) = (sum(|x, _| x), sum(|_, y| y));
        let (xy, xx) = (sum(|x, y| x * y), sum(|x, _| x * x));
        (*round, (n * xy - x * y) / (n * xx - x * x))
    };
    whole.map(of).collect()
}

/// What the same thing differs from itself by.
fn floor(raw: &Raw, sides: &[Side<'_>], metric: &str) -> f64 {
    let of = |side: &Side<'_>| {
        let Some((parameter, cases)) = &side.along else {
            return margin(raw, (cut(side.id).workload, cut(side.id).preset), source(metric));
        };
        let Some(twin) = raw.twin(cut(side.id).workload, cut(side.id).preset) else { return 1.02 };
        let who = cut(twin).who;
        let own: Vec<String> = cases
            .iter()
            .map(|id| format!("{}@{}/{who}", cut(id).workload, cut(id).preset))
            .collect();
        let [twin, own] = [true, false].map(|twin| slope(raw, parameter, &own, twin, metric));
        margin_of(&twin, &own)
    };
    sides.iter().map(of).fold(1.0, f64::max).ln()
}

fn plain(one: &Asked) -> Vec<f64> {
    one.values.iter().flat_map(|rounds| rounds.values().copied()).collect()
}

/// Nothing without values, and nothing for a count.
fn bounds(one: &Asked) -> impl Iterator<Item = f64> {
    let some = !plain(one).is_empty() && !one.count;
    [one.low, one.high].into_iter().flatten().filter(move |_| some)
}

fn p(one: &Asked, bound: f64) -> f64 {
    p_value(&plain(one).iter().map(|value| value - bound).collect::<Vec<f64>>())
}

/// On which side an interval is, if on one.
fn side(one: &Asked, values: &[f64], level: f64) -> Option<bool> {
    let (from, to) = match values {
        [alone] if one.count => (*alone, *alone),
        values => {
            let found = interval(values, level).filter(|found| found.exact)?;
            (found.low, found.high)
        }
    };
    let outside = one.low.is_some_and(|low| to < low) || one.high.is_some_and(|high| from > high);
    let inside = one.low.is_none_or(|low| from > low) && one.high.is_none_or(|high| to < high);
    (outside || inside).then_some(inside)
}

fn word(raw: &Raw, one: &Asked, level: f64) -> &'static str {
    let values = plain(one);
    if one.values.is_none() {
        return "not-measured";
    }
    let Some(claimed) = side(one, &values, level) else { return "undecided" };
    let centre = if one.count { values[0] } else { interval(&values, level).unwrap().centre };
    let near = |value: f64| value.abs() <= one.floor;
    let noise =
        one.logarithms && near(centre) && [one.low, one.high].into_iter().flatten().any(near);
    let count = |name: &str| raw.run[name].as_u64().unwrap();
    let (rounds, parts) = (count("rounds"), if one.of_programs { 1 } else { count("parts") });
    let agrees = |part: u64| {
        let own = one.values.iter().flatten().filter(|(round, _)| {
            (part - 1) * rounds < **round * parts && **round * parts <= part * rounds
        });
        let own: Vec<f64> = own.map(|(_, value)| *value).collect();
        side(one, &own, 0.05) == Some(claimed)
    };
    match noise || parts > 1 && !(1..=parts).all(agrees) {
        true => "undecided",
        false if claimed => "supported",
        false => "refuted",
    }
}

/// All must hold, or one of them.
fn one_word(words: &[&str], any: bool) -> &'static str {
    let (wins, loses) = if any { ("supported", "refuted") } else { ("refuted", "supported") };
    let name = |word| if word == "supported" { "supported" } else { "refuted" };
    match words {
        words if words.iter().all(|word| *word == "not-measured") => "not-measured",
        words if words.contains(&wins) => name(wins),
        words if words.iter().all(|word| *word == loses) => name(loses),
        _ => "undecided",
    }
}

mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::Path;

    use triathlon_reports::render;

    use super::super::raw::Raw;
    use super::{files, verdicts};
    use crate::crowd::crowd;
    use crate::files::with_verdicts;
    use crate::fixture::{Fixture, fail};
    use crate::held::{everything, programs};
    use crate::verdict::scale;

    /// By this path and by the suite.
    fn both(fixture: &Fixture) -> [BTreeMap<String, String>; 2] {
        let dir = tempfile::tempdir().unwrap();
        fixture.write(dir.path());
        both_in(dir.path())
    }

    fn both_in(dir: &Path) -> [BTreeMap<String, String>; 2] {
        let ours = verdicts(&Raw::read(dir), &files());
        let rendered = render(dir).unwrap().files;
        let (_, summary) = rendered.iter().find(|(name, _)| name == "summary.json").unwrap();
        let summary: serde_json::Value = serde_json::from_slice(summary).unwrap();
        let claims = summary["claims"]["claims"].as_array().unwrap().iter();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_string();
        let theirs = claims.map(|claim| (text(&claim["id"]), text(&claim["verdict"])));
        [ours, theirs.collect()]
    }

    fn check(fixture: &Fixture) -> BTreeMap<String, String> {
        let [ours, theirs] = both(fixture);
        assert_eq!(ours, theirs);
        assert_eq!(ours.len(), 51);
        ours
    }

    #[test]
    fn every_verdict_on_a_claim_is_made_again() {
        let said = check(&with_verdicts(crowd()));
        for word in ["supported", "refuted", "undecided", "not-measured"] {
            assert!(said.values().any(|said| said == word), "{word}: {said:?}");
        }
    }

    #[test]
    fn also_where_executions_do_not_count_and_parts_do_not_agree() {
        let mut fixture = with_verdicts(crowd());
        fixture.run.parts = 2;
        fail(&mut fixture.records, "fan-out@n100/smol/single", 15, "no");
        fail(&mut fixture.records, "request-loop@c64-d0/tokio/current-thread", 11, "no");
        for record in &mut fixture.records {
            if record.id == "request-loop@c256-d20ms/threads-pool" && record.round > 7 {
                let window = record.window.as_mut().unwrap();
                (window.user_ns, window.system_ns) = (window.user_ns / 3, window.system_ns / 3);
            }
            if record.id == "fan-out@n1000/threads-per-op" {
                let window = record.window.as_mut().unwrap();
                window.server_cpu_ns = window.elapsed_ns;
            }
        }
        let said = check(&fixture);
        // One part alone, too few rounds, and the server's.
        for id in ["G7", "C28", "C34", "G5"] {
            assert_eq!(said[id], "undecided", "{id}");
        }
    }

    /// Slopes, values at a limit, programs with rounds of their own and a count without.
    #[test]
    fn also_those_that_rest_on_slopes_and_on_programs() {
        let words = |fixture: &Fixture, size: u64| {
            let dir = tempfile::tempdir().unwrap();
            fixture.write(dir.path());
            let cost = serde_json::to_vec(&programs(fixture, size)).unwrap();
            fs::write(dir.path().join("cost.json"), cost).unwrap();
            let [ours, theirs] = both_in(dir.path());
            assert_eq!(ours, theirs);
            ["C5", "C6", "C7", "C8", "C10", "C30", "C31", "C41"].map(|id| ours[id].clone())
        };
        let [yes, no] = ["supported", "refuted"];
        assert_eq!(words(&everything(), 1 << 20), [yes, no, no, yes, yes, yes, yes, no]);
        // In two parts, of which one shows other slopes, and with other sizes.
        let mut changed = everything();
        changed.run.parts = 2;
        for record in changed.records.iter_mut().filter(|record| record.round > 7) {
            if let Some(asleep) = &mut record.asleep {
                asleep.resident_bytes += 1300 * asleep.sleepers as i64;
            }
        }
        let [open, _] = ["undecided", ""];
        assert_eq!(words(&changed, 2 << 20), [open, no, no, open, open, no, yes, open]);
    }

    /// The comparison can fail.
    #[test]
    fn other_records_give_other_verdicts() {
        let fixture = with_verdicts(crowd());
        let [before, _] = both(&fixture);
        let mut changed = with_verdicts(crowd());
        scale(&mut changed, 3.0, |record| record.id == "cpu@coarse-uniform/tokio/multi-thread");
        scale(&mut changed, 9.0, |record| record.id == "cpu@fine-uniform/tokio/multi-thread");
        let [after, suite] = both(&changed);
        assert_eq!((before["C17"].as_str(), after["C17"].as_str()), ("refuted", "supported"));
        assert_ne!(before, suite);
        assert_eq!(after, suite);
    }
}
