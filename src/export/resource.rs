//! One connector as configuration, or the reason why it is left out.
//!
//! The result must plan without a change. So every argument has Harness's value, and arguments equal to their defaults
//! are left out. Three kinds of values cannot be written:
//!
//! - API access of a type that this provider does not know, such as OAuth;
//! - a value that a rule of the provider refuses although Harness has it;
//! - a text that contains a secret.
//!
//! Such an argument is left out, or has a placeholder if it is required, and `ignore_changes` keeps Harness's value. If
//! the credentials or the URL type cannot be written, the connector is left out, because its configuration would
//! describe another one.

use std::collections::{BTreeMap, BTreeSet};

use harness_platform::{ConnectorAnswer, ConnectorRef, Scope, connectors};
use tf_provider::diagnostic::{Diagnostic, Diagnostics, Severity};
use tf_provider::field::{Field, ToValue};
use tf_provider::value::{Step, Value};
use tf_provider::visible::visible;

use super::hcl::{self, Content};
use crate::bitbucket_connector::checks::offline;
use crate::bitbucket_connector::connector::model::Model;
use crate::bitbucket_connector::connector::settings::{self, SETTINGS};
use crate::bitbucket_connector::connector::url::{BitbucketUrl, ConnectionType, UrlType};
use crate::bitbucket_connector::connector::words::ConnectivityMode;
use crate::bitbucket_connector::connector::{TYPE_NAME, unmanaged};
use crate::bitbucket_connector::resource::convert;
use crate::harness::wording::{hcl as quoted, shown};
use crate::harness::{entity_id, leaked_secret};

/// What a connector becomes.
#[derive(Debug)]
pub(super) enum Outcome {
    Written(Box<Written>),
    LeftOut(LeftOut),
}

/// A connector that can be exported.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) connector: ConnectorRef,
    /// Its name, for people.
    pub(super) name: String,
    /// The arguments to write; null for those to leave out.
    arguments: Model,
    /// The arguments that are not managed, with reasons.
    pub(super) ignored: BTreeMap<&'static str, String>,
    /// Further information, as sentences.
    pub(super) notes: Vec<String>,
    /// The rules that warn about it, each with its message in a few words.
    pub(super) warnings: BTreeSet<String>,
}

/// A connector that cannot be exported.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct LeftOut {
    pub(super) connector: ConnectorRef,
    pub(super) name: String,
    /// The reason, as sentences.
    pub(super) reason: String,
}

/// How Terraform gets a connector.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Taken {
    /// By an import.
    Imported,
    /// From a resource of the official provider.
    Moved,
}

/// Returns what a connector of this scope becomes.
pub(super) fn of(answer: &ConnectorAnswer, scope: &Scope, taken: Taken) -> Outcome {
    let connector = ConnectorRef::new(scope.clone(), answer.connector.identifier());
    let name = answer.connector.name();
    let name = match leaked_secret::recognize_to_hide(name) {
        Some(_) => shown(name),
        None => name.to_owned(),
    };
    let left_out = |reason: String| {
        Outcome::LeftOut(LeftOut {
            connector: connector.clone(),
            name: name.clone(),
            reason,
        })
    };
    if let Some(reason) = no_import(&connector) {
        return left_out(reason);
    }
    let reading = answer.connector.bitbucket();
    let observed = convert::observed(&reading, scope, &Model::default());
    let (ignored, mut notes) = match kept_in_harness(&observed) {
        Ok(kept) => kept,
        Err(reason) => return left_out(reason),
    };
    if let Some(finding) = unmanaged::of_refresh("this connector", &reading) {
        notes.push(finding.detail);
    }
    // What the first refresh will report: Terraform reads a moved connector as one that it has always managed.
    let read: Diagnostics = match taken {
        Taken::Imported => unmanaged::of_import("this connector", &reading),
        Taken::Moved => unmanaged::of_refresh("this connector", &reading)
            .into_iter()
            .collect(),
    };
    let mut written = Written {
        arguments: without_defaults(observed.clone()),
        connector: connector.clone(),
        name: name.clone(),
        ignored,
        notes,
        warnings: BTreeSet::new(),
    };
    match written.hide_secrets().and_then(|()| written.keep_refused()) {
        Ok(()) => {
            let warnings = read.into_iter().map(|it| it.summary);
            written.warnings.extend(warnings);
            written.warnings.extend(written.kept_warnings(&observed));
            Outcome::Written(Box::new(written))
        }
        Err(reason) => left_out(reason),
    }
}

