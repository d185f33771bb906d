//! How much CPU time the cgroups of this process allow it.
//!
//! The least quota from the process's own group up to the root counts, because
//! each of them stops the process when it is used up. What lies above a
//! container's own root cannot be seen from inside.

use std::fmt;
use std::path::{Component, Path, PathBuf};

use super::topology::Read;

/// CPU time in every period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quota {
    us: u64,
    period_us: u64,
}

impl Quota {
    /// None for a period that is none.
    pub(crate) fn new(us: u64, period_us: u64) -> Option<Self> {
        (period_us > 0).then_some(Self { us, period_us })
    }

    /// CPUs that can always be busy without using it up.
    pub(crate) fn whole_cpus(self) -> usize {
        usize::try_from(self.us / self.period_us).unwrap_or(usize::MAX)
    }

    /// CPUs that it pays for.
    pub(crate) fn cpus(self) -> f64 {
        self.us as f64 / self.period_us as f64
    }
}

/// In CPUs, with two decimals at most: `1.5`.
impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", (self.cpus() * 100.0).round() / 100.0)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

/// A line of `/proc/self/cgroup` about CPU time.
struct Group<'a> {
    version: Version,
    path: &'a str,
}

/// A line of `/proc/self/mountinfo` about CPU time: which group is seen where.
struct Mount<'a> {
    version: Version,
    root: &'a str,
    point: &'a str,
}

/// The least quota that binds this process; none if none does, or none can be
/// read.
pub(crate) fn least(read: Read<'_>) -> Option<Quota> {
    let (groups, mounts) = (read("/proc/self/cgroup")?, read("/proc/self/mountinfo")?);
    let mounts: Vec<Mount<'_>> = mounts.lines().filter_map(mount).collect();
    let quotas = groups.lines().filter_map(group).flat_map(|group| {
        let above = directories(&group, &mounts).into_iter();
        above.filter_map(move |directory| quota(group.version, &directory, read))
    });
    quotas.min_by(|a, b| a.cpus().total_cmp(&b.cpus()))
}

/// `0::/user.slice` is version two, `3:cpu,cpuacct:/docker/a` version one.
fn group(line: &str) -> Option<Group<'_>> {
    let mut fields = line.splitn(3, ':').skip(1);
    let (controllers, path) = (fields.next()?, fields.next()?);
    let version = match controllers {
        "" => Version::Two,
        controllers if has_cpu(controllers) => Version::One,
        _ => return None,
    };
    Some(Group { version, path })
}

/// `32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu`, see
/// proc_pid_mountinfo(5).
fn mount(line: &str) -> Option<Mount<'_>> {
    let (place, kind) = line.split_once(" - ")?;
    let mut place = place.split(' ').skip(3);
    let mut kind = kind.split(' ');
    let version = match kind.next()? {
        "cgroup2" => Version::Two,
        "cgroup" if has_cpu(kind.nth(1)?) => Version::One,
        _ => return None,
    };
    Some(Mount { version, root: place.next()?, point: place.next()? })
}

fn has_cpu(names: &str) -> bool {
    names.split(',').any(|name| name == "cpu")
}

/// The directories of a group and of all above it that can be seen. Where no
/// mount shows the group itself, as in a container that sees the host's paths,
/// what is mounted is the nearest there is.
fn directories(group: &Group<'_>, mounts: &[Mount<'_>]) -> Vec<PathBuf> {
    let mounts: Vec<_> = mounts.iter().filter(|mount| mount.version == group.version).collect();
    let seen = mounts.iter().filter_map(|mount| {
        let below = Path::new(group.path).strip_prefix(mount.root).ok()?;
        let outside = below.components().any(|part| part == Component::ParentDir);
        (!outside).then(|| (mount.point, Path::new(mount.point).join(below)))
    });
    let seen: Vec<PathBuf> = seen
        .flat_map(|(point, own)| {
            let up = own.ancestors().take_while(|directory| directory.starts_with(point));
            up.map(Path::to_path_buf).collect::<Vec<_>>()
        })
        .collect();
    match seen.is_empty() {
        true => mounts.iter().map(|mount| PathBuf::from(mount.point)).collect(),
        false => seen,
    }
}

fn quota(version: Version, directory: &Path, read: Read<'_>) -> Option<Quota> {
    let text = |name: &str| read(directory.join(name).to_str()?);
    match version {
        Version::One => parse(&text("cpu.cfs_quota_us")?, &text("cpu.cfs_period_us")?),
        Version::Two => {
            let text = text("cpu.max")?;
            let (quota, period) = text.trim().split_once(' ')?;
            parse(quota, period)
        }
    }
}

