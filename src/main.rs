//! The binary: `terraform-provider-harness`.

use std::process::ExitCode;

use terraform_provider_harness::provider::HarnessProvider;
use terraform_provider_harness::{PLUGIN, doctor, export, review};
use tf_provider::plugin::{self, Subcommand};
use tf_provider::rpc::Server;

/// The commands for people, in addition to what every provider offers.
const SUBCOMMANDS: [Subcommand; 3] = [
    Subcommand {
        name: "doctor",
        about: "check access to Harness, and explain how to fix problems",
        run: doctor::run,
    },
    Subcommand {
        name: "export",
        about: "write configuration and import blocks for existing connectors",
        run: export::run,
    },
    Subcommand {
        name: "review",
        about: "review a plan: changes, effects on pipelines, drift",
        run: review::run,
    },
];

fn main() -> ExitCode {
    plugin::run(PLUGIN, &SUBCOMMANDS, || Server::new(HarnessProvider::new()))
}
