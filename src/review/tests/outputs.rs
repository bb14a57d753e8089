//! Complete reports, and their verdicts.

use serde_json::json;

use super::*;
use crate::golden::up_to_date;
use crate::review::occurrence::{Occurrence, in_report};
use crate::review::report::Level;

/// Returns a plan with one of everything.
pub(super) fn everything() -> Case {
    let gone = with(
        "legacy",
        &json!({"org_id": "platform", "project_id": "website", "id": "platform/website/legacy", "ref": "legacy"}),
    );
    let renamed = |identifier: &str| with(identifier, &json!({"name": "Tools"}));
    let url = json!({"url": "https://bitbucket.org/other/", "description": "Moved"});
    let mut importing = resource(
        "adopted",
        &["no-op"],
        with("adopted", &json!({})),
        with("adopted", &json!({})),
    );
    importing["change"]["importing"] = json!({"id": "adopted"});
    let mut moved = resource(
        "new_name",
        &["no-op"],
        with("moved", &json!({})),
        with("moved", &json!({})),
    );
    moved["previous_address"] = json!(format!("{TYPE}.old_name"));
    let secret = with("quiet", &json!({"description": "hunter2hunter2"}));
    let mut sensitive = resource("quiet", &["update"], with("quiet", &json!({})), secret);
    sensitive["change"]["after_sensitive"] = json!({"description": true});
    let mut changed = warning(
        "tools",
        "I09",
        26,
        "Identifier \"tools\" is changed to \"build_tools\"",
    );
    changed["detail"] = json!(
        "Harness locks identifiers, so Terraform destroys the connector and creates another one. Set `identifier` back to \
         \"tools\", or update everything that refers to `account.tools`:\n- Pipeline \"Build\" (platform/website)\n\
         docs/guides/validation-rules.md#i09 (rule I09)"
    );
    let mut not_found = warning("fresh", "W12", 80, "Secret \"account.nope\" not found");
    not_found["detail"] = json!(
        "The account has no secret `nope`. If this run does not create it, refer to another one:\n\n  credentials {\n    \
         http {\n      password_ref = \"account.bitbucket_api_token\"\n    }\n  }\n\n\
         docs/guides/validation-rules.md#w12 (rule W12)"
    );
    Case::default()
        .changing(resource("fresh", &["create"], json!(null), with("fresh", &json!({}))))
        .changing(resource("legacy", &["delete"], gone, json!(null)))
        .changing(resource("tools", &["delete", "create"], renamed("tools"), renamed("build_tools")))
        .changing(resource("workspace", &["update"], with("workspace", &json!({})), with("workspace", &url)))
        .changing(sensitive)
        .changing(importing)
        .changing(moved)
        .changing(resource("untouched", &["no-op"], with("untouched", &json!({})), with("untouched", &json!({}))))
        .changing(resource("deleted[\"eu\"]", &["create"], json!(null), with("deleted", &json!({}))))
        .changing(json!({"address": "terraform_data.x", "mode": "managed", "type": "terraform_data",
            "change": {"actions": ["create"]}}))
        .drifting(resource(
            "workspace",
            &["update"],
            with("workspace", &json!({"description": "Moved"})),
            with("workspace", &json!({})),
        ))
        .drifting(resource("deleted[\"eu\"]", &["delete"], with("deleted", &json!({})), json!(null)))
        .finding(changed)
        .finding(not_found.clone())
        .finding(not_found)
        .finding(json!({"severity": "warning", "summary": "Another provider's", "detail": "", "address": "http.x"}))
        .used("tools", 1)
        .used_in(Scope::from_ids(Some("platform"), Some("website")).unwrap(), "legacy", 12)
        .used("workspace", 2)
        .used("moved", 0)
        .used("quiet", 0)
}

#[test]
fn reports_read_as_they_were_reviewed() {
    let case = everything();
    for (format, file) in [
        (Format::Text, "report.txt"),
        (Format::Markdown, "report.md"),
        (Format::Sarif, "report.sarif"),
        (Format::GitLab, "gitlab.json"),
        (Format::Json, "report.json"),
    ] {
        let written = case.written(format);
        // Reports contain versions, but the fixtures must not change with them.
        let written = written.replace(env!("CARGO_PKG_VERSION"), "<version>");
        up_to_date(&format!("tests/fixtures/review/{file}"), &written);
    }
}

