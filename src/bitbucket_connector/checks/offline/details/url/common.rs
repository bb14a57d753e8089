//! Rules about `url` for any deployment: scheme, user, host, port, and invalid characters.

use std::net::Ipv4Addr;

use tf_provider::diagnostic::Severity;

use super::{form, is_malformed, is_of_other_type, push, push_fix, readable};
use crate::bitbucket_connector::checks::examples::ssh;
use crate::bitbucket_connector::checks::offline::input::{Findings, Input, Rule};
use crate::bitbucket_connector::connector::url::{BitbucketUrl, ConnectionType, Form, Protocol};
use crate::harness::wording::hcl;

const FIXED: &str = r#"url = "https://bitbucket.org/acme/""#;
const SSH: &str = "connection_type = \"SSH\"\ncredentials {\n  ssh {\n    ssh_key_ref = \"account.bitbucket_ssh\"\n  }\n}\n";

/// The arguments of a connector to a server with this URL.
macro_rules! server {
    ($url:literal) => {
        concat!(
            "url             = \"",
            $url,
            "\"\ntest_repository = \"WEB/shop.git\""
        )
    };
}

/// The arguments of a connector to one repository with this URL.
macro_rules! repository {
    ($url:literal) => {
        concat!(
            "url_type        = \"Repository\"\nurl             = \"",
            $url,
            "\"\ntest_repository = null"
        )
    };
}

pub(super) use {repository, server};

