//! Lists of connectors.

use serde_json::{Value, json};

use crate::client::{ACCOUNT, Answer, Client, READER, connector, connector_with};

fn identifiers(answer: &Answer) -> Vec<&str> {
    let content = answer.at("/data/content").as_array().unwrap();
    content
        .iter()
        .map(|item| item["connector"]["identifier"].as_str().unwrap())
        .collect()
}

async fn listed(client: &Client, query: &str, filter: Value) -> Answer {
    let mut body = filter;
    body["filterType"] = json!("Connector");
    client
        .call("POST", &format!("/connectors/listV2{query}"), Some(&body))
        .await
        .succeeded()
}

#[tokio::test]
async fn a_page_has_its_envelope_and_pages_count_from_zero() {
    let client = Client::start();
    let first = listed(&client, "?pageSize=4", json!({})).await;
    assert_eq!(first.at("/data/totalItems"), 6);
    assert_eq!(first.at("/data/totalPages"), 2);
    assert_eq!(
        (first.at("/data/pageIndex"), first.at("/data/pageItemCount")),
        (&json!(0), &json!(4))
    );
    assert_eq!(first.at("/data/content/0/isFavorite"), false);
    let second = listed(&client, "?pageSize=4&pageIndex=1", json!({})).await;
    assert_eq!(second.at("/data/pageItemCount"), 2);
    assert!(
        identifiers(&first)
            .iter()
            .all(|identifier| !identifiers(&second).contains(identifier))
    );
    let beyond = listed(&client, "?pageIndex=9", json!({})).await;
    assert_eq!(
        (beyond.at("/data/empty"), beyond.at("/data/pageSize")),
        (&json!(true), &json!(50))
    );
}

#[tokio::test]
async fn a_page_is_at_most_100_and_1000_in_the_older_list() {
    let client = Client::start();
    let body = json!({"filterType": "Connector"});
    let too_large = client
        .call("POST", "/connectors/listV2?pageSize=101", Some(&body))
        .await;
    too_large.violates("pageSize", "less than or equal to 100");
    client
        .call("GET", "/connectors?pageSize=1001", None)
        .await
        .violates("pageSize", "1000");
    let old = client
        .call("GET", "/connectors?type=Github", None)
        .await
        .succeeded();
    assert_eq!(
        (identifiers(&old), old.at("/data/pageSize")),
        (vec!["github_mirror"], &json!(100))
    );
}

#[tokio::test]
async fn the_filter_type_is_required_and_a_saved_filter_excludes_a_body() {
    let client = Client::start();
    client
        .call("POST", "/connectors/listV2", Some(&json!({})))
        .await
        .is_unprocessable("filterType");
    let other = json!({"filterType": "Delegate"});
    client
        .call("POST", "/connectors/listV2", Some(&other))
        .await
        .is_unprocessable("Delegate");
    let body = json!({"filterType": "Connector"});
    let both = client
        .call("POST", "/connectors/listV2?filterIdentifier=f", Some(&body))
        .await;
    let message = "Invalid request: Can not apply both filter properties and saved filter together";
    both.is_error(400, "INVALID_REQUEST", message);
}

#[tokio::test]
async fn names_are_regular_expressions_and_identifiers_are_exact() {
    let client = Client::start();
    for (identifier, name) in [("a", "app.one"), ("b", "appXone"), ("c", "My App.One too")] {
        client
            .create(&connector_with(identifier, &[("/name", json!(name))]))
            .await
            .succeeded();
    }
    for (filter, query, found) in [
        (
            json!({"connectorNames": ["app.one"]}),
            "",
            vec!["c", "b", "a"],
        ),
        (json!({"connectorNames": ["^app\\.one$"]}), "", vec!["a"]),
        (
            json!({"connectorIdentifiers": ["a", "bitbucket"]}),
            "",
            vec!["a"],
        ),
        (json!({"types": ["Github"]}), "", vec!["github_mirror"]),
        (json!({"categories": ["CLOUD_PROVIDER"]}), "", vec![]),
        (
            json!({"connectorConnectivityModes": ["DELEGATE"], "connectorNames": ["app"]}),
            "",
            vec!["c", "b", "a"],
        ),
        (
            json!({"tags": {"owner": "platform"}}),
            "",
            vec!["bitbucket_cloud"],
        ),
        (
            json!({"description": "nothing EVERYBODY"}),
            "",
            vec!["bitbucket_cloud"],
        ),
        (json!({}), "?searchTerm=OAUTH", vec!["bitbucket_oauth"]),
        (json!({}), "?searchTerm=owner:plat", vec!["bitbucket_cloud"]),
        (
            json!({"connectorNames": ["app"]}),
            "?sortOrders=name,ASC",
            vec!["c", "a", "b"],
        ),
    ] {
        assert_eq!(
            identifiers(&listed(&client, query, filter.clone()).await),
            found,
            "{filter} {query}"
        );
    }
}

#[tokio::test]
async fn a_scope_is_exact_unless_everything_available_there_is_asked_for() {
    let client = Client::start();
    let scope = "?orgIdentifier=platform&projectIdentifier=payments";
    let own = listed(&client, scope, json!({})).await;
    assert_eq!(identifiers(&own), ["payments_ssh", "payments_repo"]);
    let all = listed(
        &client,
        &format!("{scope}&includeAllConnectorsAvailableAtScope=true"),
        json!({}),
    )
    .await;
    assert_eq!(all.at("/data/totalItems"), 10);
}

