//! How a person runs this program: the command in diagnostics about the access to Harness.
//!
//! `terraform init` installs the program deep below the working directory, where its name alone does not find it. The
//! command is relative if Terraform and the shell are in the same directory, otherwise absolute, and quoted for the
//! shell.

use std::path::Path;
use std::sync::OnceLock;

/// The program's name if its path cannot be used.
const NAME: &str = "terraform-provider-harness";

/// Returns the command line of `doctor`, such as `.terraform/providers/…/terraform-provider-harness_v0.1.0 doctor`.
pub(crate) fn doctor() -> &'static str {
    static COMMAND: OnceLock<String> = OnceLock::new();
    COMMAND.get_or_init(|| {
        let program = std::env::current_exe().ok();
        // After an upgrade in the middle of a run, the path does not exist.
        let program = program.filter(|program| program.is_file());
        let directory = std::env::current_dir().ok();
        let shell = std::env::var_os("PWD");
        let shell = shell.as_deref().map(Path::new);
        let directory = directory.filter(|directory| is_seen_from(directory, shell));
        let shell = if cfg!(windows) {
            Shell::Windows
        } else {
            Shell::Posix
        };
        command(program.as_deref(), directory.as_deref(), shell)
    })
}

/// Returns whether a relative path also works in the shell: `terraform -chdir=…` does not change the shell's directory.
fn is_seen_from(directory: &Path, shell: Option<&Path>) -> bool {
    shell.is_none_or(|shell| {
        shell == directory || shell.canonicalize().is_ok_and(|shell| shell == directory)
    })
}

/// The shell for which a command is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Shell {
    Posix,
    Windows,
}

/// Returns the command line for `program`, relative to `directory` if the program is below it.
fn command(program: Option<&Path>, directory: Option<&Path>, shell: Shell) -> String {
    let path = program.and_then(|program| {
        let below = directory.and_then(|directory| program.strip_prefix(directory).ok());
        match below {
            Some(below) => {
                let below = below.to_str()?;
                // The shell would look for a bare name on the PATH.
                Some(match shell {
                    Shell::Posix if !below.contains('/') => format!("./{below}"),
                    Shell::Windows if !below.contains(['/', '\\']) => format!(r".\{below}"),
                    Shell::Posix | Shell::Windows => below.to_owned(),
                })
            }
            None => Some(program.to_str()?.to_owned()),
        }
    });
    let path = path.filter(|path| !path.chars().any(char::is_control));
    let path = path.as_deref().unwrap_or(NAME);
    format!("{} doctor", quoted(path, shell))
}

/// Returns the path as one word of a command line.
fn quoted(path: &str, shell: Shell) -> String {
    let is_plain = |c: char| {
        c.is_alphanumeric()
            || matches!(c, '.' | '_' | '-' | '/' | '+' | ':' | '@' | ',')
            || (c == '\\' && shell == Shell::Windows)
    };
    if path.chars().all(is_plain) {
        return path.to_owned();
    }
    match shell {
        Shell::Posix => format!("'{}'", path.replace('\'', r"'\''")),
        // File names cannot contain quotation marks on Windows.
        Shell::Windows => format!("\"{path}\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INSTALLED: &str = ".terraform/providers/registry.terraform.io/harness-rs/harness/0.1.0/linux_amd64/\
                             terraform-provider-harness_v0.1.0";

    #[test]
    fn the_command_is_relative_below_the_working_directory_and_quoted() {
        for (program, directory, command_line) in [
            (
                format!("/home/jane/infra/{INSTALLED}"),
                Some("/home/jane/infra"),
                format!("{INSTALLED} doctor"),
            ),
            (
                format!("/home/jane/infra/{INSTALLED}"),
                Some("/home/jane/inf"),
                format!("/home/jane/infra/{INSTALLED} doctor"),
            ),
            (
                "/home/jane/infra/p".to_owned(),
                None,
                "/home/jane/infra/p doctor".to_owned(),
            ),
            ("/srv/p".to_owned(), Some("/srv"), "./p doctor".to_owned()),
            (
                "/home/jane doe/it's/$x/p".to_owned(),
                Some("/srv"),
                r"'/home/jane doe/it'\''s/$x/p' doctor".to_owned(),
            ),
            (
                "/home/größe/p".to_owned(),
                None,
                "/home/größe/p doctor".to_owned(),
            ),
            (
                "/home/a\u{1b}[31m\nb/p".to_owned(),
                None,
                "terraform-provider-harness doctor".to_owned(),
            ),
        ] {
            let found = command(
                Some(Path::new(&program)),
                directory.map(Path::new),
                Shell::Posix,
            );
            assert_eq!(found, command_line);
        }
        assert_eq!(
            command(None, None, Shell::Posix),
            "terraform-provider-harness doctor"
        );
    }

    #[test]
    fn on_windows_backslashes_stay_and_blanks_are_quoted() {
        for (program, command_line) in [
            (
                r"C:\infra\.terraform\providers\p_v0.1.0.exe",
                r"C:\infra\.terraform\providers\p_v0.1.0.exe doctor",
            ),
            (
                r"C:\Users\Jane Doe\p.exe",
                r#""C:\Users\Jane Doe\p.exe" doctor"#,
            ),
        ] {
            let found = command(Some(Path::new(program)), None, Shell::Windows);
            assert_eq!(found, command_line);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_path_that_is_no_text_is_not_written() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        let program = Path::new(OsStr::from_bytes(b"/srv/\xff/p"));
        assert_eq!(
            command(Some(program), None, Shell::Posix),
            "terraform-provider-harness doctor"
        );
    }

    #[cfg(unix)]
    #[test]
    fn the_shell_may_be_elsewhere_or_reach_the_directory_through_a_link() {
        let directory = tempfile::tempdir().unwrap();
        let real = directory.path().canonicalize().unwrap();
        let link = real.join("link");
        std::fs::create_dir(real.join("work")).unwrap();
        std::os::unix::fs::symlink(real.join("work"), &link).unwrap();
        let work = real.join("work");
        for (shell, same) in [
            (None, true),
            (Some(work.as_path()), true),
            (Some(link.as_path()), true),
            (Some(real.as_path()), false),
            (Some(Path::new("/nonexistent")), false),
        ] {
            assert_eq!(is_seen_from(&work, shell), same, "{shell:?}");
        }
    }

    #[test]
    fn the_command_of_this_program_names_a_file_that_exists() {
        let command = doctor();
        let path = command.strip_suffix(" doctor").unwrap();
        assert!(Path::new(path.trim_matches('\'')).is_file(), "{command}");
    }
}
