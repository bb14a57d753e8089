//! What the program is asked to do by its arguments, and the texts that it answers with.
//!
//! Terraform starts a provider without arguments. Everything else comes from people.

use std::ffi::OsString;

use super::Plugin;

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// Be a plugin of the host that started the process.
    Serve,
    /// Wait for Terraform, for debugging.
    Debug,
    /// Print name and version.
    Version,
    /// Print the usage.
    Help,
}

/// Arguments that mean nothing.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is not understood; expected nothing, or one of --debug, --version, --help")]
pub(super) struct ArgumentError {
    found: String,
}

impl Command {
    /// Reads the arguments that follow the program's name.
    pub(super) fn from_args<I>(args: I) -> Result<Self, ArgumentError>
    where
        I: IntoIterator<Item = OsString>,
    {
        let args: Vec<String> = args
            .into_iter()
            .map(|arg| arg.to_string_lossy().into_owned())
            .collect();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        match args.as_slice() {
            [] => Ok(Self::Serve),
            // With one hyphen, as the providers in Go have it.
            ["--debug" | "-debug"] => Ok(Self::Debug),
            ["--version" | "-V"] => Ok(Self::Version),
            ["--help" | "-h"] => Ok(Self::Help),
            _ => Err(ArgumentError {
                found: args.join(" "),
            }),
        }
    }
}

/// One line: the program and its version.
pub(super) fn version(plugin: &Plugin) -> String {
    format!("terraform-provider-{} {}", plugin.name, plugin.version)
}

/// The usage.
pub(super) fn help(plugin: &Plugin) -> String {
    let Plugin { name, version, .. } = plugin;
    let about = about(plugin);
    format!(
        "terraform-provider-{name} {version}\n\n{about}\n\n\
         Usage: terraform-provider-{name} [--debug | --version | --help]\n\n    \
         --debug    wait for Terraform, without being started by it, and print how it finds this process\n    \
         --version  print the version\n    \
         --help     print this"
    )
}

/// What a person reads who starts the program by hand.
pub(super) fn about(plugin: &Plugin) -> String {
    let Plugin {
        name,
        version,
        source_address,
    } = plugin;
    let short_address = source_address
        .split_once('/')
        .map_or(*source_address, |(_, rest)| rest);
    format!(
        "This is a provider: a plugin that Terraform or OpenTofu starts when a configuration asks for\n\
         \"{short_address}\". It is not to be run by hand. To install it, do one of these:\n\n\
         - put the program where Terraform looks for providers (a filesystem mirror):\n    \
           ~/.terraform.d/plugins/{source_address}/{version}/<os>_<arch>/terraform-provider-{name}_v{version}\n\
         - or name its directory in the CLI configuration (~/.terraformrc, ~/.tofurc):\n    \
           provider_installation {{\n      \
             dev_overrides {{ \"{short_address}\" = \"/directory/of/this/program\" }}\n      \
             direct {{}}\n    \
           }}"
    )
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::tf_provider::plugin::testing::PLUGIN;

    #[test]
    fn each_argument_has_one_meaning_and_anything_else_is_an_error() {
        let rows = [
            (&[][..], Ok(Command::Serve)),
            (&["--debug"], Ok(Command::Debug)),
            (&["-debug"], Ok(Command::Debug)),
            (&["--version"], Ok(Command::Version)),
            (&["-V"], Ok(Command::Version)),
            (&["--help"], Ok(Command::Help)),
            (&["-h"], Ok(Command::Help)),
            (&["serve"], Err("serve")),
            (&[""], Err("")),
            (&["--debug", "--version"], Err("--debug --version")),
        ];
        for (args, expected) in rows {
            let expected = expected.map_err(|found: &str| ArgumentError {
                found: found.to_owned(),
            });
            assert_eq!(
                Command::from_args(args.iter().map(OsString::from)),
                expected,
                "{args:?}"
            );
        }
    }

    #[test]
    fn the_texts_name_the_provider_and_where_it_goes() {
        assert_eq!(version(&PLUGIN), "terraform-provider-harness 0.1.0");
        let about = about(&PLUGIN);
        for expected in [
            "\"harness-rs/harness\"",
            "~/.terraform.d/plugins/registry.terraform.io/harness-rs/harness/0.1.0/<os>_<arch>/terraform-provider-harness_v0.1.0",
            "dev_overrides { \"harness-rs/harness\" = ",
        ] {
            assert!(about.contains(expected), "{about}");
        }
        let help = help(&PLUGIN);
        for expected in ["--debug", "--version", "--help", &about] {
            assert!(help.contains(expected), "{help}");
        }
    }
}
