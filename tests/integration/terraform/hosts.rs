//! The programs that the tests run: one or more versions of Terraform and OpenTofu.
//!
//! `HARNESS_TEST_HOSTS` lists them, separated as in PATH: `/opt/terraform-1.5/terraform:/opt/tofu-1.10/tofu`. Without
//! it, `terraform` and `tofu` are taken from the PATH. [`test`](harness_each_host::test) runs the body of each test
//! once for every host, and skips a host that lacks what the test needs. Skips are printed as they happen, and again in
//! the summary at the end, which also says how many tests ran under which host. Rust's test harness captures the output
//! of `println!` and `eprintln!`; writing to the handle of standard error, as here, reaches the terminal.

use super::report;
pub(super) use harness_each_host::test;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf, absolute};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::{env, fmt};

/// The environment variable that lists the hosts.
const VARIABLE: &str = "HARNESS_TEST_HOSTS";

/// A feature that not every host has.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Feature {
    Actions,
    CheckBlocks,
    Functions,
    FunctionsInConsole,
    GeneratedConfiguration,
    Identity,
    ImportBlocks,
    ImportForEach,
    Lists,
    Mocks,
    MovedTypes,
    OptionalAttributes,
    RemovedBlocks,
    RemovedWithLifecycle,
    TerraformData,
}

impl Feature {
    const ALL: [Self; 15] = [
        Self::Actions,
        Self::CheckBlocks,
        Self::Functions,
        Self::FunctionsInConsole,
        Self::GeneratedConfiguration,
        Self::Identity,
        Self::ImportBlocks,
        Self::ImportForEach,
        Self::Lists,
        Self::Mocks,
        Self::MovedTypes,
        Self::OptionalAttributes,
        Self::RemovedBlocks,
        Self::RemovedWithLifecycle,
        Self::TerraformData,
    ];

    /// Returns the feature's name, and the first versions of Terraform and OpenTofu that have it.
    const fn description(self) -> (&'static str, (u32, u32), Option<(u32, u32)>) {
        // OpenTofu begins with 1.6, which has everything in Terraform 1.5.
        const FROM_THE_START: Option<(u32, u32)> = Some((1, 6));
        match self {
            Self::Actions => ("the action", (1, 14), None),
            Self::CheckBlocks => ("`check` blocks", (1, 5), FROM_THE_START),
            Self::Functions => ("functions", (1, 8), Some((1, 7))),
            Self::FunctionsInConsole => ("functions in the console", (1, 8), None),
            Self::GeneratedConfiguration => ("generated configuration", (1, 5), FROM_THE_START),
            Self::Identity => ("import by identity", (1, 12), Some((1, 12))),
            Self::ImportBlocks => ("`import` blocks", (1, 5), FROM_THE_START),
            Self::ImportForEach => ("`import` blocks with `for_each`", (1, 7), Some((1, 7))),
            Self::Lists => ("the list resource (`terraform query`)", (1, 14), None),
            Self::Mocks => (
                "tests with `mock_provider \"harness\"`",
                (1, 7),
                Some((1, 8)),
            ),
            Self::MovedTypes => (
                "`moved` from `harness_platform_connector_bitbucket`",
                (1, 8),
                Some((1, 10)),
            ),
            Self::OptionalAttributes => (
                "`optional` in the types of variables",
                (1, 3),
                FROM_THE_START,
            ),
            Self::RemovedBlocks => ("`removed` blocks", (1, 7), Some((1, 7))),
            Self::RemovedWithLifecycle => {
                ("`removed` blocks with `lifecycle`", (1, 7), Some((1, 10)))
            }
            Self::TerraformData => ("`terraform_data`", (1, 4), FROM_THE_START),
        }
    }