/// `max` and `-1` are no quota, and neither is what is no number.
fn parse(quota: &str, period: &str) -> Option<Quota> {
    Quota::new(quota.trim().parse().ok()?, period.trim().parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::{Quota, least};

    const V2: &str = "30 23 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
    const V1: &str = "33 25 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n\
                      34 25 0:30 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n";

    /// Quota as shown, of a machine with these files.
    fn check(groups: &str, mounts: &str, files: &[(&str, &str)], want: Option<&str>) {
        let read = |path: &str| match path {
            "/proc/self/cgroup" => Some(groups.to_string()),
            "/proc/self/mountinfo" => Some(mounts.to_string()),
            path => files.iter().find(|(name, _)| *name == path).map(|(_, text)| text.to_string()),
        };
        let found = least(&read).map(|quota| quota.to_string());
        assert_eq!(found.as_deref(), want, "{groups} {files:?}");
    }

    #[test]
    fn the_least_quota_up_to_the_root_counts() {
        let own = "/sys/fs/cgroup/a/b/cpu.max";
        let above = "/sys/fs/cgroup/a/cpu.max";
        check("0::/a/b\n", V2, &[(own, "150000 100000\n")], Some("1.5"));
        check("0::/a/b\n", V2, &[(own, "max 100000\n")], None);
        check("0::/a/b\n", V2, &[(own, "max 100000\n"), (above, "50000 100000\n")], Some("0.5"));
        check("0::/a/b\n", V2, &[(own, "30000 10000"), (above, "400000 100000")], Some("3"));
        check("0::/a/b\n", V2, &[(own, "30000 10000"), (above, "200000 100000")], Some("2"));
        // In a container with a namespace of its own, the root is its group.
        check("0::/\n", V2, &[("/sys/fs/cgroup/cpu.max", "100000 300000\n")], Some("0.33"));
    }

    #[test]
    fn version_one_where_the_controller_is_there() {
        let groups = "12:cpuset:/\n4:cpu,cpuacct:/docker/a:b\n0::/\n";
        let quota = "/sys/fs/cgroup/cpu,cpuacct/docker/a:b/cpu.cfs_quota_us";
        let period = "/sys/fs/cgroup/cpu,cpuacct/docker/a:b/cpu.cfs_period_us";
        check(groups, V1, &[(quota, "250000\n"), (period, "100000\n")], Some("2.5"));
        check(groups, V1, &[(quota, "-1\n"), (period, "100000\n")], None);
        check(groups, V1, &[(quota, "250000\n")], None);
    }

    #[test]
    fn a_container_that_sees_the_paths_of_its_host() {
        let file = ("/sys/fs/cgroup/cpu.max", "200000 100000\n");
        let same = "30 23 0:26 /docker/a /sys/fs/cgroup ro - cgroup2 cgroup rw\n";
        check("0::/docker/a\n", same, &[file], Some("2"));
        let other = "30 23 0:26 /../.. /sys/fs/cgroup ro - cgroup2 cgroup rw\n";
        check("0::/\n", other, &[file], Some("2"));
        check("0::/../b\n", V2, &[file], Some("2"));
        // Another group that happens to be mounted says nothing of this one.
        let mounts = format!("40 23 0:26 /docker/a /mnt rw - cgroup2 cgroup rw\n{V2}");
        check("0::/b\n", &mounts, &[("/mnt/cpu.max", "100000 100000\n"), file], Some("2"));
    }

    #[test]
    fn odd_files_are_no_quota_and_no_panic() {
        for text in ["", "\n", "max", "1", "1 0", "-5 100", "1 2 3", " ", "x y", "9e9 1"] {
            check("0::/\n", V2, &[("/sys/fs/cgroup/cpu.max", text)], None);
        }
        let file = ("/sys/fs/cgroup/cpu.max", "100000 100000");
        for groups in ["", "0", "0:", "::", "0:cpu", "x:y:z", "\n\n"] {
            check(groups, V1, &[file], None);
        }
        for mounts in ["", " - ", "a - cgroup2", "1 2 3 - cgroup2 x y", "1 2 3 / - cgroup x"] {
            check("0::/\n", mounts, &[file], None);
        }
        assert_eq!(least(&|_| None), None);
    }

    #[test]
    fn whole_cpus_are_rounded_down() {
        let whole = |us, period| Quota::new(us, period).map(Quota::whole_cpus);
        assert_eq!(whole(150_000, 100_000), Some(1));
        assert_eq!(whole(99_999, 100_000), Some(0));
        assert_eq!(whole(400_000, 100_000), Some(4));
        assert_eq!(whole(1, 0), None);
    }
}
