//! The sandbox program: parses its arguments, prints one line when it is ready, and ends on a signal. With `compare` as
//! its first argument, it compares an account with the sandbox.

mod compare;

use std::error::Error;
use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::time::Duration;

use harness_sandbox::{Account, Options, Running, Sandbox};
use tokio::sync::oneshot;

const HELP: &str = "\
harness-sandbox: a server on loopback that behaves like Harness's connector API

Usage: harness-sandbox [OPTIONS]
       harness-sandbox compare [OPTIONS]  compare a Harness account with the
                                          sandbox (see compare --help)

When ready, it prints one line of JSON on standard output:
  {\"endpoint\":\"http://127.0.0.1:PORT/gateway\",\"account_id\":\"…\",
   \"platform_api_key\":\"…\",\"control\":\"http://127.0.0.1:PORT/sandbox\"}
It stops on Ctrl-C and on SIGTERM. It stores nothing.

Options:
  --port PORT          Port on 127.0.0.1 [default: a free one]
  --account FILE       Start with the account in this JSON file [default: a
                       built-in one]
  --rate-limit N       Return 429 after N requests per minute and API key
                       [default: no limit]
  --test-delay TIME    Duration of a connection test, such as 500ms or 2s
                       [default: 0s]
  --answer-delay TIME  Extra delay of each API response [default: 0s]
  --real-tests         Connection tests run `git ls-remote` against the URL,
                       over HTTP
  --exit-with-stdin    Stop when standard input is closed, so that the sandbox
                       does not outlive its parent
  -h, --help           Print this text
  -V, --version        Print the version

Try:
  curl -H \"x-api-key: $KEY\" \\
    \"$ENDPOINT/ng/api/connectors?accountIdentifier=$ACCOUNT\"
  curl $CONTROL/state

The README next to the source describes the account file, the control surface,
and scripted faults.
";

/// The parsed command line.
#[derive(Default)]
struct Arguments {
    options: Options,
    exit_with_stdin: bool,
}

enum Request {
    Serve(Box<Arguments>),
    Print(String),
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.split_first() {
        Some((command, arguments)) if command == "compare" => compare_accounts(arguments),
        _ => serve_or_print(arguments),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            let mut message = format!("harness-sandbox: {error}");
            let mut source = error.source();
            while let Some(cause) = source {
                message.extend([": ", &cause.to_string()]);
                source = cause.source();
            }
            let _ = writeln!(io::stderr(), "{message}");
            ExitCode::FAILURE
        }
    }
}

fn serve_or_print(arguments: Vec<String>) -> Result<ExitCode, Box<dyn Error>> {
    let request = parse(arguments.into_iter())
        .map_err(|message| format!("{message}\nharness-sandbox --help shows the options"))?;
    match request {
        Request::Print(text) => io::stdout().write_all(text.as_bytes())?,
        Request::Serve(arguments) => serve(*arguments)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn compare_accounts(arguments: &[String]) -> Result<ExitCode, Box<dyn Error>> {
    let arguments = compare::parse(arguments).map_err(|message| {
        format!("{message}\nharness-sandbox compare --help shows the options")
    })?;
    let Some(arguments) = arguments else {
        io::stdout().write_all(compare::HELP.as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let interrupted = signals()?;
        compare::run(&arguments, interrupted, &mut io::stdout()).await
    })
}

fn serve(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        // Before the line is printed, because a reader may send a signal at once.
        let told_to_end = signals()?;
        let port = arguments.options.port;
        let running = Sandbox::start(arguments.options)
            .map_err(|error| format!("cannot serve on 127.0.0.1:{port}: {error}"))?;
        writeln!(io::stdout(), "{}", ready_line(&running))?;
        io::stdout().flush()?;
        tokio::select! {
            () = told_to_end => {}
            () = end_of_stdin(arguments.exit_with_stdin) => {}
        }
        Ok(())
    })
}

fn ready_line(running: &Running) -> serde_json::Value {
    serde_json::json!({
        "endpoint": running.endpoint(), "account_id": running.account_id(),
        "platform_api_key": running.api_key(), "control": running.control_url(),
    })
}

/// Resolves when the process is asked to end.
#[cfg(unix)]
fn signals() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
    })
}

/// Resolves when the process is asked to end.
#[cfg(not(unix))]
fn signals() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

