//! Samples of real files, and odd ones.

use super::{
    Supply, chosen, guest, load_average, memory, on_battery, printable, steal, time_wait, version,
};

/// Linux 6.18, two virtual CPUs.
const STAT: &str = "cpu  327792 25 63122 279648 1995 0 7880 796 0 0\n\
                    cpu0 153337 15 30303 151418 603 0 4302 414 0 0\n\
                    cpu1 174455 9 32819 128230 1391 0 3577 382 0 0\nintr 1 2 3\n";

#[test]
fn steal_and_all_ticks() {
    assert_eq!(steal(STAT), Some((796, 681_258)));
    // Guest time, behind steal, is in user time already.
    assert_eq!(steal("cpu  1 2 3 4 5 6 7 8 900 900\n"), Some((8, 36)));
    for odd in ["", "cpu", "cpu  1 2 3\n", "cpu0 1 2 3 4 5 6 7 8\n", "cpu  1 2 3 x 5 6 7 8\n"] {
        assert_eq!(steal(odd), None, "{odd:?}");
    }
}

#[test]
fn the_network() {
    let sockstat = "sockets: used 19\nTCP: inuse 1 orphan 0 tw 312 alloc 1 mem 0\nUDP: inuse 0\n";
    assert_eq!(time_wait(sockstat), Some(312));
    assert_eq!(time_wait("TCP: inuse 1 tw\n"), None);
    assert_eq!(time_wait("UDP: inuse 0 tw 5\n"), None);
}

#[test]
fn memory_and_load() {
    let text = "MemTotal:       24684084 kB\nSwapTotal:      2097148 kB\nSwapFree:       0 kB\n";
    assert_eq!(memory(text, "SwapTotal"), Some(2_097_148 * 1024));
    assert_eq!(memory(text, "SwapFree"), Some(0));
    assert_eq!(memory(text, "Swap"), None);
    assert_eq!(memory("MemTotal: x kB", "MemTotal"), None);
    assert_eq!(memory("MemTotal: 18446744073709551615 kB", "MemTotal"), None);
    assert_eq!(chosen("always [madvise] never\n"), Some("madvise"));
    assert_eq!(chosen("[always] madvise never"), Some("always"));
    assert_eq!(chosen("always"), None);
    assert_eq!(load_average("1.92 2.93 3.62 3/102 4807\n"), Some(1.92));
    assert_eq!(load_average(""), None);
}

#[test]
fn the_cpu_and_the_kernel() {
    assert_eq!(guest("flags\t\t: fpu vme hypervisor lahf_lm\n"), Some(true));
    assert_eq!(guest("model name: x\nflags\t\t: fpu vme\n"), Some(false));
    assert_eq!(guest("flags\t\t: nohypervisor\n"), Some(false));
    assert_eq!(guest("Features\t: fp asimd\n"), None);
    assert_eq!(version("6.18.44-fc-v669"), Some((6, 18)));
    assert_eq!(version("5.15.153.1-microsoft-standard-WSL2\n"), Some((5, 15)));
    assert_eq!(version("4.4"), Some((4, 4)));
    assert_eq!(version("six"), None);
}

#[test]
fn supplies_of_laptops_and_others() {
    let supply = |kind: &str, scope: &str, online: &str, status: &str| Supply {
        kind: kind.into(),
        scope: scope.into(),
        online: online.into(),
        status: status.into(),
    };
    let mains = |online| supply("Mains", "", online, "");
    let battery = |status| supply("Battery", "", "", status);
    let check = |supplies: &[Supply], want| assert_eq!(on_battery(supplies), want, "{supplies:?}");
    check(&[], false);
    check(&[mains("1")], false);
    check(&[mains("1"), battery("Full")], false);
    check(&[mains("1"), battery("Charging")], false);
    check(&[mains("0"), battery("Discharging")], true);
    check(&[mains("0"), battery("Unknown")], true);
    check(&[battery("Discharging")], true);
    check(&[battery("Full")], false);
    check(&[mains("0"), supply("USB", "", "1", ""), battery("Not charging")], false);
    // A mouse is no laptop.
    check(&[supply("Battery", "Device", "", "Discharging")], false);
}

#[test]
fn names_of_others_cannot_paint_the_terminal() {
    assert_eq!(printable("cc1plus\n"), "cc1plus");
    assert_eq!(printable("\u{1b}[31mred\n"), "?[31mred");
    assert_eq!(printable("Web Content"), "Web Content");
    assert_eq!(printable("名\u{7}"), "??");
}