#[test]
fn nothing_to_say_is_one_line() {
    for (case, text) in [
        (Case::default(), "No Bitbucket connector changes, none drifted, and there are no findings.\n"),
        (
            Case::default().changing(json!({"address": "a.b", "mode": "managed", "type": "a", "change": {"actions": ["create"]}})),
            "No Bitbucket connector changes, none drifted, and there are no findings. (1 other resource)\n",
        ),
    ] {
        assert_eq!(case.written(Format::Text), text);
        let markdown = case.written(Format::Markdown);
        assert_eq!(markdown.lines().count(), 2, "{markdown}");
    }
}

#[test]
fn the_verdict_is_the_gravest_thing_and_what_occurs_is_named() {
    let before = || with("bb", &json!({}));
    let after = |patch: Value| with("bb", &patch);
    let elsewhere = json!({"url": "https://bitbucket.org/other/"});
    let update =
        |patch| Case::default().changing(resource("bb", &["update"], before(), after(patch)));
    let replace = || {
        Case::default().changing(resource(
            "bb",
            &["create", "delete"],
            before(),
            after(json!({})),
        ))
    };
    let destroy = || Case::default().changing(resource("bb", &["delete"], before(), json!(null)));
    let mut deposed = resource("bb", &["delete"], before(), json!(null));
    deposed["deposed"] = json!("0a1b2c3d");
    let drift =
        |patch| Case::default().drifting(resource("bb", &["update"], before(), after(patch)));
    let error = |severity: &str| {
        let mut finding = warning("bb", "N01", 1, "Name is empty");
        finding["severity"] = json!(severity);
        Case::default().finding(finding)
    };
    let rows = [
        (update(json!({"name": "x"})).used("bb", 3), Level::Harmless, "No Bitbucket connector is destroyed or replaced.", ""),
        (update(elsewhere.clone()).used("bb", 1), Level::Look, "1 Bitbucket connector in use changes in a way that \
                                                                affects pipelines.", "in-use"),
        (update(elsewhere.clone()).used("bb", 0), Level::Look, "1 Bitbucket connector changes in a way that affects \
                                                                pipelines, if any use it.", ""),
        (update(elsewhere), Level::Look, "1 Bitbucket connector changes in a way that affects pipelines, if any use it.", ""),
        (replace().used("bb", 1), Level::Breaks, "Pipelines will break: 1 Bitbucket connector in use is destroyed or replaced.", "replaced in-use"),
        (replace().used("bb", 0), Level::Look, "1 Bitbucket connector is destroyed or replaced; no usage was found.", "replaced"),
        (replace(), Level::Look, "1 Bitbucket connector is destroyed or replaced; users were not looked up.", "replaced"),
        (destroy().used("bb", 1), Level::Breaks, "Pipelines will break: 1 Bitbucket connector in use is destroyed or replaced.", "destroyed in-use"),
        (
            Case::default().changing(deposed), Level::Look,
            "1 Bitbucket connector is destroyed or replaced; users were not looked up.", "destroyed",
        ),
        (
            Case::default().changing(resource("bb", &["create", "forget"], before(), after(json!({})))).used("bb", 1),
            Level::Look, "1 Bitbucket connector is replaced; the old one stays in Harness.", "replaced",
        ),
        (
            Case::default().changing(resource("bb", &["forget"], before(), json!(null))).used("bb", 1),
            Level::Harmless, "No Bitbucket connector is destroyed or replaced.", "",
        ),
        (drift(json!({"url": "https://bitbucket.org/other/"})), Level::Look, "1 Bitbucket connector was changed outside Terraform.", "drift"),
        // Another address, or an empty value instead of null, is not drift.
        (drift(json!({})), Level::Nothing, "No Bitbucket connector changes, none drifted, and there are no findings.", ""),
        (drift(json!({"tags": {}, "unmanaged": null})), Level::Nothing, "No Bitbucket connector changes, none drifted, and there are no findings.", ""),
        (drift(json!({"tags": {"critical": ""}})), Level::Look, "1 Bitbucket connector was changed outside Terraform.", "drift"),
        // A change that is never shown is also drift.
        (drift(json!({"ref": "account.other"})), Level::Look, "1 Bitbucket connector was changed outside Terraform.", "drift"),
        (
            Case::default().drifting(resource("bb", &["update"], before(), json!(null))),
            Level::Look, "1 Bitbucket connector was changed outside Terraform.", "drift",
        ),
        (error("error"), Level::Breaks, "1 error to fix.", "error"),
        (error("warning"), Level::Harmless, "No Bitbucket connector changes.", "warning"),
        (
            replace().with(json!({"errored": true})), Level::Breaks,
            "Planning failed: this plan cannot be applied and may be incomplete.", "replaced",
        ),
        (
            Case::default().with(json!({"complete": false, "deferred_changes": [
                {"reason": "unknown", "resource_change": resource("bb", &["create"], json!(null), before())}]})),
            Level::Harmless, "No Bitbucket connector is destroyed or replaced.", "",
        ),
    ];
    for (case, level, verdict, occurs) in rows {
        let report = case.report();
        assert_eq!(report.verdict(), (level, verdict.to_owned()));
        let occurring: Vec<&str> = in_report(&report)
            .into_iter()
            .map(Occurrence::word)
            .collect();
        assert_eq!(occurring.join(" "), occurs, "{verdict}");
    }
}

