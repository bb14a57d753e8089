//! One side of the comparison: its address and its key.

use std::time::Duration;

use harness_sandbox::Running;
use reqwest::header::{CONTENT_TYPE, ETAG, HeaderValue};
use reqwest::{Client, Method, StatusCode, Url};
use serde_json::Value;

use super::form::Answer;
use super::script::{Body, Names, Step, Thing};

/// A connection test takes up to two minutes.
const TIMEOUT: Duration = Duration::from_secs(150);

/// How often a request is sent again after a 429, and the wait before each.
const RETRIES: u32 = 6;
const BACKOFF: Duration = Duration::from_secs(15);

/// An account, real or not. Has no `Debug`, because of the key.
pub(super) struct Target {
    client: Client,
    endpoint: String,
    key: String,
    names: Names,
}

impl Target {
    /// Returns the account in the provider's environment variables.
    ///
    /// # Errors
    /// Returns a sentence that names the variable.
    pub(super) fn of_environment(names: &Names) -> Result<Self, String> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let key = variable("HARNESS_PLATFORM_API_KEY")
            .ok_or("HARNESS_PLATFORM_API_KEY is not set; see harness-sandbox compare --help")?;
        let of_key = match key.split('.').collect::<Vec<_>>().as_slice() {
            [_, account, _, _] => Some((*account).to_owned()),
            _ => None,
        };
        let account = variable("HARNESS_ACCOUNT_ID")
            .or(of_key)
            .ok_or("HARNESS_ACCOUNT_ID is not set, and the key does not contain an account id")?;
        let endpoint = variable("HARNESS_ENDPOINT")
            .unwrap_or_else(|| "https://app.harness.io/gateway".to_owned());
        Self::new(&endpoint, key, names.in_account(&account))
    }

    /// Returns a running sandbox.
    ///
    /// # Errors
    /// Returns an error if the client cannot be created.
    pub(super) fn of_sandbox(running: &Running, names: &Names) -> Result<Self, String> {
        let key = running.api_key().to_owned();
        Self::new(
            &running.endpoint(),
            key,
            names.in_account(running.account_id()),
        )
    }

    fn new(endpoint: &str, key: String, names: Names) -> Result<Self, String> {
        let client = Client::builder()
            .timeout(TIMEOUT)
            // The key must not be sent to a redirect's target.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| format!("cannot create an HTTP client: {error}"))?;
        Ok(Self {
            client,
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            key,
            names,
        })
    }

    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Returns the identifier of the object that a step creates or removes.
    pub(super) fn name_of(&self, step: &Step) -> String {
        self.names.filled(&step.subject)
    }

    /// Sends the request of a step.
    ///
    /// # Errors
    /// Returns an error if there is no response; the text contains neither the address nor the key.
    pub(super) async fn send(&self, step: &Step) -> Result<Answer, String> {
        let query: Vec<(&str, &str)> = step
            .query
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        self.request(&step.method, &step.path, &query, &step.body)
            .await
    }

    async fn request(
        &self,
        method: &Method,
        path: &str,
        query: &[(&str, &str)],
        body: &Body,
    ) -> Result<Answer, String> {
        let address = self.endpoint.clone() + &self.names.filled(path);
        let mut address = Url::parse(&address)
            .map_err(|error| format!("HARNESS_ENDPOINT is not a URL: {error}"))?;
        for (name, value) in query {
            address
                .query_pairs_mut()
                .append_pair(name, &self.names.filled(value));
        }
        let (content_type, body) = match body {
            Body::None => (None, String::new()),
            Body::Json(body) => (Some("application/json"), self.filled(body).to_string()),
            Body::Text(text) => (Some("application/json"), (*text).to_owned()),
            Body::Key => (Some("text/plain"), self.key.clone()),
            Body::File { spec, contents } => {
                (Some(FORM), form(&self.filled(spec).to_string(), contents))
            }
        };
        let mut key = HeaderValue::from_str(&self.key)
            .map_err(|_| "HARNESS_PLATFORM_API_KEY contains invalid characters".to_owned())?;
        key.set_sensitive(true);
        let mut left = RETRIES;
        loop {
            let request = self
                .client
                .request(method.clone(), address.clone())
                .header("x-api-key", key.clone())
                .body(body.clone());
            let request = match content_type {
                Some(content_type) => request.header(CONTENT_TYPE, content_type),
                None => request,
            };
            let response = request.send().await.map_err(why)?;
            let status = response.status();
            if status == StatusCode::TOO_MANY_REQUESTS && left > 0 {
                left -= 1;
                tokio::time::sleep(BACKOFF).await;
                continue;
            }
            let headers = response.headers();
            let content_type = headers
                .get(CONTENT_TYPE)
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned);
            let has_entity_tag = headers.contains_key(ETAG);
            let body = response.bytes().await.map_err(why)?;
            return Ok(Answer::new(
                status.as_u16(),
                content_type.as_deref(),
                has_entity_tag,
                &body,
            ));
        }
    }

    /// Removes an object; one that no longer exists counts as removed.
    ///
    /// # Errors
    /// Returns why the object still exists, or may exist.
    pub(super) async fn remove(&self, thing: Thing, identifier: &str) -> Result<(), String> {
        let (path, in_project) = match thing {
            Thing::Connector => ("/ng/api/connectors/", true),
            Thing::Secret => ("/ng/api/v2/secrets/", true),
            Thing::Project => ("/ng/api/projects/", false),
        };
        let mut query = vec![
            ("accountIdentifier", "{account}"),
            ("orgIdentifier", "{org}"),
        ];
        if in_project {
            query.push(("projectIdentifier", "{project}"));
        }
        let path = format!("{path}{identifier}");
        let gone = |status: u16| status == 200 || status == 404;
        let deleted = self
            .request(&Method::DELETE, &path, &query, &Body::None)
            .await;
        match deleted {
            Ok(answer) if gone(answer.status) => Ok(()),
            // The platform responds with 400 about a connector that does not exist; reading it confirms that.
            Ok(answer) if answer.status == 400 => {
                let read = self.request(&Method::GET, &path, &query, &Body::None).await;
                match read {
                    Ok(read) if read.status == 400 || read.status == 404 => Ok(()),
                    _ => Err(format!("HTTP status {}", answer.status)),
                }
            }
            Ok(answer) => Err(format!("HTTP status {}", answer.status)),
            Err(reason) => Err(reason),
        }
    }

    /// Returns a body with the names filled in.
    fn filled(&self, body: &Value) -> Value {
        match body {
            Value::String(text) => self.names.filled(text).into(),
            Value::Array(items) => items.iter().map(|item| self.filled(item)).collect(),
            Value::Object(members) => members
                .iter()
                .map(|(name, value)| (name.clone(), self.filled(value)))
                .collect::<serde_json::Map<_, _>>()
                .into(),
            other => other.clone(),
        }
    }
}

/// A form's content type, with the boundary between its parts.
const FORM: &str = "multipart/form-data; boundary=harness-sandbox-compare";

/// Returns the form in which secret files are sent.
fn form(spec: &str, contents: &str) -> String {
    let part = |name: &str, text: &str| {
        format!(
            "--harness-sandbox-compare\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n"
        )
    };
    let file = part("file\"; filename=\"contents", contents);
    part("spec", spec) + &file + "--harness-sandbox-compare--\r\n"
}

/// Returns why there is no response: all causes, without the address.
fn why(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        text.extend([": ", &cause.to_string()]);
        source = cause.source();
    }
    text
}
