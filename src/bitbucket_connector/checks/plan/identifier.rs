//! Rules about a connector's identifier: that a new one is free, and that nobody changes one unaware.

use harness_platform::connectors;
use tf_provider::diagnostic::Again;

use super::input::{self, Circumstance, Findings, PlanInput, PlannedChange, Rule};
use super::{object, usage};
use crate::bitbucket_connector::checks::offline::overview::name::is_allowed_in_names;
use crate::bitbucket_connector::connector::TYPE_NAME;
use crate::harness::entity_id;
use crate::harness::identifier::{self, MAKE_WAY};
use crate::harness::plan_queries::answers::Identifier;
use crate::harness::wording::{self, hcl};

pub(crate) static RULES: &[Rule] = &[
    Rule::warning("I09", "identifier", is_changed)
        .says("The `identifier` of an existing connector is changed.")
        .because("Harness locks identifiers. Terraform destroys the connector and makes another one, and whatever \
                  refers to the old identifier (pipelines, triggers, templates) has to be changed by hand.")
        .example(r#"identifier = "bitbucket""#, r#"identifier = "Bitbucket_Cloud""#)
        .when(Circumstance::Existing),
    Rule::warning("I10", "identifier", is_taken)
        .raised_by_strict()
        .says("The identifier of a new connector is taken.")
        .because("Identifiers are unique among all connectors of an account, an organization or a project, whatever \
                  their type; Harness refuses the second one. A connector that this run replaces is in order, and \
                  `strict` leaves it a warning. A connector that the API key may not view can go unnoticed; then the \
                  apply fails and says that the identifier is taken.")
        .example(r#"identifier = "github_mirror""#, r#"identifier = "bitbucket_mirror""#),
    Rule::warning("I13", "identifier", is_a_path)
        .says("The identifier of a new connector is a path of Harness's API.")
        .because("Below the address of the connectors, the API has paths of its own: `attributes`, `catalogue`, \
                  `fieldValues`, `listV2`, `listbyfqn`, `stats`, `validateUniqueIdentifier`. Harness can create a \
                  connector with such an identifier, and then probably answers for the path when the connector is read \
                  or deleted.")
        .example(r#"identifier = "stats""#, r#"identifier = "bitbucket_stats""#),
    Rule::warning("I14", "identifier", lacks_characters)
        .says("The identifier that a new connector gets from its name lacks characters of the name.")
        .because("Without `identifier`, Harness's own scheme makes it of the name: spaces become `_`, and every \
                  character that identifiers cannot have is left out. The identifier stays for as long as the connector \
                  exists, and pipelines refer to it.")
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
            "Identifier without some characters of the name",
            format!(
                "The connector {} gets the identifier {}, for good: it cannot change after the creation. If you want \
                 another one, write `identifier` now.",
                wording::shown(name),
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
                "Harness can create a connector {0}, but probably cannot read or delete it: /ng/api/connectors/{identifier} is \
                 a path of its own. Write another `identifier`, such as \"bitbucket_{identifier}\".",
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
    let users = usage::users(input).unwrap_or_else(|| {
        "Pipelines, triggers and others that refer to the old identifier will not find it any more.".to_owned()
    });
    findings.push(
        "identifier",
        format!("Identifier {} is changed to {}", hcl(old), hcl(new)),
        format!(
            "`identifier` was {} and is now {}. Harness locks the identifier of a connector when it is created: Terraform \
             will destroy this connector and make another one. {users}\n\nTo keep the connector, write `identifier = {}`; \
             its `name` can change freely.",
            hcl(old),
            hcl(new),
            hcl(old)
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
        Identifier::TakenInState => {
            findings
                .push(
                    "identifier",
                    format!("Identifier {id} is that of a connector in the state"),
                    format!(
                        "The {scope} already has a connector {id}, which is in the state of this configuration. If this \
                         resource replaces it, all is well: Terraform destroys it first, but not with \
                         `create_before_destroy`. {MAKE_WAY} If the connector only moved to another address, write a \
                         `moved` block, so that nothing is destroyed."
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
                        "The {scope} already has a connector {id}. Unless it goes away before this run creates another \
                         one, Harness will refuse the creation. If it is a Bitbucket connector that no resource \
                         manages yet, this one can; import it:\n\n  terraform import {TYPE_NAME}.<name> \
                         {import_id}\n\nTo have another one beside it, write another `identifier`.\n\nIf this configuration \
                         was generated from existing connectors, plan it together with its `import` blocks: without \
                         them, Terraform would create each of these connectors again. Terraform shows one of these \
                         warnings and counts the others."
                    ),
                )
                .explained_once(
                    [TAKEN.to_owned()],
                    object(input.model()),
                    Again {
                        before: format!(
                            "The {scope} already has a connector {id} (import id {import_id}). What to do is explained \
                             for "
                        ),
                        after: ".".to_owned(),
                    },
                );
        }
    }
}
