//! Counts of programs whose calls are known.

use std::time::Duration;

use rustix::process::{WaitId, WaitIdOptions, waitid};

use super::{Calls, Refused, Tracing};
use crate::child::{End, Live, Order, Reply};
use crate::interrupt::Interrupt;

fn shell(script: &str) -> Order {
    Order {
        program: "/bin/sh".into(),
        arguments: vec!["-c".into(), script.into()],
        input: b"go\n".to_vec(),
        wall: Duration::from_secs(60),
        resident_bytes: 1 << 30,
    }
}

/// Calls of a shell script, from a time at which it waits for a line; nothing where
/// tracing is refused, which is said.
fn calls(script: &str) -> Option<Calls> {
    let order = shell(&format!("read word; {script}"));
    let live = Live::start(&order).unwrap();
    let tracing = match Tracing::attach(live.pid().unwrap()) {
        Err(error) if error.is::<Refused>() => {
            eprintln!("NOT TESTED: {error}");
            return None;
        }
        tracing => tracing.unwrap(),
    };
    match live.ask(&order, &Interrupt::default()).unwrap() {
        Reply::Ended(ended) => {
            assert!(matches!(ended.end, End::Exited(status) if status.success()), "{ended:?}");
        }
        _ => panic!("it does not end"),
    }
    Some(tracing.calls().unwrap())
}

fn of(calls: &Calls, number: libc::c_long) -> u64 {
    calls.get(&(number as u64)).copied().unwrap_or(0)
}

#[test]
fn every_call_of_a_known_program_is_counted_once() {
    let copy = |pieces: u32| {
        calls(&format!("exec dd if=/dev/zero of=/dev/null bs=1 count={pieces} 2>/dev/null"))
    };
    let (Some(fewer), Some(more)) = (copy(100), copy(350)) else { return };
    for number in [libc::SYS_read, libc::SYS_write] {
        assert_eq!(of(&more, number) - of(&fewer, number), 250, "{fewer:?} {more:?}");
    }
    let all = |calls: &Calls| calls.values().sum::<u64>();
    assert_eq!(all(&more) - all(&fewer), 500, "nothing else depends on the pieces");
}

#[test]
fn what_a_process_starts_is_followed() {
    let Some(calls) = calls("for i in 1 2 3 4 5; do /bin/true; done") else { return };
    assert_eq!(of(&calls, libc::SYS_execve), 5, "{calls:?}");
    // Each of the five and the shell itself.
    assert_eq!(of(&calls, libc::SYS_exit_group), 6, "{calls:?}");
}

#[test]
fn signals_reach_whom_they_are_for() {
    let script = "trap 'exit 0' USR1; kill -USR1 $$; while :; do :; done";
    let Some(calls) = calls(script) else { return };
    assert_eq!(of(&calls, libc::SYS_kill), 1, "{calls:?}");
}

#[test]
fn who_stands_still_with_its_group_goes_on_with_it() {
    let script = "(sleep 0.2; kill -CONT $$) & kill -STOP $$; wait";
    let Some(calls) = calls(script) else { return };
    assert_eq!(of(&calls, libc::SYS_kill), 2, "{calls:?}");
}

#[test]
fn one_that_has_ended_is_an_error_and_no_refusal() {
    let live = Live::start(&shell("exit 0")).unwrap();
    let pid = live.pid().unwrap();
    waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT).unwrap();
    let ended = Tracing::attach(pid).err().unwrap();
    live.finish().unwrap();
    let reaped = Tracing::attach(pid).err().unwrap();
    let deaf = Live::start(&shell("sleep 0.1")).unwrap();
    match Tracing::attach(deaf.pid().unwrap()).err().unwrap() {
        error if error.is::<Refused>() => eprintln!("NOT TESTED: {error}"),
        error => assert!(format!("{error:#}").contains("before it asked"), "{error:#}"),
    }
    for error in [ended, reaped] {
        assert!(!error.is::<Refused>(), "{error:#}");
        assert!(format!("{error:#}").contains("trace process"), "{error:#}");
    }
}

#[test]
fn limits_strike_one_that_is_traced() {
    let mut order = shell("read word; while :; do /bin/true; done");
    order.wall = Duration::from_millis(300);
    let live = Live::start(&order).unwrap();
    let tracing = match Tracing::attach(live.pid().unwrap()) {
        Err(error) if error.is::<Refused>() => return eprintln!("NOT TESTED: {error}"),
        tracing => tracing.unwrap(),
    };
    let reply = live.ask(&order, &Interrupt::default()).unwrap();
    assert!(matches!(reply, Reply::Ended(ended) if matches!(ended.end, End::WallLimit)));
    assert!(of(&tracing.calls().unwrap(), libc::SYS_wait4) > 0);
}