#[test]
fn a_plan_that_waits_for_another_says_so() {
    let waiting = resource("bb", &["create"], json!(null), with("bb", &json!({})));
    let case = Case::default()
        .with(json!({"complete": false, "deferred_changes": [{"resource_change": waiting}]}));
    let text = case.written(Format::Text);
    assert!(text.contains("1 deferred\n"), "{text}");
    assert!(
        text.contains("Needs another plan: harness_bitbucket_connector.bb\n"),
        "{text}"
    );
    let case = Case::default().with(json!({"complete": false}));
    assert!(
        case.written(Format::Text)
            .contains("This plan is not complete")
    );
}

#[test]
fn who_changed_a_connector_is_said_with_its_drift_and_not_again() {
    let by = "Changed outside Terraform on 2026-11-27 22:14 UTC by dev@example.com (user). 3 changes since this state was written.";
    let reported = |address: Option<&str>| {
        let detail = format!("{by}\n\nHarness has another value than the state for `description`.");
        json!({"severity": "warning", "summary": "Connector \"bb\" was changed outside Terraform", "detail": detail,
            "address": address})
    };
    let drift = || {
        let after = with("bb", &json!({"description": "x"}));
        Case::default().drifting(resource("bb", &["update"], with("bb", &json!({})), after))
    };
    // Terraform does not give the address of a connector that has left the configuration.
    for address in [Some("harness_bitbucket_connector.bb"), None] {
        let case = drift().finding(reported(address));
        let text = case.written(Format::Text);
        let flowing = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(flowing.matches(by).count(), 1, "{text}");
        assert!(!text.contains("Findings"), "{text}");
        let markdown = case.written(Format::Markdown);
        assert!(
            markdown.contains("2026\\-11\\-27 22:14 UTC by dev\\@&#8203;example.com"),
            "{markdown}"
        );
        assert!(!markdown.contains("**Findings**"), "{markdown}");
        let json: Value = serde_json::from_str(&case.written(Format::Json)).unwrap();
        assert_eq!(json["drift"][0]["who"], by);
        assert_eq!(json["findings"].as_array().unwrap().len(), 1);
    }
    // With its project, which the finding is about.
    let with_project = json!({"severity": "warning", "summary": "Connector gone with its project",
        "detail": format!("The project is gone.\n\n{by}"), "address": format!("{TYPE}.bb")});
    let text = drift().finding(with_project).written(Format::Text);
    assert!(
        text.contains("by dev@example.com (user).") && text.contains("Findings"),
        "{text}"
    );
    let other = drift().finding(reported(Some("harness_bitbucket_connector.other")));
    assert!(other.written(Format::Text).contains("Findings"));
}

#[test]
fn an_error_of_this_provider_is_one_whatever_place_it_has() {
    let error = |more: Value| {
        let mut error = json!({"severity": "error", "summary": "S", "detail": "D"});
        error
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        Case::default().finding(error).report()
    };
    let block = |context: &str| json!({"snippet": {"context": context, "code": "x"}});
    for own in [
        json!({"address": "provider[\"registry.terraform.io/harness-rs/harness\"].eu"}),
        json!({"summary": "Nothing to import"}),
        json!({"summary": "Connector could not be read", "detail": "GET … → 401: Token is not valid."}),
        block("resource \"harness_bitbucket_connector\" \"x\""),
    ] {
        assert!(
            in_report(&error(own.clone())).contains(&Occurrence::Error),
            "{own}"
        );
    }
    for other in [
        json!({"address": "provider[\"registry.terraform.io/hashicorp/aws\"]"}),
        json!({"summary": "Error acquiring the state lock"}),
        block("resource \"aws_x\" \"y\""),
    ] {
        assert!(in_report(&error(other.clone())).is_empty(), "{other}");
    }
}

