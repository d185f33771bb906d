//! The Postgres wire with the clients that people have.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::runtime::Builder;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};
use triathlon_contract::query::statements as texts;

use crate::client::{Trial, both, eventually, server};
use crate::wire::DATABASE;

/// Runs a conversation of tokio-postgres with a trial.
fn converse<F: Future<Output = ()>>(trial: &Trial, with: impl FnOnce(Client) -> F) {
    let address = trial.postgres.unwrap();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let config = format!("host={} port={} user=me dbname=any", address.ip(), address.port());
        let (client, connection) = tokio_postgres::connect(&config, NoTls).await.unwrap();
        let connection = tokio::spawn(connection);
        with(client).await;
        connection.await.unwrap().unwrap();
    });
}

fn payload(id: i32) -> String {
    String::from_utf8(triathlon_contract::query::items::payload(id).to_vec()).unwrap()
}

#[test]
fn tokio_postgres_prepares_queries_and_inserts() {
    for server in both() {
        let trial = Trial::with(&server, DATABASE);
        converse(&trial, |client| async move {
            assert_eq!(client.query_one("SELECT 1", &[]).await.unwrap().get::<_, i32>(0), 1);
            let one = client.prepare(texts::ONE).await.unwrap();
            assert_eq!(one.params(), [Type::INT4]);
            let types: Vec<_> = one.columns().iter().map(|it| (it.name(), it.type_())).collect();
            assert_eq!(types, [("id", &Type::INT4), ("payload", &Type::TEXT)]);
            let row = client.query_one(&one, &[&42]).await.unwrap();
            assert_eq!((row.get::<_, i32>(0), row.get::<_, &str>(1)), (42, &*payload(42)));
            assert!(client.query_opt(&one, &[&0]).await.unwrap().is_none());

            let ten = client.prepare(texts::TEN).await.unwrap();
            let rows = client.query(&ten, &[&9_996]).await.unwrap();
            let ids: Vec<i32> = rows.iter().map(|row| row.get(0)).collect();
            assert_eq!(ids, [9_996, 9_997, 9_998, 9_999, 10_000]);

            let insert = client.prepare(texts::INSERT).await.unwrap();
            assert_eq!(insert.params(), [Type::INT4, Type::TEXT]);
            assert_eq!(client.execute(&insert, &[&1, &"söme"]).await.unwrap(), 1);
            let typed = client.prepare_typed(texts::ONE, &[Type::INT8]).await.unwrap();
            assert_eq!(client.query(&typed, &[&7i64]).await.unwrap().len(), 1);
        });
        let want = json!({
            "sessions": 1, "prepared": 5, "one_row": 3, "ten_rows": 1, "inserts": 1, "rows": 7,
            "inserted_bytes": 5, "errors": 0,
        });
        assert_eq!(trial.counters()["database"], want);
        trial.expect(&[("requests", 5), ("bytes", 7 * 64), ("bad_requests", 0)]);
    }
}

#[test]
fn tokio_postgres_pauses_and_overlaps_connections_only() {
    let server = server();
    let trial = Trial::with(&server, DATABASE);
    converse(&trial, |client| async move {
        let one = client.prepare(texts::DELAYED_ONE).await.unwrap();
        assert_eq!(one.params(), [Type::INT4, Type::FLOAT8]);
        let ten = client.prepare(texts::DELAYED_TEN).await.unwrap();
        let insert = client.prepare(texts::DELAYED_INSERT).await.unwrap();
        assert_eq!(insert.params(), [Type::INT4, Type::TEXT, Type::FLOAT8]);
        let started = Instant::now();
        // In the pipe together, held one after the other.
        let (one, ten, insert) = tokio::join!(
            client.query_one(&one, &[&1, &0.02]),
            client.query(&ten, &[&1, &0.02]),
            client.execute(&insert, &[&1, &"x", &0.02]),
        );
        assert!(started.elapsed() >= Duration::from_millis(60));
        assert_eq!(one.unwrap().get::<_, &str>(1), payload(1));
        assert_eq!((ten.unwrap().len(), insert.unwrap()), (10, 1));
    });
    trial.expect(&[("requests", 3), ("delayed", 3), ("peak_in_flight", 1)]);
}

#[test]
fn tokio_postgres_has_many_queries_in_the_pipe() {
    let server = server();
    let trial = Trial::with(&server, DATABASE);
    converse(&trial, |client| async move {
        let one = client.prepare(texts::ONE).await.unwrap();
        let (a, b, c, d) = tokio::join!(
            client.query_one(&one, &[&1]),
            client.query_one("nonsense", &[]),
            client.query_one(&one, &[&2]),
            client.simple_query("SELECT 1"),
        );
        assert_eq!((a.unwrap().get::<_, i32>(0), c.unwrap().get::<_, i32>(0)), (1, 2));
        assert_eq!(b.unwrap_err().code(), Some(&SqlState::SYNTAX_ERROR));
        assert_eq!(d.unwrap().len(), 3, "columns, a row, completion");
    });
    trial.expect(&[("requests", 2), ("bad_requests", 1)]);
}