/// Returns what Harness has on a connector and this provider only keeps: the arguments to ignore, each with the reason,
/// and notes about the rest.
///
/// # Errors
/// Returns why the connector cannot be managed.
fn kept_in_harness(
    observed: &Model,
) -> Result<(BTreeMap<&'static str, String>, Vec<String>), String> {
    let mut ignored = BTreeMap::new();
    let mut notes = Vec::new();
    for phrase in unmanaged::phrases_of(observed) {
        match phrase.split_once(": ") {
            Some(("api_access", kind)) => {
                let reason = format!(
                    "Its API access is of type \"{kind}\", which this provider cannot manage but keeps."
                );
                ignored.insert("api_access", reason);
            }
            Some(("url_type", kind)) => {
                return Err(format!(
                    "Its URL type is \"{kind}\". This provider supports only {} and {}.",
                    quoted(UrlType::NAMES[0]),
                    quoted(UrlType::NAMES[1])
                ));
            }
            Some((_, kind)) => {
                return Err(format!(
                    "Its credentials are of type \"{kind}\", which this provider does not support."
                ));
            }
            None => notes.push(format!(
                "It has `{phrase}`, which this provider cannot manage but keeps."
            )),
        }
    }
    Ok((ignored, notes))
}

/// Returns why Terraform cannot import a connector with this reference, if it cannot.
fn no_import(connector: &ConnectorRef) -> Option<String> {
    let ConnectorRef { scope, identifier } = connector;
    if connectors::PATHS.contains(&identifier.as_str()) {
        return Some(
            "Its identifier is also a path of Harness's API, so the connector can be listed but not read."
                .to_owned(),
        );
    }
    let id = entity_id::format(scope, identifier);
    entity_id::parse(&id, TYPE_NAME).err().map(|_| {
        "Terraform cannot import its identifier, or that of its organization or project.".to_owned()
    })
}

/// Returns the arguments of a connector, without those that follow from others or equal their defaults.
fn without_defaults(observed: Model) -> Model {
    let delegate = ConnectivityMode::Delegate.name();
    Model {
        connectivity_mode: match observed.connectivity_mode {
            Field::Known(mode) if mode == delegate => Field::Null,
            mode => mode,
        },
        id: Field::Null,
        reference: Field::Null,
        unmanaged: Field::Null,
        ..observed
    }
}