#[test]
fn drift_that_cannot_be_shown_is_reported_and_a_replacement_undoes_drift() {
    let drift = |patch| {
        let after = with("bb", &patch);
        Case::default().drifting(resource("bb", &["update"], with("bb", &json!({})), after))
    };
    let report = drift(json!({"ref": "account.other"}));
    for format in [Format::Text, Format::Markdown] {
        let written = report.written(format);
        assert!(
            written.contains("It was changed in a way that cannot be shown."),
            "{written}"
        );
        assert!(!written.contains("undoes"), "{written}");
    }
    let after = with("bb", &json!({"identifier": "b2"}));
    let replaced = resource(
        "bb",
        &["delete", "create"],
        with("bb", &json!({"description": "x"})),
        after,
    );
    let text = drift(json!({"description": "x"}))
        .changing(replaced)
        .written(Format::Text);
    assert!(text.contains("The apply undoes this."), "{text}");
}

#[test]
fn users_that_a_finding_names_are_known_without_a_lookup() {
    let detail = "The connector \"bb\" of the account is to be destroyed. 12 entities of Harness refer to it:\n\
                  - Pipeline \"Build\" (platform/website)\n- and 11 more\n\nHarness refuses.\n(rule L01)";
    let finding = |detail: &str| json!({"severity": "warning", "summary": "Connector \"bb\" is in use", "detail": detail});
    let destroy = || {
        Case::default().changing(resource(
            "bb",
            &["delete"],
            with("bb", &json!({})),
            json!(null),
        ))
    };
    let reported = destroy().finding(finding(detail)).written(Format::Text);
    assert!(reported.starts_with("Pipelines will break"), "{reported}");
    assert!(
        reported.contains("Used by Pipeline \"Build\" (platform/website), and 11 more"),
        "{reported}"
    );
    // A lookup without results, such as one in another account, does not override that.
    let asked = destroy()
        .finding(finding(detail))
        .used("bb", 0)
        .written(Format::Text);
    assert!(asked.starts_with("Pipelines will break"), "{asked}");
    // Another scope.
    let other = detail.replace("the account", "the organization \"platform\"");
    let other = destroy().finding(finding(&other)).written(Format::Text);
    assert!(other.contains("users were not looked up"), "{other}");
}

#[test]
fn a_finding_that_names_users_is_in_use_whatever_else_is_known() {
    let list = "1 entity of Harness refers to it:\n- Pipeline \"Build\" (platform/website)";
    let found = |rule: &str, detail: &str| {
        let mut finding = warning("bb", rule, 3, "S");
        finding["detail"] = json!(format!("{detail}\n(rule {rule})"));
        Case::default()
            .with(json!({"errored": true}))
            .finding(finding)
    };
    for rule in ["L01", "L06", "L07", "L08", "L09", "I09"] {
        let occurs = in_report(&found(rule, list).report());
        assert!(occurs.contains(&Occurrence::InUse), "{rule}");
    }
    // A list of something else, and an identifier without users.
    for (rule, detail) in [("W12", list), ("I09", "No one.")] {
        let occurs = in_report(&found(rule, detail).report());
        assert!(!occurs.contains(&Occurrence::InUse), "{rule}");
    }
    // The rule decides, even if the lookup has no results.
    let name = json!({"name": "x"});
    let update = resource("bb", &["update"], with("bb", &json!({})), with("bb", &name));
    let mut case = found("L07", list).changing(update).used("bb", 0);
    case.more = json!({});
    let text = case.written(Format::Text);
    assert!(
        text.starts_with("1 Bitbucket connector in use changes"),
        "{text}"
    );
}

