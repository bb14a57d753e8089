//! The provider's behavior with the real Terraform CLI and the sandbox, and with a client that speaks the protocol
//! where Terraform is not enough. All tests are in one binary, so that it is linked once.

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
