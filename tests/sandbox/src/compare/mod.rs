//! `harness-sandbox compare`: sends identical requests to a real account and to a sandbox, and reports where the
//! responses differ in status, codes, members, and types.
//!
//! Everything happens in a project that it creates in the account, with names that are unique to the run. It removes
//! everything that it created, also after a failure or Ctrl-C, and lists what it could not remove. Values of responses
//! are neither printed nor recorded.

mod arguments;
mod form;
mod made;
mod report;
mod script;
mod target;

use std::error::Error;
use std::future::Future;
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use harness_sandbox::{Kind, Options, Running, Sandbox, Scope};
use serde_json::json;

pub(crate) use arguments::{Arguments, HELP, parse};
use form::Answer;
use made::Made;
use report::{Compared, Report};
use script::{Names, Step};
use target::Target;

/// The exit code if the responses differ.
const DIFFERENT: u8 = 2;

/// How often to retry a response without content if the platform fills it some time after the change.
const PATIENCE: u32 = 24;

/// The wait before each retry.
const PAUSE: Duration = Duration::from_secs(5);

/// Runs the comparison. `interrupted` resolves when the user wants it to end.
///
/// # Errors
/// Returns an error if settings are missing, the account cannot be reached, or the record cannot be written.
pub(crate) async fn run(
    arguments: &Arguments,
    interrupted: impl Future<Output = ()>,
    out: &mut dyn Write,
) -> Result<ExitCode, Box<dyn Error>> {
    let names = Names::new(&arguments.org, arguments.project.as_deref());
    let script = script::script(arguments.project.is_none());
    if arguments.dry_run {
        for step in &script {
            writeln!(out, "{step}")?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let account = Target::of_environment(&names)?;
    let running = sandbox_for(&names, arguments.project.is_some())?;
    let sandbox = Target::of_sandbox(&running, &names)?;
    writeln!(
        out,
        "Comparing {} with the sandbox: {} requests in project {} of organization {}.",
        account.endpoint(),
        script.len(),
        names.project(),
        names.org(),
    )?;
    let mut made = Made::default();
    let mut report = Report::default();
    let ended = {
        let comparing = compare(&script, &account, &sandbox, &mut made, &mut report);
        tokio::pin!(interrupted);
        tokio::select! {
            outcome = comparing => outcome,
            () = &mut interrupted => Err("interrupted".to_owned()),
        }
    };
    // Whatever has happened, restore the account first.
    let left = made.remove_all(&account).await;
    report.write(out)?;
    if let Some(path) = &arguments.record {
        let record = serde_json::to_string_pretty(&report.record())?;
        std::fs::write(path, record + "\n")
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        writeln!(out, "Recorded, without values: {}", path.display())?;
    }
    for thing in &left {
        writeln!(
            out,
            "Could not be removed, and is still in the account: {thing}"
        )?;
    }
    match ended {
        Err(reason) => Err(format!("the comparison stopped: {reason}").into()),
        Ok(()) if !left.is_empty() => Err("some objects could not be removed".into()),
        Ok(()) if report.has_differences() => Ok(ExitCode::from(DIFFERENT)),
        Ok(()) => Ok(ExitCode::SUCCESS),
    }
}

/// Returns a sandbox with what the account is expected to have.
fn sandbox_for(names: &Names, with_project: bool) -> Result<Running, Box<dyn Error>> {
    let running = Sandbox::start(Options::default())?;
    let account = Scope::account();
    if running
        .object(Kind::Organization, &account, names.org())
        .is_none()
    {
        let organization = json!({"name": names.org()});
        running.put(Kind::Organization, &account, names.org(), organization)?;
    }
    if with_project {
        let scope = Scope::organization(names.org());
        let project = json!({"name": names.project()});
        running.put(Kind::Project, &scope, names.project(), project)?;
    }
    Ok(running)
}

async fn compare(
    script: &[Step],
    account: &Target,
    sandbox: &Target,
    made: &mut Made,
    report: &mut Report,
) -> Result<(), String> {
    for step in script {
        if let Some(thing) = &step.makes {
            // Recorded before the request is sent, because a request with a lost response may have created it.
            made.add(*thing, account.name_of(step));
        }
        let failed = |reason| format!("{step}: {reason}");
        let of_account = answer(step, account).await.map_err(failed)?;
        made.heed(step, account, of_account.status);
        if step.is_required && of_account.status != 200 {
            let status = of_account.status;
            return Err(format!(
                "{step}: HTTP status {status}; check HARNESS_ENDPOINT, HARNESS_ACCOUNT_ID, and the key's permissions"
            ));
        }
        let of_sandbox = answer(step, sandbox).await.map_err(failed)?;
        report.add(Compared::new(step, of_account, of_sandbox));
    }
    Ok(())
}

/// Sends a request, and repeats it while its response has no content yet.
async fn answer(step: &Step, target: &Target) -> Result<Answer, String> {
    let mut left = if step.fills_up { PATIENCE } else { 0 };
    loop {
        let answer = target.send(step).await?;
        if left == 0 || answer.has_content() {
            return Ok(answer);
        }
        left -= 1;
        tokio::time::sleep(PAUSE).await;
    }
}
