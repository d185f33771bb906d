//! Invented measurements, always the same.

use triathlon_contract::record::{
    CaseFile, ExecutionStatus, ExpectedRecord, OutcomeRecord, Record, RunFile, SCHEMA, Service,
    Spread, WindowRecord, WitnessRecord,
};

/// Contestant and flavour, style, and what a wait, an operation and a switch
/// cost it.
pub(crate) const CONTESTANTS: [(&str, &str, f64); 5] = [
    ("blocking", "blocking", 31.0),
    ("threads-per-op", "threads", 58.0),
    ("threads-pool", "threads", 44.0),
    ("tokio/multi-thread", "async", 36.0),
    ("tokio/current-thread", "async", 33.0),
];

/// Those that join in a crowd.
pub(crate) const OTHERS: [(&str, &str, f64); 4] = [
    ("rayon", "threads", 41.0),
    ("async-std", "async", 47.0),
    ("smol/multi-thread", "async", 37.0),
    ("smol/single", "async", 32.0),
];

/// What is known of the contestant of a case.
pub(crate) fn contestant(id: &str) -> (&'static str, &'static str, f64) {
    let all = CONTESTANTS.iter().chain(&OTHERS);
    *all.filter(|(who, ..)| id.contains(&format!("/{who}")))
        .max_by_key(|(who, ..)| who.len())
        .unwrap()
}

/// The contestant that ratios refer to.
pub(crate) const REFERENCE: &str = "tokio/multi-thread";

/// Every planned execution and its twins.
pub(crate) fn records(run: &RunFile) -> Vec<Record> {
    let mut noise = Noise(run.seed);
    let mut records = Vec::new();
    for round in 1..=run.rounds {
        for ceiling in &run.ceilings {
            records.push(generator(ceiling, round, records.len(), &mut noise));
        }
        for case in run.cases.iter().filter(|case| case.absent.is_none()) {
            records.push(record(case, round, false, records.len(), &mut noise));
            if case.id.ends_with(REFERENCE) {
                records.push(record(case, round, true, records.len(), &mut noise));
            }
        }
    }
    records
}

/// A few per cent, from Knuth's generator: no test depends on its quality.
struct Noise(u64);

impl Noise {
    fn factor(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        0.95 + (self.0 >> 40) as f64 / 2f64.powi(24) * 0.1
    }
}

/// What a case asks for and what its contestant makes of it.
struct Shape {
    style: &'static str,
    cost_us: f64,
    operations: u64,
    asked: u64,
    in_flight: u64,
    delay_us: u64,
    bytes: u64,
}

fn shape(case: &CaseFile) -> Shape {
    let get = |name: &str| case.parameters.get(name).copied().unwrap_or(0);
    let (_, style, cost_us) = contestant(&case.id);
    let counts = ["fetches", "connections", "jobs", "files", "hearts", "sleepers"];
    let asked = counts.map(get).into_iter().max().unwrap_or(0);
    let operations = asked * if get("connections") > 0 { 100 } else { 1 };
    let in_flight = match style {
        "blocking" => 1,
        _ if get("pool") > 0 => get("pool"),
        _ => asked,
    };
    let cost_us = if case.id.ends_with(":stack") { cost_us * 1.7 } else { cost_us };
    let cost_us = cost_us + (get("job_bytes") + get("hash_bytes")) as f64 / 1800.0;
    let bytes = (operations + 1) * get("body_bytes");
    Shape { style, cost_us, operations, asked, in_flight, delay_us: get("delay_us"), bytes }
}

