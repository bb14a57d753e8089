//! The sandbox program.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_harness-sandbox"));
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Starts the program and reads its line; the returned process keeps the pipe open.
fn started(arguments: &[&str]) -> (Child, Value) {
    let mut child = program(arguments).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    (child, serde_json::from_str(&line).unwrap())
}

#[test]
fn one_line_says_where_it_serves_and_with_which_key() {
    let (mut child, line) = started(&["--exit-with-stdin"]);
    let endpoint = line["endpoint"].as_str().unwrap();
    let address = endpoint
        .strip_prefix("http://")
        .unwrap()
        .strip_suffix("/gateway")
        .unwrap();
    std::net::TcpStream::connect(address).unwrap();
    assert_eq!(line["control"], format!("http://{address}/sandbox"));
    assert_eq!(line["account_id"], "SANDBOX_acct-00000001A");
    assert!(
        line["platform_api_key"]
            .as_str()
            .unwrap()
            .starts_with("pat.SANDBOX_acct-00000001A.")
    );
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    let mut rest = String::new();
    child.stdout.unwrap().read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
}

#[cfg(unix)]
#[test]
fn a_signal_ends_it_and_a_closed_standard_input_alone_does_not() {
    for signal in ["-INT", "-TERM"] {
        let (mut child, line) = started(&[]);
        drop(child.stdin.take());
        let address = line["control"]
            .as_str()
            .unwrap()
            .replace("http://", "")
            .replace("/sandbox", "");
        std::net::TcpStream::connect(&address).unwrap();
        assert!(child.try_wait().unwrap().is_none());
        Command::new("kill")
            .args([signal, &child.id().to_string()])
            .status()
            .unwrap();
        assert!(child.wait().unwrap().success());
    }
}

#[test]
fn help_explains_and_a_wrong_call_says_what_to_write() {
    let help = program(&["--help"]).output().unwrap();
    let text = String::from_utf8(help.stdout).unwrap();
    assert!(help.status.success());
    for option in [
        "--port",
        "--account",
        "--rate-limit",
        "--test-delay",
        "--real-tests",
        "--exit-with-stdin",
    ] {
        assert!(text.contains(option), "{option}");
    }
    for (arguments, message) in [
        (&["--prot"][..], "unknown argument \"--prot\""),
        (
            &["--account", "/no/such/file.json"],
            "cannot read /no/such/file.json",
        ),
    ] {
        let output = program(arguments).output().unwrap();
        assert!(!output.status.success());
        assert!(output.stdout.is_empty());
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(
            error.contains(message) && error.contains("--help"),
            "{error}"
        );
    }
}
