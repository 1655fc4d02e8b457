//! What the kernel refuses a worker from then on: files, the network, other processes. On top of the limits in
//! `sandbox.rs`, and only where the kernel has the means; what it has not is told to the server.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetError, RulesetStatus, Scope, path_beneath_rules,
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch, apply_filter,
};

use crate::protocol::Confinement;

/// The newest rules we know of; an older kernel applies those that it knows.
const RULES: ABI = ABI::V6;

/// Takes everything from a reader but its memory, its pipes and its threads. There is no way back. Threads that
/// run already are not confined: call it before there are any.
///
/// # Errors
/// When the kernel has the means and they were not applied: then nothing of a stranger's may be read.
pub(crate) fn confine_reader() -> io::Result<Confinement> {
    confine(&[], &reader_filters())
}

/// Leaves a program that is about to be run its own libraries and data to read and to execute, and no network and
/// no further processes.
///
/// # Errors
/// As for [`confine_reader`].
pub(crate) fn confine_tool(readable: &[PathBuf]) -> io::Result<Confinement> {
    confine(readable, &tool_filters())
}

fn confine(readable: &[PathBuf], filters: &[Option<BpfProgram>]) -> io::Result<Confinement> {
    // Asked before files are out of reach.
    let has_seccomp = kernel_has_seccomp();
    Ok(Confinement { landlock: no_files_but(readable)?, seccomp: apply(filters, has_seccomp)? })
}

/// Whether the kernel enforces it, at least as far as it knows the rules. False only where it knows none.
fn no_files_but(readable: &[PathBuf]) -> io::Result<bool> {
    let restrict = || -> Result<RulesetStatus, RulesetError> {
        let ruleset = Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(RULES))?
            .handle_access(AccessNet::from_all(RULES))?
            .scope(Scope::from_all(RULES))?
            .create()?
            .add_rules(path_beneath_rules(readable, AccessFs::from_read(RULES)))?;
        Ok(ruleset.restrict_self()?.ruleset)
    };
    restrict().map(|status| status != RulesetStatus::NotEnforced).map_err(io::Error::other)
}

/// Whether the filters hold. False only where the kernel does not say that it has any.
fn apply(filters: &[Option<BpfProgram>], kernel_has_them: bool) -> io::Result<bool> {
    match filters.iter().all(|filter| filter.as_ref().is_some_and(|filter| apply_filter(filter).is_ok())) {
        true => Ok(true),
        false if kernel_has_them => Err(io::Error::other("the kernel did not take the filters")),
        false => Ok(false),
    }
}

fn kernel_has_seccomp() -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| status.contains("\nSeccomp:"))
}

/// A reader may do what is named here; all else is refused with EPERM.
fn reader_filters() -> Vec<Option<BpfProgram>> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        READER_CALLS.iter().map(|call| (*call, Vec::new())).collect();
    let Some(threads_only) = clone_flags(CLONE_THREAD, CLONE_THREAD) else { return vec![None] };
    rules.insert(libc::SYS_clone, vec![threads_only]);
    // Its own limits: pid 0. Others' are none of its business.
    let Some(own) = argument(0, SeccompCmpOp::Eq, 0) else { return vec![None] };
    rules.insert(libc::SYS_prlimit64, vec![own]);
    let allowed = filter(rules, SeccompAction::Errno(libc::EPERM as u32), SeccompAction::Allow);
    vec![unknown_clone3(), allowed]
}

/// A tool may do all but what is named here.
fn tool_filters() -> Vec<Option<BpfProgram>> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        REFUSED_CALLS.iter().map(|call| (*call, Vec::new())).collect();
    let Some(no_thread) = clone_flags(CLONE_THREAD, 0) else { return vec![None] };
    rules.insert(libc::SYS_clone, vec![no_thread]);
    vec![unknown_clone3(), filter(rules, SeccompAction::Allow, SeccompAction::Errno(libc::EPERM as u32))]
}

const CLONE_THREAD: u64 = libc::CLONE_THREAD as u64;

/// `clone3` hides its flags from filters. Libraries fall back to `clone` when it is unknown.
fn unknown_clone3() -> Option<BpfProgram> {
    let rules = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    filter(rules, SeccompAction::Allow, SeccompAction::Errno(libc::ENOSYS as u32))
}

fn clone_flags(mask: u64, value: u64) -> Option<SeccompRule> {
    argument(0, SeccompCmpOp::MaskedEq(mask), value)
}

fn argument(index: u8, operator: SeccompCmpOp, value: u64) -> Option<SeccompRule> {
    let condition = SeccompCondition::new(index, SeccompCmpArgLen::Dword, operator, value).ok()?;
    SeccompRule::new(vec![condition]).ok()
}

fn filter(
    rules: BTreeMap<i64, Vec<SeccompRule>>,
    otherwise: SeccompAction,
    matched: SeccompAction,
) -> Option<BpfProgram> {
    let arch = TargetArch::try_from(std::env::consts::ARCH).ok()?;
    SeccompFilter::new(rules, otherwise, matched, arch).ok()?.try_into().ok()
}

