//! The result of the comparison: for people, and as a record for an issue.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::form::{Answer, Difference};
use super::script::Step;

/// A request and its two responses.
pub(super) struct Compared {
    /// The description of the step.
    step: String,
    account: Answer,
    sandbox: Answer,
    differences: Vec<Difference>,
}

impl Compared {
    pub(super) fn new(step: &Step, account: Answer, sandbox: Answer) -> Self {
        Self {
            step: step.to_string(),
            differences: account.differences(&sandbox, step.leeway),
            account,
            sandbox,
        }
    }
}

/// All requests so far.
#[derive(Default)]
pub(super) struct Report(Vec<Compared>);

impl Report {
    pub(super) fn add(&mut self, compared: Compared) {
        self.0.push(compared);
    }

    pub(super) fn has_differences(&self) -> bool {
        self.0.iter().any(|it| !it.differences.is_empty())
    }

    /// Writes the requests with different responses, each with its differences.
    ///
    /// # Errors
    /// Returns an error if the output cannot be written.
    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let different = self.0.iter().filter(|it| !it.differences.is_empty());
        for compared in different.clone() {
            writeln!(out, "\n{}", compared.step)?;
            for Difference {
                what,
                account,
                sandbox,
            } in &compared.differences
            {
                writeln!(
                    out,
                    "  {what}: {account} in the account, {sandbox} in the sandbox"
                )?;
            }
        }
        let (number, all) = (different.count(), self.0.len());
        match number {
            0 => writeln!(out, "\nNo difference in {all} requests."),
            _ => writeln!(out, "\nDifferences in {number} of {all} requests."),
        }
    }

    /// Returns everything that was seen, without values.
    pub(super) fn record(&self) -> Value {
        let requests = self.0.iter().map(|compared| {
            let differences = compared.differences.iter();
            let differences = differences
                .map(|it| json!({"what": it.what, "account": it.account, "sandbox": it.sandbox}));
            json!({
                "request": compared.step,
                "account": compared.account.record(),
                "sandbox": compared.sandbox.record(),
                "differences": differences.collect::<Vec<_>>(),
            })
        });
        json!({
            "harness-sandbox": env!("CARGO_PKG_VERSION"),
            "requests": requests.collect::<Vec<_>>(),
        })
    }
}
