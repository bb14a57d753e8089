//! Credentials for SSH and WinRM: the members that the platform's types have, and no others.
//!
//! The platform drops what it does not know, such as the discriminators that some clients repeat at every level, and writes
//! out what is absent as null. Kerberos alone leaves it out.

use serde_json::{Map, Value, json};

use crate::connectors::{Malformed, Members};
use crate::reply::Violation;

/// The types of secrets that are credentials.
pub(crate) const KINDS: [&str; 2] = ["SSHKey", "WinRmCredentials"];

/// Checks a credential as a client sends it: an authentication of a known type has to be there.
pub(crate) fn check(
    kind: &str,
    spec: &Members<'_>,
    violations: &mut Vec<Violation>,
) -> Result<(), Malformed> {
    let Some(auth) = spec.object("auth")? else {
        violations.push(Violation::new(spec.at("auth"), "must not be null"));
        return Ok(());
    };
    let (schemes, enumeration): (&[&str], _) = match kind {
        "SSHKey" => (&["SSH", "Kerberos"], "SSHAuthScheme"),
        _ => (&["NTLM", "Kerberos"], "WinRmAuthScheme"),
    };
    let scheme = known(&auth, "type", schemes, enumeration, violations)?;
    let Some(inner) = auth.object("spec")? else {
        violations.push(Violation::new(auth.at("spec"), "must not be null"));
        return Ok(());
    };
    if scheme.as_deref() == Some("SSH") {
        let kinds = ["KeyReference", "KeyPath", "Password"];
        let enumeration = "SSHCredentialType";
        known(&inner, "credentialType", &kinds, enumeration, violations)?;
    }
    Ok(())
}

/// Reads a member that is one of some words.
fn known(
    members: &Members<'_>,
    member: &str,
    words: &[&str],
    enumeration: &str,
    violations: &mut Vec<Violation>,
) -> Result<Option<String>, Malformed> {
    let found = members.text(member)?;
    match found.as_deref() {
        None => violations.push(Violation::new(members.at(member), "must not be null")),
        Some(word) if words.contains(&word) => {}
        Some(word) => {
            return Err(Malformed::enumeration(
                enumeration,
                word,
                &members.at(member),
            ));
        }
    }
    Ok(found)
}

/// Returns the spec of a credential as the platform stores and answers it.
pub(crate) fn typed(kind: &str, spec: &Map<String, Value>) -> Map<String, Value> {
    let auth = object(spec, "auth");
    let scheme = auth.get("type").and_then(Value::as_str);
    let inner = object(auth, "spec");
    let inner = match (kind, scheme) {
        ("SSHKey", Some("SSH")) => ssh(inner),
        ("WinRmCredentials", Some("NTLM")) => {
            let mut members = nullable(inner, &["domain", "username", "password"]);
            members.extend(flags(inner));
            members
        }
        ("WinRmCredentials", _) => {
            let mut members = kerberos(inner);
            members.extend(flags(inner));
            members
        }
        _ => kerberos(inner),
    };
    let number = |otherwise: u64| spec.get("port").cloned().unwrap_or(json!(otherwise));
    let auth = json!({"type": scheme, "spec": inner});
    let mut members = Map::new();
    members.insert("auth".to_owned(), auth);
    if kind == "SSHKey" {
        members.insert("port".to_owned(), number(0));
    } else {
        let parameters = spec.get("parameters").filter(|given| given.is_array());
        members.insert("port".to_owned(), number(5986));
        members.insert(
            "parameters".to_owned(),
            parameters.cloned().unwrap_or(json!([])),
        );
    }
    members
}

fn ssh(config: &Map<String, Value>) -> Map<String, Value> {
    let kind = config.get("credentialType").and_then(Value::as_str);
    let members: &[&str] = match kind {
        Some("KeyPath") => &["userName", "keyPath", "encryptedPassphrase"],
        Some("Password") => &["userName", "password"],
        _ => &["userName", "key", "encryptedPassphrase"],
    };
    let spec = nullable(object(config, "spec"), members);
    Map::from_iter([
        ("credentialType".to_owned(), json!(kind)),
        ("spec".to_owned(), spec.into()),
    ])
}

/// Without what is absent, the generation of tickets above all.
fn kerberos(config: &Map<String, Value>) -> Map<String, Value> {
    let mut members = nullable(config, &["principal", "realm", "tgtGenerationMethod"]);
    let method = config.get("tgtGenerationMethod").and_then(Value::as_str);
    let of_ticket: &[&str] = match method {
        Some("KeyTabFilePath") => &["keyPath"],
        Some("Password") => &["password"],
        _ => &[],
    };
    if !of_ticket.is_empty() && config.get("spec").is_some_and(Value::is_object) {
        let ticket = nullable(object(config, "spec"), of_ticket);
        members.insert("spec".to_owned(), ticket.into());
    }
    members.retain(|_, value| !value.is_null());
    members
}

/// The members of these names; null where there are none.
fn nullable(from: &Map<String, Value>, names: &[&str]) -> Map<String, Value> {
    let member = |name: &&str| {
        let value = from.get(*name).cloned().unwrap_or_default();
        ((*name).to_owned(), value)
    };
    names.iter().map(member).collect()
}

/// How WinRM connects, with what holds where nothing is said.
fn flags(from: &Map<String, Value>) -> impl Iterator<Item = (String, Value)> + use<'_> {
    let flags = [
        ("useSSL", true),
        ("skipCertChecks", true),
        ("useNoProfile", false),
    ];
    flags.into_iter().map(|(name, otherwise)| {
        let given = from.get(name).and_then(Value::as_bool);
        (name.to_owned(), given.unwrap_or(otherwise).into())
    })
}

/// A member that is an object; an empty one where there is none.
fn object<'a>(from: &'a Map<String, Value>, member: &str) -> &'a Map<String, Value> {
    static NOTHING: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    from.get(member)
        .and_then(Value::as_object)
        .unwrap_or(&NOTHING)
}
