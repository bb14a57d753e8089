//! The four families, bodies that belong to none of them, and which responses may say that an object is missing.

use serde_json::json;

use super::*;

fn read(status: u16, body: &Value) -> Refusal {
    Refusal::read(status, "application/json", &body.to_string())
}

fn not_found(status: u16, code: &str, message: &str) -> Refusal {
    read(
        status,
        &json!({"status": "FAILURE", "code": code, "message": message, "correlationId": "c", "errors": null}),
    )
}

/// Returns the connector "bb" of the account.
fn bb() -> ConnectorRef {
    ConnectorRef::new(Scope::Account, "bb")
}

fn in_scope(org: &str, project: Option<&str>) -> ConnectorRef {
    ConnectorRef::new(Scope::from_ids(Some(org), project).unwrap(), "bb")
}

#[test]
fn the_four_families_are_read_whole() {
    let error = read(
        400,
        &json!({"status": "ERROR", "code": "INVALID_REQUEST", "message": "Invalid request: no", "correlationId": "c-1",
        "detailedMessage": null, "metadata": null,
        "responseMessages": [{"code": "INVALID_REQUEST", "level": "ERROR", "message": "no", "exception": null, "failureTypes": []}]}),
    );
    assert!(error.is_from_platform());
    assert_eq!(error.response_messages.len(), 1);
    assert_eq!(error.to_string(), "400: no (correlation id c-1)");

    let failure = read(
        400,
        &json!({"status": "FAILURE", "code": "INVALID_REQUEST", "message": "name: cannot be empty.",
        "errors": [{"fieldId": "connector.name", "error": "cannot be empty."}]}),
    );
    assert_eq!(
        failure.field_errors,
        [FieldError {
            field_id: "connector.name".to_owned(),
            error: "cannot be empty.".to_owned()
        }]
    );

    let denied = read(
        403,
        &json!({"status": "ERROR", "code": "NG_ACCESS_DENIED", "message": "Missing permission", "correlationId": null,
        "responseMessages": null, "failedPermissionChecks": [{"permission": "core_connector_edit", "resourceType": "CONNECTOR"}]}),
    );
    assert_eq!(denied.missing_permissions, ["core_connector_edit"]);

    let unparsable = read(
        400,
        &json!({"code": 400, "message": "Unable to process JSON", "details": "at line 1"}),
    );
    assert!(unparsable.is_from_platform());
    assert_eq!(unparsable.code.as_deref(), Some("400"));
    assert_eq!(
        unparsable.to_string(),
        "400: Unable to process JSON (at line 1)"
    );
}

#[test]
fn what_is_not_the_platforms_is_recognized_by_its_shape() {
    for (content_type, body, kind, summary) in [
        (
            "text/html",
            "<html><head><TITLE>\n 502 Bad\u{1b} Gateway </TITLE>",
            RefusalBody::Html {
                title: Some("502 Bad Gateway".to_owned()),
            },
            "an HTML page titled \"502 Bad Gateway\" instead of Harness's JSON",
        ),
        (
            "text/html; charset=UTF-8",
            "<h1>no</h1>",
            RefusalBody::Html { title: None },
            "an HTML page instead of Harness's JSON: no",
        ),
        (
            "text/html",
            "<html><title>Sign in</title><body><h1>Corporate proxy</h1>Log in \u{1b}[1mfirst",
            RefusalBody::Html {
                title: Some("Sign in".to_owned()),
            },
            "an HTML page titled \"Sign in\" instead of Harness's JSON: Corporate proxy Log in <U+001B>[1mfirst",
        ),
        (
            "application/json",
            "<!DOCTYPE html><title></title>",
            RefusalBody::Html { title: None },
            "an HTML page instead of Harness's JSON: <!DOCTYPE html><title></title>",
        ),
        ("", "  \r\n", RefusalBody::Empty, "an empty body"),
        (
            "text/plain",
            "upstream connect error",
            RefusalBody::Other,
            "a body that is not Harness's JSON: upstream connect error",
        ),
        (
            "application/json",
            "{\"status\":\"ERROR\",\"code\":\"X\"",
            RefusalBody::Other,
            "a body that is not Harness's JSON: {\"status\":\"ERROR\",\"code\":\"X\"",
        ),
        (
            "application/json",
            "[1]",
            RefusalBody::Other,
            "a body that is not Harness's JSON: [1]",
        ),
        (
            "application/json",
            "{\"error\":\"not found\"}",
            RefusalBody::Other,
            "a body that is not Harness's JSON: {\"error\":\"not found\"}",
        ),
        (
            "application/json",
            "{\"status\":404,\"message\":\"x\"}",
            RefusalBody::Other,
            "x",
        ),
        (
            "application/json",
            "{\"status\":\"ERROR\",\"code\":\"X\"}",
            RefusalBody::Platform,
            "code X without a message",
        ),
    ] {
        let refusal = Refusal::read(404, content_type, body);
        assert_eq!(refusal.body, kind, "{body}");
        assert_eq!(refusal.summary(), summary, "{body}");
        assert_eq!(refusal.missing(), None, "{body}");
    }
}