    /// Returns the first version of a product with the feature.
    pub(super) const fn since(self, product: Product) -> Option<(u32, u32)> {
        let (_, terraform, opentofu) = self.description();
        match product {
            Product::Terraform => Some(terraform),
            Product::OpenTofu => opentofu,
        }
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, (major, minor), opentofu) = self.description();
        write!(f, "{name} (Terraform {major}.{minor}, ")?;
        match opentofu {
            Some((major, minor)) => write!(f, "OpenTofu {major}.{minor})"),
            None => f.write_str("no OpenTofu yet)"),
        }
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Product {
    Terraform,
    OpenTofu,
}

/// A program that reads configurations and starts providers.
#[derive(Debug)]
pub(super) struct Host {
    /// The program's absolute path.
    pub(super) program: PathBuf,
    /// The product.
    pub(super) product: Product,
    /// The major and minor version.
    pub(super) release: (u32, u32),
    /// The complete version, such as `1.16.0-rc2`.
    version: String,
}

impl Host {
    /// Determines the host of a program.
    fn at(program: PathBuf) -> Result<Self, String> {
        let output = Command::new(&program)
            .arg("version")
            .env_clear()
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .env("CHECKPOINT_DISABLE", "1")
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("{} could not be started: {error}", program.display()))?;
        let said = String::from_utf8_lossy(&output.stdout);
        // Warnings about the user's own settings may come first.
        let (product, version, release) = said.lines().find_map(identified).ok_or_else(|| {
            let program = program.display();
            format!("{program} is neither Terraform nor OpenTofu: its `version` says {said:?}")
        })?;
        let version = version.to_owned();
        Ok(Self {
            program,
            product,
            release,
            version,
        })
    }

    /// Returns whether the host has this feature.
    pub(super) fn has(&self, feature: Feature) -> bool {
        let since = feature.since(self.product);
        since.is_some_and(|since| self.release >= since)
    }

    /// Returns whether it reveals to the provider, before the first change, that it applies.
    pub(super) fn tells_of_applies(&self) -> bool {
        // A prerelease may send the same for a plan.
        matches!(
            (self.product, self.release),
            (Product::Terraform, (1, 11..=15))
        ) && !self.version.contains('-')
    }

    /// Returns whether its refresh-only plan counts every data source as a difference: it exits with 2 and shows
    /// nothing, for every provider.
    pub(super) fn counts_data_sources_as_drift(&self) -> bool {
        self.product == Product::Terraform && self.release >= (1, 15)
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.product, self.version)
    }
}

/// Parses product, version, and release in a line such as `Terraform v1.16.0-rc2`.
fn identified(line: &str) -> Option<(Product, &str, (u32, u32))> {
    let (product, version) = line.trim().split_once(" v")?;
    let product = match product {
        "Terraform" => Product::Terraform,
        "OpenTofu" => Product::OpenTofu,
        _ => return None,
    };
    let mut numbers = version.split('.');
    let major = numbers.next()?.parse().ok()?;
    let minor = numbers.next()?.parse().ok()?;
    Some((product, version, (major, minor)))
}

/// Returns all hosts of this run, or the sentence that says why there are none.
pub(super) fn all() -> Result<&'static [Host], &'static str> {
    static HOSTS: OnceLock<Result<Vec<Host>, String>> = OnceLock::new();
    let hosts = HOSTS.get_or_init(|| {
        let listed = env::var_os(VARIABLE).unwrap_or_default();
        let listed = env::split_paths(&listed).filter(|program| !program.as_os_str().is_empty());
        let listed: Vec<_> = listed.collect();
        let programs = if listed.is_empty() {
            ["terraform", "tofu"].into_iter().filter_map(on_path).collect()
        } else {
            let found = listed.iter().map(|program| found(program));
            found.collect::<Result<Vec<_>, _>>()?
        };
        if programs.is_empty() {
            return Err(format!(
                "This test runs the real Terraform or OpenTofu, and neither `terraform` nor `tofu` is on the PATH: \
                 install Terraform (https://developer.hashicorp.com/terraform/install) or OpenTofu \
                 (https://opentofu.org/docs/intro/install/), or list programs in {VARIABLE}."
            ));
        }
        programs.into_iter().map(Host::at).collect()
    });
    hosts.as_deref().map_err(String::as_str)
}

/// Resolves a program in the variable: a path, or a name on the PATH.
fn found(listed: &Path) -> Result<PathBuf, String> {
    let is_name = listed.components().count() == 1 && !listed.is_absolute();
    let program = match listed.to_str() {
        Some(name) if is_name => on_path(name),
        _ => absolute(listed).ok().filter(|path| path.is_file()),
    };
    program.ok_or_else(|| {
        let listed = listed.display();
        format!("{VARIABLE} lists {listed}, which does not exist: list paths of Terraform or OpenTofu programs.")
    })
}

fn on_path(name: &str) -> Option<PathBuf> {
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&env::var_os("PATH")?)
        .map(|directory| directory.join(&file))
        .find(|path| path.is_file())
}

thread_local! {
    static CURRENT: Cell<Option<&'static Host>> = const { Cell::new(None) };
}

/// Returns the host under which the test on this thread runs.
#[track_caller]
pub(super) fn current() -> &'static Host {
    let host = CURRENT.get();
    host.expect("tests that run a host are marked with `harness_each_host::test`, and run it in their own thread")
}