/// Resolves when standard input is closed; never if that is not wanted.
async fn end_of_stdin(wanted: bool) {
    let (closed, end) = oneshot::channel::<()>();
    if !wanted {
        return std::future::pending().await;
    }
    // A thread, because a read of standard input cannot be canceled; the process ends without it.
    std::thread::spawn(move || {
        let _ = io::copy(&mut io::stdin().lock().by_ref(), &mut io::sink());
        drop(closed);
    });
    let _ = end.await;
}

fn parse(arguments: impl Iterator<Item = String>) -> Result<Request, String> {
    let mut parsed = Arguments::default();
    let mut arguments = arguments;
    while let Some(argument) = arguments.next() {
        let (name, attached) = match argument.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (argument, None),
        };
        let mut value = || {
            attached
                .clone()
                .or_else(|| arguments.next())
                .ok_or_else(|| format!("{name} needs a value"))
        };
        match name.as_str() {
            "--port" => parsed.options.port = number(&name, &value()?)?,
            "--account" => parsed.options.account = Some(account(&value()?)?),
            "--rate-limit" => {
                let limit: u32 = number(&name, &value()?)?;
                if limit == 0 {
                    return Err("--rate-limit is 0; write a number of requests per minute".into());
                }
                parsed.options.rate_limit = Some(limit);
            }
            "--answer-delay" => {
                parsed.options.answer_delay = Some(duration(&name, &value()?)?);
            }
            "--test-delay" => parsed.options.test_delay = Some(duration(&name, &value()?)?),
            "--real-tests" => parsed.options.real_tests = true,
            "--exit-with-stdin" => parsed.exit_with_stdin = true,
            "-h" | "--help" => return Ok(Request::Print(HELP.into())),
            "-V" | "--version" => {
                return Ok(Request::Print(
                    concat!("harness-sandbox ", env!("CARGO_PKG_VERSION"), "\n").into(),
                ));
            }
            other => return Err(format!("unknown argument \"{other}\"")),
        }
    }
    Ok(Request::Serve(Box::new(parsed)))
}

fn number<T: std::str::FromStr>(name: &str, text: &str) -> Result<T, String> {
    text.parse()
        .map_err(|_| format!("{name} is \"{text}\"; write a whole number"))
}

/// Parses `500ms` or `2s`.
fn duration(name: &str, text: &str) -> Result<Duration, String> {
    let wrong = || format!("{name} is \"{text}\"; write a time such as 500ms or 2s");
    if let Some(millis) = text.strip_suffix("ms") {
        return millis
            .parse()
            .map(Duration::from_millis)
            .map_err(|_| wrong());
    }
    let seconds = text.strip_suffix('s').ok_or_else(wrong)?;
    seconds
        .parse()
        .map(Duration::from_secs)
        .map_err(|_| wrong())
}

fn account(path: &str) -> Result<Account, String> {
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("cannot read {path}: {error}"))?;
    Account::from_json(&text).map_err(|error| match error.source() {
        Some(cause) => format!("{path}: {error}: {cause}"),
        None => format!("{path}: {error}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Arguments, String> {
        match parse(arguments.iter().map(|argument| (*argument).to_owned()))? {
            Request::Serve(arguments) => Ok(*arguments),
            Request::Print(text) => Err(text),
        }
    }

    #[test]
    fn options_take_their_value_after_a_space_or_an_equals_sign() {
        let arguments = parsed(&[
            "--port",
            "80",
            "--rate-limit=400",
            "--test-delay",
            "2s",
            "--answer-delay=100ms",
            "--real-tests",
        ])
        .unwrap();
        assert_eq!(arguments.options.port, 80);
        assert_eq!(arguments.options.rate_limit, Some(400));
        assert_eq!(arguments.options.test_delay, Some(Duration::from_secs(2)));
        let delay = Duration::from_millis(100);
        assert_eq!(arguments.options.answer_delay, Some(delay));
        assert!(arguments.options.real_tests && !arguments.exit_with_stdin);
        assert_eq!(
            duration("--test-delay", "500ms"),
            Ok(Duration::from_millis(500))
        );
    }

    #[test]
    fn a_wrong_argument_is_named() {
        for (arguments, message) in [
            (&["--prot", "1"][..], "unknown argument \"--prot\""),
            (&["--port", "x"], "--port is \"x\"; write a whole number"),
            (&["--port"], "--port needs a value"),
            (
                &["--rate-limit", "0"],
                "--rate-limit is 0; write a number of requests per minute",
            ),
            (
                &["--test-delay", "5"],
                "--test-delay is \"5\"; write a time such as 500ms or 2s",
            ),
        ] {
            assert_eq!(parsed(arguments).err().as_deref(), Some(message));
        }
    }
}
