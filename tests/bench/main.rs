//! What the provider costs, compared with bare Terraform in the same run.
//!
//! Run it by hand with `cargo bench`. It builds the release binary, needs the real `terraform` (or `tofu`) on the PATH,
//! takes about five minutes, and prints one table with figures and goals. A figure never makes it fail. Requests and
//! memory are exact; times need an otherwise idle machine.
//!
//! | figure | how it is measured |
//! |---|---|
//! | start | from spawning the process to the newline of its handshake line, compared with spawning `/bin/true` |
//! | memory | the largest resident set (`VmHWM`) of the provider's processes during a plan of one connector |
//! | size | of the release binary |
//! | validate | of one connector, as a multiple of a configuration without providers |
//! | rules | `terraform validate` of 500 connectors, as a multiple of a run by the provider without its rules |
//! | many connectors | their requests, times, and memory: [`measured`] |
//!
//! `HARNESS_BENCH_PROVIDER=PATH` measures another build of the provider, such as that of an older version.
//!
//! `cargo bench --bench cost -- scale` instead measures many connectors at once, and a platform that limits requests
//! ([`scale`]). It takes some minutes.

#![allow(missing_docs, reason = "a program")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "a measurement that cannot be taken ends the program"
)]

mod measured;
mod scale;
mod unchecked;

use std::fmt::Display;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use harness_sandbox::{Options, Running, Sandbox};

/// The environment variable for another build of the provider, such as that of an older version.
const OTHER_PROVIDER: &str = "HARNESS_BENCH_PROVIDER";
/// The name by which Terraform finds a provider.
const PLUGIN: &str = "terraform-provider-harness";
const MANY: usize = 500;

fn main() -> ExitCode {
    let started_as = env::args().next().unwrap_or_default();
    if Path::new(&started_as)
        .file_name()
        .is_some_and(|name| name == PLUGIN)
    {
        return unchecked::serve();
    }
    // `cargo test --benches` passes the flags of a test harness. There is nothing to do then.
    if env::args().any(|argument| argument == "--test") {
        return ExitCode::SUCCESS;
    }
    let terraform = ["terraform", "tofu"]
        .into_iter()
        .find(|name| Command::new(name).arg("version").output().is_ok())
        .expect("terraform or tofu must be on the PATH; https://developer.hashicorp.com/terraform/install");
    let mut bench = Bench {
        terraform,
        sandbox: Sandbox::start(Options::default()).unwrap(),
        directory: tempfile::tempdir().unwrap(),
    };
    println!("| what | measured | bare Terraform | goal |\n|---|---|---|---|");
    if env::args().any(|argument| argument == "scale") {
        scale::measure(bench);
        return ExitCode::SUCCESS;
    }
    start();
    let size = fs::metadata(provider()).unwrap().len() as f64 / 1e6;
    row(
        "release binary",
        format!("{size:.1} MB"),
        "-",
        "at most 10 MB",
    );
    bench.one();
    bench.rules();
    measured::measure(&mut bench);
    ExitCode::SUCCESS
}

/// Measures the time from spawning to the handshake line.
fn start() {
    let provider = median(200, || {
        let begin = Instant::now();
        let mut child = Command::new(provider())
            .env(
                "TF_PLUGIN_MAGIC_COOKIE",
                "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
            )
            .env("PLUGIN_PROTOCOL_VERSIONS", "5,6")
            .env("PLUGIN_MIN_PORT", "10000")
            .env("PLUGIN_MAX_PORT", "25000")
            .env("PLUGIN_CLIENT_CERT", client_certificate())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let taken = begin.elapsed();
        assert!(line.starts_with("1|5|"), "no handshake: {line}");
        // SIGTERM, not SIGKILL, so that the provider removes its socket.
        Command::new("kill")
            .arg(child.id().to_string())
            .status()
            .unwrap();
        child.wait().unwrap();
        taken
    });
    let nothing = median(200, || {
        let begin = Instant::now();
        Command::new("/bin/true").status().unwrap();
        begin.elapsed()
    });
    row(
        "start to handshake, median",
        format!(
            "{:.2} ms ({:.1} × /bin/true)",
            millis(provider),
            ratio(provider, nothing)
        ),
        format!("/bin/true: {:.2} ms", millis(nothing)),
        "2.0 ms, at most 3",
    );
}

