//! What this process holds of the machine's memory, in itself and in the kernel.

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
}

impl Footprint {
    /// Reads every figure.
    ///
    /// # Errors
    /// If `/proc/self/status` does not tell.
    pub fn read() -> Result<Self, ProbeError> {
        let machine = text("/proc/meminfo").unwrap_or_default();
        Self::parse(&text("/proc/self/status")?, &machine)
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
        })
    }
}

/// Tests of one process share its memory: one at a time.
#[cfg(test)]
pub(crate) static MEASURED: std::sync::Mutex<()> = std::sync::Mutex::new(());

#[cfg(test)]
mod tests {
    use super::{Footprint, MEASURED};

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
        };
        assert_eq!(Footprint::parse(status, machine).unwrap(), want);
        let hidden = Footprint { kernel_stack_bytes: None, slab_bytes: None, ..want };
        assert_eq!(Footprint::parse(status, "").unwrap(), hidden);
        assert!(Footprint::parse("VmRSS:\t 20 kB\n", machine).is_err());
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