#[tokio::test]
async fn the_latest_change_comes_first() {
    let client = Client::start();
    client.create(&connector("a")).await.succeeded();
    client.create(&connector("b")).await.succeeded();
    client.update(&connector("a")).await.succeeded();
    assert_eq!(
        identifiers(&listed(&client, "?pageSize=2", json!({})).await),
        ["a", "b"]
    );
}

#[tokio::test]
async fn what_the_caller_may_not_see_is_left_out() {
    let client = Client::start();
    let denied = json!({"denied_permissions": {"reader": ["core_connector_view:bitbucket_cloud"]}});
    client.sandbox.change_settings(&denied).unwrap();
    let body = json!({"filterType": "Connector"});
    let seen = client
        .call_as(READER, "POST", "/connectors/listV2", Some(&body))
        .await
        .succeeded();
    assert_eq!(seen.at("/data/totalItems"), 5);
    client
        .sandbox
        .change_settings(&json!({"denied_permissions": {"reader": ["core_connector_view"]}}))
        .unwrap();
    client
        .call_as(READER, "POST", "/connectors/listV2", Some(&body))
        .await
        .is_denied("core_connector_view");
}

#[tokio::test]
async fn a_key_that_sees_part_of_a_scope_takes_nothing_for_no_permission() {
    let client = Client::start();
    let denied = json!({"denied_permissions": {"reader": ["core_connector_view:bitbucket_cloud"]}});
    client.sandbox.change_settings(&denied).unwrap();
    let path = "/connectors/listV2?orgIdentifier=default";
    let body = json!({"filterType": "Connector"});
    let all = client.call("POST", path, Some(&body)).await.succeeded();
    assert_eq!(all.at("/data/empty"), true);
    let some = client.call_as(READER, "POST", path, Some(&body)).await;
    some.is_denied("core_connector_view");
}

/// Returns the identifiers in a response to full names, in its order.
fn of_full_names(answer: &Answer) -> Vec<&Value> {
    let found = answer.at("/data").as_array().unwrap().iter();
    found.map(|item| &item["connector"]["identifier"]).collect()
}

#[tokio::test]
async fn full_names_find_what_exists_the_newest_first() {
    let client = Client::start();
    client.create(&connector("later")).await.succeeded();
    let names = json!([
        format!("{ACCOUNT}/bitbucket_cloud"),
        format!("{ACCOUNT}/later"),
        format!("{ACCOUNT}/later"),
        format!("{ACCOUNT}/nope"),
        "other/bitbucket_cloud",
    ]);
    let found = client
        .call("POST", "/connectors/listbyfqn", Some(&names))
        .await
        .succeeded();
    assert_eq!(of_full_names(&found), ["later", "bitbucket_cloud"]);
    assert_eq!(found.at("/data/0/isFavorite"), &Value::Null);
    let names = json!([format!("{ACCOUNT}/platform/payments/payments_repo")]);
    let found = client
        .call("POST", "/connectors/listbyfqn", Some(&names))
        .await
        .succeeded();
    assert_eq!(of_full_names(&found), ["payments_repo"]);
}

#[tokio::test]
async fn full_names_need_no_permission() {
    let client = Client::start();
    client
        .sandbox
        .change_settings(&json!({"denied_permissions": {"reader": ["core_connector_view"]}}))
        .unwrap();
    let names = json!([format!("{ACCOUNT}/bitbucket_cloud")]);
    let found = client
        .call_as(READER, "POST", "/connectors/listbyfqn", Some(&names))
        .await
        .succeeded();
    assert_eq!(of_full_names(&found), ["bitbucket_cloud"]);
}

#[tokio::test]
async fn no_more_than_1000_full_names_are_taken_and_null_is_not_handled() {
    let client = Client::start();
    let none = client
        .call("POST", "/connectors/listbyfqn", Some(&json!([])))
        .await
        .succeeded();
    assert_eq!(none.at("/data"), &json!([]));
    let most = json!(vec!["x"; 1000]);
    let most = client.call("POST", "/connectors/listbyfqn", Some(&most));
    assert_eq!(most.await.succeeded().at("/data"), &json!([]));
    let many = json!(vec!["x"; 1001]);
    let answer = client
        .call("POST", "/connectors/listbyfqn", Some(&many))
        .await;
    assert_eq!(
        (answer.status, answer.at("/code")),
        (400, &json!("INVALID_REQUEST"))
    );
    assert_eq!(answer.at("/status"), "ERROR");
    let null = client
        .call("POST", "/connectors/listbyfqn", Some(&Value::Null))
        .await;
    assert_eq!(null.status, 500);
}

#[tokio::test]
async fn the_catalogue_and_the_statistics_are_there() {
    let client = Client::start();
    let catalogue = client.get("catalogue").await.succeeded();
    let categories = catalogue.at("/data/catalogue").as_array().unwrap();
    let code = categories
        .iter()
        .find(|category| category["category"] == "CODE_REPO")
        .unwrap();
    assert!(
        code["connectors"]
            .as_array()
            .unwrap()
            .contains(&json!("Bitbucket"))
    );
    let stats = client.get("stats").await.succeeded();
    assert_eq!(
        stats.at("/data/typeStats"),
        &json!([{"type": "Bitbucket", "count": 5}, {"type": "Github", "count": 1}])
    );
    assert_eq!(
        stats.at("/data/statusStats"),
        &json!([{"status": "SUCCESS", "count": 6}])
    );
}
