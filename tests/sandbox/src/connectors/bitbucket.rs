//! The spec of a Bitbucket connector: how it is read, checked when it is saved, and written.
//!
//! | member | when absent |
//! |---|---|
//! | `url`, `type`, `authentication` | refused |
//! | `validationRepo`, `apiAccess` | null |
//! | `delegateSelectors` | `[]`; a set, in an order of the platform's own |
//! | `executeOnDelegate` | true |
//! | `ignoreTestConnection`, `proxy` | false; `proxy` needs a tunnel and no delegate to be true |

use serde_json::{Map, Value, json};

use super::draft::{Draft, Malformed, Members};
use super::fill;
use crate::settings::Settings;

const ONE_OF: &str = "Maximum one of fields:";

/// Reads the spec and returns its stored form.
pub(super) fn read(
    spec: &Members<'_>,
    settings: &Settings,
    draft: &mut Draft,
) -> Result<Map<String, Value>, Malformed> {
    let mut stored = Map::new();
    let mut keep = |member: &str, value: Value| stored.insert(member.to_owned(), value);

    let url = spec.text("url")?;
    if url.as_deref().is_none_or(|url| url.trim().is_empty()) {
        draft.violate(&spec.at("url"), "must not be blank");
    }
    keep("url", json!(url));
    let kind = spec.text("type")?;
    match kind.as_deref() {
        None => draft.violate(&spec.at("type"), "must not be null"),
        Some("Account" | "Repo" | "Project") => {}
        Some(_) if settings.store_unknown_members => {}
        Some(other) => {
            return Err(Malformed::enumeration(
                "GitConnectionType",
                other,
                &spec.at("type"),
            ));
        }
    }
    keep("type", json!(kind));
    keep("validationRepo", json!(spec.text("validationRepo")?));
    keep("authentication", authentication(spec, settings, draft)?);
    keep("apiAccess", api_access(spec, settings, draft)?);
    keep(
        "delegateSelectors",
        json!(shuffled(&spec.text_set("delegateSelectors")?)),
    );
    let on_delegate = spec.flag("executeOnDelegate")?.unwrap_or(true);
    keep("executeOnDelegate", json!(on_delegate));
    keep(
        "ignoreTestConnection",
        json!(spec.flag("ignoreTestConnection")?.unwrap_or(false)),
    );
    let tunnel = settings.secure_connect && !on_delegate;
    keep(
        "proxy",
        json!(tunnel && spec.flag("proxy")?.unwrap_or(false)),
    );
    Ok(stored)
}

/// Runs the checks that come after permissions: the URL, then both usernames of the same kind.
pub(super) fn validate(spec: &Value) -> Result<(), String> {
    let text = |pointer: &str| spec.pointer(pointer).and_then(Value::as_str);
    validate_url(text("/url").unwrap_or_default())?;
    let with_password = text("/authentication/spec/type") == Some("UsernamePassword");
    let with_token = text("/apiAccess/type") == Some("UsernameToken");
    if with_password && with_token {
        let git_is_plain = text("/authentication/spec/spec/username").is_some();
        let api_is_plain = text("/apiAccess/spec/username").is_some();
        if git_is_plain != api_is_plain {
            return Err("Both usernames should be set either as secret or plain text".into());
        }
    }
    Ok(())
}

/// Writes the optional members of a stored spec as null, empty, or their default.
pub(super) fn write_out(spec: &mut Map<String, Value>) {
    for member in [
        "url",
        "type",
        "validationRepo",
        "authentication",
        "apiAccess",
    ] {
        spec.entry(member).or_insert(Value::Null);
    }
    fill(spec, "delegateSelectors", json!([]));
    fill(spec, "executeOnDelegate", json!(true));
    fill(spec, "ignoreTestConnection", json!(false));
    fill(spec, "proxy", json!(false));
    let spec_of = |credentials: Option<&mut Value>, kind: &str, members: [&str; 2]| {
        let Some(credentials) = credentials.and_then(Value::as_object_mut) else {
            return;
        };
        if credentials.get("type").and_then(Value::as_str) == Some(kind)
            && let Some(inner) = credentials.get_mut("spec").and_then(Value::as_object_mut)
        {
            for member in members {
                inner.entry(member).or_insert(Value::Null);
            }
        }
    };
    let usernames = ["username", "usernameRef"];
    spec_of(
        spec.get_mut("authentication")
            .and_then(|auth| auth.get_mut("spec")),
        "UsernamePassword",
        usernames,
    );
    spec_of(spec.get_mut("apiAccess"), "UsernameToken", usernames);
    spec_of(
        spec.get_mut("apiAccess"),
        "EmailAndApiToken",
        ["email", "emailRef"],
    );
}