/// Clears an argument, and returns its name.
fn clear<T>(argument: &mut Field<T>, name: &'static str) -> &'static str {
    *argument = Field::Null;
    name
}

impl LeftOut {
    /// Returns its import id, for people.
    pub(super) fn id(&self) -> String {
        let id = entity_id::format(&self.connector.scope, &self.connector.identifier);
        match leaked_secret::recognize_for_identifier(&id) {
            Some(pasted) => format!("what looks like {pasted}"),
            None => visible(&id).into_owned(),
        }
    }
}

impl Written {
    /// Removes texts with secrets from the arguments.
    ///
    /// # Errors
    /// Returns why the connector cannot be exported: the text is part of its credentials.
    fn hide_secrets(&mut self) -> Result<(), String> {
        let has_secret = |text: Option<&str>| {
            text.is_some_and(|it| leaked_secret::recognize_to_hide(it).is_some())
        };
        // Names of repositories may contain long runs of letters and digits.
        let has_token =
            |text: Option<&str>| text.is_some_and(|it| leaked_secret::recognize_kind(it).is_some());
        let arguments = self.arguments.clone();
        let tags = arguments.tags.known().into_iter().flatten();
        let mut tags = tags.flat_map(|(key, value)| [Some(key.as_str()), value.text()]);
        let mut selectors = arguments.delegate_selectors.known().into_iter().flatten();
        let mut found: Vec<&'static str> = [
            ("name", has_secret(arguments.name.text())),
            ("description", has_secret(arguments.description.text())),
            ("tags", tags.any(has_secret)),
            (
                "delegate_selectors",
                selectors.any(|selector| has_secret(selector.text())),
            ),
            ("url", has_token(arguments.url.text())),
            (
                "test_repository",
                has_token(arguments.test_repository.text()),
            ),
        ]
        .into_iter()
        .filter_map(|(argument, is_secret)| is_secret.then_some(argument))
        .collect();
        // The rules check references.
        for text in settings::texts().filter(|text| !text.is_reference()) {
            if has_secret(text.of(&arguments).text()) {
                let outer = text.argument.split('.').next();
                found.push(outer.unwrap_or(text.argument));
            }
        }
        let reason = "It contains what looks like a secret, which is not written here.";
        for argument in found {
            match argument {
                "credentials" => return Err(format!("Its `credentials`: {reason}")),
                "url" => {
                    let placeholder = placeholder(&arguments, false);
                    self.set_url_aside(placeholder, reason);
                }
                argument => {
                    self.set_aside(argument, reason.to_owned());
                }
            }
        }
        Ok(())
    }

    /// Leaves refused arguments to Harness, so that the rest can be planned.
    ///
    /// # Errors
    /// Returns why the connector cannot be exported: an argument without a placeholder is refused.
    fn keep_refused(&mut self) -> Result<(), String> {
        loop {
            let findings = offline::validate(&self.arguments);
            let (errors, warnings): (Vec<_>, Vec<_>) = findings
                .into_iter()
                .partition(|finding| finding.severity == Severity::Error);
            if errors.is_empty() {
                self.warnings = warnings.into_iter().map(|it| it.summary).collect();
                return Ok(());
            }
            let mut is_other = false;
            for error in &errors {
                let refused = argument_of(error).unwrap_or_default();
                // The two types are facts, and determine what the URL must be.
                let refused = match refused {
                    "url_type" | "connection_type" => "url",
                    other => other,
                };
                is_other |= self.set_aside(refused, refusal(error));
            }
            if !is_other {
                let reasons: BTreeSet<String> = errors.iter().map(refusal).collect();
                let reasons: Vec<String> = reasons.into_iter().collect();
                return Err(reasons.join(" "));
            }
        }
    }

    /// Returns the warnings of a plan about Harness's values of the ignored arguments.
    fn kept_warnings(&self, observed: &Model) -> Vec<String> {
        let given = self.arguments.clone();
        let planned = Model {
            name: self.kept("name", given.name, &observed.name),
            description: self.kept("description", given.description, &observed.description),
            tags: self.kept("tags", given.tags, &observed.tags),
            url: self.kept("url", given.url, &observed.url),
            test_repository: self.kept(
                "test_repository",
                given.test_repository,
                &observed.test_repository,
            ),
            connectivity_mode: self.kept(
                "connectivity_mode",
                given.connectivity_mode,
                &observed.connectivity_mode,
            ),
            delegate_selectors: self.kept(
                "delegate_selectors",
                given.delegate_selectors,
                &observed.delegate_selectors,
            ),
            api_access: self.kept("api_access", given.api_access, &observed.api_access),
            ..given
        };
        let findings = offline::plan(&planned, Some(observed), false).into_iter();
        findings.map(|finding| finding.summary).collect()
    }

    /// Returns what the plan has for an argument: the written value, or Harness's if it is ignored.
    fn kept<T: Clone>(&self, argument: &str, given: Field<T>, observed: &Field<T>) -> Field<T> {
        if self.ignored.contains_key(argument) {
            observed.clone()
        } else {
            given
        }
    }

    /// Leaves an argument to Harness. Returns false if that is not possible, or was already done.
    fn set_aside(&mut self, argument: &str, reason: String) -> bool {
        let arguments = &mut self.arguments;
        if argument == "url" {
            let is_first = !self.ignored.contains_key("url");
            let meant = placeholder(arguments, is_first);
            let is_changed = arguments.url.text() != Some(&meant);
            let placeholder = if is_changed {
                meant
            } else {
                placeholder(arguments, false)
            };
            return self.set_url_aside(placeholder, &reason);
        }
        let argument = match argument {
            "name" => {
                // The name is required, so it has a placeholder too.
                arguments.name = arguments.identifier.clone();
                "name"
            }
            "description" => clear(&mut arguments.description, "description"),
            "tags" => clear(&mut arguments.tags, "tags"),
            "test_repository" => clear(&mut arguments.test_repository, "test_repository"),
            "connectivity_mode" => clear(&mut arguments.connectivity_mode, "connectivity_mode"),
            "delegate_selectors" => clear(&mut arguments.delegate_selectors, "delegate_selectors"),
            "api_access" => clear(&mut arguments.api_access, "api_access"),
            _ => return false,
        };
        if self.ignored.contains_key(argument) {
            return false;
        }
        let reason = match argument {
            "name" => format!(
                "{reason} The value here is a placeholder; correct the name in Harness, or here without `ignore_changes`."
            ),
            _ => reason,
        };
        self.ignored.insert(argument, reason);
        true
    }

    /// Leaves the URL to Harness. Returns false if it already has this placeholder.
    fn set_url_aside(&mut self, placeholder: String, reason: &str) -> bool {
        if self.arguments.url.text() == Some(&placeholder) {
            return false;
        }
        self.arguments.url = Field::Known(placeholder);
        // The first reason is about Harness's value, later ones about a placeholder.
        self.ignored.entry("url").or_insert(format!(
            "{reason} The value here is a placeholder; correct the URL in Harness, or here without `ignore_changes`."
        ));
        true
    }

    /// Returns the resource block with this name.
    pub(super) fn block(&self, provider: Option<&str>) -> Content {
        let mut content = Content::default();
        for note in &self.notes {
            content.comment(note.clone());
        }
        if let Some(provider) = provider {
            content.argument("provider", hcl::Value::Name(provider.to_owned()));
            content.gap();
        }
        let Value::Object(values) = self.arguments.to_value() else {
            return content;
        };
        let value = |name: &str| values.get(name).filter(|value| !value.is_null());
        for setting in SETTINGS {
            // The steps of Harness's own form become groups of lines.
            if matches!(setting.name, "url_type" | "connectivity_mode") {
                content.gap();
            }
            match value(setting.name) {
                Some(Value::Object(_)) => {
                    let inner = nested(setting.name, &self.arguments);
                    content.gap().block(setting.name, &[], inner);
                }
                Some(value) => {
                    if let Some(value) = argument(value) {
                        content.argument(setting.name, value);
                    }
                }
                None => {}
            }
        }
        if !self.ignored.is_empty() {
            let mut lifecycle = Content::default();
            for (argument, reason) in &self.ignored {
                lifecycle.comment(format!("`{argument}`: {reason}"));
            }
            let names = self.ignored.keys().map(|name| (*name).to_owned());
            lifecycle.argument("ignore_changes", hcl::Value::Names(names.collect()));
            content.gap();
            content.block("lifecycle", &[], lifecycle);
        }
        content
    }
}

