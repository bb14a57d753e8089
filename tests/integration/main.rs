//! What the provider does, shown with the real Terraform CLI against the sandbox, and with a client that speaks the
//! protocol where Terraform cannot reach. One binary, so that it is linked once.

mod architecture;
mod doctor;
mod documentation;
mod export;
mod fault_matrix;
mod fuzzed;
#[allow(clippy::panic, clippy::unwrap_used, reason = "tests")]
#[path = "../../src/golden.rs"]
mod golden;
mod protocol;
mod proxy;
mod refresh_of_many;
mod review;
mod subcommand;
mod terraform;
mod troubleshooting;
