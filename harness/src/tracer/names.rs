//! Names of system calls.
//!
//! Numbers come from the `libc` crate, for the architecture that this is built for: those of
//! calls that programs of this suite make, or are likely to. All others keep their number.

/// Name of a call, `epoll_wait`; `call 333` if it is not in the list.
pub fn name(number: u64) -> String {
    let known = NAMES.iter().chain(OLD).find(|(known, _)| u64::try_from(*known) == Ok(number));
    known.map_or_else(|| format!("call {number}"), |(_, name)| (*name).to_string())
}

type Names = &'static [(libc::c_long, &'static str)];

const NAMES: Names = &[
    (libc::SYS_accept, "accept"),
    (libc::SYS_accept4, "accept4"),
    (libc::SYS_bind, "bind"),
    (libc::SYS_brk, "brk"),
    (libc::SYS_clock_gettime, "clock_gettime"),
    (libc::SYS_clock_nanosleep, "clock_nanosleep"),
    (libc::SYS_clone, "clone"),
    (libc::SYS_clone3, "clone3"),
    (libc::SYS_close, "close"),
    (libc::SYS_connect, "connect"),
    (libc::SYS_copy_file_range, "copy_file_range"),
    (libc::SYS_dup, "dup"),
    (libc::SYS_epoll_create1, "epoll_create1"),
    (libc::SYS_epoll_ctl, "epoll_ctl"),
    (libc::SYS_epoll_pwait, "epoll_pwait"),
    (libc::SYS_epoll_pwait2, "epoll_pwait2"),
    (libc::SYS_eventfd2, "eventfd2"),
    (libc::SYS_execve, "execve"),
    (libc::SYS_exit, "exit"),
    (libc::SYS_exit_group, "exit_group"),
    (libc::SYS_fadvise64, "fadvise64"),
    (libc::SYS_fcntl, "fcntl"),
    (libc::SYS_fdatasync, "fdatasync"),
    (libc::SYS_flock, "flock"),
    (libc::SYS_fstat, "fstat"),
    (libc::SYS_fsync, "fsync"),
    (libc::SYS_ftruncate, "ftruncate"),
    (libc::SYS_futex, "futex"),
    (libc::SYS_getcpu, "getcpu"),
    (libc::SYS_getdents64, "getdents64"),
    (libc::SYS_getpeername, "getpeername"),
    (libc::SYS_getpid, "getpid"),
    (libc::SYS_getppid, "getppid"),
    (libc::SYS_getrandom, "getrandom"),
    (libc::SYS_getrusage, "getrusage"),
    (libc::SYS_getsockname, "getsockname"),
    (libc::SYS_getsockopt, "getsockopt"),
    (libc::SYS_gettid, "gettid"),
    (libc::SYS_io_uring_enter, "io_uring_enter"),
    (libc::SYS_io_uring_setup, "io_uring_setup"),
    (libc::SYS_ioctl, "ioctl"),
    (libc::SYS_kill, "kill"),
    (libc::SYS_listen, "listen"),
    (libc::SYS_lseek, "lseek"),
    (libc::SYS_madvise, "madvise"),
    (libc::SYS_membarrier, "membarrier"),
    (libc::SYS_mmap, "mmap"),
    (libc::SYS_mprotect, "mprotect"),
    (libc::SYS_mremap, "mremap"),
    (libc::SYS_munmap, "munmap"),
    (libc::SYS_nanosleep, "nanosleep"),
    (libc::SYS_newfstatat, "newfstatat"),
    (libc::SYS_openat, "openat"),
    (libc::SYS_pipe2, "pipe2"),
    (libc::SYS_ppoll, "ppoll"),
    (libc::SYS_prctl, "prctl"),
    (libc::SYS_pread64, "pread64"),
    (libc::SYS_prlimit64, "prlimit64"),
    (libc::SYS_pselect6, "pselect6"),
    (libc::SYS_pwrite64, "pwrite64"),
    (libc::SYS_pwritev, "pwritev"),
    (libc::SYS_read, "read"),
    (libc::SYS_readv, "readv"),
    (libc::SYS_recvfrom, "recvfrom"),
    (libc::SYS_recvmsg, "recvmsg"),
    (libc::SYS_restart_syscall, "restart_syscall"),
    (libc::SYS_rseq, "rseq"),
    (libc::SYS_rt_sigaction, "rt_sigaction"),
    (libc::SYS_rt_sigprocmask, "rt_sigprocmask"),
    (libc::SYS_rt_sigreturn, "rt_sigreturn"),
    (libc::SYS_sched_getaffinity, "sched_getaffinity"),
    (libc::SYS_sched_setaffinity, "sched_setaffinity"),
    (libc::SYS_sched_yield, "sched_yield"),
    (libc::SYS_sendfile, "sendfile"),
    (libc::SYS_sendmsg, "sendmsg"),
    (libc::SYS_sendto, "sendto"),
    (libc::SYS_set_robust_list, "set_robust_list"),
    (libc::SYS_set_tid_address, "set_tid_address"),
    (libc::SYS_setsockopt, "setsockopt"),
    (libc::SYS_shutdown, "shutdown"),
    (libc::SYS_sigaltstack, "sigaltstack"),
    (libc::SYS_socket, "socket"),
    (libc::SYS_socketpair, "socketpair"),
    (libc::SYS_splice, "splice"),
    (libc::SYS_statx, "statx"),
    (libc::SYS_tgkill, "tgkill"),
    (libc::SYS_timerfd_create, "timerfd_create"),
    (libc::SYS_timerfd_settime, "timerfd_settime"),
    (libc::SYS_uname, "uname"),
    (libc::SYS_unlinkat, "unlinkat"),
    (libc::SYS_wait4, "wait4"),
    (libc::SYS_write, "write"),
    (libc::SYS_writev, "writev"),
];

/// Calls that younger architectures do without.
#[cfg(target_arch = "x86_64")]
const OLD: Names = &[
    (libc::SYS_access, "access"),
    (libc::SYS_arch_prctl, "arch_prctl"),
    (libc::SYS_dup2, "dup2"),
    (libc::SYS_epoll_create, "epoll_create"),
    (libc::SYS_epoll_wait, "epoll_wait"),
    (libc::SYS_eventfd, "eventfd"),
    (libc::SYS_fork, "fork"),
    (libc::SYS_lstat, "lstat"),
    (libc::SYS_open, "open"),
    (libc::SYS_pipe, "pipe"),
    (libc::SYS_poll, "poll"),
    (libc::SYS_readlink, "readlink"),
    (libc::SYS_select, "select"),
    (libc::SYS_stat, "stat"),
    (libc::SYS_time, "time"),
    (libc::SYS_unlink, "unlink"),
    (libc::SYS_vfork, "vfork"),
];

#[cfg(not(target_arch = "x86_64"))]
const OLD: Names = &[];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{NAMES, OLD, name};

    #[test]
    fn numbers_and_names_are_unique_and_what_is_unknown_keeps_its_number() {
        let all: Vec<_> = NAMES.iter().chain(OLD).collect();
        let numbers: BTreeSet<_> = all.iter().map(|(number, _)| number).collect();
        let names: BTreeSet<_> = all.iter().map(|(_, name)| name).collect();
        assert_eq!((numbers.len(), names.len()), (all.len(), all.len()));
        assert_eq!(name(libc::SYS_futex as u64), "futex");
        assert_eq!(name(9999), "call 9999");
        assert_eq!(name(u64::MAX), "call 18446744073709551615");
    }
}
