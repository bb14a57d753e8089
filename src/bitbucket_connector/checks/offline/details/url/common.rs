//! Rules about `url` whatever Bitbucket it leads to: scheme, user, host, port, and what no URL has.

use std::net::Ipv4Addr;

use tf_provider::diagnostic::Severity;

use super::{form, is_of_other_type, malformed, push, readable};
use crate::bitbucket_connector::checks::offline::input::{Findings, Input, Rule};
use crate::bitbucket_connector::connector::url::{BitbucketUrl, ConnectionType, Form, Protocol};
use crate::harness::rule::{Example, Strict, at};
use crate::harness::wording::hcl;

const MENDED: &str = r#"url = "https://bitbucket.org/acme/""#;
const SSH: &str = "connection_type = \"SSH\"\ncredentials {\n  ssh {\n    ssh_key_ref = \"account.bitbucket_ssh\"\n  }\n}\n";

/// Arguments of a connector over SSH, with this URL.
macro_rules! ssh {
    ($url:literal) => {
        concat!(
            "connection_type = \"SSH\"\nurl             = \"",
            $url,
            "\"\ntest_repository = \"WEB/shop.git\"\n",
            "credentials {\n  ssh {\n    ssh_key_ref = \"account.bitbucket_ssh\"\n  }\n}"
        )
    };
}

/// Arguments of a connector to a server, with this URL.
macro_rules! server {
    ($url:literal) => {
        concat!(
            "url             = \"",
            $url,
            "\"\ntest_repository = \"WEB/shop.git\""
        )
    };
}
pub(crate) use {server, ssh};

