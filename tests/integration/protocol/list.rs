//! The list resource, as `terraform query` of Terraform 1.14 uses it.

use harness_sandbox::{Action, Answer, Fault, Kind, Scope};
use serde_json::json;
use tf_provider::proto::tfplugin5 as proto;
use tf_provider::value::{Type, Value, msgpack};

use super::connector::with_texts;
use super::process::{in_time, until};
use super::session::{Session, TYPE_NAME, block_type, encode, null_object, sentences};

/// Returns the type of the list's configuration.
pub(super) async fn config_type(session: &Session) -> Type {
    let request = proto::get_provider_schema::Request {};
    let schema = session.host.provider.clone().get_schema(request).await;
    let schemas = schema.unwrap().into_inner().list_resource_schemas;
    block_type(schemas[TYPE_NAME].block.as_ref().unwrap())
}

/// Returns everything that a listing sends.
pub(super) async fn listed(
    session: &Session,
    config: &[(&str, Value)],
    include_resource_object: bool,
    limit: i64,
) -> Vec<proto::list_resource::Event> {
    let ty = config_type(session).await;
    let config = config
        .iter()
        .fold(null_object(&ty), |config, (name, value)| {
            config.with(*name, value.clone())
        });
    let request = proto::list_resource::Request {
        type_name: TYPE_NAME.to_owned(),
        config: Some(encode(&config, &ty)),
        include_resource_object,
        limit,
    };
    let mut client = session.host.provider.clone();
    let mut stream = client.list_resource(request).await.unwrap().into_inner();
    let mut events = Vec::new();
    while let Some(event) = stream.message().await.unwrap() {
        events.push(event);
    }
    events
}

/// Returns the identifiers in the identities of the events.
fn identifiers(session: &Session, events: &[proto::list_resource::Event]) -> Vec<String> {
    events
        .iter()
        .map(|event| {
            let identity = session.decode_identity(event.identity.as_ref());
            identity
                .get("identifier")
                .and_then(Value::as_str)
                .unwrap()
                .to_owned()
        })
        .collect()
}

/// Puts connectors into the organization `platform`.
fn put(session: &Session, number: usize) {
    let scope = Scope::organization("platform");
    for index in 0..number {
        let identifier = format!("listed_{index:04}");
        let connector = json!({
            "identifier": identifier, "name": format!("Listed {index}"), "type": "Bitbucket",
            "tags": {"listed": "yes", "even": (index % 2 == 0).to_string()},
            "spec": {
                "url": "https://bitbucket.org/example-works/website.git", "type": "Repo",
                "authentication": {"type": "Http", "spec": {"type": "UsernamePassword", "spec": {
                    "username": "x-token-auth", "passwordRef": "account.bitbucket_token"}}}
            }
        });
        session
            .sandbox()
            .put(Kind::Connector, &scope, &identifier, connector)
            .unwrap();
    }
}

fn pages(session: &Session) -> usize {
    let requests = session.sandbox().requests();
    requests
        .iter()
        .filter(|request| request.path.ends_with("/connectors/listV2"))
        .count()
}

#[tokio::test]
async fn bitbucket_connectors_are_listed_in_order_with_identities() {
    let session = Session::start().await;
    let events = listed(&session, &[], false, 0).await;
    let found = identifiers(&session, &events);
    let mut sorted = found.clone();
    sorted.sort();
    assert_eq!(found, sorted);
    assert!(found.iter().any(|it| it == "bitbucket_cloud"), "{found:?}");
    assert!(!found.iter().any(|it| it.contains("github")), "{found:?}");
    let cloud = &events[found.iter().position(|it| it == "bitbucket_cloud").unwrap()];
    assert_eq!(cloud.display_name, "Bitbucket Cloud");
    assert_eq!(cloud.resource_object, None);
    let identity = session.decode_identity(cloud.identity.as_ref());
    assert_eq!(
        identity.get("account_id").and_then(Value::as_str),
        Some(session.sandbox().account_id())
    );
    assert!(identity.get("org_id").is_some_and(Value::is_null));
    session.shut_down().await;
}

