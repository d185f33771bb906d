//! To disk, whole or not at all.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::Rendered;

/// Writes the files below `run_dir` and returns the path of `report.html`.
///
/// Every file goes to a temporary name in its own directory first; only when
/// all are complete are they renamed, so that a full disk leaves the previous
/// report as it was.
///
/// # Errors
/// With the path; the temporary files are removed.
pub fn write(run_dir: &Path, rendered: &Rendered) -> Result<PathBuf> {
    let mut pending = Pending::default();
    for (name, bytes) in &rendered.files {
        pending.stage(&run_dir.join(name), bytes)?;
    }
    pending.publish()?;
    Ok(run_dir.join("report.html"))
}

/// Files under their temporary name, and the name they will have. Owns what it
/// has not renamed yet and removes it when dropped.
#[derive(Default)]
struct Pending(Vec<(PathBuf, PathBuf)>);

impl Pending {
    fn stage(&mut self, path: &Path, bytes: &[u8]) -> Result<()> {
        let context = || format!("cannot write {}", path.display());
        let directory = path.parent().unwrap_or(Path::new("."));
        let name = path.file_name().with_context(context)?.to_string_lossy();
        fs::create_dir_all(directory).with_context(context)?;
        let temporary = directory.join(format!(".{name}.{}.tmp", std::process::id()));
        self.0.push((temporary.clone(), path.to_path_buf()));
        File::create(&temporary)
            .and_then(|mut file| {
                file.write_all(bytes)?;
                file.sync_all()
            })
            .with_context(context)
    }

    fn publish(&mut self) -> Result<()> {
        while let Some((temporary, path)) = self.0.first() {
            fs::rename(temporary, path)
                .with_context(|| format!("cannot replace {}", path.display()))?;
            self.0.remove(0);
        }
        Ok(())
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        for (temporary, _) in &self.0 {
            let _ = fs::remove_file(temporary);
        }
    }
}
