//! The binary: `terraform-provider-harness`.

use std::process::ExitCode;

use terraform_provider_harness::provider::HarnessProvider;
use terraform_provider_harness::{PLUGIN, doctor, review};
use tf_provider::plugin::{self, Subcommand};
use tf_provider::rpc::Server;

/// What people may ask of the program besides what every provider does.
const SUBCOMMANDS: [Subcommand; 2] = [
    Subcommand {
        name: "doctor",
        about: "check the access to Harness, and say what is wrong and what to do (doctor --help)",
        run: |console| {
            let colours = console.is_terminal;
            doctor::run(&console.arguments, console.output, console.errors, colours)
        },
    },
    Subcommand {
        name: "review",
        about: "review a plan: what changes, what that means for pipelines, what drifted (review --help)",
        run: |console| {
            let is_terminal = console.is_terminal;
            review::run(
                &console.arguments,
                console.output,
                console.errors,
                is_terminal,
            )
        },
    },
];

fn main() -> ExitCode {
    plugin::run(PLUGIN, &SUBCOMMANDS, || Server::new(HarnessProvider::new()))
}