/// Runs a test under every host that has what it needs. Fails at the end if it failed under one of them.
pub(super) fn under_each(test: &str, needs: &[Feature], body: impl Fn()) {
    let hosts = all().unwrap_or_else(|reason| panic!("{reason}"));
    // The crate's own name comes first in a module's path, but not in the test harness's names.
    let test = test.split_once("::").map_or(test, |(_, test)| test);
    let mut failure = None;
    for (number, host) in hosts.iter().enumerate() {
        if let Some(missing) = needs.iter().find(|feature| !host.has(**feature)) {
            report::skipped(number, test, *missing);
            continue;
        }
        CURRENT.set(Some(host));
        let outcome = panic::catch_unwind(AssertUnwindSafe(&body));
        CURRENT.set(None);
        report::ran(number, test, outcome.is_ok());
        if let Err(panic) = outcome {
            eprintln!("^ under {host} ({})\n", host.program.display());
            failure.get_or_insert(panic);
        }
    }
    report::finished();
    if let Some(panic) = failure {
        panic::resume_unwind(panic);
    }
}

mod about_hosts {
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::{Feature, Product, identified};

    #[test]
    fn a_host_is_known_by_the_first_line_of_its_version() {
        for (line, expected) in [
            (
                "Terraform v1.11.4",
                Some((Product::Terraform, "1.11.4", (1, 11))),
            ),
            (
                "OpenTofu v1.6.0-alpha1",
                Some((Product::OpenTofu, "1.6.0-alpha1", (1, 6))),
            ),
            (
                "Terraform v1.16.0-rc2\r",
                Some((Product::Terraform, "1.16.0-rc2", (1, 16))),
            ),
            ("Packer v1.11.4", None),
            ("Terraform v1", None),
            ("Terraform", None),
            ("", None),
        ] {
            assert_eq!(identified(line), expected, "{line}");
        }
    }

    /// Features that are unrelated to this provider but used by its tests.
    const OF_THE_HOST: [Feature; 3] = [
        Feature::FunctionsInConsole,
        Feature::OptionalAttributes,
        Feature::TerraformData,
    ];

    #[test]
    fn the_guide_says_which_version_has_what_the_tests_need() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let guide = fs::read_to_string(root.join("docs/guides/getting-started.md"));
        let guide = guide.expect("there is a guide");
        let (_, section) = guide
            .split_once("\n## What needs which version\n")
            .expect("it has the section");
        let (section, _) = section.split_once("\n## ").unwrap_or((section, ""));
        let mut documented = BTreeMap::new();
        for row in section
            .lines()
            .filter(|line| line.starts_with("| ") && !line.starts_with("| |"))
        {
            let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
            let [what, terraform, opentofu] = cells.as_slice() else {
                panic!("a row has three cells: {row}");
            };
            for item in what.split(", ") {
                documented.insert(
                    item.to_owned(),
                    ((*terraform).to_owned(), (*opentofu).to_owned()),
                );
            }
        }
        let version = |feature: Feature, product| match feature.since(product) {
            Some((major, minor)) => format!("{major}.{minor}"),
            None => "–".to_owned(),
        };
        let features = Feature::ALL
            .into_iter()
            .filter(|feature| !OF_THE_HOST.contains(feature));
        let needed: BTreeMap<_, _> = features
            .map(|feature| {
                let versions = (
                    version(feature, Product::Terraform),
                    version(feature, Product::OpenTofu),
                );
                (feature.description().0.to_owned(), versions)
            })
            .collect();
        assert_eq!(documented, needed);
    }

    /// Returns all source files below a directory.
    fn sources(below: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(below).expect("the directory can be read");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        paths
            .flat_map(|path| {
                if path.is_dir() {
                    sources(&path)
                } else {
                    vec![path]
                }
            })
            .collect()
    }

    #[test]
    fn every_test_of_this_directory_runs_under_each_host() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/integration/terraform");
        let sources = sources(&directory);
        assert!(sources.len() > 20, "{sources:?}");
        for path in sources {
            let text = fs::read_to_string(&path).expect("the file can be read");
            let has_tests = text.lines().any(|line| line.starts_with("#[test"));
            let imports = text
                .lines()
                .find(|line| line.starts_with("use super::hosts::"));
            let is_ours =
                imports.is_some_and(|line| line.ends_with("::test;") || line.ends_with("test};"));
            assert!(
                !has_tests || is_ours,
                "{}: use super::hosts::test",
                path.display()
            );
        }
    }
}
