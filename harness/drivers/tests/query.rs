//! Equal work: every driver asks what its spec says, by its own account and by the
//! server's; and a server that refuses is an error with its SQLSTATE.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use triathlon::database::{self, Database};
use triathlon::{contestants, machine};
use triathlon_contract::query::{Kind, Query, items, statements};
use triathlon_contract::record::{Answer, Job, SCHEMA, WitnessRecord};
use triathlon_contract::registry::{Case, Demand, workload};
use triathlon_contract::{
    Contestant, Login, Outcome, QueryCounts, Workload, outcome,
};
use triathlon_drivers::ALL;
use triathlon_mock_server::{Options, Running, spawn};

/// All kinds of query, with and without a pause, more callers than connections, batches.
const PRESETS: [&str; 7] = [
    "p8-c64-d0",
    "p1-c64-d1ms",
    "p32-c64-d10ms",
    "ten-p8-c64-d0",
    "insert-p8-c64-d0",
    "insert-p32-c512-d1ms",
    "ten-p8-c64-d1ms-x8",
];

/// Callers of one such test have so many queries or batches each.
const LAPS: u64 = 2;

fn server() -> Running {
    spawn(Options {
        listen: Ipv4Addr::LOCALHOST.into(),
        port: 0,
        cpus: vec![],
        parent: None,
    })
    .unwrap()
}

/// A trial that is a database.
struct Trial {
    url: String,
    address: SocketAddr,
}

