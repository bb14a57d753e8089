//! The platform's connector types by category, and how many of each type an account uses.

use std::collections::BTreeMap;

use axum::extract::State;
use serde_json::{Value, json};

use crate::call::Call;
use crate::platform::Platform;
use crate::reply::Reply;

/// Categories and their types.
pub(super) const TYPES: [(&str, &[&str]); 9] = [
    (
        "CLOUD_PROVIDER",
        &[
            "K8sCluster",
            "Gcp",
            "Aws",
            "Azure",
            "Pdc",
            "Spot",
            "Tas",
            "Rancher",
            "TerraformCloud",
        ],
    ),
    (
        "SECRET_MANAGER",
        &[
            "Vault",
            "AzureKeyVault",
            "Local",
            "AwsKms",
            "GcpKms",
            "AwsSecretManager",
            "GcpSecretManager",
            "CustomSecretManager",
        ],
    ),
    (
        "CLOUD_COST",
        &["CEAws", "CEAzure", "GcpCloudCost", "CEK8sCluster"],
    ),
    (
        "ARTIFACTORY",
        &[
            "DockerRegistry",
            "Artifactory",
            "Nexus",
            "HttpHelmRepo",
            "OciHelmRepo",
            "AzureArtifacts",
            "Jenkins",
            "Bamboo",
        ],
    ),
    (
        "CODE_REPO",
        &[
            "Git",
            "Github",
            "Gitlab",
            "Bitbucket",
            "Codecommit",
            "AzureRepo",
            "Harness",
        ],
    ),
    (
        "MONITORING",
        &[
            "Splunk",
            "AppDynamics",
            "Prometheus",
            "Dynatrace",
            "NewRelic",
            "Datadog",
            "SumoLogic",
            "PagerDuty",
            "CustomHealth",
            "ErrorTracking",
            "ElasticSearch",
            "SignalFX",
        ],
    ),
    ("TICKETING", &["Jira", "ServiceNow"]),
    ("BUILD_MONITORING", &[]),
    ("DATABASE", &["JDBC"]),
];

/// Returns the category of a type.
pub(super) fn category_of(kind: &str) -> Option<&'static str> {
    TYPES
        .iter()
        .find_map(|(category, types)| types.contains(&kind).then_some(*category))
}

/// `GET /connectors/catalogue`
pub(super) async fn catalogue(call: Call) -> Result<Reply, Reply> {
    call.require_account_parameter()?;
    let categories: Vec<Value> = TYPES
        .iter()
        .map(|(category, types)| json!({"category": category, "connectors": types}))
        .collect();
    Ok(Reply::data(json!({"catalogue": categories})))
}

/// `GET /connectors/stats`: the numbers in exactly one scope.
pub(super) async fn stats(State(platform): State<Platform>, call: Call) -> Result<Reply, Reply> {
    call.require_account_parameter()?;
    let world = platform.world();
    let scope = call.scope();
    let mut types: BTreeMap<&str, u64> = BTreeMap::new();
    let mut statuses: BTreeMap<&str, u64> = BTreeMap::new();
    for connector in world
        .connectors
        .iter()
        .filter(|((of, _), _)| *of == scope)
        .map(|(_, connector)| connector)
    {
        *types
            .entry(connector.text("type").unwrap_or_default())
            .or_default() += 1;
        *statuses.entry(connector.connectivity.status).or_default() += 1;
    }
    let types: Vec<Value> = types
        .iter()
        .map(|(kind, count)| json!({"type": kind, "count": count}))
        .collect();
    let statuses: Vec<Value> = statuses
        .iter()
        .map(|(status, count)| json!({"status": status, "count": count}))
        .collect();
    Ok(Reply::data(
        json!({"typeStats": types, "statusStats": statuses}),
    ))
}