/// Memory, threads, time, signals to itself, and reading and writing what is open. No call that opens anything.
const READER_CALLS: &[i64] = &[
    libc::SYS_brk,
    libc::SYS_clock_getres,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_clone3,
    libc::SYS_close,
    libc::SYS_dup,
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_eventfd2,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_fcntl,
    libc::SYS_fstat,
    libc::SYS_futex,
    libc::SYS_get_robust_list,
    libc::SYS_getpid,
    libc::SYS_getrandom,
    libc::SYS_getrusage,
    libc::SYS_gettid,
    libc::SYS_gettimeofday,
    libc::SYS_lseek,
    libc::SYS_madvise,
    libc::SYS_membarrier,
    libc::SYS_mmap,
    libc::SYS_mprotect,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_nanosleep,
    libc::SYS_ppoll,
    libc::SYS_prctl,
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_restart_syscall,
    libc::SYS_rseq,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_yield,
    libc::SYS_set_robust_list,
    libc::SYS_setrlimit,
    libc::SYS_sigaltstack,
    libc::SYS_sysinfo,
    libc::SYS_tgkill,
    libc::SYS_uname,
    libc::SYS_write,
    libc::SYS_writev,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_epoll_wait,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_getrlimit,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
    // Needed by filters and rules that are laid on top of these.
    libc::SYS_seccomp,
];

/// The network, other processes, and what only breaks out of a box. A tool still has to execute itself; Landlock
/// keeps it to programs of the system, and none can be started beside it.
const REFUSED_CALLS: &[i64] = &[
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_add_key,
    libc::SYS_bind,
    libc::SYS_bpf,
    libc::SYS_chroot,
    libc::SYS_connect,
    libc::SYS_finit_module,
    libc::SYS_init_module,
    libc::SYS_io_uring_setup,
    libc::SYS_kexec_load,
    libc::SYS_keyctl,
    libc::SYS_listen,
    libc::SYS_mount,
    libc::SYS_move_mount,
    libc::SYS_open_by_handle_at,
    libc::SYS_open_tree,
    libc::SYS_perf_event_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_send_signal,
    libc::SYS_pivot_root,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_ptrace,
    libc::SYS_reboot,
    libc::SYS_request_key,
    libc::SYS_setns,
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_swapon,
    libc::SYS_umount2,
    libc::SYS_unshare,
    libc::SYS_userfaultfd,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_fork,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_vfork,
];

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::net::{TcpListener, UdpSocket};
    use std::process::Command;

    use super::*;

    const CASE: &str = "GANGWAY_TEST_CONFINED";

    /// Runs this test program again, confined as the case says, and returns what it was refused.
    fn confined(case: &str) -> Vec<String> {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "worker::confine::tests::the_confined_side", "--nocapture"])
            .env(CASE, case)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        said.lines().filter_map(|line| line.strip_prefix("told ")).map(str::to_owned).collect()
    }

    /// What a confined process is asked to try: the deed, then the error it got, if any.
    #[test]
    fn the_confined_side() {
        let Ok(case) = std::env::var(CASE) else { return };
        let holds = match case.as_str() {
            "reader" => {
                confine_reader().is_ok_and(|held| held == Confinement { landlock: true, seccomp: true })
            }
            "landlock" => no_files_but(&[PathBuf::from("/usr")]).is_ok_and(|holds| holds),
            "tool" => apply(&tool_filters(), true).is_ok_and(|holds| holds),
            // A process has room for so many layers of rules; the next ones are refused.
            "refused" => (0..32).any(|_| confine_tool(&[]).is_err()) && confine_reader().is_err(),
            _ => false,
        };
        let told = |deed: &str, outcome: Option<io::Error>| {
            let error =
                outcome.map_or("done".to_owned(), |error| error.raw_os_error().unwrap_or(-1).to_string());
            println!("\ntold {deed} {error}");
        };
        println!("\ntold holds {holds}");
        told("open", File::open("/etc/passwd").err());
        told("open-usr", File::open("/usr/bin/env").err());
        told("write", File::create(std::env::temp_dir().join("gangway-confined")).err());
        told("listen", TcpListener::bind("127.0.0.1:0").err());
        told("udp", UdpSocket::bind("127.0.0.1:0").err());
        told("run", Command::new("/bin/true").status().err());
        let thread = std::thread::Builder::new().spawn(|| vec![1_u8; 10 << 20].len());
        told("thread", thread.map(std::thread::JoinHandle::join).err());
    }

    const EPERM: &str = "1";
    const EACCES: &str = "13";

    fn expect(case: &str, wanted: &[(&str, &str)]) {
        let told = confined(case);
        assert_eq!(
            told.first().map(String::as_str),
            Some("holds true"),
            "{case}: this kernel lacks the means: {told:?}"
        );
        for (deed, outcome) in wanted {
            assert!(
                told.contains(&format!("{deed} {outcome}")),
                "{case}: {deed} should end with {outcome}: {told:?}"
            );
        }
    }

    #[test]
    fn a_reader_opens_nothing_reaches_nobody_and_starts_nothing() {
        expect(
            "reader",
            &[
                ("open", EPERM),
                ("open-usr", EPERM),
                ("write", EPERM),
                ("listen", EPERM),
                ("udp", EPERM),
                ("run", EPERM),
                ("thread", "done"),
            ],
        );
    }

    #[test]
    fn what_the_kernel_has_and_does_not_apply_is_an_error() {
        expect("refused", &[]);
    }

    #[test]
    fn landlock_alone_leaves_only_what_is_named() {
        expect("landlock", &[("open", EACCES), ("open-usr", "done"), ("write", EACCES), ("listen", EACCES)]);
    }

    #[test]
    fn a_tool_reads_files_but_reaches_nobody_and_starts_nothing() {
        expect(
            "tool",
            &[("open", "done"), ("listen", EPERM), ("udp", EPERM), ("run", EPERM), ("thread", "done")],
        );
    }
}
