//! Texts of the kernel, as far as the rules need them. Pure; what is odd is none.

/// The fields of a line of `/proc/stat` that are time, `cpu` first: steal, and
/// all of them. Guest time is in user time already.
///
/// Source: proc_stat(5).
pub(crate) fn steal(stat: &str) -> Option<(u64, u64)> {
    let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
    let ticks: Vec<u64> =
        line.split_whitespace().take(8).map_while(|field| field.parse().ok()).collect();
    Some((*ticks.get(7)?, ticks.iter().sum()))
}

/// Sockets in TIME_WAIT of `/proc/net/sockstat`.
pub(crate) fn time_wait(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("TCP:"))?;
    let mut words = line.split_whitespace().skip_while(|word| *word != "tw");
    words.nth(1)?.parse().ok()
}

/// A figure of `/proc/meminfo`, in bytes.
pub(crate) fn memory(text: &str, name: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    let kib: u64 = rest.split_whitespace().next()?.parse().ok()?;
    kib.checked_mul(1024)
}

/// The word between brackets: `always [madvise] never`.
pub(crate) fn chosen(text: &str) -> Option<&str> {
    Some(text.split_once('[')?.1.split_once(']')?.0)
}

/// The first of the load averages.
pub(crate) fn load_average(text: &str) -> Option<f64> {
    text.split_whitespace().next()?.parse().ok()
}

/// Whether the CPU says that it is a guest's; none where it has no flags, as on
/// ARM.
pub(crate) fn guest(cpuinfo: &str) -> Option<bool> {
    let flags = cpuinfo.lines().find(|line| line.starts_with("flags"))?;
    Some(flags.split_whitespace().any(|flag| flag == "hypervisor"))
}

/// Major and minor version of a kernel release such as `6.18.44-rc1`.
pub(crate) fn version(release: &str) -> Option<(u64, u64)> {
    let mut parts =
        release.split(|c: char| !c.is_ascii_digit()).map_while(|part| part.parse().ok());
    Some((parts.next()?, parts.next()?))
}

/// A supply as `uevent`-like files tell it: its type, and whether it is online
/// or discharging.
#[derive(Clone, Debug, Default)]
pub(crate) struct Supply {
    /// `Mains`, `USB`, `Battery`.
    pub(crate) kind: String,
    /// `Device` for the battery of a mouse.
    pub(crate) scope: String,
    pub(crate) online: String,
    pub(crate) status: String,
}

/// Whether the machine runs on a battery: one of its own discharges, or there is
/// one and no other supply is online.
pub(crate) fn on_battery(supplies: &[Supply]) -> bool {
    let own: Vec<&Supply> = supplies.iter().filter(|supply| supply.scope != "Device").collect();
    let battery = |supply: &&&Supply| supply.kind == "Battery";
    let mut batteries = own.iter().filter(battery).peekable();
    let mut others = own.iter().filter(|supply| !battery(supply)).peekable();
    if batteries.peek().is_none() {
        return false;
    }
    let plugged = others.peek().is_none() || others.any(|supply| supply.online == "1");
    batteries.any(|battery| battery.status == "Discharging") || !plugged
}

/// A name that can be printed: others choose it, so no control characters, and
/// nothing that is wider than one column.
pub(crate) fn printable(name: &str) -> String {
    let shown = |c: char| if c == ' ' || c.is_ascii_graphic() { c } else { '?' };
    name.trim_end().chars().map(shown).collect()
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
