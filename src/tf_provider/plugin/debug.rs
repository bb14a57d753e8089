//! `--debug`: a provider that the user starts, for example under a debugger, and that any number of Terraform runs then
//! use.
//!
//! Terraform finds it through the environment variable `TF_REATTACH_PROVIDERS`. There is no TLS, because there is no
//! host to exchange certificates with. With Unix sockets, the private directory keeps other users out.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::description::Plugin;
use super::environment::PROTOCOL_VERSION;
use super::listener::Address;

/// The registries of Terraform and OpenTofu. Each program uses its own as the default host of source addresses.
const TERRAFORM_REGISTRY: &str = "registry.terraform.io/";
const OPENTOFU_REGISTRY: &str = "registry.opentofu.org/";

/// Prints how to make Terraform use this process.
///
/// # Errors
/// Returns an error if the output cannot be written.
pub(super) fn explain(
    output: &mut impl Write,
    plugin: &Plugin,
    address: &Address,
    process_id: u32,
) -> io::Result<()> {
    let Plugin {
        version,
        source_address,
        ..
    } = plugin;
    let value = reattach_value(plugin, address, process_id)?;
    writeln!(
        output,
        "{source_address} {version} is waiting for Terraform; stop it with Ctrl-C.\n\
         To use it, set this variable where you run terraform or tofu:\n\n    TF_REATTACH_PROVIDERS={}\n",
        shell_quoted(&value)
    )?;
    output.flush()
}

/// One entry of `TF_REATTACH_PROVIDERS`, with go-plugin's member names.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Reattach<'a> {
    protocol: &'a str,
    protocol_version: u32,
    pid: u32,
    /// Tells the host not to stop the plugin.
    test: bool,
    addr: ReattachAddress<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ReattachAddress<'a> {
    network: &'a str,
    string: String,
}

/// Returns the variable's value. It lists the process under its address in both registries, because a source address
/// without a host refers to Terraform's registry in one program and to OpenTofu's in the other.
fn reattach_value(plugin: &Plugin, address: &Address, process_id: u32) -> io::Result<String> {
    let entry = || Reattach {
        protocol: "grpc",
        protocol_version: PROTOCOL_VERSION,
        pid: process_id,
        test: true,
        addr: ReattachAddress {
            network: address.network(),
            string: address.to_string(),
        },
    };
    let mut entries = BTreeMap::from([(plugin.source_address.to_owned(), entry())]);
    if let Some(name) = plugin.source_address.strip_prefix(TERRAFORM_REGISTRY) {
        entries.insert(format!("{OPENTOFU_REGISTRY}{name}"), entry());
    }
    Ok(serde_json::to_string(&entries)?)
}

/// Quotes a text for a POSIX shell, with single quotes.
fn shell_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::plugin::testing::PLUGIN;

    #[test]
    fn the_explanation_has_the_variable_ready_to_paste() {
        let mut output = Vec::new();
        let address = Address::Unix("/tmp/o'hara/plugin".into());
        explain(&mut output, &PLUGIN, &address, 4711).unwrap();
        let entry = r#"{"Protocol":"grpc","ProtocolVersion":5,"Pid":4711,"Test":true,"Addr":{"Network":"unix","String":"/tmp/o'\''hara/plugin"}}"#;
        assert_eq!(
            String::from_utf8(output).unwrap(),
            format!(
                "registry.terraform.io/example/cloud 0.1.0 is waiting for Terraform; stop it with Ctrl-C.\n\
                 To use it, set this variable where you run terraform or tofu:\n\n    TF_REATTACH_PROVIDERS='{{\
                 \"registry.opentofu.org/example/cloud\":{entry},\
                 \"registry.terraform.io/example/cloud\":{entry}}}'\n\n"
            )
        );
    }

    #[test]
    fn a_provider_of_another_registry_has_one_entry() {
        let plugin = Plugin {
            source_address: "example.org/example/cloud",
            ..PLUGIN
        };
        let address = Address::Tcp(([127, 0, 0, 1], 10_001).into());
        assert_eq!(
            reattach_value(&plugin, &address, 1).unwrap(),
            r#"{"example.org/example/cloud":{"Protocol":"grpc","ProtocolVersion":5,"Pid":1,"Test":true,"Addr":{"Network":"tcp","String":"127.0.0.1:10001"}}}"#
        );
    }
}