/// Creates a certificate as Terraform does: P-521, self-signed, a CA.
fn client_certificate() -> String {
    static PEM: OnceLock<String> = OnceLock::new();
    PEM.get_or_init(|| {
        use base64::Engine as _;
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P521_SHA512).unwrap();
        let mut parameters = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let certificate = parameters.self_signed(&key).unwrap();
        let body = base64::engine::general_purpose::STANDARD.encode(certificate.der());
        format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
    })
    .clone()
}

/// Returns the path of the measured provider.
fn provider() -> &'static Path {
    static PROVIDER: OnceLock<PathBuf> = OnceLock::new();
    PROVIDER.get_or_init(|| match env::var_os(OTHER_PROVIDER) {
        Some(other) => fs::canonicalize(other).unwrap(),
        None => env!("CARGO_BIN_EXE_terraform-provider-harness").into(),
    })
}

struct Bench {
    terraform: &'static str,
    sandbox: Running,
    directory: tempfile::TempDir,
}

impl Bench {
    /// Measures validation and planning of one connector.
    fn one(&self) {
        let empty = self.workspace("empty", "output \"nothing\" { value = 1 }\n");
        let one = self.workspace("one", &connectors(1));
        let bare = median(11, || self.run(&empty, &["validate"]));
        let ours = median(11, || self.run(&one, &["validate"]));
        row(
            "validate, one connector",
            format!("{:.2} × bare ({:.0} ms)", ratio(ours, bare), millis(ours)),
            format!("{:.0} ms", millis(bare)),
            "at most 2 ×",
        );
        let watch = Watch::start();
        self.run(&one, &["plan"]);
        row(
            "peak memory, plan of one",
            watch.peak(),
            "-",
            "at most 12 MiB",
        );
    }

    /// Measures validation of many connectors, with and without the rules.
    fn rules(&self) {
        let without = self.directory.path().join("without_rules");
        fs::create_dir(&without).unwrap();
        fs::copy(env::current_exe().unwrap(), without.join(PLUGIN)).unwrap();
        // `count` would be one block, which Terraform validates once.
        let blocks: Vec<String> = (0..MANY).map(connector).collect();
        let configuration = format!("{REQUIRED}{}", blocks.concat());
        let checked = self.workspace("checked", &configuration);
        let unchecked = self.workspace("unchecked", &configuration);
        override_provider(&unchecked, &without);
        let bare = median(5, || self.run(&unchecked, &["validate"]));
        let ours = median(5, || self.run(&checked, &["validate"]));
        row(
            &format!("validate, {MANY} connectors"),
            format!(
                "{:.2} × without rules ({:.0} ms, {:.0} ms)",
                ratio(ours, bare),
                millis(ours),
                millis(bare)
            ),
            "-",
            "at most 1.5 ×",
        );
    }

    fn workspace(&self, name: &str, configuration: &str) -> PathBuf {
        let directory = self.directory.path().join(name);
        fs::create_dir(&directory).unwrap();
        fs::write(directory.join("main.tf"), configuration).unwrap();
        override_provider(&directory, provider().parent().unwrap());
        if !configuration.contains("harness") {
            self.run(&directory, &["init"]);
        }
        directory
    }

    fn run(&self, directory: &Path, arguments: &[&str]) -> Duration {
        self.output(directory, arguments).0
    }

