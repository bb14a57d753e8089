//! Compiles the protocol definitions in `proto/` to Rust, without `protoc`.
//!
//! `tf_provider::proto` includes the result. The compiled descriptor set is written next to it; a test compares it
//! with the list of every name and number in the protocol.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

const PROTO_DIR: &str = "../../proto";
const PROTO_FILES: [&str; 4] = [
    "tfplugin5.proto",
    "grpc_broker.proto",
    "grpc_controller.proto",
    "grpc_stdio.proto",
];

/// Messages whose bytes can hold a secret: their `Debug` is written by hand, in `tf_provider::proto`.
const OPAQUE_MESSAGES: [&str; 2] = ["tfplugin5.DynamicValue", "tfplugin5.RawState"];

fn main() -> Result<(), Box<dyn Error>> {
    let proto_dir = Path::new(PROTO_DIR);
    println!("cargo:rerun-if-changed=build.rs");
    for file in PROTO_FILES {
        println!("cargo:rerun-if-changed={}", proto_dir.join(file).display());
    }

    let mut compiler = protox::Compiler::new([proto_dir])?;
    compiler
        .include_imports(true)
        .include_source_info(true)
        .open_files(PROTO_FILES)?;
    let descriptors = compiler.file_descriptor_set();

    compiler.include_source_info(false);
    let out_dir = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(
        out_dir.join("protocol.bin"),
        compiler.encode_file_descriptor_set(),
    )?;

    tonic_prost_build::configure()
        // Tests use the client to call the provider as Terraform does.
        .build_server(true)
        .build_client(true)
        .build_transport(false)
        // Every RPC is implemented; the compiler enforces it.
        .generate_default_stubs(false)
        // Responses must not depend on the order of a hash map.
        .btree_map(".")
        .skip_debug(OPAQUE_MESSAGES)
        .compile_fds(descriptors)?;
    Ok(())
}