pub(crate) static RULES: &[Rule] = &[
    form!(
        "U01",
        "Empty url",
        "`url` has no text in it.",
        "Harness needs the address of the account or repository.",
        r#"url = """#,
        MENDED
    ),
    form!(
        "U02",
        "Blanks around url",
        "`url` has blanks or line breaks around it.",
        "Harness stores them and hands them on to Git.",
        r#"url = "https://bitbucket.org/acme/ ""#,
        MENDED
    ),
    form!(
        "U03",
        "Blank in url",
        "`url` has a blank or an invisible character inside.",
        "Harness refuses URLs with spaces. Invisible characters come from copying out of documents.",
        r#"url = "https://bitbucket.org/ acme/""#,
        MENDED
    ),
    form!(
        "U04",
        "Bad percent escape in url",
        "`url` has a `%` without two hexadecimal digits after it.",
        "Harness refuses such a URL. Clone URLs of Bitbucket need no escapes.",
        r#"url = "https://bitbucket.org/acme%/""#,
        MENDED
    ),
    form!(
        "U05",
        "No scheme or host in url",
        "`url` does not start with `https://`, `http://`, `ssh://` or `git@` and a host.",
        "Harness and Git tell by the start how to connect, and where.",
        r#"url = "bitbucket.org/acme/""#,
        MENDED
    ),
    form!(
        "U06",
        "Scheme in capitals",
        "The scheme of `url` is in capitals.",
        "Harness compares schemes in lower case, and refuses others.",
        r#"url = "HTTPS://bitbucket.org/acme/""#,
        MENDED
    ),
    form!(
        "U07",
        "Misspelt scheme",
        "The scheme of `url` is misspelt.",
        "Harness and Git tell by the scheme how to connect.",
        r#"url = "https:/bitbucket.org/acme/""#,
        MENDED
    ),
    Rule {
        id: "U08",
        setting: "url, connection_type",
        severity: Severity::Error,
        strict: Strict::Same,
        says: "`connection_type` is `HTTP`, and `url` is an SSH URL.",
        why: "The scheme of `url` decides how Git connects, the connection type with which credentials.",
        example: Example {
            wrong: r#"url = "git@bitbucket.org:acme/""#,
            mended: MENDED,
        },
        after: &[],
        check: |input, findings| is_of_type(ConnectionType::Http, input, findings),
    },
    Rule {
        id: "U09",
        setting: "url, connection_type",
        severity: Severity::Error,
        strict: Strict::Same,
        says: "`connection_type` is `SSH`, and `url` is an HTTP URL.",
        why: "The scheme of `url` decides how Git connects, the connection type with which credentials.",
        example: Example {
            wrong: SSH,
            mended: "connection_type = \"SSH\"\nurl             = \"git@bitbucket.org:acme/\"\ncredentials {\n  ssh {\n    ssh_key_ref = \"account.bitbucket_ssh\"\n  }\n}",
        },
        after: &[],
        check: |input, findings| is_of_type(ConnectionType::Ssh, input, findings),
    },
    form!(
        "U10",
        "Git protocol without authentication",
        "`url` starts with `git://`.",
        "That protocol has no authentication; Bitbucket serves HTTPS and SSH.",
        r#"url = "git://bitbucket.org/acme/""#,
        MENDED
    ),
    form!(
        "U11",
        "Foreign SSH user",
        "`url` is a short SSH URL whose user is not `git`.",
        "Bitbucket tells people apart by their keys; its SSH user is always `git`. Harness knows no other start.",
        ssh!("jdoe@bb.acme.com:WEB/shop.git"),
        ssh!("ssh://git@bb.acme.com:7999/")
    ),
    Rule {
        id: "U12",
        setting: "url",
        severity: Severity::Warning,
        strict: Strict::Same,
        says: "`url` starts with `ssh://` and has no user, or another one than `git`.",
        why: "Clone steps of pipelines take the user from the URL, and Bitbucket's SSH user is `git`.",
        example: Example {
            wrong: ssh!("ssh://bb.acme.com:7999/"),
            mended: ssh!("ssh://git@bb.acme.com:7999/"),
        },
        after: &[],
        check: |input, findings| {
            if let Some(url) = readable(input)
                && url.protocol() == Protocol::Ssh
                && url.form() == Form::Url
                && url.user() != Some("git")
            {
                let found = match url.user() {
                    None => {
                        "`url` has no user. Bitbucket's SSH user is git, and clone steps of pipelines take it from the URL."
                    }
                    Some(_) => {
                        "`url` has another user than git. Bitbucket's SSH user is git: the key says who you are."
                    }
                };
                push(input, findings, "SSH user is not git", found, url);
            }
        },
    },
    form!(
        "U13",
        "Password in url",
        "`url` holds a password or a token.",
        "Harness shows the URL of a connector to everybody who may see it, and Terraform keeps it in its state. The \
         password belongs into a secret, which `password_ref` names.",
        r#"url = "https://jdoe:pa55word@bitbucket.org/acme/""#,
        MENDED
    ),
    Rule {
        id: "U14",
        setting: "url",
        severity: Severity::Warning,
        strict: Strict::Same,
        says: "`url` is an HTTP URL with a user name in it.",
        why: "Harness uses the user name of the credentials. Bitbucket's own clone button writes yours into the URL.",
        example: Example {
            wrong: r#"url = "https://jdoe@bitbucket.org/acme/""#,
            mended: MENDED,
        },
        after: &[],
        check: |input, findings| {
            if let Some(url) = readable(input)
                && url.protocol() != Protocol::Ssh
                && url.user().is_some()
            {
                // Tokens stand there, too, and not all of them look like tokens.
                let found = "`url` has a user name before the \"@\", which is not needed: Harness uses the one of \
                             `credentials.http`. If it is a token, consider it leaked.";
                push(input, findings, "User name in url", found, url);
            }
        },
    },
    form!(
        "U15",
        "Query or fragment in url",
        "`url` has a `?` or `#` in it.",
        "No clone URL goes on after the repository; browser addresses do.",
        r#"url = "https://bitbucket.org/acme/?tab=repositories""#,
        MENDED
    ),
    Rule {
        id: "U16",
        setting: "url",
        severity: Severity::Warning,
        strict: Strict::Same,
        says: "`url` starts with `http://`.",
        why: "User name and token travel unencrypted.",
        example: Example {
            wrong: server!("http://bb.acme.com/scm/"),
            mended: server!("https://bb.acme.com/scm/"),
        },
        after: &[],
        check: is_in_clear,
    },
    form!(
        "U17",
        "Host in capitals",
        "The host of `url` is one of Bitbucket Cloud except for capitals.",
        "Harness compares hosts in lower case: it would take this one for a Data Center server.",
        r#"url = "https://Bitbucket.org/acme/""#,
        MENDED
    ),
    form!(
        "U18",
        "Not Bitbucket",
        "The host of `url` is another Git provider's.",
        "Harness has a connector of its own for each of them.",
        r#"url = "https://github.com/acme/""#,
        MENDED
    ),
    Rule {
        id: "U19",
        setting: "url",
        severity: Severity::Warning,
        strict: Strict::Raised,
        says: "The host of `url` is `bitbucket.com`.",
        why: "Bitbucket Cloud is `bitbucket.org`. Harness would take `bitbucket.com` for a Data Center server and call its \
              API there.",
        example: Example {
            wrong: r#"url = "https://bitbucket.com/acme/""#,
            mended: MENDED,
        },
        after: &[],
        check: |input, findings| {
            if let Some(url) = readable(input)
                && url.is_lookalike()
            {
                let found = format!(
                    "{} is not Bitbucket Cloud, which is \"bitbucket.org\"; Harness would take it for a Data Center \
                     server.",
                    hcl(url.host())
                );
                push(
                    input,
                    findings,
                    "bitbucket.com is not Bitbucket Cloud",
                    &found,
                    url,
                );
            }
        },
    },
    form!(
        "U20",
        "Host of the REST API",
        "The host of `url` is `api.bitbucket.org`.",
        "It serves the REST API and no repositories.",
        r#"url = "https://api.bitbucket.org/2.0/repositories/acme""#,
        MENDED
    ),
    form!(
        "U21",
        "Placeholder in url",
        "`url` has `<` or `>` in it: a placeholder or an expression.",
        "Connector settings take fixed values; expressions and runtime inputs work in pipelines.",
        r#"url = "https://bitbucket.org/<username>/""#,
        MENDED
    ),
    form!(
        "U22",
        "Bad port in url",
        "What follows the colon after the host is not a port from 1 to 65535.",
        "Nothing can be reached there.",
        server!("https://bb.acme.com:84430/scm/"),
        server!("https://bb.acme.com:8443/scm/")
    ),
    Rule {
        id: "U23",
        setting: "url",
        severity: Severity::Warning,
        strict: Strict::Same,
        says: "The host of `url` is an IPv6 address.",
        why: "Harness looks for the end of the host at the first colon, and cannot read such addresses.",
        example: Example {
            wrong: server!("https://[2001:db8::7]/scm/"),
            mended: server!("https://bb.acme.com/scm/"),
        },
        after: &[],
        check: |input, findings| {
            if let Some(url) = readable(input)
                && url.host().starts_with('[')
            {
                findings.push(
                    at("url"),
                    "IPv6 address in url",
                    format!(
                        "{} is an IPv6 address, which Harness cannot read in URLs. Give the server's host name instead.",
                        hcl(url.host())
                    ),
                );
            }
        },
    },
    Rule {
        id: "U24",
        setting: "url",
        severity: Severity::Error,
        strict: Strict::Same,
        says: "`url` has a backslash (an error) or doubled slashes (a warning) in it.",
        why: "The parts of a URL are separated by one `/` each.",
        example: Example {
            wrong: r#"url = "https:\\\\bitbucket.org\\acme""#,
            mended: MENDED,
        },
        after: &[],
        check: has_wrong_slashes,
    },
    Rule {
        id: "U25",
        setting: "url",
        severity: Severity::Warning,
        strict: Strict::Same,
        says: "The host of `url` is the machine itself: `localhost` or 127.*.",
        why: "It is the machine of the delegate (or of Harness) that is meant then, and hardly the one with Bitbucket.",
        example: Example {
            wrong: server!("https://localhost:8443/scm/"),
            mended: server!("https://bb.acme.com:8443/scm/"),
        },
        after: &[],
        check: |input, findings| {
            if let Some(url) = readable(input)
                && is_loopback(url.host())
            {
                findings.push(
                    at("url"),
                    "Host is the machine itself",
                    format!(
                        "{} is the delegate's own machine, wherever it runs. Give the name under which the delegate \
                         reaches the Bitbucket server.",
                        hcl(url.host())
                    ),
                );
            }
        },
    },
];

