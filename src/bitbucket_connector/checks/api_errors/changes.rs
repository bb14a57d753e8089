//! Harness's responses to a failed creation, update, or deletion.
//!
//! The file is longer than most because half of it is text. Source: the platform's checks in their order, and the texts
//! of its responses.

use harness_platform::{
    BitbucketConnector, Governance, Missing, PlatformError, PolicyFinding, Scope, TextOrRef,
};

use super::answer::ErrorAnswer;
use super::error_rule::{Advice, ErrorRule};
use super::field_path;
use crate::bitbucket_connector::connector::TYPE_NAME;
use crate::bitbucket_connector::connector::url::{BitbucketUrl, ConnectionType, Form, UrlType};
use crate::harness::rule::at;
use crate::harness::secret_ref::{Level, SecretRef};
use crate::harness::wording::hcl;
use crate::harness::{entity_id, identifier, platform_error};

/// The first rule that recognizes a response is used.
pub(crate) static CHANGES: &[ErrorRule] = &[
    ErrorRule::new("M01")
        .says("An account policy denied the connector; nothing was saved.")
        .example("denied by the account's policies")
        .titled("A policy denied the connector")
        .on_page(
            "Change the connector so that it complies, or ask the owner of the policy. The message lists the policies and \
             what they say.",
        )
        .advise_with(|answer| Some(Advice::whole(denial(answer.error?.denial()?)))),
    ErrorRule::new("M02")
        .says("The API key is not valid, or its owner lacks a permission.")
        .example(
            "Principal of type SERVICE_ACCOUNT with identifier terraform : Missing permission core_connector_edit on \
             connector",
        )
        .on_page(
            "Give the owner of the key a role with the missing permission in the connector's scope (View, Create/Edit, or \
             Delete on connectors), or use another key.",
        )
        .advise_with(|answer| answer.remedy_if_not_allowed().map(Advice::whole)),
    ErrorRule::new("M04")
        .says("Harness is busy or failed internally, and retries did not help.")
        .example("Connector could not be created because we could not create the heartbeat")
        .on_page(
            "Run the command again. If Harness limits the requests, lower `-parallelism` or set \
             `max_requests_per_minute`. If the error persists, give Harness support the correlation id.",
        )
        .advise_with(trouble),
    ErrorRule::new("I11")
        .about("identifier")
        .says("A connector already has this identifier, of type Bitbucket or of another type.")
        .example(
            "Connector: Bitbucket has been given an identifier: bitbucket that already exists. Please enter a unique ID.",
        )
        .on_page("Import that connector to manage it, or choose another `identifier`.")
        // For an update, this message means that the connector's type has changed.
        .when(|answer| {
            answer.error.is_some_and(PlatformError::is_already_exists)
                && !answer.says(&["with type"])
        })
        .advise_with(|answer| Some(taken(answer))),
    ErrorRule::new("O06")
        .about("org_id, project_id")
        .says("The organization or project does not exist.")
        .example("org [payments] not found.")
        .on_page(
            "Write its Id, not its name. If the same configuration creates it, refer to its resource, so that Terraform \
             creates it first.",
        )
        .advise_with(missing_scope),
    ErrorRule::new("O01")
        .about("org_id")
        .says("`project_id` is set without `org_id`.")
        .example("Project payments specified without the org Identifier")
        .titled("Project without organization")
        .signs(&["specified without the org identifier"])
        .advise("Set `org_id` to the organization of the project."),
    ErrorRule::new("W16")
        .about("*_ref")
        .says("A reference points to no secret, or to one that the connector cannot use.")
        .example(
            "Error while validating passwordRef field : Invalid request: No secret exists with the id bitbucket_token",
        )
        .on_page(
            "Refer to an existing secret in a scope that the connector can use. If the same configuration creates the \
             secret, refer to its resource or add `depends_on`, so that Terraform creates it first.",
        )
        .advise_with(wrong_reference),
    ErrorRule::new("P09")
        .about("credentials, api_access")
        .says("One of the two usernames is plaintext, the other a secret.")
        .example("Both usernames should be set either as secret or plain text")
        .titled("Mixed plaintext and secret usernames")
        .signs(&["both usernames should be set"])
        .on_page("Write both as `username`, or both as `username_ref`.")
        .advise_with(|answer| Some(mixed_usernames(answer))),
    ErrorRule::new("U28")
        .about("url")
        .says("Harness does not accept `url` as the address of a repository or account.")
        .example(
            "Invalid repo url git@bb.acme.com/WEB/shop.git, valid ssh url formats are \
             git@provider.com:username/repo, ssh://provider.com/username/repo, ssh://git@provider.com/username/repo",
        )
        .titled("Harness rejected `url`")
        .signs(&["invalid repo url", "url cannot be left blank"])
        .when(|answer| {
            let mut said = answer.said.iter();
            said.any(|text| text.starts_with("Url ") && text.contains(" is invalid"))
        })
        .on_page(
            "Write the URL from the message. For Data Center, Harness's documentation shows `git@<host>/<PROJECT>/…`, which \
             Harness itself rejects: write `ssh://git@<host>:7999/<PROJECT>/…`.",
        )
        .advise_with(|answer| {
            let remedy = answer.about.settings.map(url_instead_of);
            Some(Advice::at("url", remedy.unwrap_or_else(|| URL_FORMS.to_owned())))
        }),
    ErrorRule::new("I05")
        .about("identifier")
        .says("Harness reserves the identifier.")
        .example("harnessSecretManager cannot be used as connector identifier")
        .titled("Identifier is reserved by Harness")
        .signs(&["cannot be used as connector identifier"])
        .advise("Choose another `identifier`."),
    ErrorRule::new("M03")
        .says("The account's plan allows no more connectors.")
        .example("Exceeded static limitation. Current Limit: 100")
        .titled("Too many connectors")
        .signs(&["exceeded static limitation", "multiple_connectors", "current limit:"])
        .found("The account's plan allows no more connectors.")
        .advise("Delete unused connectors, or ask your Harness administrator for a larger plan."),
    ErrorRule::new("M06")
        .about("force_delete")
        .says("Other entities still refer to the connector.")
        .example("Could not delete the connector bitbucket as it is referenced by other entities")
        .on_page(
            "Remove the references, or apply `force_delete = true` before you destroy the connector, if the account allows \
             it (Account Settings, Default Settings, General, Enable Force Delete).",
        )
        .advise_with(in_use),
    ErrorRule::new("M11")
        .about("*")
        .says("Harness's validation rejects an argument.")
        .example("connector.spec.authentication.spec.spec.passwordRef: must not be null")
        .titled("Harness rejected an argument")
        .words_first()
        .on_page("Fix the argument as the message says. If Harness rejects several, each has its own message.")
        .advise_with(refused_field),
    ErrorRule::new("M12")
        .about("*")
        .says("Harness cannot read a value in the request.")
        .example(
            "Unable to process JSON (Cannot deserialize value of type `GitConnectionType` from String \"Repo\" \
             (through reference chain: connector.spec.type))",
        )
        .titled("Harness cannot read a value")
        .signs(&["unable to process json"])
        .at(|_, answer| field_path::of_field(answer.after(READ_AT)?, answer.about.settings))
        .on_page(
            "Fix the value that the message names. If the documentation allows it, report the message: this version of \
             the provider and Harness disagree about the value.",
        )
        .words_first()
        .advise(
            "Fix the value that Harness names. If the documentation allows it, please report this message: this version of \
             the provider and Harness disagree about the value.",
        ),
    ErrorRule::new("M13")
        .says("Harness could not evaluate the account's policies; nothing was saved.")
        .example("Exception while evaluating OPA rules")
        .signs(&["evaluating opa"])
        .found("Harness could not evaluate the account's policies, and saved nothing.")
        .advise("Run the command again. If the error persists, ask the owner of the policies: one may be faulty."),
    ErrorRule::new("M09")
        .says("Harness gives a reason that this version of the provider does not know.")
        .example("Something new")
        .on_page("The message repeats what Harness says. If that does not help, give Harness support the correlation id.")
        .words_first()
        .advise_with(|answer| {
            let refusal = answer.refusal()?;
            let known = answer.error.and_then(platform_error::remedy);
            let unknown = || {
                refusal.is_from_platform().then(|| {
                    "This version of the provider does not know this error. If the message does not help, give Harness \
                     support the correlation id."
                        .to_owned()
                })
            };
            Some(Advice {
                remedy: known.or_else(unknown),
                ..Advice::default()
            })
        }),
];