fn authentication(
    spec: &Members<'_>,
    settings: &Settings,
    draft: &mut Draft,
) -> Result<Value, Malformed> {
    let Some(authentication) = spec.object("authentication")? else {
        draft.violate(&spec.at("authentication"), "must not be null");
        return Ok(Value::Null);
    };
    let kind = authentication.text("type")?;
    let credentials = authentication.object("spec")?;
    let stored = match (kind.as_deref(), credentials) {
        (Some("Http"), Some(http)) => {
            let kind = http.text("type")?;
            let inner = http.object("spec")?;
            let stored = match (kind.as_deref(), inner) {
                (Some("UsernamePassword"), Some(inner)) => {
                    let mut stored = one_of(&inner, "username", "usernameRef", draft)?;
                    stored.insert(
                        "passwordRef".into(),
                        required_ref(&inner, "passwordRef", draft)?,
                    );
                    Value::Object(stored)
                }
                (Some("UsernamePassword") | None, inner) => {
                    missing(&http, kind.as_deref(), inner.is_none(), draft)
                }
                (Some(_), _) if settings.store_unknown_members => {
                    return Ok(Value::Object(authentication.map.clone()));
                }
                (Some(other), _) => {
                    let path = http.at("type");
                    return Err(Malformed::enumeration(
                        "BitbucketHttpAuthenticationType",
                        other,
                        &path,
                    ));
                }
            };
            json!({"type": kind, "spec": stored})
        }
        (Some("Ssh"), Some(ssh)) => json!({"sshKeyRef": required_ref(&ssh, "sshKeyRef", draft)?}),
        (Some("Http" | "Ssh") | None, credentials) => missing(
            &authentication,
            kind.as_deref(),
            credentials.is_none(),
            draft,
        ),
        (Some(_), _) if settings.store_unknown_members => {
            return Ok(Value::Object(authentication.map.clone()));
        }
        (Some(other), _) => {
            return Err(Malformed::enumeration(
                "GitAuthType",
                other,
                &authentication.at("type"),
            ));
        }
    };
    Ok(json!({"type": kind, "spec": stored}))
}

fn api_access(
    spec: &Members<'_>,
    settings: &Settings,
    draft: &mut Draft,
) -> Result<Value, Malformed> {
    let Some(api_access) = spec.object("apiAccess")? else {
        return Ok(Value::Null);
    };
    let kind = api_access.text("type")?;
    let credentials = api_access.object("spec")?;
    let mut stored = Map::new();
    match (kind.as_deref(), credentials) {
        (Some("UsernameToken"), Some(inner)) => {
            stored = one_of(&inner, "username", "usernameRef", draft)?;
            stored.insert("tokenRef".into(), required_ref(&inner, "tokenRef", draft)?);
        }
        (Some("EmailAndApiToken"), Some(inner)) => {
            stored = one_of(&inner, "email", "emailRef", draft)?;
            stored.insert("tokenRef".into(), required_ref(&inner, "tokenRef", draft)?);
        }
        (Some("AccessToken"), Some(inner)) => {
            stored.insert("tokenRef".into(), required_ref(&inner, "tokenRef", draft)?);
        }
        (Some("OAuth"), Some(inner)) => {
            stored.insert("tokenRef".into(), required_ref(&inner, "tokenRef", draft)?);
            stored.insert(
                "refreshTokenRef".into(),
                required_ref(&inner, "refreshTokenRef", draft)?,
            );
        }
        (
            Some("UsernameToken" | "EmailAndApiToken" | "AccessToken" | "OAuth") | None,
            credentials,
        ) => {
            let stored = missing(&api_access, kind.as_deref(), credentials.is_none(), draft);
            return Ok(json!({"type": kind, "spec": stored}));
        }
        (Some(_), _) if settings.store_unknown_members => {
            return Ok(Value::Object(api_access.map.clone()));
        }
        (Some(other), _) => {
            return Err(Malformed::enumeration(
                "BitbucketApiAccessType",
                other,
                &api_access.at("type"),
            ));
        }
    }
    Ok(json!({"type": kind, "spec": stored}))
}

/// Records a missing type or spec. What is stored does not matter, because the constraints are violated.
fn missing(
    members: &Members<'_>,
    kind: Option<&str>,
    without_spec: bool,
    draft: &mut Draft,
) -> Value {
    for (member, absent) in [("type", kind.is_none()), ("spec", without_spec)] {
        if absent {
            draft.violate(&members.at(member), "must not be null");
        }
    }
    Value::Null
}