/// U08 and U09: `url` over the other protocol than `asked`. Where the credentials go with `url`, it is the connection
/// type that is wrong.
fn is_of_type(asked: ConnectionType, input: &Input<'_>, findings: &mut Findings<'_>) {
    let Some(url) = input.url() else { return };
    if input.connection_type() != Some(asked) || !is_of_other_type(input, url) {
        return;
    }
    let other = url.protocol().connection_type().name();
    let asked = asked.name();
    let mismatch = format!("`connection_type` is \"{asked}\", but `url` is an {other} URL.");
    if input.credentials_type() == Some(url.protocol().connection_type()) {
        findings
            .push(
                at("connection_type"),
                "Connection type of the other kind of URL",
                format!(
                    "{mismatch} The credentials are for {other} too: write `connection_type = \"{other}\"`."
                ),
            )
            .suggest(at("connection_type"), other);
        return;
    }
    let mend = super::Mend::of(input, url);
    let pushed = findings.push(
        at("url"),
        "URL of the other connection type",
        format!(
            "{mismatch} {}, or set `connection_type = \"{other}\"` with the credentials for it.",
            mend.advice()
        ),
    );
    mend.suggest(pushed);
}

fn is_in_clear(input: &Input<'_>, findings: &mut Findings<'_>) {
    let Some(url) = readable(input) else { return };
    if url.protocol() != (Protocol::Http { tls: false }) {
        return;
    }
    let pushed = |findings: &mut Findings<'_>, advice: &str| {
        findings.push(
            at("url"),
            "Unencrypted connection",
            format!("`url` starts with http://, so that user name and token travel unencrypted. {advice}"),
        );
    };
    let encrypted = BitbucketUrl::parse(&url.to_string().replacen("http://", "https://", 1));
    match encrypted {
        // Another port would answer with TLS, and nobody knows which.
        Ok(encrypted) if url.port().is_none() => {
            let found = "`url` starts with http://, so that user name and token travel unencrypted. If the server has \
                         https:// too, use that.";
            push(input, findings, "Unencrypted connection", found, &encrypted);
        }
        _ => pushed(
            findings,
            "Use https:// with the port at which the server answers it, if it has one.",
        ),
    }
}

fn has_wrong_slashes(input: &Input<'_>, findings: &mut Findings<'_>) {
    malformed("U24", "Backslash in url", input, findings);
    let Some(url) = readable(input).filter(|url| url.has_doubled_slash()) else {
        return;
    };
    let mend = super::Mend::of(input, url);
    let pushed = findings.push(
        at("url"),
        "Doubled slash in url",
        format!(
            "The path of `url` has a slash too many: one stands between its parts. {}.",
            mend.advice()
        ),
    );
    mend.suggest(pushed.weighing(Severity::Warning));
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<Ipv4Addr>()
            .is_ok_and(|address| address.is_loopback())
}