fn window(shape: &Shape, sequence: usize, noise: &mut Noise) -> WindowRecord {
    let &Shape { style, cost_us, operations, in_flight, delay_us, .. } = shape;
    let threads = style == "threads";
    let crowd = 1.0 + (in_flight as f64).ln() * if threads { 0.09 } else { 0.02 };
    let cpu_us = cost_us * crowd * operations as f64 * noise.factor();
    let waits_us = delay_us as f64 * operations as f64 / in_flight as f64;
    let elapsed_us = (cpu_us * 1.2).max(waits_us + cpu_us * 0.5) * noise.factor();
    let server_us = if delay_us == 0 { elapsed_us * 0.9 } else { elapsed_us.min(cpu_us * 0.7) };
    let count = |share: f64| (operations as f64 * share) as u64;
    WindowRecord {
        elapsed_ns: (elapsed_us * 1e3) as u64,
        user_ns: (cpu_us * 350.0) as u64,
        system_ns: (cpu_us * 650.0) as u64,
        voluntary_switches: count(if style == "async" { 0.05 } else { 1.9 }),
        involuntary_switches: count(0.01),
        minor_faults: count(0.3),
        peak_resident_bytes: 3_200_000 + in_flight * if threads { 21_000 } else { 900 },
        threads_open: 1,
        threads_close: 1 + if threads { in_flight } else { 0 },
        server_cpu_ns: (server_us * 1e3) as u64,
        steal_ns: 10_000_000 * u64::from(sequence.is_multiple_of(9)),
        samples: operations,
        service_us: Some(Service {
            mean: elapsed_us / (operations / in_flight).max(1) as f64,
            p50: Some(elapsed_us / operations as f64 * in_flight as f64),
            ..Service::default()
        }),
        ..WindowRecord::default()
    }
}

fn record(case: &CaseFile, round: u64, twin: bool, sequence: usize, noise: &mut Noise) -> Record {
    let shape = shape(case);
    let mut window = window(&shape, sequence, noise);
    let Shape { operations, in_flight, bytes, asked, .. } = shape;
    let server = !["cpu@", "files@"].iter().any(|start| case.id.starts_with(start));
    let connections = if server { asked } else { 0 };
    if !server {
        window.server_cpu_ns = 0;
    }
    let (ok, checksum, workers) = (operations + 1, 7, 1);
    let peak_in_flight = in_flight.min(connections);
    let delay_excess_us = Some(Spread { p50: 61.0, p90: 118.0 * noise.factor(), max: 900.0 });
    Record {
        postgres: None,
        slices: None,
        driven: None,
        schema: SCHEMA,
        sequence: sequence as u64,
        round,
        id: case.id.clone(),
        twin,
        status: ExecutionStatus::Ok,
        reason: String::new(),
        previous: String::new(),
        session: 1,
        started_ms: sequence as u64 * 700,
        laps: case.laps,
        expected: ExpectedRecord {
            ok,
            samples: operations,
            bytes,
            checksum,
            connections,
            peak_low: 1,
            peak_high: connections,
            queued_high: 0,
            workers,
            websocket: None,
            abandoned: None,
        },
        outcome: Some(OutcomeRecord {
            ok,
            bytes,
            checksum,
            connections,
            workers,
            ..OutcomeRecord::default()
        }),
        witness: server.then_some(WitnessRecord {
            requests: ok,
            bytes,
            connections,
            peak_in_flight,
            bad_requests: 0,
            delayed: operations,
            delay_excess_us,
            given_up: 0,
            websocket: None,
            database: None,
        }),
        per_operation: None,
        kernel: None,
        foreign_ns: None,
        pace: None,
        open: None,
        beside: None,
        asleep: None,
        late: None,
        window: Some(window),
        process: None,
    }
}

/// An execution of the bare generator: 30 µs a request, the server busy.
fn generator(name: &str, round: u64, sequence: usize, noise: &mut Noise) -> Record {
    let case = CaseFile {
        slice_ms: None,
        cpus: None,
        bound: None,
        id: format!("fan-out@{name}/blocking"),
        style: String::new(),
        absent: None,
        parameters: [("fetches".to_string(), 30_000)].into(),
        laps: 1,
        ceiling: None,
    };
    let mut record = record(&case, round, false, sequence, noise);
    record.id = format!("ceiling@{name}/generator");
    let elapsed_ns = (30_000.0 * 30_000.0 * noise.factor()) as u64;
    let window = record.window.as_mut().unwrap();
    (window.elapsed_ns, window.server_cpu_ns) = (elapsed_ns, elapsed_ns * 97 / 100);
    (window.user_ns, window.system_ns) = (elapsed_ns / 10, elapsed_ns * 4 / 10);
    record
}
