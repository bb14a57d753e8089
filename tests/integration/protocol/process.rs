//! The provider's binary as a process, started as Terraform starts it: with nothing in its environment except what a
//! test sets, and its own temporary directory, which must be empty at the end.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::task::JoinHandle;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// How long a plugin may take to end: one second is promised.
pub(super) const PROMPTLY: Duration = Duration::from_secs(1);

/// When a test gives up waiting; it measures nothing.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

const BINARY: &str = env!("CARGO_BIN_EXE_terraform-provider-harness");
const COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

/// Waits for an event that should come.
pub(super) async fn in_time<T>(what: &str, coming: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, coming)
        .await
        .unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

/// Checks a condition until it is true.
pub(super) async fn until(what: &str, holds: impl Fn() -> bool) {
    in_time(what, async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await;
}

/// A certificate and its key.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) certificate: CertificateDer<'static>,
    pub(super) key: PrivateKeyDer<'static>,
}

impl Identity {
    /// Creates an identity as Terraform does: self-signed, on P-521, marked as an authority.
    pub(super) fn new() -> Self {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P521_SHA512).unwrap();
        let mut params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        Self {
            certificate: certificate.der().clone(),
            key: key.into(),
        }
    }

    /// Returns the certificate as it is passed in the environment.
    fn pem(&self) -> String {
        let base64 = STANDARD.encode(&self.certificate);
        let lines: Vec<_> = base64.as_bytes().chunks(64).map(str::from_utf8).collect();
        let lines: Vec<&str> = lines.into_iter().map(Result::unwrap).collect();
        format!(
            "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
            lines.join("\n")
        )
    }
}

/// A start in preparation.
#[derive(Debug)]
pub(super) struct Launch {
    identity: Identity,
    environment: BTreeMap<String, String>,
    arguments: Vec<String>,
}

impl Launch {
    /// Prepares a start by a person, without arguments.
    pub(super) fn by_hand() -> Self {
        Self {
            identity: Identity::new(),
            environment: BTreeMap::new(),
            arguments: Vec::new(),
        }
    }

    /// Prepares a start by Terraform 1.11.
    pub(super) fn by_terraform() -> Self {
        let launch = Self::by_hand();
        let certificate = launch.identity.pem();
        launch
            .with("TF_PLUGIN_MAGIC_COOKIE", COOKIE)
            .with("PLUGIN_PROTOCOL_VERSIONS", "5,6")
            .with("PLUGIN_MIN_PORT", "10000")
            .with("PLUGIN_MAX_PORT", "25000")
            .with("PLUGIN_CLIENT_CERT", certificate)
    }

    /// Sets an environment variable.
    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.insert(name.to_owned(), value.into());
        self
    }

    /// Adds an argument.
    pub(super) fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Starts the binary and reads the first line that it prints.
    pub(super) async fn start(self) -> Process {
        let mut command = Command::new(BINARY);
        command.args(&self.arguments);
        self.start_as(command).await
    }

    /// Starts the binary with a shell command, in which `"$0"` is the binary.
    pub(super) async fn start_by(self, line: &str) -> Process {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", line, BINARY]);
        self.start_as(command).await
    }

    /// Starts the binary as the child of a shell, which is its parent until the shell ends.
    pub(super) async fn start_from_shell(self) -> Process {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "\"$0\" & wait", BINARY]);
        self.start_as(command).await
    }

    async fn start_as(self, mut command: Command) -> Process {
        let temporary = TempDir::new().unwrap();
        let mut child = command
            .env_clear()
            .envs(windows_itself())
            .env("TMPDIR", temporary.path())
            .envs(self.environment)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let stderr = collect(child.stderr.take().unwrap());
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut first_line = String::new();
        in_time("the first line", stdout.read_line(&mut first_line))
            .await
            .unwrap();
        Process {
            identity: self.identity,
            first_line,
            child,
            stdout,
            stderr,
            temporary,
        }
    }
}

/// Returns the variables without which Windows opens no socket; none on other systems.
pub(crate) fn windows_itself() -> impl Iterator<Item = (&'static str, OsString)> {
    let names: &[_] = if cfg!(windows) {
        &["SystemRoot", "TEMP", "USERPROFILE"]
    } else {
        &[]
    };
    let known = |name: &&'static str| Some((*name, env::var_os(name)?));
    names.iter().filter_map(known)
}

fn collect(mut output: impl AsyncRead + Send + Unpin + 'static) -> JoinHandle<String> {
    tokio::spawn(async move {
        let mut text = String::new();
        output.read_to_string(&mut text).await.unwrap();
        text
    })
}