pub(crate) static RULES: &[Rule] = &[
    form("U01", "Empty url")
        .says("`url` is empty.")
        .because("Harness needs the URL of the account or repository.")
        .example(r#"url = """#, FIXED),
    form("U02", "Whitespace around url")
        .says("`url` starts or ends with whitespace.")
        .because("Harness stores it and passes it to Git.")
        .example(r#"url = "https://bitbucket.org/acme/ ""#, FIXED),
    form("U03", "Whitespace or invisible character in url")
        .says("`url` contains whitespace or an invisible character.")
        .because("Harness refuses URLs with spaces. Invisible characters often come from text that was copied out of a \
                  document.")
        .example(r#"url = "https://bitbucket.org/ acme/""#, FIXED),
    form("U04", "Invalid percent escape in url")
        .says("`url` contains a `%` without two hexadecimal digits after it.")
        .because("Harness refuses such a URL. Clone URLs of Bitbucket need no escapes.")
        .example(r#"url = "https://bitbucket.org/acme%/""#, FIXED),
    form("U05", "Invalid scheme or host in url")
        .says("`url` does not start with `https://`, `http://`, `ssh://`, or `git@`, followed by a host.")
        .because("The scheme and the host tell Harness and Git how and where to connect.")
        .example(r#"url = "bitbucket.org/acme/""#, FIXED),
    form("U06", "Uppercase scheme in url")
        .says("The scheme of `url` contains uppercase letters.")
        .because("Harness accepts schemes in lowercase only.")
        .example(r#"url = "HTTPS://bitbucket.org/acme/""#, FIXED),
    form("U07", "Misspelled scheme in url")
        .says("The scheme of `url` is misspelled.")
        .because("The scheme tells Harness and Git how to connect.")
        .example(r#"url = "https:/bitbucket.org/acme/""#, FIXED),
    Rule::error("U08", "url, connection_type", |input, findings| is_of_type(ConnectionType::Http, input, findings))
        .says("`connection_type` is `HTTP`, but `url` is an SSH URL.")
        .because("`url` determines how Git connects, and `connection_type` determines with which credentials.")
        .example(r#"url = "git@bitbucket.org:acme/""#, FIXED),
    Rule::error("U09", "url, connection_type", |input, findings| is_of_type(ConnectionType::Ssh, input, findings))
        .says("`connection_type` is `SSH`, but `url` is an HTTP URL.")
        .because("`url` determines how Git connects, and `connection_type` determines with which credentials.")
        .example(
            SSH,
            ssh!("git@bitbucket.org:acme/", ""),
        ),
    form("U10", "Protocol without authentication")
        .says("`url` starts with `git://`.")
        .because("This protocol has no authentication. Bitbucket serves Git over HTTPS and SSH.")
        .example(r#"url = "git://bitbucket.org/acme/""#, FIXED),
    form("U11", "SSH user is not git")
        .says("`url` is a short SSH URL whose user is not `git`.")
        .because("Bitbucket's SSH user is always `git`, and the key identifies the person. Harness accepts no other user \
                  here.")
        .example(ssh!("jdoe@bb.acme.com:WEB/shop.git"), ssh!("ssh://git@bb.acme.com:7999/")),
    Rule::warning("U12", "url", has_other_ssh_user)
        .says("`url` starts with `ssh://`, and its user is missing or not `git`.")
        .because("Clone steps of pipelines take the user from the URL, and Bitbucket's SSH user is always `git`.")
        .example(ssh!("ssh://bb.acme.com:7999/"), ssh!("ssh://git@bb.acme.com:7999/")),
    form("U13", "Password in url")
        .says("`url` contains a password or a token.")
        .because("Harness shows the URL to all users who can see the connector, and Terraform stores it in its state. \
                  The password belongs in a secret, which `password_ref` references.")
        .example(r#"url = "https://jdoe:pa55word@bitbucket.org/acme/""#, FIXED),
    Rule::warning("U14", "url", has_user)
        .says("`url` is an HTTP URL that contains a username.")
        .because("Harness uses the username of the credentials. Bitbucket's clone button adds your username to the URL.")
        .example(r#"url = "https://jdoe@bitbucket.org/acme/""#, FIXED),
    form("U15", "Query or fragment in url")
        .says("`url` contains a `?` or `#`.")
        .because("Browser addresses can contain a query or fragment; clone URLs cannot.")
        .example(r#"url = "https://bitbucket.org/acme/?tab=repositories""#, FIXED),
    Rule::warning("U16", "url", is_in_clear)
        .says("`url` starts with `http://`.")
        .because("Git sends the username and the token unencrypted.")
        .example(server!("http://bb.acme.com/scm/"), server!("https://bb.acme.com/scm/")),
    form("U17", "Uppercase host in url")
        .says("`url` contains a host of Bitbucket Cloud with uppercase letters.")
        .because("Harness compares hosts in lowercase, and would treat this one as Data Center.")
        .example(r#"url = "https://Bitbucket.org/acme/""#, FIXED),
    form("U18", "Not a Bitbucket URL")
        .says("The host of `url` belongs to another Git provider.")
        .because("Harness has a separate connector type for each Git provider.")
        .example(r#"url = "https://github.com/acme/""#, FIXED),
    Rule::warning("U19", "url", is_lookalike)
        .raised_by_strict()
        .says("The host of `url` is `bitbucket.com`.")
        .because("Bitbucket Cloud is `bitbucket.org`. Harness would treat `bitbucket.com` as Data Center and \
                  call the API there.")
        .example(r#"url = "https://bitbucket.com/acme/""#, FIXED),
    form("U20", "REST API host in url")
        .says("The host of `url` is `api.bitbucket.org`.")
        .because("It serves the REST API, not repositories.")
        .example(r#"url = "https://api.bitbucket.org/2.0/repositories/acme""#, FIXED),
    form("U21", "Placeholder in url")
        .says("`url` contains `<` or `>`: a placeholder or an expression.")
        .because("Connector settings take fixed values. Harness resolves expressions and runtime inputs only in pipelines.")
        .example(r#"url = "https://bitbucket.org/<username>/""#, FIXED),
    form("U22", "Invalid port in url")
        .says("The text after the colon that follows the host is not a port from 1 to 65535.")
        .because("Git cannot connect to it.")
        .example(
            server!("https://bb.acme.com:84430/scm/"),
            server!("https://bb.acme.com:8443/scm/"),
        ),
    Rule::warning("U23", "url", is_ipv6)
        .says("The host of `url` is an IPv6 address.")
        .because("Harness ends the host at the first colon, so it cannot read IPv6 addresses.")
        .example(server!("https://[2001:db8::7]/scm/"), server!("https://bb.acme.com/scm/")),
    Rule::error("U24", "url", has_wrong_slashes)
        .summary("Backslash in url")
        .says("`url` contains a backslash (error) or a double slash (warning).")
        .because("Single slashes separate the parts of a URL.")
        .example(r#"url = "https:\\\\bitbucket.org\\acme""#, FIXED),
    Rule::warning("U25", "url", is_own_machine)
        .says("The host of `url` is `localhost` or 127.*.")
        .because("It refers to the machine that connects, the delegate or Harness itself, not to Bitbucket.")
        .example(server!("https://localhost:8443/scm/"), server!("https://bb.acme.com:8443/scm/")),
];

fn has_other_ssh_user(input: &Input<'_>, findings: &mut Findings<'_>) {
    if let Some(url) = readable(input)
        && url.protocol() == Protocol::Ssh
        && url.form() == Form::Url
        && url.user() != Some("git")
    {
        let (found, why) = match url.user() {
            None => (
                "`url` has no SSH user.",
                "Clone steps of pipelines take the user from the URL, and Bitbucket's SSH user is \"git\".",
            ),
            Some(_) => (
                "The SSH user in `url` is not \"git\".",
                "SSH URLs of Bitbucket start with \"git@\"; the key identifies the user.",
            ),
        };
        push(input, findings, "SSH user is not git", found, url).note(why);
    }
}

fn has_user(input: &Input<'_>, findings: &mut Findings<'_>) {
    if let Some(url) = readable(input)
        && url.protocol() != Protocol::Ssh
        && url.user().is_some()
    {
        // It may be a token, and not all tokens look like tokens.
        let found = "`url` contains a username before the \"@\".";
        push(input, findings, "Username in url", found, url).note(
            "Harness uses the username in `credentials.http`. If this one is a token, consider it leaked.",
        );
    }
}

fn is_lookalike(input: &Input<'_>, findings: &mut Findings<'_>) {
    if let Some(url) = readable(input)
        && url.is_lookalike()
    {
        let found = format!("{} in `url` is not Bitbucket Cloud.", hcl(url.host()));
        push(
            input,
            findings,
            "bitbucket.com is not Bitbucket Cloud",
            &found,
            url,
        )
        .note("Harness would treat that host as Data Center.");
    }
}

fn is_ipv6(input: &Input<'_>, findings: &mut Findings<'_>) {
    if let Some(url) = readable(input)
        && url.host().starts_with('[')
    {
        findings.push(
            "url",
            "IPv6 address in url",
            format!(
                "{} in `url` is an IPv6 address. Write the server's host name instead: Harness cannot read IPv6 addresses in \
                 URLs.",
                hcl(url.host())
            ),
        );
    }
}

fn is_own_machine(input: &Input<'_>, findings: &mut Findings<'_>) {
    if let Some(url) = readable(input)
        && is_loopback(url.host())
    {
        findings.push(
            "url",
            "Local host in url",
            format!(
                "{} in `url` is the machine that connects, such as the delegate. Write the host name under which the delegate \
                 reaches Bitbucket.",
                hcl(url.host())
            ),
        );
    }
}

/// U08 and U09: `url` with another protocol than `asked`. If the credentials match `url`, the connection type is wrong.
fn is_of_type(asked: ConnectionType, input: &Input<'_>, findings: &mut Findings<'_>) {
    let Some(url) = input.url() else { return };
    if input.connection_type() != Some(asked) || !is_of_other_type(input, url) {
        return;
    }
    let other = url.protocol().connection_type().name();
    let asked = asked.name();
    if input.credentials_type() == Some(url.protocol().connection_type()) {
        findings
            .push(
                "connection_type",
                "connection_type does not match url",
                format!(
                    "`connection_type` is \"{asked}\", but `url` and the credentials are for {other}. Write \
                     `connection_type = \"{other}\"`."
                ),
            )
            .suggest("connection_type", other);
        return;
    }
    push_fix(
        input,
        findings,
        "url does not match connection_type",
        url,
        |fix| {
            format!(
                "`connection_type` is \"{asked}\", but `url` is an {other} URL. {}, or set `connection_type = \"{other}\"` and \
                 `{}` credentials.",
                fix.advice(),
                other.to_lowercase()
            )
        },
    );
}

fn is_in_clear(input: &Input<'_>, findings: &mut Findings<'_>) {
    let Some(url) = readable(input) else { return };
    if url.protocol() != (Protocol::Http { tls: false }) {
        return;
    }
    let found = "`url` starts with http://, so Git sends the username and token unencrypted.";
    let encrypted = BitbucketUrl::parse(&url.to_string().replacen("http://", "https://", 1));
    match encrypted {
        // Another port would be needed for TLS, and it is unknown.
        Ok(encrypted) if url.port().is_none() => {
            let summary = "Unencrypted connection";
            push_fix(input, findings, summary, &encrypted, |fix| {
                format!(
                    "{found} If the server supports HTTPS, write {}.",
                    fix.text()
                )
            });
        }
        _ => drop(findings.push(
            "url",
            "Unencrypted connection",
            format!("{found} If the server supports HTTPS, write https:// and its HTTPS port."),
        )),
    }
}

fn has_wrong_slashes(input: &Input<'_>, findings: &mut Findings<'_>) {
    is_malformed(input, findings);
    let Some(url) = readable(input).filter(|url| url.has_doubled_slash()) else {
        return;
    };
    let found = "The path of `url` contains a double slash.";
    push(input, findings, "Double slash in url", found, url).weighing(Severity::Warning);
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<Ipv4Addr>()
            .is_ok_and(|address| address.is_loopback())
}