/// Returns what the policies say, and what to do about it.
fn denial(governance: &Governance) -> String {
    let evaluation = governance.evaluation_id.as_ref().map(|id| {
        format!(" Harness has the details under evaluation {id} (Project or Account Settings, Policies).")
    });
    let evaluation = evaluation.unwrap_or_default();
    let comply = "Change the connector so that it complies, or ask the owner of the policy.";
    if governance.findings.is_empty() {
        return match &governance.message {
            Some(message) => format!(
                "An account policy denied the connector, so Harness saved nothing: {}. {comply}{evaluation}",
                message.trim_end_matches('.')
            ),
            None => format!(
                "An account policy denied the connector, so Harness saved nothing. Harness does not say which policy, or \
                 why. Ask the owner of the account's policies.{evaluation}"
            ),
        };
    }
    let mut lines =
        vec!["An account policy denied the connector, so Harness saved nothing:".to_owned()];
    lines.extend(governance.findings.iter().map(denied_by));
    lines.push(format!("{comply}{evaluation}"));
    lines.join("\n")
}

/// Returns one policy with its messages, as an item of a list.
fn denied_by(finding: &PolicyFinding) -> String {
    let mut line = "- policy".to_owned();
    if !finding.policy.is_empty() {
        line = format!("{line} \"{}\"", finding.policy);
    }
    if !finding.policy_set.is_empty() {
        line = format!("{line} in policy set \"{}\"", finding.policy_set);
    }
    let messages = finding.messages.iter().map(|message| message.trim());
    let messages: Vec<_> = messages.filter(|message| !message.is_empty()).collect();
    if messages.is_empty() {
        format!("{line}, which gives no reason")
    } else {
        format!("{line}: {}", messages.join("; "))
    }
}