impl Trial {
    fn open(server: &Running) -> Self {
        let control = server.address;
        let url = format!("http://{control}/trial");
        let mut response =
            ureq::post(&url).send(r#"{"postgres":true}"#).unwrap();
        let text = response.body_mut().read_to_string().unwrap();
        let opened: Value = serde_json::from_str(&text).unwrap();
        let address = opened["postgres"].as_str().unwrap().parse().unwrap();
        Self {
            url: format!("{url}/{}", opened["id"].as_str().unwrap()),
            address,
        }
    }

    /// What it counted, and its end.
    fn close(self) -> WitnessRecord {
        let mut response = ureq::delete(&self.url).call().unwrap();
        serde_json::from_str(&response.body_mut().read_to_string().unwrap())
            .unwrap()
    }
}

/// The cases of a driver, and what must come out of one.
fn cases(contestant: &'static Contestant) -> Vec<Case> {
    let setting = contestants::planning("", 2, machine::limits().unwrap());
    (workload("query").unwrap().cases)(contestant, &setting)
}

fn demand(contestant: &'static Contestant, case: &Case) -> Demand {
    let setting = contestants::planning("", 2, machine::limits().unwrap());
    (workload("query").unwrap().demand)(contestant, &case.id, &setting, LAPS)
        .unwrap()
}

fn parameters(case: &Case) -> std::collections::BTreeMap<String, u64> {
    triathlon::what::named(&case.parameters)
}

fn job(case: &Case, server: SocketAddr, login: Option<Login>) -> Job {
    Job {
        schema: SCHEMA,
        id: case.id.to_string(),
        parameters: parameters(case),
        laps: LAPS,
        pace: None,
        pauses: false,
        files: None,
        login,
        server: Some(server.to_string()),
        server_pid: None,
        workers: 2,
        limits: None,
        cpus: vec![],
        parent_pid: std::process::id(),
    }
}

/// The program with this on its standard input.
fn program(input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_triathlon-drivers"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

/// Executes; what was answered, which must agree with what was demanded and seen.
fn executed(demand: &Demand, job: &Job) -> Result<Answer, String> {
    let output = program(&serde_json::to_vec(job).unwrap());
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        return Err(errors);
    }
    let answer: Answer = serde_json::from_slice(&output.stdout).unwrap();
    let outcome: Outcome = answer.outcome.clone().into();
    let samples = answer.window.samples;
    outcome::agree(&demand.expected, demand.workers, &outcome, samples, None)?;
    Ok(answer)
}

fn each(mut check: impl FnMut(&'static Contestant, &Case)) {
    let mut checked = 0;
    for contestant in ALL {
        for case in cases(contestant) {
            if case.absent.is_none()
                && PRESETS.contains(&case.id.preset.as_str())
            {
                check(contestant, &case);
                checked += 1;
            }
        }
    }
    // Batches are for one of them.
    assert_eq!(checked, PRESETS.len() * 3 - 2);
}

#[test]
fn every_driver_does_equal_work_against_the_witness() {
    let server = server();
    each(|contestant, case| {
        let trial = Trial::open(&server);
        let demand = demand(contestant, case);
        let answer = executed(&demand, &job(case, trial.address, None));
        let witness = trial.close();
        let answer =
            answer.unwrap_or_else(|fault| panic!("{}: {fault}", case.id));
        let outcome: Outcome = answer.outcome.clone().into();
        let database = witness.database.unwrap();
        let agreed = outcome::agree(
            &demand.expected,
            demand.workers,
            &outcome,
            answer.window.samples,
            Some(&witness.into()),
        );
        assert_eq!(agreed, Ok(()), "{}", case.id);
        assert_eq!(database, counts(case, &demand), "{}", case.id);
    });
}

/// What the server must count: each connection prepares its statement once.
fn counts(case: &Case, demand: &Demand) -> QueryCounts {
    let presets = Query::presets();
    let work = &presets
        .iter()
        .find(|preset| preset.name == case.id.preset)
        .unwrap()
        .work;
    let (queries, connections) =
        (demand.expected.ok, demand.expected.connections);
    let of = |kind| if work.kind == kind { queries } else { 0 };
    QueryCounts {
        sessions: connections,
        prepared: connections,
        one_row: of(Kind::One),
        ten_rows: of(Kind::Ten),
        inserts: of(Kind::Insert),
        rows: queries * work.kind.rows(),
        inserted_bytes: of(Kind::Insert) * items::PAYLOAD_BYTES as u64,
        errors: 0,
    }
}

#[test]
fn a_driver_that_cannot_send_batches_says_why() {
    for contestant in ALL {
        let batches = cases(contestant)
            .into_iter()
            .filter(|case| case.id.preset.ends_with("-x8"));
        let absent: Vec<_> = batches.map(|case| case.absent).collect();
        assert_eq!(absent.len(), 2, "{}", contestant.name);
        let pipelines = contestant.name == "driver-tokio-postgres";
        let told = |reason: &Option<String>| match reason {
            None => pipelines,
            Some(reason) => !pipelines && reason.len() > 40,
        };
        assert!(absent.iter().all(told), "{}: {absent:?}", contestant.name);
    }
}

#[test]
fn a_process_answers_one_job_after_the_other() {
    let server = server();
    let case = cases(ALL[1])
        .into_iter()
        .find(|case| case.id.preset == PRESETS[0])
        .unwrap();
    let trials = [Trial::open(&server), Trial::open(&server)];
    let mut input = Vec::new();
    for trial in &trials {
        serde_json::to_writer(&mut input, &job(&case, trial.address, None))
            .unwrap();
    }
    let output = program(&input);
    let answers = serde_json::Deserializer::from_slice(&output.stdout)
        .into_iter::<Answer>();
    let ok: Vec<u64> =
        answers.map(|answer| answer.unwrap().outcome.ok).collect();
    assert_eq!(ok, [demand(ALL[1], &case).expected.ok; 2]);
    for trial in trials {
        assert_eq!(trial.close().requests, ok[0]);
    }
}

#[test]
fn what_is_no_job_of_ours_is_refused_in_one_sentence() {
    let refused = |input: &[u8], want: &str| {
        let output = program(input);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(
            !output.status.success() && output.stdout.is_empty(),
            "{errors}"
        );
        assert!(
            errors.contains(want) && errors.lines().count() == 1,
            "{errors}"
        );
    };
    refused(b"", "there is no job on standard input");
    refused(b"{}", "the job on standard input is no job");
    let case = &cases(ALL[0])[0];
    let at = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
    let mut other = job(case, at, None);
    other.id = "query@p8-c64-d0/tokio/multi-thread".to_string();
    refused(&serde_json::to_vec(&other).unwrap(), "no such contestant");
    other.id = "cpu@coarse-uniform/driver-sqlx".to_string();
    refused(&serde_json::to_vec(&other).unwrap(), "");
    // Nobody listens there.
    refused(
        &serde_json::to_vec(&job(case, at, None)).unwrap(),
        "triathlon-drivers: ",
    );
}

/// What is not there, and its SQLSTATE.
const MISSING: (&str, &str) = ("SELECT id FROM triathlon_nothing", "42P01");

/// Each driver as such: what the server refuses, and that the connection is fit after it.
async fn refuses(address: SocketAddr, login: &Login) {
    let (host, port) = (address.ip().to_string(), address.port());
    let mut config = tokio_postgres::Config::new();
    config.host(&host).port(port).user(&login.user).dbname(&login.database);
    if let Some(password) = &login.password {
        config.password(password);
    }
    let (client, connection) =
        config.connect(tokio_postgres::NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let error = client.query(MISSING.0, &[]).await.unwrap_err();
    assert_eq!(error.code().unwrap().code(), MISSING.1, "{error}");
    let row = client.query_one(statements::ONE, &[&7]).await.unwrap();
    assert_eq!(row.get::<_, &str>(1).as_bytes(), items::payload(7));
    drop(client);
    connection.await.unwrap().unwrap();

    let options = sqlx::postgres::PgConnectOptions::new_without_pgpass()
        .host(&host)
        .port(port)
        .username(&login.user)
        .database(&login.database)
        .ssl_mode(sqlx::postgres::PgSslMode::Disable);
    let options = match &login.password {
        Some(password) => options.password(password),
        None => options,
    };
    // One connection, which its pool gets back a moment after each query.
    let pool = sqlx::postgres::PgPoolOptions::new().max_connections(1);
    let pool = pool.connect_with(options).await.unwrap();
    let error = sqlx::query(MISSING.0).fetch_all(&pool).await.unwrap_err();
    let code = error.as_database_error().unwrap().code().unwrap();
    assert_eq!(code, MISSING.1, "{error}");
    let row =
        sqlx::query(statements::ONE).bind(7).fetch_one(&pool).await.unwrap();
    assert_eq!(
        sqlx::Row::get::<&str, _>(&row, 1).as_bytes(),
        items::payload(7)
    );
    pool.close().await;
}

fn refuses_blocking(address: SocketAddr, login: &Login) {
    let mut config = postgres::Config::new();
    config.host(&address.ip().to_string()).port(address.port());
    config.user(&login.user).dbname(&login.database);
    if let Some(password) = &login.password {
        config.password(password);
    }
    let mut client = config.connect(postgres::NoTls).unwrap();
    let error = client.query(MISSING.0, &[]).unwrap_err();
    assert_eq!(error.code().unwrap().code(), MISSING.1, "{error}");
    let row = client.query_one(statements::ONE, &[&7]).unwrap();
    assert_eq!(row.get::<_, &str>(1).as_bytes(), items::payload(7));
}

#[test]
fn what_the_server_refuses_is_an_error_with_its_sqlstate() {
    let server = server();
    let trial = Trial::open(&server);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(refuses(trial.address, &Login::default()));
    refuses_blocking(trial.address, &Login::default());
    let database = trial.close().database.unwrap();
    assert_eq!(
        (database.sessions, database.errors, database.one_row),
        (3, 3, 3)
    );
}

/// Under `scripts/with-postgres`, which says where one is; without it, it says so.
#[test]
fn every_driver_does_equal_work_on_a_real_postgresql_where_one_is_named() {
    let Ok(url) = std::env::var("TRIATHLON_POSTGRES") else {
        eprintln!(
            "skipped: TRIATHLON_POSTGRES names no PostgreSQL; see scripts/with-postgres"
        );
        return;
    };
    let database =
        Database::open(&url).unwrap_or_else(|failure| panic!("{failure}"));
    each(|contestant, case| {
        let demand = demand(contestant, case);
        let wanted = database::expected(&demand, &parameters(case));
        let marks = database.before().unwrap();
        let job = job(case, database.address, Some(database.login.clone()));
        let answer = executed(&demand, &job);
        answer.unwrap_or_else(|fault| panic!("{}: {fault}", case.id));
        let seen = database.after(&marks, &wanted).unwrap();
        assert_eq!(database::agree(&wanted, &seen), Ok(()), "{}", case.id);
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(refuses(database.address, &database.login));
    refuses_blocking(database.address, &database.login);
}
