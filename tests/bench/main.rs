//! What the provider costs, beside what bare Terraform costs in the same run.
//!
//! Run by hand: `cargo bench`. It builds the release binary, needs the real `terraform` (or `tofu`) on the PATH, takes
//! about two minutes, and prints one table. Nothing fails because of a figure; the limits stand beside them.
//!
//! | figure | how it is taken |
//! |---|---|
//! | start | from spawning the process to the newline of its handshake line; the spawning of `/bin/true` beside it |
//! | memory | the largest resident set (`VmHWM`) of the provider's processes during a plan of one connector |
//! | size | of the release binary |
//! | validate | of one connector, as a multiple of a configuration without providers |
//! | rules | `terraform validate` of 500 connectors, as a multiple of the same by the provider without its rules |
//! | plan, apply, refresh | of 500 connectors, as multiples of the same with 500 `terraform_data` |
//!
//! `cargo bench --bench cost -- scale` measures something else: many connectors at once, and a platform that limits its
//! requests ([`scale`]). That takes some minutes.

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

mod scale;
mod unjudged;

use std::fmt::Display;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use harness_sandbox::{Options, Running, Sandbox};

const PROVIDER: &str = env!("CARGO_BIN_EXE_terraform-provider-harness");
/// The name by which Terraform finds a provider.
const PLUGIN: &str = "terraform-provider-harness";
const MANY: usize = 500;

fn main() -> ExitCode {
    let started_as = env::args().next().unwrap_or_default();
    if Path::new(&started_as)
        .file_name()
        .is_some_and(|name| name == PLUGIN)
    {
        return unjudged::serve();
    }
    // `cargo test --benches` passes the flags of a test harness: then there is nothing to do.
    if env::args().any(|argument| argument == "--test") {
        return ExitCode::SUCCESS;
    }
    let terraform = ["terraform", "tofu"]
        .into_iter()
        .find(|name| Command::new(name).arg("version").output().is_ok())
        .expect("terraform or tofu must be on the PATH; https://developer.hashicorp.com/terraform/install");
    let bench = Bench {
        terraform,
        sandbox: Sandbox::start(Options::default()).unwrap(),
        directory: tempfile::tempdir().unwrap(),
    };
    println!("| what | measured | limit |\n|---|---|---|");
    if env::args().any(|argument| argument == "scale") {
        scale::measure(bench);
        return ExitCode::SUCCESS;
    }
    start();
    let size = fs::metadata(PROVIDER).unwrap().len() as f64 / 1e6;
    row("release binary", format!("{size:.1} MB"), "at most 10 MB");
    bench.one();
    bench.rules();
    bench.many();
    ExitCode::SUCCESS
}

/// From spawning to the handshake line.
fn start() {
    let provider = median(200, || {
        let begin = Instant::now();
        let mut child = Command::new(PROVIDER)
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
        // SIGTERM, not SIGKILL: the provider removes its socket.
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
        "at most 3 ms",
    );
}

/// A certificate such as Terraform makes: P-521, self-signed, a CA.
fn client_certificate() -> String {
    use std::sync::OnceLock;
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

struct Bench {
    terraform: &'static str,
    sandbox: Running,
    directory: tempfile::TempDir,
}

impl Bench {
    /// Validate and plan of one connector.
    fn one(&self) {
        let empty = self.workspace("empty", "output \"nothing\" { value = 1 }\n");
        let one = self.workspace("one", &connectors(1));
        let bare = median(11, || self.run(&empty, &["validate"]));
        let ours = median(11, || self.run(&one, &["validate"]));
        row(
            "validate, one connector",
            format!(
                "{:.2} × bare ({:.0} ms, {:.0} ms)",
                ratio(ours, bare),
                millis(ours),
                millis(bare)
            ),
            "at most 2 ×",
        );
        let watch = Watch::start();
        self.run(&one, &["plan"]);
        let peak = watch.peak_kib() as f64 / 1024.0;
        row(
            "peak memory, plan of one",
            format!("{peak:.1} MiB"),
            "at most 12 MiB",
        );
    }

    /// Validation of many, with the rules and without.
    fn rules(&self) {
        let without = self.directory.path().join("without_rules");
        fs::create_dir(&without).unwrap();
        fs::copy(env::current_exe().unwrap(), without.join(PLUGIN)).unwrap();
        // `count` would be one block, which Terraform validates once.
        let blocks: Vec<String> = (0..MANY).map(connector).collect();
        let configuration = format!("{REQUIRED}{}", blocks.concat());
        let judged = self.workspace("judged", &configuration);
        let unjudged = self.workspace("unjudged", &configuration);
        override_provider(&unjudged, &without);
        let bare = median(5, || self.run(&unjudged, &["validate"]));
        let ours = median(5, || self.run(&judged, &["validate"]));
        row(
            &format!("validate, {MANY} connectors"),
            format!(
                "{:.2} × without rules ({:.0} ms, {:.0} ms)",
                ratio(ours, bare),
                millis(ours),
                millis(bare)
            ),
            "at most 1.5 ×",
        );
    }

    /// Plan, apply and refresh of many.
    fn many(&self) {
        let bare = self.workspace("bare", &bare(MANY));
        let ours = self.workspace("many", &connectors(MANY));
        let watch = Watch::start();
        for (name, arguments) in [
            ("plan", &["plan"][..]),
            ("apply", &["apply", "-auto-approve"]),
            ("plan with refresh", &["plan"]),
        ] {
            let bare = self.run(&bare, arguments);
            let ours = self.run(&ours, arguments);
            row(
                &format!("{name}, {MANY} connectors"),
                format!(
                    "{:.1} × bare ({:.2} s, {:.2} s)",
                    ratio(ours, bare),
                    ours.as_secs_f64(),
                    bare.as_secs_f64()
                ),
                "-",
            );
        }
        row(
            &format!("peak memory, {MANY} connectors"),
            format!("{:.1} MiB", watch.peak_kib() as f64 / 1024.0),
            "-",
        );
    }

    fn workspace(&self, name: &str, configuration: &str) -> PathBuf {
        let directory = self.directory.path().join(name);
        fs::create_dir(&directory).unwrap();
        fs::write(directory.join("main.tf"), configuration).unwrap();
        override_provider(&directory, Path::new(PROVIDER).parent().unwrap());
        if !configuration.contains("harness") {
            self.run(&directory, &["init"]);
        }
        directory
    }

    fn run(&self, directory: &Path, arguments: &[&str]) -> Duration {
        self.output(directory, arguments).0
    }

    /// How long a command took, and what it said.
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

/// Lets Terraform, in this directory, take the provider that lies in another.
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

/// A connector with API access, in a block of its own.
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

/// As many resources that Terraform brings itself.
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

/// Watches the provider's processes and keeps the largest `VmHWM`, in KiB.
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
                    if fs::read_link(process.path().join("exe"))
                        .is_ok_and(|exe| exe == Path::new(PROVIDER))
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

    fn peak_kib(&self) -> u64 {
        let peak = self.peak.load(Ordering::Relaxed);
        assert!(peak > 0, "the provider was never seen running");
        peak
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

/// A row of the Markdown table, printed as soon as it is known.
fn row(what: &str, measured: impl Display, limit: &str) {
    println!("| {what} | {measured} | {limit} |");
}
