//! Responses to creations, updates, and deletions.

use super::*;

#[test]
fn who_may_not_and_what_is_too_much_is_about_the_connector() {
    const NOT_CREATED: &str = "-: Connector was not created";
    let denied = json!({"status": "ERROR", "code": "NG_ACCESS_DENIED", "correlationId": null, "responseMessages": null,
        "message": "Principal of type USER with identifier x : Missing permission core_connector_edit on connector",
        "failedPermissionChecks": [{"permission": "core_connector_edit"}]});
    let oops = "Oops, something went wrong on our end. Please contact Harness Support.";
    for (status, body, rule, parts) in [
        (
            401,
            coded("INVALID_TOKEN", "Token is not valid."),
            "M02",
            ["Token is not valid", "HARNESS_PLATFORM_API_KEY"],
        ),
        (
            403,
            denied,
            "M02",
            [
                "Missing permission core_connector_edit",
                "lacks core_connector_edit",
            ],
        ),
        (
            429,
            coded("TOO_MANY_REQUESTS", "Slow down"),
            "M04",
            ["Slow down", "-parallelism=2"],
        ),
        (
            500,
            coded("UNKNOWN_ERROR", oops),
            "M04",
            [oops.trim_end_matches('.'), "check `org_id` (\"platform\")"],
        ),
        (
            400,
            error("Connector could not be created because we could not create the heartbeat"),
            "M04",
            ["every half hour", "connectivity_mode = \"Platform\""],
        ),
        (
            400,
            error("Exception while evaluating OPA rules: boom"),
            "M13",
            ["boom", "owner of the policies"],
        ),
        (
            400,
            hinted("Look at the moon.", "It is full.", "Something new"),
            "M09",
            [
                "Harness says: Something new; It is full. Look at the moon (POST",
                "Harness support",
            ],
        ),
        (
            418,
            coded("TEAPOT", "I am a teapot"),
            "M09",
            ["I am a teapot", "does not know this error"],
        ),
    ] {
        let expected = format!("{rule} {NOT_CREATED}");
        becomes_finding(&project(), status, &body, &expected, &parts);
    }
    become_findings(&[(
        project(),
        error("Exceeded static limitation. Current Limit: 100"),
        "M03 -: Too many connectors",
        &["Current Limit: 100", "larger plan"],
    )]);
}

#[test]
fn identifier_organization_and_project_are_named() {
    const TAKEN: &str = "Connector: Web has been given an identifier: web that already exists. Please enter a unique ID.";
    become_findings(&[
        (
            project(),
            error(TAKEN),
            "I11 identifier: Connector already exists",
            &[
                "terraform import harness_bitbucket_connector.<name> platform/payments/web",
                "choose another `identifier`",
            ],
        ),
        (
            project(),
            coded("DUPLICATE_FIELD", "Connector [web] already exists"),
            "I11 identifier: Connector already exists",
            &["terraform import"],
        ),
        (
            project(),
            error("harnessSecretManager cannot be used as connector identifier, as it is reserved"),
            "I05 identifier: Identifier is reserved by Harness",
            &["another `identifier`"],
        ),
        (
            project(),
            missing("org [platform] not found."),
            "O06 org_id: Organization does not exist",
            &[
                "Harness says: org [platform] not found (POST",
                "no organization \"platform\"",
                "not the name",
            ],
        ),
        (
            project(),
            missing("project [payments] not found."),
            "O06 project_id: Project does not exist",
            &["The organization \"platform\" has no project \"payments\""],
        ),
        (
            project(),
            error("Project payments specified without the org Identifier"),
            "O01 org_id: Project without organization",
            &["Set `org_id`"],
        ),
    ]);
}

#[test]
fn an_update_says_so_and_knows_other_answers_than_a_creation() {
    let body = error("Connector already exists with identifier web with type Github");
    let error = answered(400, &body);
    let connector = project();
    let findings = about(&connector, |about| {
        refused(ChangeRequest::Update, &error, about)
    });
    let finding = findings.iter().next().unwrap();
    assert_eq!(in_short(finding), "M09 -: Connector was not updated");
    holds(
        &finding.detail,
        &["Harness says: Connector already exists", "with type Github"],
    );
}

#[test]
fn a_deletion_that_is_refused_says_what_stands_in_its_way() {
    let connector = connector("none");
    for (body, expected, part) in [
        (
            coded(
                "ENTITY_REFERENCE_EXCEPTION",
                "Could not delete the connector web as it is referenced by other entities",
            ),
            "M06 -: Connector is still in use",
            "force_delete = true",
        ),
        (
            error(
                "Parameter forcedDelete cannot be true. Force Delete is not enabled for account [a]",
            ),
            "M06 force_delete: Connector was not deleted",
            "Enable Force Delete",
        ),
        (
            error("Could not delete connector because heartbeat could not be deleted"),
            "M04 -: Connector was not deleted",
            "every half hour",
        ),
    ] {
        let error = answered(400, &body);
        let findings = about(&connector, |about| {
            let about = About {
                settings: None,
                ..about
            };
            refused(ChangeRequest::Delete, &error, about)
        });
        let finding = findings.iter().next().unwrap();
        assert_eq!(in_short(finding), expected);
        holds(&finding.detail, &[part, "c-1"]);
    }
}

