//! A server that is none, or whose clients find nobody, is a failed cell with its reason;
//! whoever stops a run leaves neither server nor clients behind.

use triathlon_contract::record::{ExecutionStatus, Record};

use crate::interrupt::ctrl_c_leaves_nothing;
use crate::misbehaving::script;
use crate::support::{cell, output, summary};

/// Runs one preset with `blocking` replaced by a script; gives the reason of its failure.
/// The other contestant must not be touched by it.
fn reason(text: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    let program = script(directory.path(), "guest", text);
    let program = format!("blocking={}", program.display());
    let cases = "^serve@crud-n5-10k-1ms-c1/(blocking|threads-per-op)$";
    let arguments = ["run", cases, "--keep-disturbed", "--rounds", "2", "--wall-limit", "3"];
    let arguments = [&arguments[..], &["--program", &program, "--quiet"]].concat();
    let output = output(directory.path(), &arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let summary = summary(&directory.path().join("reports"));
    let healthy = cell(&summary, "serve@crud-n5-10k-1ms-c1/threads-per-op");
    assert_eq!((&healthy["status"], &healthy["n"]), (&"valid".into(), &2.into()), "{healthy}");
    let failed = cell(&summary, "serve@crud-n5-10k-1ms-c1/blocking");
    assert_eq!((&failed["status"], &failed["n"]), (&"failed".into(), &0.into()), "{failed}");
    failed["reason"].as_str().unwrap().to_string()
}

#[test]
fn one_that_ends_before_it_listens() {
    let reason = reason("read job; echo no port is left >&2; exit 3");
    assert!(reason.contains("exit status: 3") && reason.contains("no port is left"), "{reason}");
}

#[test]
fn one_that_says_something_else() {
    let reason = reason("read job; echo '<html>'; cat > /dev/null");
    assert!(reason.contains("the server said") && reason.contains("<html>"), "{reason}");
}

#[test]
fn one_that_listens_nowhere() {
    let clients = r#"{"question":"clients","address":"127.0.0.1:1"}"#;
    let reason = reason(&format!("read job; echo '{clients}'; cat > /dev/null"));
    assert!(reason.contains("no load: the generator"), "{reason}");
    assert!(reason.contains("127.0.0.1:1") && reason.contains("refused"), "{reason}");
}

#[test]
fn one_that_never_listens() {
    let reason = reason("read job; sleep 1000");
    assert!(reason.contains("longer than its wall limit"), "{reason}");
}

#[test]
fn ctrl_c_leaves_neither_server_nor_clients_and_no_failure() {
    let directory =
        ctrl_c_leaves_nothing("^serve@crud-n20-10k-10ms-c64/(threads-|tokio)", "serve-stop");
    let records = std::fs::read_to_string(directory.path().join("out/latest/records.jsonl"));
    for line in records.unwrap().lines() {
        let record: Record = serde_json::from_str(line).unwrap();
        assert_eq!(record.status, ExecutionStatus::Ok, "{}: {}", record.id, record.reason);
    }
}