/// A process that has printed a line, or has closed its output without one.
#[derive(Debug)]
pub(super) struct Process {
    /// The identity with the certificate in the process's environment.
    pub(super) identity: Identity,
    /// The first line, with its newline.
    pub(super) first_line: String,
    child: Child,
    stdout: BufReader<ChildStdout>,
    stderr: JoinHandle<String>,
    temporary: TempDir,
}

/// The contents of the handshake line.
#[derive(Debug)]
pub(super) struct Handshake {
    pub(super) socket: PathBuf,
    pub(super) certificate: CertificateDer<'static>,
}

/// A process that has ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    /// The output after the first line.
    pub(super) stdout: String,
    pub(super) stderr: String,
    /// How long it took since the test started to wait.
    pub(super) took: Duration,
    /// Files left in the temporary directory.
    pub(super) left_behind: Vec<PathBuf>,
}

impl Process {
    /// Parses the handshake line as strictly as go-plugin does.
    pub(super) fn handshake(&self) -> Handshake {
        let line = self.first_line.strip_suffix('\n').unwrap();
        let fields: Vec<&str> = line.split('|').collect();
        let network = if cfg!(unix) { "unix" } else { "tcp" };
        let ["1", "5", given, socket, "grpc", certificate] = fields.as_slice() else {
            panic!("not a handshake line: {line:?}");
        };
        assert_eq!(*given, network);
        let certificate = STANDARD_NO_PAD.decode(certificate).unwrap();
        Handshake {
            socket: PathBuf::from(socket),
            certificate: CertificateDer::from(certificate),
        }
    }

    /// Returns the next line of standard output.
    pub(super) async fn next_line(&mut self) -> String {
        let mut line = String::new();
        in_time("another line", self.stdout.read_line(&mut line))
            .await
            .unwrap();
        line
    }

    /// Stops reading standard error.
    pub(super) async fn without_reader_of_stderr(mut self) -> Self {
        let reader = std::mem::replace(&mut self.stderr, tokio::spawn(async { String::new() }));
        reader.abort();
        reader.await.unwrap_err();
        self
    }

    /// Forbids the process to open descriptors with this number or a higher one.
    pub(super) fn limit_descriptors(&self, most: u32) {
        let id = self.child.id().expect("the process has not ended");
        let status = std::process::Command::new("prlimit")
            .args([format!("--pid={id}"), format!("--nofile={most}:20000")])
            .status();
        assert!(status.unwrap().success());
    }

    /// Returns the largest memory that the process has had, in bytes.
    pub(super) fn peak_memory(&self) -> u64 {
        let id = self.child.id().expect("the process has not ended");
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:"));
        let kib = line.unwrap().split_whitespace().nth(1).unwrap();
        kib.parse::<u64>().unwrap() * 1024
    }

    /// Returns the directory in which the process may write.
    pub(super) fn temporary(&self) -> &Path {
        self.temporary.path()
    }

    /// Sends a signal (`INT`, `TERM`, `KILL`) to the process, or to the shell in between.
    pub(super) fn signal(&self, name: &str) {
        let id = self.child.id().expect("the process has not ended");
        let status = std::process::Command::new("kill")
            .args([format!("-{name}"), id.to_string()])
            .status()
            .unwrap();
        assert!(status.success());
    }

    /// Waits for the end of the process, and of everything that keeps its output open.
    pub(super) async fn ended(mut self) -> Ended {
        let start = Instant::now();
        let status = in_time("the end of the process", self.child.wait())
            .await
            .unwrap();
        let mut stdout = String::new();
        in_time(
            "the end of standard output",
            self.stdout.read_to_string(&mut stdout),
        )
        .await
        .unwrap();
        let took = start.elapsed();
        let stderr = in_time("the end of standard error", self.stderr)
            .await
            .unwrap();
        Ended {
            status,
            stdout,
            stderr,
            took,
            left_behind: std::fs::read_dir(self.temporary.path())
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .collect(),
        }
    }

    /// Waits for an end as Terraform wants it: soon, with success, with nothing more on standard output, and no files
    /// left behind. Returns the log.
    pub(super) async fn ended_well(self) -> String {
        let ended = self.ended().await;
        assert!(ended.status.success(), "{ended:?}");
        assert_eq!(ended.stdout, "");
        assert!(ended.left_behind.is_empty(), "{:?}", ended.left_behind);
        assert!(ended.took < PROMPTLY, "took {:?}", ended.took);
        ended.stderr
    }
}
