//! Rules about `url` whatever Bitbucket it leads to: scheme, user, host, port, and what no URL has.

use std::net::Ipv4Addr;

use tf_provider::diagnostic::Severity;

use super::{form, is_malformed, is_of_other_type, push, push_fix, readable};
use crate::bitbucket_connector::checks::examples::ssh;
use crate::bitbucket_connector::checks::offline::input::{Findings, Input, Rule};
use crate::bitbucket_connector::connector::url::{BitbucketUrl, ConnectionType, Form, Protocol};
use crate::harness::wording::hcl;

const FIXED: &str = r#"url = "https://bitbucket.org/acme/""#;
const SSH: &str = "connection_type = \"SSH\"\ncredentials {\n  ssh {\n    ssh_key_ref = \"account.bitbucket_ssh\"\n  }\n}\n";

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

/// Arguments of a connector to one repository, with this URL.
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
        .says("`url` has no text in it.")
        .because("Harness needs the address of the account or repository.")
        .example(r#"url = """#, FIXED),
    form("U02", "Blanks around url")
        .says("`url` has blanks or line breaks around it.")
        .because("Harness stores them and hands them on to Git.")
        .example(r#"url = "https://bitbucket.org/acme/ ""#, FIXED),
    form("U03", "Blank in url")
        .says("`url` has a blank or an invisible character inside.")
        .because("Harness refuses URLs with spaces. Invisible characters come from copying out of documents.")
        .example(r#"url = "https://bitbucket.org/ acme/""#, FIXED),
    form("U04", "Bad percent escape in url")
        .says("`url` has a `%` without two hexadecimal digits after it.")
        .because("Harness refuses such a URL. Clone URLs of Bitbucket need no escapes.")
        .example(r#"url = "https://bitbucket.org/acme%/""#, FIXED),
    form("U05", "No scheme or host in url")
        .says("`url` does not start with `https://`, `http://`, `ssh://` or `git@` and a host.")
        .because("Harness and Git tell by the start how to connect, and where.")
        .example(r#"url = "bitbucket.org/acme/""#, FIXED),
    form("U06", "Scheme in capitals")
        .says("The scheme of `url` is in capitals.")
        .because("Harness compares schemes in lower case, and refuses others.")
        .example(r#"url = "HTTPS://bitbucket.org/acme/""#, FIXED),
    form("U07", "Misspelt scheme")
        .says("The scheme of `url` is misspelt.")
        .because("Harness and Git tell by the scheme how to connect.")
        .example(r#"url = "https:/bitbucket.org/acme/""#, FIXED),
    Rule::error("U08", "url, connection_type", |input, findings| is_of_type(ConnectionType::Http, input, findings))
        .says("`connection_type` is `HTTP`, and `url` is an SSH URL.")
        .because("The scheme of `url` decides how Git connects, the connection type with which credentials.")
        .example(r#"url = "git@bitbucket.org:acme/""#, FIXED),
    Rule::error("U09", "url, connection_type", |input, findings| is_of_type(ConnectionType::Ssh, input, findings))
        .says("`connection_type` is `SSH`, and `url` is an HTTP URL.")
        .because("The scheme of `url` decides how Git connects, the connection type with which credentials.")
        .example(
            SSH,
            ssh!("git@bitbucket.org:acme/", ""),
        ),
    form("U10", "Git protocol without authentication")
        .says("`url` starts with `git://`.")
        .because("That protocol has no authentication; Bitbucket serves HTTPS and SSH.")
        .example(r#"url = "git://bitbucket.org/acme/""#, FIXED),
    form("U11", "Foreign SSH user")
        .says("`url` is a short SSH URL whose user is not `git`.")
        .because("Bitbucket tells people apart by their keys; its SSH user is always `git`. Harness knows no other \
                  start.")
        .example(ssh!("jdoe@bb.acme.com:WEB/shop.git"), ssh!("ssh://git@bb.acme.com:7999/")),
    Rule::warning("U12", "url", has_other_ssh_user)
        .says("`url` starts with `ssh://` and has no user, or another one than `git`.")
        .because("Clone steps of pipelines take the user from the URL, and Bitbucket's SSH user is `git`.")
        .example(ssh!("ssh://bb.acme.com:7999/"), ssh!("ssh://git@bb.acme.com:7999/")),
    form("U13", "Password in url")
        .says("`url` holds a password or a token.")
        .because("Harness shows the URL of a connector to everybody who may see it, and Terraform keeps it in its \
                  state. The password belongs into a secret, which `password_ref` names.")
        .example(r#"url = "https://jdoe:pa55word@bitbucket.org/acme/""#, FIXED),
    Rule::warning("U14", "url", has_user)
        .says("`url` is an HTTP URL with a user name in it.")
        .because("Harness uses the user name of the credentials. Bitbucket's own clone button writes yours into the \
                  URL.")
        .example(r#"url = "https://jdoe@bitbucket.org/acme/""#, FIXED),
    form("U15", "Query or fragment in url")
        .says("`url` has a `?` or `#` in it.")
        .because("No clone URL goes on after the repository; browser addresses do.")
        .example(r#"url = "https://bitbucket.org/acme/?tab=repositories""#, FIXED),
    Rule::warning("U16", "url", is_in_clear)
        .says("`url` starts with `http://`.")
        .because("User name and token travel unencrypted.")
        .example(server!("http://bb.acme.com/scm/"), server!("https://bb.acme.com/scm/")),
    form("U17", "Host in capitals")
        .says("The host of `url` is one of Bitbucket Cloud except for capitals.")
        .because("Harness compares hosts in lower case: it would take this one for a Data Center server.")
        .example(r#"url = "https://Bitbucket.org/acme/""#, FIXED),
    form("U18", "Not Bitbucket")
        .says("The host of `url` is another Git provider's.")
        .because("Harness has a connector of its own for each of them.")
        .example(r#"url = "https://github.com/acme/""#, FIXED),
    Rule::warning("U19", "url", is_lookalike)
        .raised_by_strict()
        .says("The host of `url` is `bitbucket.com`.")
        .because("Bitbucket Cloud is `bitbucket.org`. Harness would take `bitbucket.com` for a Data Center server and \
                  call its API there.")
        .example(r#"url = "https://bitbucket.com/acme/""#, FIXED),
    form("U20", "Host of the REST API")
        .says("The host of `url` is `api.bitbucket.org`.")
        .because("It serves the REST API and no repositories.")
        .example(r#"url = "https://api.bitbucket.org/2.0/repositories/acme""#, FIXED),
    form("U21", "Placeholder in url")
        .says("`url` has `<` or `>` in it: a placeholder or an expression.")
        .because("Connector settings take fixed values; expressions and runtime inputs work in pipelines.")
        .example(r#"url = "https://bitbucket.org/<username>/""#, FIXED),
    form("U22", "Bad port in url")
        .says("What follows the colon after the host is not a port from 1 to 65535.")
        .because("Nothing can be reached there.")
        .example(
            server!("https://bb.acme.com:84430/scm/"),
            server!("https://bb.acme.com:8443/scm/"),
        ),
    Rule::warning("U23", "url", is_ipv6)
        .says("The host of `url` is an IPv6 address.")
        .because("Harness looks for the end of the host at the first colon, and cannot read such addresses.")
        .example(server!("https://[2001:db8::7]/scm/"), server!("https://bb.acme.com/scm/")),
    Rule::error("U24", "url", has_wrong_slashes)
        .summary("Backslash in url")
        .says("`url` has a backslash (an error) or doubled slashes (a warning) in it.")
        .because("The parts of a URL are separated by one `/` each.")
        .example(r#"url = "https:\\\\bitbucket.org\\acme""#, FIXED),
    Rule::warning("U25", "url", is_own_machine)
        .says("The host of `url` is the machine itself: `localhost` or 127.*.")
        .because("It is the machine of the delegate (or of Harness) that is meant then, and hardly the one with \
                  Bitbucket.")
        .example(server!("https://localhost:8443/scm/"), server!("https://bb.acme.com:8443/scm/")),
];

fn has_other_ssh_user(input: &Input<'_>, findings: &mut Findings<'_>) {
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
}

fn has_user(input: &Input<'_>, findings: &mut Findings<'_>) {
    if let Some(url) = readable(input)
        && url.protocol() != Protocol::Ssh
        && url.user().is_some()
    {
        // Tokens stand there, too, and not all of them look like tokens.
        let found = "`url` has a user name before the \"@\", which is not needed: Harness uses the one of \
                     `credentials.http`. If it is a token, consider it leaked.";
        push(input, findings, "User name in url", found, url);
    }
}

fn is_lookalike(input: &Input<'_>, findings: &mut Findings<'_>) {
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
}

fn is_ipv6(input: &Input<'_>, findings: &mut Findings<'_>) {
    if let Some(url) = readable(input)
        && url.host().starts_with('[')
    {
        findings.push(
            "url",
            "IPv6 address in url",
            format!(
                "{} is an IPv6 address, which Harness cannot read in URLs. Give the server's host name instead.",
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
            "Host is the machine itself",
            format!(
                "{} is the delegate's own machine, wherever it runs. Give the name under which the delegate \
                 reaches the Bitbucket server.",
                hcl(url.host())
            ),
        );
    }
}

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
                "connection_type",
                "Connection type of the other kind of URL",
                format!(
                    "{mismatch} The credentials are for {other} too: write `connection_type = \"{other}\"`."
                ),
            )
            .suggest("connection_type", other);
        return;
    }
    push_fix(
        input,
        findings,
        "URL of the other connection type",
        url,
        |fix| {
            format!(
                "{mismatch} {}, or set `connection_type = \"{other}\"` with the credentials for it.",
                fix.advice()
            )
        },
    );
}

fn is_in_clear(input: &Input<'_>, findings: &mut Findings<'_>) {
    let Some(url) = readable(input) else { return };
    if url.protocol() != (Protocol::Http { tls: false }) {
        return;
    }
    let found = "`url` starts with http://, so that user name and token travel unencrypted.";
    let encrypted = BitbucketUrl::parse(&url.to_string().replacen("http://", "https://", 1));
    match encrypted {
        // Another port would answer with TLS, and nobody knows which.
        Ok(encrypted) if url.port().is_none() => {
            let found = format!("{found} If the server has https:// too, use that.");
            push(
                input,
                findings,
                "Unencrypted connection",
                &found,
                &encrypted,
            );
        }
        _ => drop(findings.push(
            "url",
            "Unencrypted connection",
            format!(
                "{found} Use https:// with the port at which the server answers it, if it has one."
            ),
        )),
    }
}

fn has_wrong_slashes(input: &Input<'_>, findings: &mut Findings<'_>) {
    is_malformed(input, findings);
    let Some(url) = readable(input).filter(|url| url.has_doubled_slash()) else {
        return;
    };
    push_fix(input, findings, "Doubled slash in url", url, |fix| {
        format!(
            "The path of `url` has a slash too many: one stands between its parts. {}.",
            fix.advice()
        )
    })
    .weighing(Severity::Warning);
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<Ipv4Addr>()
            .is_ok_and(|address| address.is_loopback())
}