#[test]
fn a_connector_is_missing_only_if_the_platform_says_so_of_this_one() {
    for (refusal, missing, this) in [
        (
            not_found(
                400,
                "RESOURCE_NOT_FOUND_EXCEPTION",
                "Connector with identifier [bb] not found in project [p] and org [o].",
            ),
            Some(Missing::Connector),
            true,
        ),
        (
            not_found(
                404,
                "RESOURCE_NOT_FOUND_EXCEPTION",
                "Connector with identifier [bb] not found in account [a].",
            ),
            Some(Missing::Connector),
            true,
        ),
        (
            not_found(
                404,
                "ENTITY_NOT_FOUND",
                "Connector with identifier [bb] not found in org [o].",
            ),
            Some(Missing::Connector),
            true,
        ),
        (
            not_found(
                400,
                "CONNECTOR_NOT_FOUND_EXCEPTION",
                "No connector exists with the identifier bb in account a, organisation o, project p",
            ),
            Some(Missing::Connector),
            true,
        ),
        (
            not_found(
                400,
                "CONNECTOR_NOT_FOUND_EXCEPTION",
                "No connector found with identifier bb",
            ),
            Some(Missing::Connector),
            true,
        ),
        (
            not_found(
                400,
                "RESOURCE_NOT_FOUND_EXCEPTION",
                "Connector with identifier [bb2] not found in org [o].",
            ),
            Some(Missing::Connector),
            false,
        ),
        (
            not_found(
                400,
                "RESOURCE_NOT_FOUND_EXCEPTION",
                "Organization with identifier [bb] not found",
            ),
            Some(Missing::Organization),
            false,
        ),
        (
            not_found(
                400,
                "RESOURCE_NOT_FOUND_EXCEPTION",
                "Organization with identifier [connector] not found",
            ),
            Some(Missing::Organization),
            false,
        ),
        (
            not_found(400, "RESOURCE_NOT_FOUND_EXCEPTION", "org [bb] not found."),
            Some(Missing::Organization),
            false,
        ),
        (
            not_found(
                400,
                "RESOURCE_NOT_FOUND_EXCEPTION",
                "project [bb] not found.",
            ),
            Some(Missing::Project),
            false,
        ),
        (
            not_found(
                404,
                "ENTITY_NOT_FOUND",
                "Project with orgIdentifier [o] and identifier [bb] not found",
            ),
            Some(Missing::Project),
            false,
        ),
        (
            not_found(
                400,
                "RESOURCE_NOT_FOUND_EXCEPTION",
                "Secret with identifier [bb] is not found in the given scope",
            ),
            Some(Missing::Secret),
            false,
        ),
        (
            not_found(
                400,
                "RESOURCE_NOT_FOUND_EXCEPTION",
                "Entity [connector] bb not found in org [o].",
            ),
            Some(Missing::Other),
            false,
        ),
        (
            not_found(
                400,
                "RESOURCE_NOT_FOUND_EXCEPTION",
                "[connector] bb is gone",
            ),
            Some(Missing::Other),
            false,
        ),
        (
            not_found(
                400,
                "RESOURCE_NOT_FOUND_EXCEPTION",
                "The organization: [bb]",
            ),
            Some(Missing::Organization),
            false,
        ),
        (
            not_found(404, "RESOURCE_NOT_FOUND_EXCEPTION", ""),
            Some(Missing::Other),
            false,
        ),
        (
            not_found(404, "RESOURCE_NOT_FOUND_EXCEPTION", "HTTP 404 Not Found"),
            Some(Missing::Other),
            false,
        ),
        (
            not_found(
                400,
                "INVALID_REQUEST",
                "Connector with identifier [bb] not found",
            ),
            None,
            false,
        ),
        (
            not_found(
                500,
                "RESOURCE_NOT_FOUND_EXCEPTION",
                "Connector with identifier [bb] not found",
            ),
            None,
            false,
        ),
        (
            not_found(
                403,
                "NG_ACCESS_DENIED",
                "Missing permission on connector with identifier bb",
            ),
            None,
            false,
        ),
    ] {
        assert_eq!(refusal.missing(), missing, "{refusal}");
        // In every scope that the message may name.
        let places = [bb(), in_scope("o", None), in_scope("o", Some("p"))];
        let found = places.iter().any(|bb| refusal.is_connector_not_found(bb));
        assert_eq!(found, this, "{refusal}");
    }
}