#[tokio::test]
async fn a_listing_reads_all_pages_and_one_with_a_limit_no_more_than_it_needs() {
    let session = Session::start().await;
    put(&session, 230);
    let platform = ("org_id", Value::string("platform"));
    let tag = |key: &str, value: &str| Value::map([(key.to_owned(), Value::string(value))]);

    session.sandbox().clear_requests();
    let all = listed(
        &session,
        &[platform.clone(), ("tags", tag("listed", "yes"))],
        false,
        0,
    )
    .await;
    let expected: Vec<String> = (0..230).map(|index| format!("listed_{index:04}")).collect();
    assert_eq!(identifiers(&session, &all), expected);
    assert!(pages(&session) > 2);

    session.sandbox().clear_requests();
    let five = listed(
        &session,
        &[platform.clone(), ("tags", tag("even", "true"))],
        false,
        5,
    )
    .await;
    assert_eq!(
        identifiers(&session, &five),
        ["0000", "0002", "0004", "0006", "0008"].map(|it| format!("listed_{it}"))
    );
    assert_eq!(pages(&session), 1);

    let searched = listed(
        &session,
        &[
            platform.clone(),
            ("search_term", Value::string("LISTED 22[0-9]")),
        ],
        false,
        0,
    )
    .await;
    assert_eq!(searched.len(), 10);
    let both = Value::map([
        ("listed", Value::string("yes")),
        ("even", Value::string("maybe")),
    ]);
    assert_eq!(
        listed(&session, &[platform, ("tags", both)], false, 0)
            .await
            .len(),
        0
    );
    session.shut_down().await;
}

#[tokio::test]
async fn a_recursive_listing_comes_scope_by_scope_and_stops_at_its_limit() {
    let session = Session::start().await;
    let recursive = || ("recursive", Value::Bool(true));
    let all = listed(&session, &[recursive()], false, 0).await;
    let places: Vec<String> = all
        .iter()
        .map(|event| {
            let identity = session.decode_identity(event.identity.as_ref());
            let part = |name: &str| {
                identity
                    .get(name)
                    .and_then(Value::as_str)
                    .map(str::to_owned)
            };
            let parts = ["org_id", "project_id", "identifier"].map(part);
            parts.into_iter().flatten().collect::<Vec<_>>().join("/")
        })
        .collect();
    assert_eq!(places.len(), 13, "{places:?}");
    assert_eq!(
        places[4..6],
        ["bitbucket_project", "platform/bitbucket_server"]
    );
    assert_eq!(places[12], "platform/website/website_username_token");

    // At most four scopes are listed before the first one reaches the limit.
    session.sandbox().clear_requests();
    let two = listed(&session, &[recursive()], true, 2).await;
    assert_eq!(identifiers(&session, &two).len(), 2);
    assert!(two.iter().all(|event| event.resource_object.is_some()));
    assert!(pages(&session) <= 4, "{}", pages(&session));

    let denied = json!({"denied_permissions": {"developer": ["core_connector_view:bitbucket_server",
        "core_connector_view:bitbucket_server_ssh"]}});
    session.sandbox().change_settings(&denied).unwrap();
    let partly = listed(&session, &[recursive()], false, 0).await;
    let said: Vec<_> = partly
        .iter()
        .flat_map(|event| sentences(&event.diagnostic))
        .collect();
    let [warning] = said.as_slice() else {
        panic!("{said:#?}")
    };
    assert!(
        warning.starts_with("warning : Some connectors could not be listed"),
        "{warning}"
    );
    assert!(
        warning.contains("connectors of the organization \"platform\""),
        "{warning}"
    );
    session.shut_down().await;
}

#[tokio::test]
async fn a_listing_with_resources_shows_each_as_a_refresh_after_an_import_does() {
    let session = Session::start().await;
    for scope in [
        &[][..],
        &[("org_id", "platform")],
        &[("org_id", "platform"), ("project_id", "payments")],
    ] {
        let config: Vec<_> = scope
            .iter()
            .map(|(name, text)| (*name, Value::string(*text)))
            .collect();
        let events = listed(&session, &config, true, 0).await;
        assert!(!events.is_empty());
        for event in &events {
            let object = event.resource_object.as_ref().unwrap();
            let object = msgpack::decode(&object.msgpack, &session.ty).unwrap();
            let identity = session.decode_identity(event.identity.as_ref());
            let imported = session.import_identity(&identity).await.clean();
            let read = session.read(&imported).await;
            assert_eq!(object, read.state.value);
            assert_eq!(sentences(&event.diagnostic), sentences(&read.findings));
        }
    }
    session.shut_down().await;
}

