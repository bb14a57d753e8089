//! Platforms, with Rust's and Terraform's names.

/// One platform of a release.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Platform {
    /// Rust's target, such as `x86_64-unknown-linux-gnu`.
    pub target: &'static str,
    /// Terraform's name, such as `linux_amd64`.
    pub name: &'static str,
}

/// The platforms of a release. The Linux programs do not use the system's C library, so that one binary runs on every
/// distribution.
pub const RELEASED: [Platform; 6] = [
    platform("x86_64-unknown-linux-musl", "linux_amd64"),
    platform("aarch64-unknown-linux-musl", "linux_arm64"),
    platform("x86_64-apple-darwin", "darwin_amd64"),
    platform("aarch64-apple-darwin", "darwin_arm64"),
    platform("x86_64-pc-windows-msvc", "windows_amd64"),
    platform("aarch64-pc-windows-msvc", "windows_arm64"),
];

/// Platforms that are only built by people who work on the provider.
const OTHERS: [Platform; 4] = [
    platform("x86_64-unknown-linux-gnu", "linux_amd64"),
    platform("aarch64-unknown-linux-gnu", "linux_arm64"),
    platform("x86_64-pc-windows-gnu", "windows_amd64"),
    platform("x86_64-unknown-freebsd", "freebsd_amd64"),
];

const fn platform(target: &'static str, name: &'static str) -> Platform {
    Platform { target, name }
}

impl Platform {
    /// Returns the platform of a target.
    pub fn of(target: &str) -> Option<Self> {
        let mut known = RELEASED.into_iter().chain(OTHERS);
        known.find(|platform| platform.target == target)
    }

    /// Returns the suffix of program names.
    pub fn exe_suffix(self) -> &'static str {
        if self.name.starts_with("windows") {
            ".exe"
        } else {
            ""
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_target_has_terraforms_name_of_it() {
        let linux = Platform::of("x86_64-unknown-linux-gnu").unwrap();
        assert_eq!((linux.name, linux.exe_suffix()), ("linux_amd64", ""));
        let windows = Platform::of("aarch64-pc-windows-msvc").unwrap();
        assert_eq!(
            (windows.name, windows.exe_suffix()),
            ("windows_arm64", ".exe")
        );
        assert_eq!(Platform::of("wasm32-wasip1"), None);
    }

    #[test]
    fn a_release_has_each_platform_once() {
        let mut names: Vec<&str> = RELEASED.iter().map(|platform| platform.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), RELEASED.len());
    }
}
