//! The two hashes by which Terraform identifies an archive: `zh:` of its bytes, and `h1:` of its contents.
//!
//! A lock file contains both: `zh:` for the archives that a registry or a network mirror lists, `h1:` for what is
//! installed. Source: Terraform's "Dependency Lock File", and `dirhash.Hash1` of Go's `golang.org/x/mod`.

use std::fmt::Write as _;
use std::io::{Cursor, Read};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use zip::ZipArchive;
use zip::result::ZipResult;

/// Returns the SHA-256 of some bytes, in hexadecimal.
pub fn sha256(content: &[u8]) -> String {
    let mut digits = String::new();
    for byte in Sha256::digest(content) {
        // Writing to a `String` cannot fail.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

/// Returns the hash of an archive's bytes, such as `zh:ba7816bf…`.
pub fn zh(archive: &[u8]) -> String {
    format!("zh:{}", sha256(archive))
}

/// Returns the hash of an archive's files and their names, such as `h1:47DEQpj8…=`. Repacking the files does not change
/// it.
///
/// # Errors
/// Returns an error if the bytes are not an archive.
pub fn h1(archive: &[u8]) -> ZipResult<String> {
    let mut archive = ZipArchive::new(Cursor::new(archive))?;
    let mut lines = Vec::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index)?;
        let mut content = Vec::new();
        file.read_to_end(&mut content)?;
        lines.push((file.name()?.into_owned(), sha256(&content)));
    }
    lines.sort();
    let mut hash = Sha256::new();
    for (name, digest) in lines {
        hash.update(format!("{digest}  {name}\n"));
    }
    Ok(format!("h1:{}", STANDARD.encode(hash.finalize())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive;
    use crate::platform::Platform;

    #[test]
    fn the_hashes_are_those_of_other_programs() {
        // The digest of "abc" in the standard, FIPS 180-2.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(zh(b"abc"), format!("zh:{abc}"));
        // printf '%s  %s\n' "$(printf abc | sha256sum | cut -d' ' -f1)" NAME | openssl dgst -sha256 -binary | base64
        let platform = Platform::of("x86_64-unknown-linux-musl").unwrap();
        let name = archive::program_name(platform);
        let expected = STANDARD.encode(Sha256::digest(format!("{abc}  {name}\n")));
        let packed = archive::bytes(platform, b"abc").unwrap();
        assert_eq!(h1(&packed).unwrap(), format!("h1:{expected}"));
        assert!(h1(b"abc").is_err());
    }
}