fn trouble(answer: &ErrorAnswer<'_>) -> Option<Advice> {
    let error = answer.error?;
    if error.is_rate_limited() {
        return platform_error::remedy(error).map(Advice::whole);
    }
    if error.is_heartbeat_trouble() {
        return Some(Advice::whole(
            "Harness could not start or stop the task that tests the connector every half hour, so it changed nothing. Run \
             the command again. If the error persists, check that a delegate is connected, or set `connectivity_mode = \
             \"Platform\"`.",
        ));
    }
    let refusal = answer.refusal()?;
    if refusal.status < 500 {
        return None;
    }
    if !refusal.is_from_platform() {
        return Some(Advice {
            remedy: platform_error::remedy(error),
            ..Advice::default()
        });
    }
    let organization = match &answer.about.connector.scope {
        Scope::Project { org, .. } => format!(
            " Harness also answers like this if the organization of a project does not exist: check `org_id` ({}).",
            hcl(org)
        ),
        Scope::Account | Scope::Organization { .. } => String::new(),
    };
    Some(Advice::whole(format!(
        "Harness failed internally. Run the command again. If the error persists, give Harness support the correlation \
         id.{organization}"
    )))
}

/// Returns the advice about an identifier that belongs to a connector that was not created here.
pub(crate) fn taken(answer: &ErrorAnswer<'_>) -> Advice {
    let connector = answer.about.connector;
    let id = entity_id::format(&connector.scope, &connector.identifier);
    let advice = Advice::at(
        "identifier",
        format!(
            "The {} already has a connector {}. {}\n\nOtherwise, choose another `identifier`, or import that connector if no \
             resource manages it yet:\n\n  terraform import {TYPE_NAME}.<name> {id}",
            connector.scope,
            hcl(&connector.identifier),
            identifier::MAKE_WAY
        ),
    )
    .titled("Connector already exists");
    if answer.error.is_some_and(PlatformError::is_already_exists) {
        advice.instead_of_words()
    } else {
        advice
    }
}