/// Reads a plaintext value or a reference to a secret: exactly one. An empty text counts as given.
fn one_of(
    members: &Members<'_>,
    plain: &'static str,
    reference: &'static str,
    draft: &mut Draft,
) -> Result<Map<String, Value>, Malformed> {
    let text = members.text(plain)?;
    let secret = draft.secret_ref(members, reference)?;
    if text.is_some() != secret.is_null() {
        draft.violate(
            &members.path,
            &format!("{ONE_OF} [{plain}, {reference}] should be set"),
        );
    }
    let mut stored = Map::new();
    stored.insert(plain.into(), json!(text));
    stored.insert(reference.into(), secret);
    Ok(stored)
}

fn required_ref(
    members: &Members<'_>,
    field: &'static str,
    draft: &mut Draft,
) -> Result<Value, Malformed> {
    let reference = draft.secret_ref(members, field)?;
    if reference.is_null() {
        draft.violate(&members.at(field), "must not be null");
    }
    Ok(reference)
}

/// Returns the texts in the order of a hash set: it depends only on the texts, and is never the order in which they
/// were sent, to expose clients that rely on the order.
fn shuffled(sent: &[String]) -> Vec<String> {
    let hash = |text: &String| {
        text.encode_utf16().fold(0u32, |hash, unit| {
            hash.wrapping_mul(31).wrapping_add(u32::from(unit))
        })
    };
    let mut order = sent.to_vec();
    order.sort_by_key(|text| (hash(text) % 16, text.clone()));
    if order == sent && order.len() > 1 {
        order.rotate_left(1);
    }
    order
}

fn validate_url(url: &str) -> Result<(), String> {
    let url = url.trim();
    if url.is_empty() {
        return Err("Url cannot be left blank".into());
    }
    if url.contains(' ') {
        return Err(format!(
            "Invalid repo url  {url}, It should not contain spaces in between"
        ));
    }
    if !is_decodable(url) {
        return Err(format!("Url {url} is invalid"));
    }
    if url.starts_with("git@") && !url.contains(':') {
        return Err(format!(
            "Invalid repo url  {url}, valid ssh url formats are git@provider.com:username/repo, \
             ssh://provider.com/username/repo, ssh://git@provider.com/username/repo"
        ));
    }
    if !has_scheme_and_host(url) {
        return Err(format!(
            "Invalid repo url  {url},should start with either http:// , https:// , ssh:// or git@"
        ));
    }
    Ok(())
}

/// Returns whether every `%` is followed by two hexadecimal digits.
fn is_decodable(url: &str) -> bool {
    url.split('%').skip(1).all(|rest| {
        let digits: Vec<char> = rest.chars().take(2).collect();
        digits.len() == 2 && digits.iter().all(char::is_ascii_hexdigit)
    })
}

/// Returns whether a URL has a scheme and a host. The platform matches its pattern anywhere, not only at the beginning.
fn has_scheme_and_host(url: &str) -> bool {
    ["http", "https", "git", "ssh"].iter().any(|scheme| {
        ["://", "@"].iter().any(|separator| {
            let start = format!("{scheme}{separator}");
            url.match_indices(&start).any(|(at, _)| {
                let host = url.get(at + start.len()..).unwrap_or_default();
                host.starts_with(|first: char| {
                    first.is_ascii_alphanumeric() || "-_.[".contains(first)
                })
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_needs_a_scheme_and_a_host_somewhere() {
        for (url, message) in [
            ("https://bitbucket.org/acme", None),
            ("https://bitbucket.org/acme/", None),
            ("ssh://git@bitbucket.example.com:7999/ab/c.git", None),
            ("git@bitbucket.org:acme/repo.git", None),
            ("  https://host/x  ", None),
            (
                "see https://host/x",
                Some("It should not contain spaces in between"),
            ),
            ("ftp://host/x", Some("should start with either")),
            ("git@host/AB/repo.git", Some("valid ssh url formats are")),
            ("git@host", Some("valid ssh url formats are")),
            ("https://", Some("should start with either")),
            ("https://host/%zz", Some("is invalid")),
            ("   ", Some("cannot be left blank")),
        ] {
            let found = validate_url(url);
            assert_eq!(found.is_err(), message.is_some(), "{url}: {found:?}");
            assert!(
                found.is_ok() || found.unwrap_err().contains(message.unwrap()),
                "{url}"
            );
        }
    }

    #[test]
    fn selectors_never_come_back_in_the_order_in_which_they_were_sent() {
        for sent in [
            ["a", "b", "c"],
            ["c", "b", "a"],
            ["linux", "arm64", "build"],
        ] {
            let sent = sent.map(str::to_owned).to_vec();
            let mut back = shuffled(&sent);
            assert_ne!(back, sent);
            assert_ne!(shuffled(&back), back);
            back.sort();
            let mut sorted = sent;
            sorted.sort();
            assert_eq!(back, sorted);
        }
    }
}
