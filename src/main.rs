//! The binary: `terraform-provider-harness`.

use std::process::ExitCode;
use terraform_provider_harness::provider::HarnessProvider;
use terraform_provider_harness::tf_provider::plugin::{self, Plugin};
use terraform_provider_harness::tf_provider::rpc::Server;

fn main() -> ExitCode {
    let plugin = Plugin {
        name: "harness",
        version: env!("CARGO_PKG_VERSION"),
        source_address: "registry.terraform.io/harness-rs/harness",
    };
    plugin::run(plugin, || Server::new(HarnessProvider::new()))
}
