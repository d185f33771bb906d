//! The kernel's side of loopback, against what the default run asks for.

use triathlon_contract::record::Finding;

use super::limits::left_out;
use super::{note, ok, problem, unreadable, warning, with};
use crate::doctor::facts::Facts;

/// Connections that the mock server asks the kernel to keep for it.
const BACKLOG: u64 = 4096;

/// Ports for connections.
pub(in crate::doctor) fn ports(facts: &Facts) -> Finding {
    let (needs, network) = (&facts.needs, &facts.network);
    let Some((first, last)) = network.ports else {
        return unreadable("Every connection needs a port of its own.");
    };
    let (ports, need) = (last - first + 1, needs.to_one_address);
    let found = format!(
        "{ports} ({first}-{last}); an execution opens up to {need} connections to one address"
    );
    let widen = "`sudo sysctl net.ipv4.ip_local_port_range=\"1024 65535\"`";
    let finding = if needs.without_ports > 0 {
        let advice = format!("{widen}; fine to leave if you do not need these cases");
        left_out(found, needs.without_ports, needs.cases, &advice)
    } else if ports < need {
        problem(found, "There are fewer ports than connections: connecting fails.", widen)
    } else if network.time_wait.is_some_and(|sockets| sockets > ports) {
        note(
            found,
            "More sockets are in TIME_WAIT than there are ports. Every execution talks to an \
             address of its own, for which all ports are free, but finding one takes longer.",
            "wait a minute; fine to leave",
        )
    } else if ports / 2 < need {
        note(
            found,
            "The kernel gives every second port to connections and searches the others only when \
             those are taken: late connections of an execution cost more than its first.",
            &format!("{widen}; fine to leave"),
        )
    } else {
        ok(found, "Every execution talks to an address of its own, for which all ports are free.")
    };
    with(finding, [("ports", ports as f64), ("needed", need as f64)])
}

/// Sockets that wait for late packets.
pub(in crate::doctor) fn time_wait(facts: &Facts) -> Finding {
    let (needs, network) = (&facts.needs, &facts.network);
    let (Some(now), Some(most)) = (network.time_wait, network.time_wait_max) else {
        return unreadable("Closed connections stay in TIME_WAIT for a minute.");
    };
    let minute = needs.in_a_minute;
    let found = format!(
        "{now} sockets, up to {most} are kept (tcp_max_tw_buckets); the run closes up to \
         {minute} in a minute"
    );
    let finding = if most < minute.max(needs.connections) {
        note(
            found,
            "A run closes more connections than are kept: the kernel forgets the rest at once, \
             which is cheaper for those that come late in a minute, and says so in its log.",
            &format!("`sudo sysctl net.ipv4.tcp_max_tw_buckets={}`; fine to leave", minute * 2),
        )
    } else if now > needs.connections {
        note(
            found,
            "Many connections were closed in the last minute, by an earlier run or by something \
             else.",
            "wait a minute and look again; fine to leave if the number falls",
        )
    } else {
        ok(found, "The kernel keeps all that a run closes.")
    };
    with(finding, [("time_wait", now as f64), ("in_a_minute", minute as f64)])
}

/// Whether ports in TIME_WAIT may be used again.
pub(in crate::doctor) fn reuse(facts: &Facts) -> Finding {
    let (reuse, ports) = (facts.network.reuse, facts.network.ports);
    match reuse {
        None => unreadable("It decides how often one address can be connected to in a minute."),
        Some(0) => {
            let rate = ports.map_or(String::new(), |(first, last)| {
                format!(" ({} in a second)", (last - first + 1) / 60)
            });
            note(
                "0, off",
                &format!(
                    "A port is free for the same address only after a minute{rate}. A run takes a \
                     new address for every execution; load of your own against one address fails."
                ),
                "`sudo sysctl net.ipv4.tcp_tw_reuse=2`; fine to leave for a run",
            )
        }
        Some(2) => ok("2, on loopback", "Ports in TIME_WAIT are used again after a second."),
        Some(other) => ok(format!("{other}, on"), "Ports in TIME_WAIT are used again."),
    }
}

/// Connections that wait to be accepted.
pub(in crate::doctor) fn backlog(facts: &Facts) -> Finding {
    let Some(most) = facts.network.backlog else {
        return unreadable("A burst of connections may find the listen queue full.");
    };
    let at_once = facts.needs.at_once;
    let found = format!("somaxconn {most}; the largest case connects {at_once} at once");
    let finding = if most < BACKLOG.min(at_once) {
        warning(
            found,
            "A burst may find the listen queue full, and what is refused is tried again after a \
             second: a slow contestant that is none.",
            &format!(
                "`sudo sysctl net.core.somaxconn={BACKLOG}`; fine to leave, the page tells where \
                 it happened"
            ),
        )
    } else {
        ok(found, "The server's queue is as long as it asks for, and is emptied meanwhile.")
    };
    with(finding, [("somaxconn", most as f64), ("at_once", at_once as f64)])
}

/// What found the queue full so far.
pub(in crate::doctor) fn overflows(facts: &Facts) -> Finding {
    let Some(drops) = &facts.network.drops else {
        return unreadable("A run could not tell whether the kernel refused connections.");
    };
    let (overflows, dropped) = (drops.listen_overflows, drops.listen_drops);
    let finding = match (overflows, dropped) {
        (0, 0) => ok("none since boot", "No listen queue was ever full."),
        _ => note(
            format!("{overflows} overflows and {dropped} drops since boot"),
            "Some listen queue was full before. A run counts its own, execution by execution.",
            "fine to leave; if the page of a run tells of some, see the check `backlog`",
        ),
    };
    with(finding, [("overflows", overflows as f64), ("drops", dropped as f64)])
}
