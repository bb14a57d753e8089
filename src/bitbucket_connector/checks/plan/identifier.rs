//! Rules about a connector's identifier: a new one must be free, and a change must not go unnoticed.

use harness_platform::connectors;
use tf_provider::diagnostic::Again;

use super::input::{self, Circumstance, Findings, PlanInput, PlannedChange, Rule};
use super::usage;
use crate::bitbucket_connector::checks::offline::overview::name::is_allowed_in_names;
use crate::bitbucket_connector::connector::TYPE_NAME;
use crate::harness::entity_id;
use crate::harness::identifier;
use crate::harness::plan_queries::answers::Identifier;
use crate::harness::wording::{self, hcl};

pub(crate) static RULES: &[Rule] = &[
    Rule::warning("I09", "identifier", is_changed)
        .says("The `identifier` of an existing connector changes.")
        .because("Harness locks identifiers, so Terraform destroys the connector and creates another one. You have to \
                  update everything that refers to the old identifier (pipelines, triggers, templates) by hand.")
        .example(r#"identifier = "bitbucket""#, r#"identifier = "Bitbucket_Cloud""#)
        .when(Circumstance::Existing),
    Rule::warning("I10", "identifier", is_taken)
        .raised_by_strict()
        .says("The identifier of a new connector is taken.")
        .because("Identifiers are unique among all connectors of an account, organization, or project, whatever their \
                  type, and Harness refuses a second one. If the run replaces the other connector, that is fine, and \
                  the rule remains a warning even with `strict`. If the API key is not allowed to view the other connector, \
                  the plan does not notice it; the apply then fails and says that the identifier is taken.")
        .example(r#"identifier = "github_mirror""#, r#"identifier = "bitbucket_mirror""#),
    Rule::warning("I13", "identifier", is_a_path)
        .says("The identifier of a new connector is also a path of Harness's API.")
        .because("The API has paths of its own next to the connectors: `attributes`, `catalogue`, `fieldValues`, \
                  `listV2`, `listbyfqn`, `stats`, `validateUniqueIdentifier`. Harness can create a connector with such \
                  an identifier, but reading or deleting it then probably reaches that path instead.")
        .example(r#"identifier = "stats""#, r#"identifier = "bitbucket_stats""#),
    Rule::warning("I14", "identifier", lacks_characters)
        .says("The identifier of a new connector omits some characters of its name.")
        .because("Without `identifier`, it is derived from the name as in the Harness UI: spaces become `_`, and \
                  characters that identifiers cannot have are dropped. It can never change, and pipelines refer to it.")
        .example(r#"name = "Payments-code""#, "name       = \"Payments-code\"\nidentifier = \"Payments_code\""),
];

/// The cause that all findings about taken identifiers share.
const TAKEN: &str = "taken identifiers";

fn lacks_characters(input: &PlanInput<'_>, findings: &mut Findings<'_>) {
    let (PlannedChange::Creation { planned } | PlannedChange::Replacement { planned, .. }) =
        input.change
    else {
        return;
    };
    let (Some(name), Some(identifier)) = (planned.name.text(), planned.identifier.text()) else {
        return;
    };
    let is_derived = identifier::from_name(name).is_ok_and(|derived| derived == identifier);
    let is_kept = |c: char| c == ' ' || identifier.contains(c);
    let are_allowed = name.chars().all(is_allowed_in_names);
    if input.answers.is_reached && is_derived && are_allowed && !name.trim().chars().all(is_kept) {
        findings.push(
            "identifier",
            format!("Identifier will be {}", hcl(identifier)),
            format!(
                "The {} gets the identifier {}, which cannot change later. If you want another one, set \
                 `identifier` now.",
                wording::named("connector", name),
                hcl(identifier)
            ),
        );
    }
}

fn is_a_path(input: &PlanInput<'_>, findings: &mut Findings<'_>) {
    let (PlannedChange::Creation { planned } | PlannedChange::Replacement { planned, .. }) =
        input.change
    else {
        return;
    };
    let Some(identifier) = planned.identifier.text() else {
        return;
    };
    if connectors::PATHS.contains(&identifier) {
        findings.push(
            "identifier",
            format!("Identifier {} is a path of Harness's API", hcl(identifier)),
            format!(
                "Harness can create connector {0}, but probably cannot read or delete it, because \
                 /ng/api/connectors/{identifier} is a path of its API. Write another `identifier`, such as \
                 \"bitbucket_{identifier}\".",
                hcl(identifier)
            ),
        );
    }
}

fn is_changed(input: &PlanInput<'_>, findings: &mut Findings<'_>) {
    let PlannedChange::Replacement { prior, planned } = input.change else {
        return;
    };
    let Some((old, new)) = input::changed_identifier(prior, planned) else {
        return;
    };
    let users = usage::users(input, "the connector").unwrap_or_else(|| {
        "Pipelines, triggers, and others that refer to the old identifier will fail.".to_owned()
    });
    findings.push(
        "identifier",
        format!("Identifier {} changes to {}", hcl(old), hcl(new)),
        format!(
            "Harness locks identifiers: to change {0} to {1}, Terraform destroys the connector and creates another one. To \
             keep it, write `identifier = {0}`; you can still change its `name`. {users}",
            hcl(old),
            hcl(new)
        ),
    );
}

fn is_taken(input: &PlanInput<'_>, findings: &mut Findings<'_>) {
    let (Some(by), Some(connector)) = (input.answers.identifier, input::connector(input.model()))
    else {
        return;
    };
    let id = hcl(&connector.identifier);
    let scope = &connector.scope;
    match by {
        Identifier::Free => {}
        // The resource may only have moved, or this run may replace the other connector. Both are fine, so `strict`
        // does not stop the plan.
        Identifier::TakenInState => {
            findings
                .push(
                    "identifier",
                    format!("Connector {id} is already in the state"),
                    format!(
                        "The {scope} already has a connector {id}, which is in this configuration's state. If this resource \
                         only moved to another address, write a `moved` block, so that nothing is destroyed. If it \
                         replaces the other connector, ignore this, but remove `create_before_destroy`: two connectors \
                         cannot have the same identifier."
                    ),
                )
                .not_raised_by_strict();
        }
        Identifier::Taken => {
            let import_id = entity_id::format(scope, &connector.identifier);
            findings
                .push(
                    "identifier",
                    "Identifier is taken",
                    format!(
                        "The {scope} already has a connector {id}, so Harness will refuse this one, unless the run removes \
                         the other one first. Write another `identifier`; or, if that is a Bitbucket connector that no \
                         resource manages yet, import it:\n\n  terraform import {TYPE_NAME}.<name> {import_id}\n\nPlan \
                         generated configuration together with its `import` blocks. Terraform shows one of these \
                         warnings and counts the others."
                    ),
                )
                // Configuration that is planned without its `import` blocks has this finding for every connector.
                .explained_once(
                    [TAKEN.to_owned()],
                    input::object(input.model()),
                    Again {
                        before: format!(
                            "The {scope} already has a connector {id} (import id {import_id}). What to do is explained \
                             in the message for "
                        ),
                        after: ".".to_owned(),
                    },
                );
        }
    }
}
