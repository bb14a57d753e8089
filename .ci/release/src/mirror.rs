//! A filesystem mirror: a directory in which Terraform finds providers by their address.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use super::platform::Platform;
use super::{SOURCE, archive};

/// The hosts of Terraform's and of OpenTofu's registry, which a source address without a host means.
pub const HOSTS: [&str; 2] = ["registry.terraform.io", "registry.opentofu.org"];

/// The directory in which Terraform and OpenTofu look without being told: `terraform.d/plugins` in the user's data.
pub fn implied() -> Option<PathBuf> {
    let (home, folder) = if cfg!(windows) {
        ("APPDATA", "terraform.d")
    } else {
        ("HOME", ".terraform.d")
    };
    let home = env::var_os(home).filter(|home| !home.is_empty())?;
    Some(PathBuf::from(home).join(folder).join("plugins"))
}

/// Puts the archive of a platform under each of the hosts, and says where.
///
/// # Errors
/// A file cannot be written.
pub fn install(mirror: &Path, platform: Platform, archive: &[u8]) -> io::Result<Vec<PathBuf>> {
    let installed = HOSTS.iter().map(|host| {
        let directory = mirror.join(host).join(SOURCE);
        fs::create_dir_all(&directory)?;
        let path = directory.join(archive::name(platform));
        fs::write(&path, archive)?;
        Ok(path)
    });
    installed.collect()
}
