//! Verifies a release before it is published: archives, manifest, checksums, signature, and bills of materials, all
//! against each other.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};
use std::path::Path;

use zip::ZipArchive;

use super::platform::Platform;
use super::{MANIFEST, archive, checksums, files, hashes, sbom};

/// Verifies these platforms' release in a directory, signed with a GnuPG key. Returns what was verified, one line per
/// file.
///
/// # Errors
/// Returns everything that is wrong, one line per problem.
pub fn release(
    directory: &Path,
    platforms: &[Platform],
    key: &str,
) -> Result<Vec<String>, Vec<String>> {
    let files = match read(directory) {
        Ok(files) => files,
        Err(error) => return Err(vec![error.to_string()]),
    };
    let mut verified = Vec::new();
    let mut faults = Vec::new();
    let mut note = |name: &str, outcome: Result<String, String>| match outcome {
        Ok(what) => verified.push(format!("{name}: {what}")),
        Err(fault) => faults.push(format!("{name}: {fault}")),
    };
    let content = |name: &str| files.get(name).ok_or_else(|| "is missing".to_owned());

    let mut expected = vec![checksums::manifest_name()];
    for platform in platforms {
        let (zip, bill) = (archive::name(*platform), sbom::name(*platform));
        let program = content(&zip).and_then(|packed| program(*platform, packed));
        let digests = content(&zip).ok().zip(program.as_ref().ok());
        let digests =
            digests.map(|(packed, program)| (hashes::sha256(packed), hashes::sha256(program)));
        note(
            &zip,
            program.map(|program| format!("program, {} bytes", program.len())),
        );
        note(
            &bill,
            content(&bill).and_then(|text| described(text, digests)),
        );
        expected.extend([zip, bill]);
    }
    let manifest = checksums::manifest_name();
    note(
        &manifest,
        content(&manifest).and_then(|text| same(text, MANIFEST)),
    );
    expected.sort();
    let sums = checksums::name();
    note(
        &sums,
        content(&sums).and_then(|text| summed_up(text, &expected, &files)),
    );
    let signature = checksums::signature_name();
    note(
        &signature,
        content(&signature).and_then(|_| {
            let signed = checksums::signed_by(&directory.join(&sums), key);
            signed.map_err(|error| error.to_string())
        }),
    );
    // Only verified files may be published.
    for name in files.keys() {
        if !expected.contains(name) && ![&sums, &signature].contains(&name) {
            note(name, Err("does not belong to the release".to_owned()));
        }
    }
    if faults.is_empty() {
        Ok(verified)
    } else {
        Err(faults)
    }
}

/// Returns the files of a directory by name.
fn read(directory: &Path) -> io::Result<BTreeMap<String, Vec<u8>>> {
    let paths = files::archives(directory)?.into_iter();
    let files = paths.map(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Ok((name.into_owned(), files::read(&path)?))
    });
    files.collect()
}

/// Returns the program in an archive that contains nothing else.
fn program(platform: Platform, packed: &[u8]) -> Result<Vec<u8>, String> {
    let name = archive::program_name(platform);
    let unreadable = |error: &dyn std::error::Error| format!("is not an archive: {error}");
    let mut archive = ZipArchive::new(Cursor::new(packed)).map_err(|error| unreadable(&error))?;
    let names: Result<Vec<_>, _> = archive.file_names().collect();
    let names = names.map_err(|error| unreadable(&error))?;
    if names != [name.as_str()] {
        return Err(format!(
            "contains {} instead of only {name}",
            names.join(", ")
        ));
    }
    let mut file = archive.by_index(0).map_err(|error| unreadable(&error))?;
    if file.unix_mode().is_none_or(|mode| mode & 0o111 != 0o111) {
        return Err(format!("{name} is not executable"));
    }
    let mut content = Vec::new();
    let read = file.read_to_end(&mut content);
    read.map_err(|error| unreadable(&error))?;
    Ok(content)
}

/// Compares a bill of materials with the digests of the archive and its program.
fn described(bill: &[u8], digests: Option<(String, String)>) -> Result<String, String> {
    let (archive, program) = sbom::digests(&String::from_utf8_lossy(bill))?;
    match digests {
        None => Err("describes an archive that is missing or broken".to_owned()),
        Some(digests) if digests == (archive, program) => {
            Ok("digests of archive and program".to_owned())
        }
        Some(_) => Err("does not match the digests of the archive and its program".to_owned()),
    }
}

fn same(text: &[u8], expected: &str) -> Result<String, String> {
    if text == expected.as_bytes() {
        Ok("same as in the sources".to_owned())
    } else {
        Err("differs from the manifest in the sources".to_owned())
    }
}

/// Compares the checksums with those of the files.
fn summed_up(
    sums: &[u8],
    names: &[String],
    files: &BTreeMap<String, Vec<u8>>,
) -> Result<String, String> {
    let listed = String::from_utf8_lossy(sums);
    let listed: Vec<&str> = listed.lines().collect();
    for (position, name) in names.iter().enumerate() {
        let Some(content) = files.get(name) else {
            // The missing file has already been reported.
            continue;
        };
        let line = checksums::line(name, content);
        if listed.get(position).copied() != Some(line.trim_end()) {
            return Err(format!(
                "line {} is not the checksum of {name}",
                position + 1
            ));
        }
    }
    if listed.len() > names.len() {
        return Err(format!(
            "has {} lines for {} files",
            listed.len(),
            names.len()
        ));
    }
    Ok(format!("{} checksums", names.len()))
}