fn missing_scope(answer: &ErrorAnswer<'_>) -> Option<Advice> {
    let scope = &answer.about.connector.scope;
    let first = "If this configuration creates it, refer to its resource, so that Terraform creates it first.";
    match answer.error?.missing()? {
        Missing::Organization => {
            let org = scope.org()?;
            Some(
                Advice::at("org_id",
                    format!(
                        "The account has no organization {}. Write the Id (shown next to the name in Harness), not the \
                         name. {first}",
                        hcl(org)
                    ),
                )
                .titled("Organization does not exist"),
            )
        }
        Missing::Project => {
            let (org, project) = (scope.org()?, scope.project()?);
            Some(
                Advice::at("project_id",
                    format!(
                        "The organization {} has no project {}. Write the Id (shown next to the name in Harness), not the \
                         name. {first}",
                        hcl(org),
                        hcl(project)
                    ),
                )
                .titled("Project does not exist"),
            )
        }
        _ => None,
    }
}

/// The text after which Harness's JSON reader gives the position.
const READ_AT: &str = "through reference chain: ";

/// Recognizes an invalid reference: Harness names the field and a reason, or its JSON reader fails at the prefix.
fn wrong_reference(answer: &ErrorAnswer<'_>) -> Option<Advice> {
    let (path, text) = if let Some(rest) = answer.after("Error while validating ") {
        let field = rest.split_whitespace().next()?;
        match answer.reference(Some(field)) {
            Some((argument, text)) => (Some(at(argument)), Some(text)),
            None => (field_path::of_field(field, answer.about.settings), None),
        }
    } else if answer.says(&["invalid secret reference", "no scope found for string"]) {
        let chain = answer.after(READ_AT)?;
        (field_path::of_field(chain, answer.about.settings), None)
    } else {
        return None;
    };
    let scope = &answer.about.connector.scope;
    let found = if answer.says(&["no secret exists with the id"]) {
        Advice::near(path, not_there(text, scope)).titled("Secret does not exist")
    } else if answer.says(&["secret cannot be used at"]) {
        Advice::near(path, out_of_reach(text, scope)).titled("Secret outside the connector's scope")
    } else {
        Advice::near(path, write_reference(scope)).titled("Invalid secret reference")
    };
    Some(found)
}

fn not_there(text: Option<&str>, scope: &Scope) -> String {
    let first = "Write the reference of an existing secret (the Id, not the name), or create this one. If this configuration \
                 creates it, refer to its resource or add `depends_on`, so that Terraform creates it first.";
    match text.and_then(|text| SecretRef::parse(text).ok()) {
        Some(reference) => {
            let identifier = reference.moved_to(Level::Project);
            let place = match (reference.level(), scope) {
                (Level::Organization, Scope::Organization { org } | Scope::Project { org, .. }) => {
                    format!("organization {}", hcl(org))
                }
                (Level::Project, scope) => scope.to_string(),
                (Level::Account | Level::Organization, _) => "account".to_owned(),
            };
            format!(
                "{} refers to the secret \"{identifier}\" in the {place}, which does not exist. {first}",
                hcl(&reference.to_string())
            )
        }
        None => format!("The secret does not exist. {first}"),
    }
}

fn out_of_reach(text: Option<&str>, scope: &Scope) -> String {
    let level = match scope {
        Scope::Account => Level::Account,
        Scope::Organization { .. } => Level::Organization,
        Scope::Project { .. } => Level::Project,
    };
    match text.and_then(|text| SecretRef::parse(text).ok()) {
        Some(reference) if reference.level() > level => format!(
            "A connector in the {scope} cannot use {}. Write {}, and create the secret there if it does not exist yet.",
            hcl(&reference.to_string()),
            hcl(&reference.moved_to(level).to_string())
        ),
        _ => write_reference(scope),
    }
}

/// Returns how to write a reference in a connector of this scope.
fn write_reference(scope: &Scope) -> String {
    let forms = match scope {
        Scope::Account => "\"account.<id>\"",
        Scope::Organization { .. } => {
            "\"org.<id>\" for a secret of the organization, or \"account.<id>\" for one of the account"
        }
        Scope::Project { .. } => {
            "\"<id>\" for a secret of the project, \"org.<id>\" for one of its organization, or \"account.<id>\" for one of \
             the account"
        }
    };
    format!("Write the reference as {forms}, with the Id of the secret.")
}