/// Returns the connector's block inside `credentials` or `api_access`, with its arguments in the order of the schema.
fn nested(outer: &str, arguments: &Model) -> Content {
    let mut content = Content::default();
    for block in settings::blocks_in(outer).filter(|block| block.is_given(arguments)) {
        let mut texts = Content::default();
        for text in block.texts() {
            if let Some(value) = text.of(arguments).text() {
                texts.text(text.name(), value);
            }
        }
        content.block(block.name(), &[], texts);
    }
    content
}

/// Converts a value of the model to one of the configuration. Returns `None` for null.
fn argument(value: &Value) -> Option<hcl::Value> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match value {
        Value::Map(entries) => {
            let entries = entries
                .iter()
                .map(|(key, value)| (key.clone(), text(value)));
            Some(hcl::Value::Map(entries.collect()))
        }
        Value::Set(texts) => Some(hcl::Value::Texts(
            texts.elements().iter().map(text).collect(),
        )),
        value => value.as_str().map(|text| hcl::Value::Text(text.to_owned())),
    }
}

/// Returns the top-level argument of a diagnostic.
fn argument_of(finding: &Diagnostic) -> Option<&str> {
    match finding.path.as_ref()?.steps().first()? {
        Step::Attribute(name) => Some(name),
        _ => None,
    }
}

/// Returns why an argument is refused, as a sentence.
fn refusal(finding: &Diagnostic) -> String {
    format!(
        "The provider rejects the value in Harness: {}.",
        finding.summary
    )
}

/// Returns a replacement for Harness's URL: the intended one if that is wanted and known, or one that matches the
/// types.
fn placeholder(arguments: &Model, is_meant_wanted: bool) -> String {
    let url_type = arguments.url_type.text().and_then(UrlType::from_name);
    let connection = arguments
        .connection_type
        .text()
        .and_then(ConnectionType::from_name);
    let url = arguments.url.text().unwrap_or_default();
    let fixed = match BitbucketUrl::parse(url) {
        Ok(url) => Some(url.fixed(url_type, connection)),
        Err(error) => error.fixed(url_type, connection),
    };
    let meant = fixed.as_ref().and_then(|fixed| fixed.complete());
    if let Some(meant) = meant.filter(|_| is_meant_wanted) {
        return meant.to_owned();
    }
    let path = match url_type {
        Some(UrlType::Account) => "workspace/",
        _ => "workspace/repository.git",
    };
    match connection {
        Some(ConnectionType::Ssh) => format!("git@bitbucket.org:{path}"),
        _ => format!("https://bitbucket.org/{path}"),
    }
}
