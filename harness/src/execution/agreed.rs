//! What server, clients and database must have counted where the contestant serves.

use triathlon_contract::record::{Answer, DrivenRecord, OverloadRecord};
use triathlon_contract::registry::Demand;
use triathlon_contract::{Backend, Expected, Outcome};

/// What must have come out, with the clients' number of answers and samples where it was not
/// known before: what each answer comes to is known. The expectation is then the least.
pub(super) fn demanded(demand: Demand, clients: &Result<Option<Answer>, String>) -> Demand {
    let Some(backend) = demand.backend else { return demand };
    let (Some(one), Ok(Some(clients))) = (backend.counted_by_clients, clients) else {
        return demand;
    };
    let least = demand.expected.ok;
    let ok = clients.outcome.ok.max(least);
    let expected = Expected {
        ok,
        samples: clients.window.samples.min(ok - least),
        bytes: ok.saturating_mul(one.bytes),
        checksum: ok.wrapping_mul(one.checksum),
        ..demand.expected
    };
    let queries = backend.sessions + ok.saturating_mul(one.queries);
    Demand { expected, backend: Some(Backend { queries, ..backend }), ..demand }
}

/// Compares what clients and database counted with what there should be; the server's own
/// counts are compared as everywhere.
///
/// # Errors
/// One sentence with every difference.
pub(super) fn agree(expected: &Expected, driven: &DrivenRecord) -> Result<(), String> {
    let Outcome { ok, failed, bytes, checksum, connections, .. } = driven.generator.clone().into();
    let database = &driven.database;
    // Where there is no schedule nothing is late.
    let punctual = driven.punctuality.map_or(expected.samples, |found| found.requests);
    // Where the expectation follows from what was counted, the plan does not.
    let planned = driven.overload.as_ref().map_or(expected.samples, OverloadRecord::requests);
    // One client shares with nobody.
    let compared = driven.fairness.map_or(expected.connections, |found| found.shares.contenders);
    let accounts = [
        ("requests of the plan", planned, expected.samples),
        ("requests of the generator", expected.ok, ok),
        ("requests of the generator that failed", 0, failed),
        ("bytes at the generator", expected.bytes, bytes),
        ("checksum at the generator", expected.checksum, checksum),
        ("connections of the generator", expected.connections, connections),
        ("connections compared", expected.connections, compared),
        ("starts of the generator", expected.samples, punctual),
        ("sessions of the database", driven.sessions, database.sessions),
        ("queries of the database", driven.queries, database.one_row),
        ("other queries of the database", 0, database.ten_rows + database.inserts),
        ("errors of the database", 0, database.errors),
    ];
    let differs = accounts.iter().filter(|(_, want, got)| want != got);
    let faults: Vec<_> =
        differs.map(|(what, want, got)| format!("{what}: {got} instead of {want}")).collect();
    if !faults.is_empty() {
        return Err(format!("unequal work: {}", faults.join("; ")));
    }
    let slow = driven.generator.slow;
    slow.map_or(Ok(()), |slow| slow.add_up(ok, expected.connections, expected.samples))
}

#[cfg(test)]
mod tests {
    use super::{agree, demanded};
    use triathlon_contract::record::{
        Answer, ContestRecord, DrivenRecord, FairnessRecord, OutcomeRecord, OverloadRecord,
        Punctuality, SCHEMA, StepRecord, WindowRecord,
    };
    use triathlon_contract::registry::Demand;
    use triathlon_contract::{Backend, Expected, OneAnswer, QueryCounts, SlowClients};

