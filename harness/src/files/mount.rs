//! What a directory lies on.

use std::fs;
use std::path::Path;

/// A mounted file system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mount {
    /// Its type, `ext4`.
    pub(super) file_system: String,
    /// What it is on, `/dev/vda1`; for some its type again.
    pub(super) device: String,
}

/// That of a directory; `unknown` where the kernel does not tell.
pub(super) fn of(directory: &Path) -> Mount {
    let table = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let path = fs::canonicalize(directory).unwrap_or_else(|_| directory.to_path_buf());
    let unknown = || "unknown".to_string();
    find(&table, &path).unwrap_or_else(|| Mount { file_system: unknown(), device: unknown() })
}

/// The innermost mount that holds a path; of two in one place the later one, which
/// covers the other.
///
/// Source: proc_pid_mountinfo(5): the mount point is the fifth word; type and device
/// follow the word `-`.
fn find(table: &str, path: &Path) -> Option<Mount> {
    let mounts = table.lines().filter_map(|line| {
        let (place, what) = line.split_once(" - ")?;
        let place = unescaped(place.split(' ').nth(4)?);
        let mut words = what.split(' ');
        let (file_system, device) = (words.next()?.to_string(), unescaped(words.next()?));
        let depth = Path::new(&place).components().count();
        path.starts_with(&place).then_some((depth, Mount { file_system, device }))
    });
    mounts.max_by_key(|(depth, _)| *depth).map(|(_, mount)| mount)
}

/// Blanks in names are written in octal, as `\040`.
fn unescaped(word: &str) -> String {
    let mut text = word.to_string();
    for (octal, letter) in [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")] {
        text = text.replace(octal, letter);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::find;

    const TABLE: &str = "\
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,discard
29 27 0:26 / /tmp rw - ext4 /dev/vdb rw
30 29 0:27 / /tmp rw,relatime - tmpfs tmpfs rw,size=1k
31 27 0:28 / /with\\040blank rw master:2 - btrfs /dev/mapper/a\\040b rw
";

    #[test]
    fn the_innermost_and_the_last_mount_counts() {
        let check = |path: &str, want: (&str, &str)| {
            let mount = find(TABLE, Path::new(path)).unwrap();
            assert_eq!((mount.file_system.as_str(), mount.device.as_str()), want, "{path}");
        };
        check("/", ("ext4", "/dev/vda1"));
        check("/home/me", ("ext4", "/dev/vda1"));
        check("/tmpfs", ("ext4", "/dev/vda1"));
        check("/tmp/below", ("tmpfs", "tmpfs"));
        check("/with blank/below", ("btrfs", "/dev/mapper/a b"));
        assert_eq!(find("", Path::new("/")), None);
        assert_eq!(find("nonsense\n1 2 3 - x\n", Path::new("/")), None);
    }
}