fn mixed_usernames(answer: &ErrorAnswer<'_>) -> Advice {
    let (git, api) = field_path::usernames(answer.about.settings);
    let (argument, remedy) = match (git, api) {
        (Some(TextOrRef::Plain(_)), Some(TextOrRef::Ref(_))) => (
            "api_access.username_token.username_ref",
            "`credentials.http` has a plaintext username, but `api_access.username_token` refers to a secret. Write \
             `username` in both, or `username_ref` in both.",
        ),
        (Some(TextOrRef::Ref(_)), Some(TextOrRef::Plain(_))) => (
            "api_access.username_token.username",
            "`credentials.http` refers to a secret for the username, but `api_access.username_token` has a plaintext one. Write \
             `username_ref` in both, or `username` in both.",
        ),
        _ => (
            field_path::api_block(answer.about.settings),
            "Write the usernames in `credentials.http` and `api_access.username_token` both as `username`, or both as \
             `username_ref`.",
        ),
    };
    Advice::at(argument, remedy)
}

const URL_FORMS: &str = "`url` must start with https://, http://, ssh://, or git@, followed by a host, without spaces or \
                         invalid percent escapes, such as \"https://bitbucket.org/<workspace>/\".";

/// Returns what to write instead of this connector's URL.
fn url_instead_of(connector: &BitbucketConnector) -> String {
    let url_type = UrlType::of_wire(&connector.spec.url_type);
    let connection_type = ConnectionType::of_wire(&connector.spec.authentication);
    let url = connector.spec.url.as_str();
    let (why, fixed) = match BitbucketUrl::parse(url) {
        Ok(read) if read.form() == Form::ColonMissing => (
            " Harness's documentation shows this form, but Harness rejects it, and Git would treat it as a directory.",
            Some(read.fixed(url_type, connection_type)),
        ),
        Ok(read) => ("", Some(read.fixed(url_type, connection_type))),
        Err(error) => ("", error.fixed(url_type, connection_type)),
    };
    match fixed.filter(|fixed| fixed.text() != url) {
        Some(fixed) if fixed.complete().is_some() => {
            format!("Write {}.{why}", hcl(fixed.text()))
        }
        Some(fixed) => format!(
            "Write {}, with your own names instead of those in angle brackets.{why}",
            hcl(fixed.text())
        ),
        None => URL_FORMS.to_owned(),
    }
}

fn in_use(answer: &ErrorAnswer<'_>) -> Option<Advice> {
    let error: &PlatformError = answer.error?;
    if error.is_still_referenced() {
        return Some(
            Advice::whole(
                "Remove the references first, or apply `force_delete = true` before you destroy the connector, if the account \
                 allows it.",
            )
            .instead_of_words()
            .titled("Connector is still in use"),
        );
    }
    error.is_force_delete_disabled().then(|| {
        Advice::at("force_delete",
            "The account does not allow `force_delete`. Turn it on (Account Settings, Default Settings, General, Enable Force \
             Delete), or set `force_delete = false` and remove the references.",
        )
    })
}

fn refused_field(answer: &ErrorAnswer<'_>) -> Option<Advice> {
    let field = answer.field?;
    let path = field_path::of_field(&field.field_id, answer.about.settings);
    let name = path
        .as_ref()
        .map_or_else(|| field.field_id.clone(), ToString::to_string);
    let remedy = if answer.says(&["maximum one of fields"]) {
        let names = if field.error.contains("email") || name.contains("email") {
            "`email` and `email_ref`"
        } else {
            "`username` and `username_ref`"
        };
        Some(format!(
            "Set exactly one of {names} in `{name}`. An empty string counts as set: remove the argument instead."
        ))
    } else if answer.says(&["must not be", "cannot be empty", "may not be"]) {
        Some(format!("Set `{name}`."))
    } else if name == "identifier" {
        let identifier = &answer.about.connector.identifier;
        let suggestion = if answer.says(&["is a keyword"]) {
            Some(format!("{identifier}_connector"))
        } else {
            identifier::from_name(identifier).ok()
        };
        suggestion.map(|text| format!("Write, for example, {}.", hcl(&text)))
    } else {
        None
    };
    Some(Advice {
        path,
        remedy,
        ..Advice::default()
    })
}
