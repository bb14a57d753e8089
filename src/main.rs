//! The binary: `terraform-provider-harness`.

use std::process::ExitCode;
use terraform_provider_harness::doctor;
use terraform_provider_harness::provider::HarnessProvider;
use terraform_provider_harness::tf_provider::plugin::{self, Plugin, Subcommand};
use terraform_provider_harness::tf_provider::rpc::Server;

/// What people may ask of the program besides what every provider does.
const SUBCOMMANDS: [Subcommand; 1] = [Subcommand {
    name: "doctor",
    about: "check the access to Harness, and say what is wrong and what to do (doctor --help)",
    run: |console| {
        let colours = console.is_terminal;
        doctor::run(&console.arguments, console.output, console.errors, colours)
    },
}];

fn main() -> ExitCode {
    let plugin = Plugin {
        name: "harness",
        version: env!("CARGO_PKG_VERSION"),
        source_address: "registry.terraform.io/harness-rs/harness",
    };
    plugin::run(plugin, &SUBCOMMANDS, || Server::new(HarnessProvider::new()))
}