#[tokio::test]
async fn what_goes_wrong_is_an_event_that_says_so() {
    let session = Session::start().await;
    let nowhere = [("project_id", Value::string("payments"))];
    let events = listed(&session, &nowhere, false, 0).await;
    assert_eq!(events.len(), 1);
    let said = sentences(&events[0].diagnostic);
    assert!(said[0].starts_with("error project_id: "), "{said:#?}");
    assert_eq!(events[0].identity, None);

    // A missing scope and an empty one list nothing; only the missing one is an error.
    for (org, said) in [
        ("nowhere", &["error org_id: Organization not found"][..]),
        ("default", &[]),
    ] {
        let events = listed(&session, &[("org_id", Value::string(org))], false, 0).await;
        let found: Vec<_> = events
            .iter()
            .flat_map(|event| sentences(&event.diagnostic))
            .collect();
        let summaries = found.iter().filter_map(|found| found.split(". ").next());
        assert_eq!(summaries.collect::<Vec<_>>(), said, "{found:#?}");
    }

    // The second page fails; what was found before it has been sent.
    put(&session, 150);
    session
        .sandbox()
        .script([Fault::on(
            "POST",
            "/ng/api/connectors/listV2",
            Action::Answer(Answer::status(403)),
        )
        .after(1)])
        .unwrap();
    let events = listed(&session, &[("org_id", Value::string("platform"))], false, 0).await;
    assert_eq!(events.len(), 101);
    let said = sentences(&events[100].diagnostic);
    assert!(
        said[0].starts_with("error : Connectors could not be read"),
        "{said:#?}"
    );
    session.shut_down().await;
}

#[tokio::test]
async fn the_arguments_of_a_list_are_checked_where_they_are_known() {
    let session = Session::start().await;
    let ty = config_type(&session).await;
    for (argument, value, findings) in [
        ("project_id", Value::Null, 0),
        ("project_id", Value::unknown(), 0),
        ("project_id", Value::string("payments"), 1),
        ("api_access_type", Value::unknown(), 0),
        ("api_access_type", Value::string("token"), 1),
        ("deployment", Value::string("cloud"), 1),
        ("recursive", Value::unknown(), 0),
    ] {
        let config = null_object(&ty).with(argument, value);
        let request = proto::validate_list_resource_config::Request {
            type_name: TYPE_NAME.to_owned(),
            config: Some(encode(&config, &ty)),
            include_resource_object: Some(encode(&Value::unknown(), &Type::Bool)),
            limit: Some(encode(&Value::unknown(), &Type::Number)),
        };
        let mut client = session.host.provider.clone();
        let answer = client.validate_list_resource_config(request).await;
        assert_eq!(answer.unwrap().into_inner().diagnostics.len(), findings);
    }
    session.shut_down().await;
}

#[tokio::test]
async fn a_listing_without_a_receiver_sends_no_more_requests() {
    let session = Session::start().await;
    put(&session, 450);
    let ty = config_type(&session).await;
    let config = with_texts(null_object(&ty), &[("org_id", "platform")]);
    let request = proto::list_resource::Request {
        type_name: TYPE_NAME.to_owned(),
        config: Some(encode(&config, &ty)),
        ..Default::default()
    };
    let mut client = session.host.provider.clone();
    let mut stream = client.list_resource(request).await.unwrap().into_inner();
    assert!(stream.message().await.unwrap().is_some());
    drop(stream);
    // The provider still serves, and ends at once when asked to.
    assert!(listed(&session, &[], false, 1).await.len() == 1);
    assert!(pages(&session) < 6);
    in_time("the end of the provider", session.shut_down()).await;
}

#[tokio::test]
async fn a_listing_that_waits_ends_within_a_second_of_stop() {
    let session = Session::start().await;
    session
        .sandbox()
        .script([Fault::on("POST", "/ng/api/connectors/listV2", Action::Hang)])
        .unwrap();
    let waiting = listed(&session, &[], false, 0);
    let stopped = async {
        until("the request", || pages(&session) > 0).await;
        session.stop().await;
    };
    let both = Box::pin(async { tokio::join!(waiting, stopped) });
    let (events, ()) = in_time("the end of the listing", both).await;
    let said = sentences(&events[0].diagnostic);
    assert!(said[0].contains("error"), "{said:#?}");
    session.shut_down().await;
}
