//! What this process holds of the machine's memory, in itself and in the kernel.

use nix::unistd::{SysconfVar, sysconf};

use crate::ProbeError;
use crate::probe::{field, text};

/// One reading, in bytes; page tables and kernel stacks lie beside what is resident.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Footprint {
    /// Resident memory (`VmRSS`).
    pub resident_bytes: u64,
    /// Page tables (`VmPTE`).
    pub page_table_bytes: u64,
    /// Address space (`VmSize`), most of which nothing lies behind.
    pub virtual_bytes: u64,
    /// Stacks of all threads in the kernel, of the whole machine (`KernelStack`); none
    /// where it does not tell.
    pub kernel_stack_bytes: Option<u64>,
    /// Small objects of the kernel that it cannot give back, of the whole machine
    /// (`SUnreclaim`): sockets, descriptors, what it knows of a thread.
    pub slab_bytes: Option<u64>,
    /// Threads alive.
    pub threads: u64,
    /// What only a server is asked for.
    pub sockets: Sockets,
}

/// What lies behind the connections of a server, read of the whole machine where it tells: on
/// one machine both ends of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sockets {
    /// Objects of the kernel that it gives back once nobody uses them (`SReclaimable`), such
    /// as the inode of every open socket.
    pub reclaimable_bytes: Option<u64>,
    /// Pages of the buffers of all TCP sockets.
    pub buffer_bytes: Option<u64>,
}

impl Footprint {
    /// Reads every figure but those of a server.
    ///
    /// # Errors
    /// If `/proc/self/status` does not tell.
    pub fn read() -> Result<Self, ProbeError> {
        let machine = text("/proc/meminfo").unwrap_or_default();
        Self::parse(&text("/proc/self/status")?, &machine)
    }

    /// Reads every figure.
    ///
    /// # Errors
    /// If `/proc/self/status` does not tell.
    pub fn of_server() -> Result<Self, ProbeError> {
        let machine = text("/proc/meminfo").unwrap_or_default();
        let page_bytes = sysconf(SysconfVar::PAGE_SIZE).ok().flatten();
        let pages = text("/proc/net/sockstat").ok().as_deref().and_then(buffer_pages);
        let sockets = Sockets {
            reclaimable_bytes: field(&machine, "SReclaimable:").ok().map(|kib| kib * 1024),
            buffer_bytes: pages.zip(page_bytes).map(|(pages, bytes)| pages * bytes as u64),
        };
        Ok(Self { sockets, ..Self::parse(&text("/proc/self/status")?, &machine)? })
    }

    fn parse(status: &str, machine: &str) -> Result<Self, ProbeError> {
        let kib = |name| field(status, name).map(|kib| kib * 1024);
        let of_machine = |name| field(machine, name).ok().map(|kib| kib * 1024);
        Ok(Self {
            resident_bytes: kib("VmRSS:")?,
            page_table_bytes: kib("VmPTE:")?,
            virtual_bytes: kib("VmSize:")?,
            kernel_stack_bytes: of_machine("KernelStack:"),
            slab_bytes: of_machine("SUnreclaim:"),
            threads: field(status, "Threads:")?,
            sockets: Sockets::default(),
        })
    }
}

/// Pages of buffers in the text of `/proc/net/sockstat`.
///
/// Source: `sockstat_seq_show` of Linux's `net/ipv4/proc.c`.
fn buffer_pages(sockstat: &str) -> Option<u64> {
    let tcp = sockstat.lines().find_map(|line| line.strip_prefix("TCP:"))?;
    let mut words = tcp.split_whitespace().skip_while(|word| *word != "mem");
    words.nth(1)?.parse().ok()
}

/// Tests of one process share its memory: one at a time.
#[cfg(test)]
pub(crate) static MEASURED: std::sync::Mutex<()> = std::sync::Mutex::new(());

#[cfg(test)]
mod tests {
    use super::{Footprint, MEASURED, Sockets, buffer_pages};

    #[test]
    fn figures_are_those_of_the_kernel_in_bytes() {
        let status = "VmSize:\t 900 kB\nVmRSS:\t 20 kB\nVmPTE:\t 4 kB\nThreads:\t3\n";
        let machine = "Slab: 9 kB\nSUnreclaim:  7 kB\nKernelStack:  1760 kB\n";
        let want = Footprint {
            resident_bytes: 20 << 10,
            page_table_bytes: 4 << 10,
            virtual_bytes: 900 << 10,
            kernel_stack_bytes: Some(1760 << 10),
            slab_bytes: Some(7 << 10),
            threads: 3,
            sockets: Sockets::default(),
        };
        assert_eq!(Footprint::parse(status, machine).unwrap(), want);
        let hidden = Footprint { kernel_stack_bytes: None, slab_bytes: None, ..want };
        assert_eq!(Footprint::parse(status, "").unwrap(), hidden);
        assert!(Footprint::parse("VmRSS:\t 20 kB\n", machine).is_err());
    }

    #[test]
    fn buffers_of_sockets_are_counted_in_pages() {
        let sockstat = "sockets: used 310\nTCP: inuse 27 orphan 0 tw 4 alloc 31 mem 12\n\
                        UDP: inuse 3 mem 2\n";
        assert_eq!(buffer_pages(sockstat), Some(12));
        for odd in ["", "UDP: inuse 3 mem 2\n", "TCP: inuse 27 mem\n", "TCP: mem x\n"] {
            assert_eq!(buffer_pages(odd), None, "{odd:?}");
        }
    }

    #[test]
    fn memory_that_is_written_is_resident() {
        let alone = MEASURED.lock();
        let before = Footprint::read().unwrap();
        let block = std::hint::black_box(vec![1u8; 40 << 20]);
        let after = Footprint::read().unwrap();
        assert!(after.resident_bytes > before.resident_bytes + (32 << 20), "{before:?} {after:?}");
        assert!(after.virtual_bytes > before.virtual_bytes, "{before:?} {after:?}");
        drop((block, alone));
    }
}