#[test]
fn what_is_open_is_said_to_be_undecided() {
    let destroy = |label: &str| resource(label, &["delete"], with(label, &json!({})), json!(null));
    let case = || {
        Case::default()
            .changing(destroy("a"))
            .changing(destroy("b"))
            .used("a", 0)
    };
    let text = case().written(Format::Text);
    assert!(
        text.replace('\n', " ")
            .contains("replaced; the users of 1 of them were not looked up."),
        "{text}"
    );
    let note = "in-use could not be checked for 1 connector, because the users are unknown.\n";
    assert!(text.ends_with(note), "{text}");
    let text = case().used("b", 0).written(Format::Text);
    assert!(!text.contains("could not be checked"), "{text}");
}

#[test]
fn an_ambiguous_finding_adds_users_to_no_connector() {
    let destroy = |label: &str| resource(label, &["delete"], with("bb", &json!({})), json!(null));
    let detail = "The connector \"bb\" of the account is to be destroyed. 1 entity of Harness refers to it:\n\
                  - Pipeline \"Build\" (platform/website)\n(rule L01)";
    let finding = json!({"severity": "warning", "summary": "S", "detail": detail});
    let case = Case::default()
        .changing(destroy("a"))
        .changing(destroy("b"))
        .finding(finding);
    assert!(!case.written(Format::Text).contains("Used by"));
    assert!(in_report(&case.report()).contains(&Occurrence::InUse));
}

#[test]
fn a_connector_of_another_account_has_no_users_of_this_one() {
    let plan = |account: &str| {
        let mut change = resource("bb", &["delete"], with("bb", &json!({})), json!(null));
        change["change"]["before_identity"] = json!({"account_id": account, "identifier": "bb"});
        Case::default().changing(change)
    };
    let looked_up = |account: &str| {
        let mut case = plan(account);
        let connector = ConnectorRef::new(Scope::Account, "bb");
        let asked = (Some("ours".to_owned()), connector);
        case.usages.insert(asked, Usage::default());
        case.written(Format::Text)
    };
    assert!(looked_up("ours").contains("No usage was found."));
    let theirs = looked_up("theirs");
    assert!(
        !theirs.contains("No usage") && theirs.contains("could not be checked"),
        "{theirs}"
    );
}

#[test]
fn the_rule_about_usage_writes_what_a_review_reads() {
    use crate::bitbucket_connector::checks::plan::PlannedChange;
    use crate::bitbucket_connector::checks::plan::testing::{example_account, existing, found};
    let prior = existing();
    let found = found(
        PlannedChange::Destruction { prior: &prior },
        &example_account(),
    );
    let reported = found
        .into_iter()
        .filter_map(|finding| finding.into_diagnostic(false));
    let reported = reported
        .map(|it| json!({"severity": "warning", "summary": it.summary, "detail": it.detail}));
    let identifier = prior.identifier.text().unwrap();
    let mut case = Case::default().changing(resource(
        "bb",
        &["delete"],
        with(identifier, &json!({})),
        json!(null),
    ));
    for finding in reported {
        case = case.finding(finding);
    }
    let text = case.written(Format::Text);
    assert!(
        text.contains("Used by Pipeline \"Release web\" (default/web)"),
        "{text}"
    );
}

#[test]
fn a_failed_check_is_reported_and_is_neither_drift_nor_a_warning() {
    let check = json!({"address": {"kind": "check", "to_display": "check.bitbucket"}, "status": "fail",
        "instances": [{"problems": [{"message": "Harness cannot use the connector."}]}]});
    let data = json!({"address": "data.harness_bitbucket_connection_test.x", "mode": "data",
        "type": "harness_bitbucket_connection_test", "change": {"actions": ["read"]}});
    let case = Case::default()
        .changing(data)
        .with(json!({"checks": [check]}));
    let report = case.report();
    assert!(in_report(&report).is_empty());
    assert!(written(&report, Format::Text, false).contains("Harness cannot use the connector."));
    assert!(written(&report, Format::Markdown, false).contains("| `check.bitbucket` |"));
}

#[test]
fn text_fits_eighty_columns_and_colors_change_no_word() {
    let report = everything().report();
    let plain = written(&report, Format::Text, false);
    for line in plain.lines() {
        assert!(line.chars().count() <= 80 || line.contains(TYPE), "{line}");
    }
    let mut colored = written(&report, Format::Text, true);
    assert_ne!(colored, plain);
    for code in ["[1;31m", "[33m", "[32m", "[1m", "[2m", "[0m"] {
        colored = colored.replace(&format!("\u{1b}{code}"), "");
    }
    assert_eq!(colored, plain);
}
