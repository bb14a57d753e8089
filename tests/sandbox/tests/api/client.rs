//! A client of the platform for tests, which has the key and nothing else.

use std::future::Future;
use std::time::Duration;

use harness_sandbox::{Options, Running, Sandbox};
use serde_json::{Value, json};

pub(crate) const ACCOUNT: &str = "SANDBOX_acct-00000001A";
pub(crate) const READER: &str =
    "sat.SANDBOX_acct-00000001A.000000000000000000000003.sandboxsandboxsandb0";
pub(crate) const SERVICE: &str =
    "sat.SANDBOX_acct-00000001A.000000000000000000000002.sandboxsandboxsandb0";

/// A sandbox and a client of it.
pub(crate) struct Client {
    pub(crate) sandbox: Running,
    http: reqwest::Client,
}

/// A response.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
    /// Null if the body is not JSON.
    pub(crate) body: Value,
}

impl Client {
    pub(crate) fn start() -> Self {
        Self::with(Options::default())
    }

    pub(crate) fn with(options: Options) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self {
            sandbox: Sandbox::start(options).unwrap(),
            http,
        }
    }

    /// Sends a request to the API with the account in the query and the account's first key.
    pub(crate) async fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.call_as(self.sandbox.api_key(), method, path, body)
            .await
    }

    /// Like `call`, with another key.
    pub(crate) async fn call_as(
        &self,
        key: &str,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Answer {
        let separator = if path.contains('?') { '&' } else { '?' };
        let path = format!("/ng/api{path}{separator}accountIdentifier={ACCOUNT}");
        self.raw(
            method,
            &path,
            &[("x-api-key", key)],
            body.map(Value::to_string),
        )
        .await
    }

    /// Sends a request to `/gateway` + path, exactly as given.
    pub(crate) async fn raw(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Answer {
        let url = self.sandbox.endpoint() + path;
        self.send(method, &url, headers, body).await.unwrap()
    }

    /// Sends a request that may fail.
    pub(crate) async fn send(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> reqwest::Result<Answer> {
        let mut request = self.http.request(method.parse().unwrap(), url);
        if let Some(body) = body {
            request = request.body(body);
            if !headers
                .iter()
                .any(|(name, _)| name.eq_ignore_ascii_case("content-type"))
            {
                request = request.header("content-type", "application/json");
            }
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or_default();
        Ok(Answer {
            status,
            headers,
            text,
            body,
        })
    }

    /// Sends a request to the control surface.
    pub(crate) async fn control(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let url = self.sandbox.control_url() + path;
        self.send(method, &url, &[], body.map(Value::to_string))
            .await
            .unwrap()
    }

    pub(crate) async fn create(&self, connector: &Value) -> Answer {
        self.call(
            "POST",
            "/connectors",
            Some(&json!({"connector": connector})),
        )
        .await
    }

    pub(crate) async fn update(&self, connector: &Value) -> Answer {
        self.call("PUT", "/connectors", Some(&json!({"connector": connector})))
            .await
    }

    pub(crate) async fn get(&self, identifier: &str) -> Answer {
        self.call("GET", &format!("/connectors/{identifier}"), None)
            .await
    }
}

impl Answer {
    /// Returns a member of the body by JSON pointer, or null if there is none.
    pub(crate) fn at(&self, pointer: &str) -> &Value {
        self.body.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// Checks for 200 with the success envelope.
    #[track_caller]
    pub(crate) fn succeeded(self) -> Self {
        assert_eq!(
            (self.status, self.at("/status")),
            (200, &json!("SUCCESS")),
            "{}",
            self.text
        );
        assert!(self.at("/correlationId").is_string() && self.body.get("metaData").is_some());
        self
    }

    /// Checks for an ErrorDTO.
    #[track_caller]
    pub(crate) fn is_error(&self, status: u16, code: &str, message: &str) {
        self.is_family("ERROR", status, code, message);
        assert!(
            self.at("/responseMessages/0/level").is_string(),
            "{}",
            self.text
        );
        assert!(self.body.get("detailedMessage").is_some() && self.body.get("metadata").is_some());
    }

    /// Checks for a FailureDTO.
    #[track_caller]
    pub(crate) fn is_failure(&self, status: u16, code: &str, message: &str) {
        self.is_family("FAILURE", status, code, message);
        assert!(self.body.get("errors").is_some(), "{}", self.text);
        assert!(self.body.get("responseMessages").is_none());
    }

    /// Checks for a FailureDTO of bean validation with an error on this field.
    #[track_caller]
    pub(crate) fn violates(&self, field: &str, message: &str) {
        assert_eq!(
            (self.status, self.at("/status")),
            (400, &json!("FAILURE")),
            "{}",
            self.text
        );
        assert_eq!(self.at("/code"), "INVALID_REQUEST");
        let errors = self.at("/errors").as_array().unwrap();
        let error = errors.iter().find(|error| error["fieldId"] == field);
        let error = error.unwrap_or_else(|| panic!("nothing on {field}: {}", self.text));
        assert!(
            error["error"].as_str().unwrap().contains(message),
            "{}",
            self.text
        );
        assert!(
            self.at("/message")
                .as_str()
                .unwrap()
                .contains(&format!("{field}: "))
        );
    }

    /// Checks for the web framework's body for what it cannot read.
    #[track_caller]
    pub(crate) fn is_unprocessable(&self, details: &str) {
        assert_eq!(
            (self.status, self.at("/code")),
            (400, &json!(400)),
            "{}",
            self.text
        );
        assert_eq!(self.at("/message"), "Unable to process JSON");
        assert!(
            self.at("/details").as_str().unwrap().contains(details),
            "{}",
            self.text
        );
        assert!(self.body.get("status").is_none());
    }

    /// Checks for the response of role-based access control.
    #[track_caller]
    pub(crate) fn is_denied(&self, permission: &str) {
        assert_eq!(
            (self.status, self.at("/code")),
            (403, &json!("NG_ACCESS_DENIED")),
            "{}",
            self.text
        );
        assert_eq!(self.at("/failedPermissionChecks/0/permission"), permission);
        assert!(self.at("/responseMessages").is_null() && self.at("/correlationId").is_null());
        let message = self.at("/message").as_str().unwrap();
        assert!(
            message.contains(&format!("Missing permission {permission} on ")),
            "{message}"
        );
    }

    #[track_caller]
    fn is_family(&self, family: &str, status: u16, code: &str, message: &str) {
        assert_eq!(
            (self.status, self.at("/status")),
            (status, &json!(family)),
            "{}",
            self.text
        );
        assert_eq!(
            (self.at("/code"), self.at("/message")),
            (&json!(code), &json!(message))
        );
        assert!(self.at("/correlationId").is_string());
    }
}

/// Returns a valid connector at account scope, for tests to modify.
pub(crate) fn connector(identifier: &str) -> Value {
    json!({
        "name": "My repository", "identifier": identifier, "type": "Bitbucket",
        "spec": {
            "url": "https://bitbucket.org/example-works/website.git", "type": "Repo",
            "authentication": {"type": "Http", "spec": {"type": "UsernamePassword", "spec": {
                "username": "sandbox-bot", "passwordRef": "account.bitbucket_token"
            }}},
        },
    })
}

/// Returns a valid connector with some members changed: JSON pointer and value; null removes.
pub(crate) fn connector_with(identifier: &str, changes: &[(&str, Value)]) -> Value {
    let mut built = connector(identifier);
    for (pointer, value) in changes {
        let (parent, member) = pointer.rsplit_once('/').unwrap();
        let members = built.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        if value.is_null() {
            members.remove(member);
        } else {
            members.insert(member.to_owned(), value.clone());
        }
    }
    built
}

/// Repeats a request until the response satisfies; fails after some seconds.
pub(crate) async fn eventually<F: Future<Output = Answer>>(
    ask: impl Fn() -> F,
    satisfied: impl Fn(&Answer) -> bool,
) -> Answer {
    let wait = async {
        loop {
            let answer = ask().await;
            if satisfied(&answer) {
                return answer;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), wait)
        .await
        .expect("the answer never satisfied")
}