#[test]
fn a_policys_denial_names_policies_and_words() {
    let governance = Governance {
        deny: true,
        evaluation_id: Some("4711".to_owned()),
        findings: vec![PolicyFinding {
            policy_set: "Security".to_owned(),
            policy: "No plain HTTP".to_owned(),
            status: "error".to_owned(),
            messages: vec![
                "write https".to_owned(),
                "or ask ATATT3xFfGF0PLANTED1".to_owned(),
            ],
        }],
        ..Governance::default()
    };
    let error = PlatformError::of_failure("POST /ng/api/connectors", Failure::Denied(governance));
    let connector = project();
    let findings = about(&connector, |about| {
        refused(ChangeRequest::Create, &error, about)
    });
    let finding = findings.iter().next().unwrap();
    assert_eq!(in_short(finding), "M01 -: A policy denied the connector");
    holds(
        &finding.detail,
        &[
            "policy \"No plain HTTP\" in policy set \"Security\": write https",
            "4711",
        ],
    );
    assert!(!finding.detail.contains("PLANTED"), "{}", finding.detail);
}

#[test]
fn a_denial_without_words_of_the_policy_reads_well() {
    let finding = |policy: &str, messages: &[&str]| PolicyFinding {
        policy: policy.to_owned(),
        messages: messages.iter().map(|it| (*it).to_owned()).collect(),
        ..PolicyFinding::default()
    };
    for (message, findings, expected) in [
        (
            None,
            vec![finding("Owner", &[]), finding("", &[" ", "no"])],
            "so Harness saved nothing:\n- policy \"Owner\", which gives no reason\n- policy: no\nChange the connector",
        ),
        (
            Some("Not this one."),
            vec![],
            "so Harness saved nothing: Not this one. Change the connector",
        ),
        (
            None,
            vec![],
            "so Harness saved nothing. Harness does not say which policy, or why. Ask the owner of the account's policies.\n",
        ),
    ] {
        let governance = Governance {
            deny: true,
            message: message.map(str::to_owned),
            findings,
            ..Governance::default()
        };
        let error =
            PlatformError::of_failure("POST /ng/api/connectors", Failure::Denied(governance));
        let findings = about(&project(), |about| {
            refused(ChangeRequest::Create, &error, about)
        });
        let finding = findings.iter().next().unwrap();
        assert_eq!(in_short(finding), "M01 -: A policy denied the connector");
        holds(&finding.detail, &[expected]);
    }
}

#[test]
fn what_is_no_answer_of_harness_has_no_rule_and_advice_all_the_same() {
    let connector = project();
    let cancelled = Failure::Cancelled { in_flight: false };
    let error = PlatformError::of_failure("POST /ng/api/connectors", cancelled);
    let findings = about(&connector, |about| {
        refused(ChangeRequest::Create, &error, about)
    });
    let finding = findings.iter().next().unwrap();
    assert_eq!(in_short(finding), "- -: Connector was not created");
    holds(&finding.detail, &["Run `terraform plan` again"]);

    let page = "<html><head><title>Blocked</title></head></html>";
    let error = PlatformError::of_answer("POST /ng/api/connectors", 404, page);
    let findings = about(&connector, |about| {
        refused(ChangeRequest::Create, &error, about)
    });
    let finding = findings.iter().next().unwrap();
    assert_eq!(in_short(finding), "M09 -: Connector was not created");
    holds(
        &finding.detail,
        &["titled \"Blocked\"", "did not come from Harness"],
    );
    assert!(
        !finding.detail.contains("Harness says"),
        "{}",
        finding.detail
    );
}

#[test]
fn what_harness_says_of_every_failure_stands_behind_the_reason() {
    let oops = "Oops, something went wrong on our end. Please contact Harness Support.";
    let reason = "Organization with identifier [nope] not found";
    let message = |text| json!({"code": "UNKNOWN_ERROR", "level": "ERROR", "message": text});
    let body = json!({
        "status": "ERROR", "code": "UNKNOWN_ERROR", "message": oops, "correlationId": "c-1",
        "responseMessages": [message(oops), message(reason)],
    });
    let findings = of_create(&connector("none"), 500, &body);
    let [finding] = &findings[..] else {
        panic!("one finding is expected: {findings:?}");
    };
    let place = |text| finding.detail.find(text).unwrap();
    assert!(place(reason) < place("Oops"), "{}", finding.detail);
}