    #[test]
    fn every_count_of_clients_and_database_is_compared() {
        let expected = Expected {
            ok: 9,
            samples: 6,
            bytes: 90,
            checksum: 7,
            connections: 3,
            ..Expected::default()
        };
        let generator =
            OutcomeRecord { ok: 9, bytes: 90, checksum: 7, connections: 3, ..Default::default() };
        let database = QueryCounts { sessions: 2, one_row: 47, ..QueryCounts::default() };
        let (sessions, queries) = (2, 47);
        let equal =
            DrivenRecord { generator, database, sessions, queries, ..DrivenRecord::default() };
        assert_eq!(agree(&expected, &equal), Ok(()));

        type Change = fn(&mut DrivenRecord);
        let changes: [(&str, Change); 11] = [
            ("requests of the generator: 8 instead of 9", |d| d.generator.ok = 8),
            ("that failed: 1 instead of 0", |d| d.generator.failed = 1),
            ("bytes at the generator: 91", |d| d.generator.bytes = 91),
            ("checksum at the generator: 8", |d| d.generator.checksum = 8),
            ("connections of the generator: 4", |d| d.generator.connections = 4),
            ("connections compared: 2 instead of 3", |d| {
                d.fairness = FairnessRecord::of(&[2, 2]);
            }),
            ("starts of the generator: 5 instead of 6", |d| {
                d.punctuality = Some(Punctuality { requests: 5, ..Punctuality::default() });
            }),
            ("sessions of the database: 3 instead of 2", |d| d.database.sessions = 3),
            ("queries of the database: 46 instead of 47", |d| d.database.one_row = 46),
            ("other queries of the database: 1", |d| d.database.ten_rows = 1),
            ("errors of the database: 1", |d| d.database.errors = 1),
        ];
        for (want, change) in changes {
            let mut driven = equal.clone();
            change(&mut driven);
            let fault = agree(&expected, &driven).unwrap_err();
            assert!(fault.contains(want) && !fault.contains(';'), "{fault}");
        }

        let slow = SlowClients { slow: 1, answered: 4, late: 2, finished: 1, ..Default::default() };
        let with = |slow| {
            let generator = OutcomeRecord { slow: Some(slow), ..equal.generator.clone() };
            agree(
                &Expected { samples: 4, ..expected },
                &DrivenRecord { generator, ..equal.clone() },
            )
        };
        assert_eq!(with(slow), Ok(()));
        let fault = with(SlowClients { let_go: 1, ..slow }).unwrap_err();
        assert!(fault.contains("answered or let go: 2 instead of 1"), "{fault}");
    }

    #[test]
    fn the_clients_number_is_demanded_where_none_is_known_before() {
        let one = OneAnswer { bytes: 10, checksum: u64::MAX, queries: 5 };
        let backend = |one| Backend { sessions: 2, queries: 0, counted_by_clients: one };
        let demand = |one| Demand {
            expected: Expected { ok: 3, connections: 3, peak_high: 2, ..Expected::default() },
            workers: 1,
            per_sample: 1,
            asleep: None,
            backend: Some(backend(one)),
        };
        let counted = |ok, samples| {
            let outcome = OutcomeRecord { ok, ..OutcomeRecord::default() };
            let window = WindowRecord { samples, ..WindowRecord::default() };
            Ok(Some(Answer {
                schema: SCHEMA,
                outcome,
                window,
                open: None,
                beside: None,
                asleep: None,
                late: None,
                overload: None,
                fairness: None,
                histograms: None,
            }))
        };
        let check = |ok, samples, want: (u64, u64, u64, u64)| {
            let Demand { expected, backend, .. } =
                demanded(demand(Some(one)), &counted(ok, samples));
            let queries = backend.unwrap().queries;
            assert_eq!((expected.ok, expected.samples, expected.bytes, queries), want);
            assert_eq!(expected.checksum, 0_u64.wrapping_sub(expected.ok));
            assert_eq!((expected.connections, expected.peak_high), (3, 2));
        };
        check(9, 5, (9, 5, 90, 47));
        // Nobody was answered but before the window.
        check(3, 0, (3, 0, 30, 17));
        // Fewer than the least, and more samples than answers, are no fault of the server.
        check(2, 0, (3, 0, 30, 17));
        check(9, 7, (9, 6, 90, 47));
        // Known before, or with nobody who counts, it stays.
        for clients in [counted(9, 5), Ok(None), Err("gone".to_string())] {
            let known = clients.as_ref().is_ok_and(Option::is_some);
            let before = demand((!known).then_some(one));
            assert_eq!(demanded(before, &clients), before);
        }
    }

    /// The warm-up is three; contest and plan must make up the rest of what was counted.
    #[test]
    fn what_is_found_out_meanwhile_is_held_against_the_plan() {
        let expected = Expected { ok: 103, samples: 100, ..Expected::default() };
        let generator = OutcomeRecord { ok: 103, ..OutcomeRecord::default() };
        let contest = ContestRecord { answers: 40, beside: 3, ..ContestRecord::default() };
        let steps = vec![StepRecord { offered: 19, ..StepRecord::default() }; 3];
        let overload = Some(OverloadRecord { contest, steps, ..OverloadRecord::default() });
        let driven = DrivenRecord { generator, overload, ..DrivenRecord::default() };
        assert_eq!(agree(&expected, &driven), Ok(()));
        let changes: [fn(&mut OverloadRecord); 3] = [
            |overload| overload.contest.answers += 1,
            |overload| overload.contest.beside += 1,
            |overload| overload.steps[2].offered += 1,
        ];
        for change in changes {
            let mut driven = driven.clone();
            change(driven.overload.as_mut().unwrap());
            let fault = agree(&expected, &driven).unwrap_err();
            assert!(fault.ends_with("requests of the plan: 100 instead of 101"), "{fault}");
        }
    }
}
