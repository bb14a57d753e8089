//! The archive for one platform. Its bytes depend only on the program.

use std::io::{Cursor, Write};

use zip::result::ZipResult;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipWriter};

use super::platform::Platform;
use super::{PROGRAM, VERSION, prefix};

/// The file permissions of a program.
const EXECUTABLE: u32 = 0o755;

/// Returns the archive's name: `terraform-provider-harness_0.1.0_linux_amd64.zip`
pub fn name(platform: Platform) -> String {
    format!("{}_{}.zip", prefix(), platform.name)
}

/// Returns the name of the program that Terraform runs: `terraform-provider-harness_v0.1.0`, on Windows with `.exe`.
pub fn program_name(platform: Platform) -> String {
    format!("{PROGRAM}_v{VERSION}{}", platform.exe_suffix())
}

/// Returns an archive that contains only the program.
///
/// # Errors
/// Returns an error if the program does not fit in an archive.
pub fn bytes(platform: Platform, program: &[u8]) -> ZipResult<Vec<u8>> {
    let options = SimpleFileOptions::DEFAULT
        .compression_method(CompressionMethod::Deflated)
        // The earliest time that the format allows, because the build time must not affect the bytes.
        .last_modified_time(DateTime::DEFAULT)
        // On Windows, the default would be another system, without the permission to execute the program.
        .system(System::Unix)
        .unix_permissions(EXECUTABLE);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file(program_name(platform), options)?;
    archive.write_all(program)?;
    Ok(archive.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    const LINUX: &str = "x86_64-unknown-linux-gnu";

    #[test]
    fn the_same_program_gives_the_same_bytes() {
        let platform = Platform::of(LINUX).unwrap();
        let program = vec![7; 100_000];
        let first = bytes(platform, &program).unwrap();
        assert_eq!(first, bytes(platform, &program).unwrap());
        assert!(first.len() < program.len());
    }

    #[test]
    fn an_archive_holds_one_program_that_may_be_run() {
        for (target, program) in [
            (LINUX, format!("terraform-provider-harness_v{VERSION}")),
            (
                "x86_64-pc-windows-msvc",
                format!("terraform-provider-harness_v{VERSION}.exe"),
            ),
        ] {
            let archive = bytes(Platform::of(target).unwrap(), b"\x7fELF").unwrap();
            let mut archive = zip::ZipArchive::new(Cursor::new(archive)).unwrap();
            assert_eq!(archive.len(), 1);
            let mut file = archive.by_index(0).unwrap();
            assert_eq!(file.name().unwrap(), program);
            assert_eq!(file.unix_mode().map(|mode| mode & 0o777), Some(0o755));
            let mut content = Vec::new();
            file.read_to_end(&mut content).unwrap();
            assert_eq!(content, b"\x7fELF");
        }
    }
}