#[test]
fn tokio_postgres_uses_simple_queries_and_transactions() {
    let server = server();
    let trial = Trial::with(&server, DATABASE);
    converse(&trial, |mut client| async move {
        client.batch_execute("BEGIN; SET application_name = 'x'; COMMIT").await.unwrap();
        let messages = client.simple_query(&texts::ONE.replace("$1", "7")).await.unwrap();
        let row = messages.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some((row.get(0), row.get(1))),
            _ => None,
        });
        assert_eq!(row, Some((Some("7"), Some(&*payload(7)))));

        let transaction = client.transaction().await.unwrap();
        let one = transaction.prepare(texts::ONE).await.unwrap();
        transaction.query_one(&one, &[&1]).await.unwrap();
        transaction.commit().await.unwrap();
        // Rows in parts, by a portal that lives as long as its transaction.
        let transaction = client.transaction().await.unwrap();
        let portal = transaction.bind(texts::TEN, &[&1]).await.unwrap();
        let mut fetched = Vec::new();
        for _ in 0..4 {
            fetched.push(transaction.query_portal(&portal, 4).await.unwrap().len());
        }
        assert_eq!(fetched, [4, 4, 2, 0]);
        drop(portal);
        transaction.rollback().await.unwrap();

        let transaction = client.transaction().await.unwrap();
        transaction.batch_execute("nonsense").await.unwrap_err();
        let error = transaction.query_one("SELECT 1", &[]).await.unwrap_err();
        assert_eq!(error.code(), Some(&SqlState::IN_FAILED_SQL_TRANSACTION));
        transaction.rollback().await.unwrap();
        client.query_one("SELECT 1", &[]).await.unwrap();
    });
    assert_eq!(trial.counters()["database"]["ten_rows"], 1);
}

#[test]
fn tokio_postgres_is_told_what_is_wrong() {
    let server = server();
    let trial = Trial::with(&server, DATABASE);
    converse(&trial, |client| async move {
        let insert = client.prepare(texts::INSERT).await.unwrap();
        let error = client.execute(&insert, &[&1, &None::<&str>]).await.unwrap_err();
        assert_eq!(error.code(), Some(&SqlState::NOT_NULL_VIOLATION));
        let ten = client.prepare(texts::TEN).await.unwrap();
        let error = client.query(&ten, &[&i32::MAX]).await.unwrap_err();
        assert_eq!(error.code(), Some(&SqlState::NUMERIC_VALUE_OUT_OF_RANGE));
        let delayed = client.prepare(texts::DELAYED_ONE).await.unwrap();
        let error = client.query(&delayed, &[&1, &61.0]).await.unwrap_err();
        assert_eq!(error.code(), Some(&SqlState::NUMERIC_VALUE_OUT_OF_RANGE));
        let error = client.prepare("SELECT * FROM users").await.unwrap_err();
        assert_eq!(error.code(), Some(&SqlState::UNDEFINED_TABLE));
        let error = client.prepare("COPY triathlon_item TO STDOUT").await.unwrap_err();
        let error = error.as_db_error().unwrap();
        assert_eq!(error.code(), &SqlState::FEATURE_NOT_SUPPORTED);
        assert!(error.message().contains("served are the selects and inserts"), "{error}");
    });
    trial.expect(&[("requests", 0), ("bad_requests", 5)]);
    assert_eq!(trial.counters()["database"]["errors"], 5);
}

/// What psql says to a script; nothing where there is none.
fn psql(trial: &Trial, script: &[&str]) -> Option<Output> {
    let address = trial.postgres.unwrap();
    let mut command = Command::new("psql");
    command.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--field-separator=|"]);
    let target = format!("host={} port={} user=me dbname=any", address.ip(), address.port());
    command.arg(target).env("PGCONNECT_TIMEOUT", "20").env("LC_ALL", "C");
    for line in script {
        command.args(["--command", line]);
    }
    match command.output() {
        Ok(output) => Some(output),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("skipped: there is no psql (Debian: postgresql-client)");
            None
        }
        Err(error) => panic!("psql: {error}"),
    }
}

#[test]
fn psql_reads_rows_and_errors() {
    let server = server();
    let trial = Trial::with(&server, DATABASE);
    let one = texts::ONE.replace("$1", "7") + ";";
    let delayed =
        texts::DELAYED_INSERT.replace("$1", "1").replace("$2", "'a;b'").replace("$3", "0.01");
    let ten = texts::TEN.replace("$1", "9999");
    let script =
        ["SELECT 1", &one, &delayed, &ten, "BEGIN; SHOW server_version; COMMIT", "\\echo end"];
    let Some(output) = psql(&trial, &script) else { return };
    let said = String::from_utf8(output.stdout).unwrap();
    let want = format!(
        "1\n7|{}\n9999|{}\n10000|{}\n15.0 (triathlon)\nend\n",
        payload(7),
        payload(9_999),
        payload(10_000),
    );
    assert_eq!(said, want, "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success());

    let output = psql(&trial, &["SELECT * FROM users"]).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.starts_with("ERROR:  There is no relation \"users\"; served are"), "{errors}");
    assert_eq!(output.status.code(), Some(1));
    trial.expect(&[("requests", 3), ("delayed", 1), ("bad_requests", 1)]);
    eventually("all have ended", || trial.counters()["open_connections"] == 0);
    assert_eq!(trial.counters()["database"]["sessions"], 2);
}

#[test]
fn tokio_postgres_closes_what_it_has_prepared() {
    let server = server();
    let trial = Trial::with(&server, DATABASE);
    converse(&trial, |client| async move {
        // More than are kept at once: each is closed as it is dropped.
        for id in 1..=600 {
            let statement = client.prepare(texts::ONE).await.unwrap();
            client.query_one(&statement, &[&id]).await.unwrap();
        }
    });
    assert_eq!(trial.counters()["database"]["prepared"], 600);
}
