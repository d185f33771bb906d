//! The calling thread sleeps until the next request is due and spawns it onto a
//! pool of as many threads as CPUs, which takes them in that order.
//!
//! Guide: rayon's documentation of `in_place_scope_fifo`.
//! Deviates: the documentation of `join` warns of jobs that wait, because
//! nobody uses their CPU meanwhile; that is what is measured.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::Result;
use rayon::{ThreadPool, ThreadPoolBuilder};
use triathlon_contract::{OpenLoop, Outcome, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::connection::Connection;

/// One connection; its requests come one after the other.
struct Line {
    connection: Connection,
    lane: Lane,
    tally: Tally,
    fault: Option<anyhow::Error>,
}

pub(crate) fn run(
    work: &OpenLoop,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let workers =
        ThreadPoolBuilder::new().num_threads(setting.workers).build()?;
    let (connections, mut tally) =
        workers.install(|| connect(work, setting.server))?;
    let request = work.request(setting.server);
    let schedule = work.schedule(setting.pace);

    let clock = lab.clock();
    let lanes = lab.lanes(work.connections, work.laps);
    let lines: Vec<Mutex<Line>> = connections
        .into_iter()
        .zip(lanes)
        .map(|(connection, lane)| {
            let tally = Tally::default();
            Mutex::new(Line { connection, lane, tally, fault: None })
        })
        .collect();
    lab.open();
    dispatch(&workers, work.laps, &schedule, &lines, &request, clock);
    let mut lanes = Vec::with_capacity(lines.len());
    for line in lines {
        let line = line.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(fault) = line.fault {
            return Err(fault);
        }
        lanes.push(line.lane);
        tally.merge(line.tally);
    }
    lab.close(lanes);
    Ok(Outcome::closed(tally, workers.current_num_threads() as u64))
}

/// Spawns every request when it is due; returns when all have ended.
fn dispatch(
    workers: &ThreadPool,
    laps: u64,
    schedule: &[Vec<u64>],
    lines: &[Mutex<Line>],
    request: &[u8],
    clock: Clock,
) {
    let opened_ns = clock.now_ns();
    workers.in_place_scope_fifo(|scope| {
        for lap in 0..laps as usize {
            for (offsets, line) in schedule.iter().zip(lines) {
                let intended_ns = opened_ns + offsets[lap];
                thread::sleep(clock.until(intended_ns));
                scope.spawn_fifo(move |_| {
                    exchange(line, intended_ns, request, clock);
                });
            }
        }
    });
}

/// One request.
fn exchange(
    line: &Mutex<Line>,
    intended_ns: u64,
    request: &[u8],
    clock: Clock,
) {
    let mut line = line.lock().unwrap_or_else(PoisonError::into_inner);
    let started_ns = clock.now_ns();
    match line.connection.exchange(request) {
        Ok(received) => {
            let done_ns = clock.now_ns();
            line.lane.log(Sample { intended_ns, started_ns, done_ns });
            line.tally.add(received);
        }
        Err(fault) => line.fault = Some(fault),
    }
}

fn connect(
    work: &OpenLoop,
    server: SocketAddr,
) -> Result<(Vec<Connection>, Tally)> {
    let request = work.warm_up_request(server);
    let mut tally = Tally::default();
    let mut connections = Vec::new();
    for _ in 0..work.connections {
        let mut connection = Connection::open(server)?;
        tally.connections += 1;
        tally.add(connection.exchange(&request)?);
        connections.push(connection);
    }
    Ok((connections, tally))
}