#[test]
fn a_thing_that_is_missing_elsewhere_is_not_missing_here() {
    let says = |message: &str| not_found(400, "RESOURCE_NOT_FOUND_EXCEPTION", message);
    let (account, org, project) = (bb(), in_scope("o", None), in_scope("o", Some("p")));
    for (message, missing) in [
        (
            "Connector with identifier [bb] not found",
            &[&account, &org, &project][..],
        ),
        (
            "Connector with identifier [bb] not found in org [o].",
            &[&org, &project],
        ),
        (
            "Connector with identifier [bb] not found in org [other].",
            &[],
        ),
        (
            "Connector with identifier [bb] not found in project [p] and org [o].",
            &[&project],
        ),
        (
            "Connector with identifier [bb] not found in project [other] and org [o].",
            &[],
        ),
        (
            "Project with orgIdentifier [o] and identifier [p] not found",
            &[&project],
        ),
        (
            "Project with orgIdentifier [o] and identifier [other] not found",
            &[],
        ),
        ("project [p] not found.", &[&project]),
        (
            "Organization with identifier [o] not found",
            &[&org, &project],
        ),
        ("org [other] not found.", &[]),
    ] {
        for connector in [&account, &org, &project] {
            let refusal = says(message);
            let is_gone = refusal.is_connector_not_found(connector)
                || refusal.is_scope_not_found(&connector.scope);
            assert_eq!(
                is_gone,
                missing.contains(&connector),
                "{message}: {connector:?}"
            );
        }
    }
}

#[test]
fn a_page_that_talks_of_connectors_says_nothing_about_them() {
    let page = "<html><title>RESOURCE_NOT_FOUND_EXCEPTION</title>Connector with identifier [bb] not found in account [a].";
    assert!(!Refusal::read(404, "text/html", page).is_connector_not_found(&bb()));
    let other_json = "{\"message\":\"Connector with identifier [bb] not found in account [a].\"}";
    assert!(!Refusal::read(404, "application/json", other_json).is_connector_not_found(&bb()));
}

#[test]
fn a_body_that_is_not_whole_never_says_that_anything_is_missing() {
    let whole = json!({"status": "FAILURE", "code": "RESOURCE_NOT_FOUND_EXCEPTION", "errors": null,
        "message": "Connector with identifier [bb] not found in account [ä]."})
    .to_string();
    assert!(Refusal::read(404, "application/json", &whole).is_connector_not_found(&bb()));
    for (end, _) in whole.char_indices() {
        let cut = whole.get(..end).unwrap();
        assert_eq!(
            Refusal::read(404, "application/json", cut).missing(),
            None,
            "{cut}"
        );
    }
}

#[test]
fn a_message_is_fit_for_a_terminal_whatever_it_held() {
    let refusal = read(
        400,
        &json!({"status": "ERROR", "code": "A\u{1b}B", "message": "100 %s {}\u{1b}[2J\r\n\u{202e}x https://u:hunter2@h/"}),
    );
    assert_eq!(
        refusal.summary(),
        "100 %s {} [2J <U+202E>x https://(removed)@h/"
    );
    assert_eq!(refusal.code.as_deref(), Some("A B"));
}

#[test]
fn heartbeat_trouble_is_recognized_by_the_platforms_own_words_only() {
    let refused = |status: u16, message: &str| {
        let body = json!({"status": "ERROR", "code": "INVALID_REQUEST", "message": message});
        read(status, &body).is_heartbeat_trouble()
    };
    let create = "Connector could not be created because we could not create the heartbeat";
    assert!(refused(400, create));
    assert!(refused(
        400,
        "Invalid request: Could not delete connector because heartbeat could not be deleted"
    ));
    assert!(!refused(500, create));
    assert!(!refused(400, "Invalid request: Could not delete connector"));
    assert!(!Refusal::read(400, "text/html", create).is_heartbeat_trouble());
}

#[test]
fn members_of_other_types_are_left_out() {
    let odd = json!({"status": 5, "code": "X", "message": ["m"], "responseMessages": "x", "errors": {"a": 1}, "failedPermissionChecks": [null, 5], "metadata": [], "correlationId": 7});
    let refusal = read(400, &odd);
    assert_eq!(refusal.message, None);
    assert!(
        refusal.response_messages.is_empty()
            && refusal.field_errors.is_empty()
            && refusal.missing_permissions.is_empty()
    );
}