    /// Runs a command, and returns how long it took and its output.
    fn output(&self, directory: &Path, arguments: &[&str]) -> (Duration, String) {
        let begin = Instant::now();
        let output = Command::new(self.terraform)
            .args(arguments)
            .current_dir(directory)
            .env_clear()
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .env("HOME", directory)
            .env("TF_CLI_CONFIG_FILE", directory.join("cli.tfrc"))
            .env("CHECKPOINT_DISABLE", "1")
            .env("TF_IN_AUTOMATION", "1")
            .env("HARNESS_ENDPOINT", self.sandbox.endpoint())
            .env("HARNESS_PLATFORM_API_KEY", self.sandbox.api_key())
            .output()
            .unwrap();
        let taken = begin.elapsed();
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        (taken, String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

/// Makes Terraform, in this directory, use the provider in another directory.
fn override_provider(directory: &Path, provider: &Path) {
    let cli = format!(
        "provider_installation {{\n  dev_overrides {{ \"harness-rs/harness\" = \"{}\" }}\n  direct {{}}\n}}\n",
        provider.display()
    );
    fs::write(directory.join("cli.tfrc"), cli).unwrap();
}

const REQUIRED: &str = "terraform {
  required_providers {
    harness = { source = \"harness-rs/harness\" }
  }
}
";

/// Returns a connector with API access, in a block of its own.
fn connector(number: usize) -> String {
    format!(
        r#"
resource "harness_bitbucket_connector" "many_{number}" {{
  name            = "Bench {number}"
  url_type        = "Account"
  connection_type = "HTTP"
  url             = "https://bitbucket.org/acme/"
  test_repository = "web-{number}.git"
  tags            = {{ team = "web" }}

  credentials {{
    http {{
      username     = "x-bitbucket-api-token-auth"
      password_ref = "account.bitbucket_token"
    }}
  }}

  api_access {{
    email_and_api_token {{
      email     = "bot@example.com"
      token_ref = "account.bitbucket_token"
    }}
  }}
}}
"#
    )
}

/// Returns this many of Terraform's built-in resources.
fn bare(count: usize) -> String {
    format!("resource \"terraform_data\" \"many\" {{\n  count = {count}\n}}\n")
}

fn connectors(count: usize) -> String {
    format!(
        r#"{REQUIRED}
resource "harness_bitbucket_connector" "many" {{
  count           = {count}
  name            = "Bench ${{count.index}}"
  url_type        = "Repository"
  connection_type = "HTTP"
  url             = "https://bitbucket.org/acme/web-${{count.index}}.git"
  connection_test = "off"

  credentials {{
    http {{
      username     = "x-token-auth"
      password_ref = "account.bitbucket_token"
    }}
  }}
}}
"#
    )
}

/// Watches the provider's processes and records the largest `VmHWM`, in KiB.
struct Watch {
    peak: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
}

impl Watch {
    fn start() -> Self {
        let watch = Self {
            peak: Arc::default(),
            stop: Arc::default(),
        };
        let (peak, stop) = (Arc::clone(&watch.peak), Arc::clone(&watch.stop));
        thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                for process in fs::read_dir("/proc").unwrap().flatten() {
                    if fs::read_link(process.path().join("exe")).is_ok_and(|exe| exe == provider())
                        && let Ok(status) = fs::read_to_string(process.path().join("status"))
                    {
                        peak.fetch_max(high_water_mark(&status), Ordering::Relaxed);
                    }
                }
                thread::sleep(Duration::from_millis(1));
            }
        });
        watch
    }

    fn peak(&self) -> String {
        let peak = self.peak.load(Ordering::Relaxed);
        assert!(peak > 0, "the provider was never seen running");
        format!("{:.1} MiB", peak as f64 / 1024.0)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn high_water_mark(status: &str) -> u64 {
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    line.and_then(|line| line.split_whitespace().nth(1))
        .and_then(|kib| kib.parse().ok())
        .unwrap_or(0)
}

fn median(runs: usize, mut measure: impl FnMut() -> Duration) -> Duration {
    let mut taken: Vec<_> = (0..runs).map(|_| measure()).collect();
    taken.sort();
    taken[runs / 2]
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}

/// Prints a row of the Markdown table.
fn row(what: &str, measured: impl Display, bare: impl Display, goal: &str) {
    println!("| {what} | {measured} | {bare} | {goal} |");
}
