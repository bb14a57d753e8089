//! The first request, and what its answer, or the lack of one, says of the way to Harness and of the key.
//!
//! It asks about the key itself, which needs no permission. Everything else follows from the one answer: that names were
//! resolved, that there is a connection and TLS, that it is Harness who answers, whether the clocks agree.

use std::error::Error;
use std::net::IpAddr;

use harness_platform::{
    Answer, Client, Failure, Operation, PlatformError, RefusalBody, Token, TransportKind, token,
};
use jiff::Timestamp;

use super::check::{Check, Subject};
use crate::provider;

/// By how many seconds the clocks may differ unmentioned. Certificates and expiries are judged by ours.
const CLOCK_TOLERANCE: i64 = 300;
/// From when on an expiry is worth a warning.
const EXPIRES_SOON: i64 = 14 * SECONDS_PER_DAY;
const SECONDS_PER_DAY: i64 = 86_400;

/// Why a question was not asked that would have the same answer as the one above it.
pub(super) const UNSEEN: &str = "not to be seen before the above is mended";

/// What to do where no authority is known.
const STORE: &str = "See that this machine's store of trusted certificates can be read: of the variables SSL_CERT_FILE and \
    SSL_CERT_DIR, those that are set must lead to certificates.";

const SUBJECTS: [Subject; 6] = [
    Subject::Connection,
    Subject::Tls,
    Subject::Harness,
    Subject::Clock,
    Subject::Authentication,
    Subject::Expiry,
];

/// What the first request has shown.
pub(super) struct Access {
    pub(super) checks: Vec<Check>,
    /// Whether further questions make sense.
    pub(super) is_let_in: bool,
}

/// All checks of this module, not made for this reason.
pub(super) fn skipped(reason: &str) -> Vec<Check> {
    let skip = |subject| Check::skipped(subject, reason);
    SUBJECTS.into_iter().map(skip).collect()
}

/// Asks Harness about the key.
pub(super) async fn examine(client: &Client, proxy: Option<&str>) -> Access {
    let answer = client.send(token::validate(), &Operation::default()).await;
    judge(
        &answer,
        &Circumstances {
            host: client.endpoint().host(),
            host_and_port: &client.endpoint().host_and_port(),
            is_https: client.endpoint().is_https(),
            account_id: client.account_id(),
            proxy,
            clock_ahead: client.clock_ahead(),
            now: Timestamp::now(),
        },
    )
}

/// Under what circumstances the answer came.
struct Circumstances<'a> {
    host: &'a str,
    host_and_port: &'a str,
    is_https: bool,
    account_id: &'a str,
    proxy: Option<&'a str>,
    clock_ahead: Option<i64>,
    now: Timestamp,
}

fn judge(answer: &Result<Answer<Token>, PlatformError>, around: &Circumstances<'_>) -> Access {
    let mut checks = Vec::new();
    let mut is_let_in = false;
    'way: {
        let error = answer.as_ref().err();
        let connection = error.and_then(|error| no_connection(error, around));
        let connected = connection.is_none();
        checks.push(connection.unwrap_or_else(|| connection_made(around)));
        if !connected {
            break 'way;
        }
        let tls = error.and_then(|error| no_tls(error, around));
        let encrypted = tls.is_none();
        checks.push(tls.unwrap_or_else(|| {
            if around.is_https {
                Check::ok(
                    Subject::Tls,
                    "encrypted, with a certificate that is trusted",
                )
            } else {
                Check::skipped(Subject::Tls, "the endpoint is without encryption (http://)")
            }
        }));
        if !encrypted {
            break 'way;
        }
        let strange = error.and_then(|error| not_harness(error, around));
        let is_harness = strange.is_none();
        checks.push(strange.unwrap_or_else(|| Check::ok(Subject::Harness, "it answers")));
        if !is_harness {
            break 'way;
        }
        checks.push(clock(around.clock_ahead));
        match answer {
            Ok(Answer { value, .. }) => {
                is_let_in = value.valid;
                checks.push(authenticated(value, around.account_id));
                checks.push(expiry(value.expires, around.now));
            }
            Err(error) => {
                is_let_in = !error.is_unauthorized();
                checks.push(not_authenticated(error));
            }
        }
    }
    let missing = SUBJECTS.iter().skip(checks.len());
    let rest: Vec<_> = missing
        .map(|subject| Check::skipped(*subject, UNSEEN))
        .collect();
    checks.extend(rest);
    Access { checks, is_let_in }
}

fn connection_made(around: &Circumstances<'_>) -> Check {
    let Circumstances { host, proxy, .. } = around;
    let found = match proxy {
        Some(proxy) => format!("to {host}, through {proxy}"),
        None => format!("to {host}"),
    };
    Check::ok(Subject::Connection, found)
}

fn no_connection(error: &PlatformError, around: &Circumstances<'_>) -> Option<Check> {
    let host = around.host;
    let remedy = match error.failure() {
        Failure::Setup(_) => STORE.to_owned(),
        Failure::Transport(transport)
            if transport.kind() == TransportKind::Tls && !transport.is_at_proxy() =>
        {
            return None;
        }
        Failure::Transport(transport) if transport.never_sent() => {
            match (around.proxy, transport.kind()) {
                (Some(proxy), TransportKind::ProxyAuthentication) => format!(
                    "Write the user and password of {proxy} into its address, as http://user:password@host:port, in the \
                     variable that names it (HTTPS_PROXY, HTTP_PROXY or ALL_PROXY). Percent-encode special characters, \
                     such as %40 for @."
                ),
                (Some(proxy), TransportKind::Tls) => format!(
                    "Write http:// instead of https:// before the host of {proxy}, unless it speaks TLS itself. If it \
                     does, set ca_certificate_file to the authority of its certificate."
                ),
                (Some(proxy), TransportKind::Tunnel) => format!(
                    "Ask whoever runs {proxy} to let this machine reach {host}; if {host} can be reached without it, \
                     name it in NO_PROXY."
                ),
                (Some(proxy), _) => format!(
                    "See that the proxy {proxy} is right and lets this machine reach {host}; if {host} is to be \
                     reached without it, name it in NO_PROXY."
                ),
                (None, TransportKind::Dns) => format!(
                    "Look for a typing error in the endpoint, and see that this machine can resolve {host}. If it \
                     reaches the outside only through a proxy, set HTTPS_PROXY."
                ),
                (None, TransportKind::Refused) => {
                    "Nobody listens there: check the endpoint's host and port.".to_owned()
                }
                (None, _) => format!(
                    "Something on the way, such as a firewall, may hold connections to {} back. If this machine \
                     reaches the outside only through a proxy, set HTTPS_PROXY.",
                    around.host_and_port
                ),
            }
        }
        _ => return None,
    };
    Some(Check::failed(Subject::Connection, said(error)).remedy(remedy))
}

fn no_tls(error: &PlatformError, around: &Circumstances<'_>) -> Option<Check> {
    let Failure::Transport(transport) = error.failure() else {
        return None;
    };
    if transport.kind() != TransportKind::Tls {
        return None;
    }
    let host = around.host;
    let found = said(error);
    let says = |words: &[&str]| words.iter().any(|word| found.contains(word));
    let issue = || {
        let name = match host.trim_matches(['[', ']']).parse::<IpAddr>() {
            Ok(address) => format!("IP:{address}"),
            Err(_) => format!("DNS:{host}"),
        };
        format!(
            "For a server of your own: openssl req -x509 -newkey rsa:2048 -nodes -days 365 -keyout key.pem -out cert.pem \
             -subj /CN=harness -addext subjectAltName={name}"
        )
    };
    let remedy = if says(&["not among the trusted ones"]) {
        "Have the server's certificate, exactly as it sends it, as a PEM file, set the provider's ca_certificate_file to \
         that, and try it here with --ca-certificate-file FILE. Or issue the server a certificate that is no authority \
         (basicConstraints CA:FALSE), and give that of the authority that signed it."
            .to_owned()
    } else if says(&["not valid for any names"]) {
        format!(
            "The certificate names no host in its subjectAltName, and a common name does not count. Issue one that does. \
             {}",
            issue()
        )
    } else if says(&["UnsupportedCertVersion"]) {
        format!(
            "The certificate is not of X.509 version 3: issue one that is. {}",
            issue()
        )
    } else if says(&["issuer has expired", "issuer is not valid yet"]) {
        "Check this machine's clock. If it is right, replace the authority's certificate in the file that \
         ca_certificate_file names with the authority's current one, and try it here with --ca-certificate-file FILE."
            .to_owned()
    } else if says(&["issuer may not sign certificates"]) {
        "The certificate in the file that ca_certificate_file names cannot be an authority: that takes basicConstraints \
         CA:TRUE, keyCertSign in keyUsage if it has one, and serverAuth in extendedKeyUsage if it has one. Add the \
         server's own certificate to the file, or have a certificate issued by an authority."
            .to_owned()
    } else if says(&["extended key usage", "InvalidPurpose", "invalid extensions"]) {
        format!(
            "The certificate is not for servers: issue one that has serverAuth in its extendedKeyUsage, or no \
             extendedKeyUsage. {}",
            issue()
        )
    } else if says(&["No CA certificates"]) {
        format!(
            "{STORE} Or set ca_certificate_file to the server's certificate or to that of its authority."
        )
    } else if says(&["UnknownIssuer", "unknown issuer"]) {
        "This machine does not trust the authority that signed the certificate. If it is your company's own, or that \
         of a proxy which looks into TLS: have its certificate as a PEM file, set the provider's ca_certificate_file to \
         that, and try it here with --ca-certificate-file FILE."
            .to_owned()
    } else if says(&["NotValidForName", "not valid for name"]) {
        format!(
            "The certificate is for another name than {host}: write the endpoint with a name that it is for."
        )
    } else if says(&["Expired", "expired", "NotValidYet", "not valid yet"]) {
        "Check this machine's clock. If it is right, the certificate has to be renewed by whoever runs that server."
            .to_owned()
    } else if says(&["InvalidMessage", "corrupt message", "InvalidContentType"]) {
        "What answers there does not speak TLS: check the endpoint's port, and whether it is https:// at all.".to_owned()
    } else {
        format!("See that {host} speaks TLS 1.2 or later, and that no proxy on the way breaks it.")
    };
    Some(Check::failed(Subject::Tls, found).remedy(remedy))
}

fn not_harness(error: &PlatformError, around: &Circumstances<'_>) -> Option<Check> {
    let subject = Subject::Harness;
    let other = around.proxy.map_or_else(
        || "a proxy".to_owned(),
        |proxy| format!("the proxy {proxy}"),
    );
    let wrong_endpoint = format!(
        "Check the endpoint: it must be the address of Harness's API, such as https://app.harness.io/gateway. If it is, \
         {other} or a firewall on the way gave this answer."
    );
    let check = match error.failure() {
        _ if error.is_rate_limited() => {
            return Some(
                Check::failed(subject, said(error)).remedy("The key's limit of requests is used up: wait a minute."),
            );
        }
        Failure::Refused(refusal) => match refusal.body {
            RefusalBody::Platform | RefusalBody::Empty if refusal.status >= 500 => {
                let remedy = "Harness, or something in front of it, is in trouble: try again, and look at \
                              https://status.harness.io.";
                Check::failed(subject, said(error)).remedy(remedy)
            }
            RefusalBody::Platform => return None,
            // The edge may refuse a key without a word.
            RefusalBody::Empty if refusal.status == 401 => return None,
            _ => Check::failed(subject, said(error)).remedy(wrong_endpoint),
        },
        Failure::Unexpected { .. } | Failure::MixedUp { .. } | Failure::Redirected { .. } => {
            Check::failed(subject, said(error)).remedy(wrong_endpoint)
        }
        _ => Check::failed(subject, said(error)).remedy(
            "The connection came about, but no whole answer: try again; if it stays so, look for a proxy, a firewall or \
             a wrong port in the endpoint.",
        ),
    };
    Some(check)
}

fn clock(ahead: Option<i64>) -> Check {
    let subject = Subject::Clock;
    match ahead {
        None => Check::skipped(subject, "the answer has no date"),
        Some(seconds) if seconds.abs() <= CLOCK_TOLERANCE => {
            Check::ok(subject, "this machine's agrees with Harness's")
        }
        Some(seconds) => {
            let minutes = seconds.abs() / 60;
            let direction = if seconds > 0 { "behind" } else { "ahead of" };
            Check::warning(
                subject,
                format!("this machine's is {minutes} minutes {direction} Harness's"),
            )
            .remedy("Set it right: certificates and expiries are judged by it.")
        }
    }
}

fn authenticated(token: &Token, account_id: &str) -> Check {
    let subject = Subject::Authentication;
    let name = token
        .name
        .as_deref()
        .map(|name| format!(" \"{name}\""))
        .unwrap_or_default();
    let account = token.account_id.as_deref();
    if !token.valid {
        return Check::failed(
            subject,
            format!("Harness says that the key{name} is not valid"),
        )
        .remedy("Make a new key, and export it as HARNESS_PLATFORM_API_KEY.");
    }
    match account {
        Some(of) if of != account_id => Check::failed(
            subject,
            format!("the key{name} is valid, but belongs to the account {of}, not to {account_id}"),
        )
        .remedy(format!(
            "Use a key of {account_id}, or set HARNESS_ACCOUNT_ID to {of}."
        )),
        _ => Check::ok(
            subject,
            format!("the key{name} is valid in the account {account_id}"),
        ),
    }
}

fn not_authenticated(error: &PlatformError) -> Check {
    let subject = Subject::Authentication;
    if error.is_unauthorized() {
        return Check::failed(subject, said(error)).remedy(
            "The key is wrong, has expired, or belongs to another account. Compare it with the one in Harness (profile, \
             or service account), or make a new one, and export it as HARNESS_PLATFORM_API_KEY; check the account id.",
        );
    }
    Check::warning(
        subject,
        format!(
            "Harness does not say whether the key is valid: {}",
            said(error)
        ),
    )
    .remedy("What the key may see, below, shows whether it is let in.")
}

fn expiry(expires: Option<Timestamp>, now: Timestamp) -> Check {
    let subject = Subject::Expiry;
    let Some(expires) = expires else {
        return Check::ok(subject, "Harness names none for the key");
    };
    let left = expires.as_second().saturating_sub(now.as_second());
    let day = expires.strftime("%Y-%m-%d %H:%M UTC");
    let found = match left / SECONDS_PER_DAY {
        _ if left < 0 => format!("the key has expired at {day}"),
        0 => format!("the key expires within a day, at {day}"),
        1 => format!("the key expires in a day, at {day}"),
        days => format!("the key expires in {days} days, at {day}"),
    };
    if left < 0 {
        Check::failed(subject, found).remedy("Make a new key.")
    } else if left < EXPIRES_SOON {
        Check::warning(subject, found).remedy("Make or rotate it before then.")
    } else {
        Check::ok(subject, found)
    }
}

/// An error and its causes in one line: each displays its own layer only.
pub(super) fn said(error: &PlatformError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    provider::without_secrets(&text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::check::State;

    const DAY: i64 = SECONDS_PER_DAY;

    fn around() -> Circumstances<'static> {
        Circumstances {
            host: "h.example",
            host_and_port: "h.example:443",
            is_https: true,
            account_id: "acct",
            proxy: None,
            clock_ahead: Some(2),
            now: Timestamp::from_second(1_800_000_000).unwrap(),
        }
    }

    fn token() -> Token {
        Token {
            name: Some("ci".to_owned()),
            account_id: Some("acct".to_owned()),
            valid: true,
            expires: None,
        }
    }

    #[allow(clippy::unnecessary_wraps, reason = "as the client gives it")]
    fn of(token: Token) -> Result<Answer<Token>, PlatformError> {
        Ok(Answer {
            value: token,
            correlation_id: None,
        })
    }

    fn refused(status: u16, body: &str) -> Result<Answer<Token>, PlatformError> {
        Err(PlatformError::of_answer(
            "POST /ng/api/token/validate",
            status,
            body,
        ))
    }

    /// The states in the order of the subjects, one letter each.
    fn states(answer: &Result<Answer<Token>, PlatformError>, around: &Circumstances<'_>) -> String {
        let access = judge(answer, around);
        let subjects: Vec<_> = access.checks.iter().map(|check| check.subject).collect();
        assert_eq!(subjects, SUBJECTS);
        for check in &access.checks {
            let needs_remedy = matches!(check.state, State::Failed | State::Warning);
            assert_eq!(check.remedy.is_some(), needs_remedy, "{check:?}");
        }
        let letters = access.checks.iter().map(|check| match check.state {
            State::Ok => '+',
            State::Warning => '!',
            State::Failed => 'x',
            State::Skipped => '-',
        });
        let into = if access.is_let_in { " in" } else { "" };
        format!("{}{into}", letters.collect::<String>())
    }

    #[test]
    fn each_answer_stops_at_the_check_that_it_speaks_of() {
        let unauthorized = r#"{"status":"ERROR","code":"INVALID_TOKEN","message":"Token is not valid.","responseMessages":[]}"#;
        let trouble =
            r#"{"status":"ERROR","code":"UNKNOWN_ERROR","message":"Oops","responseMessages":[]}"#;
        let missing = r#"{"status":"FAILURE","code":"RESOURCE_NOT_FOUND_EXCEPTION","message":"HTTP 404 Not Found","errors":[]}"#;
        let page = "<html><title>Sign in</title></html>";
        for (answer, expected) in [
            (of(token()), "++++++ in"),
            (
                of(Token {
                    valid: false,
                    ..token()
                }),
                "++++x+",
            ),
            (
                of(Token {
                    account_id: Some("other".into()),
                    ..token()
                }),
                "++++x+ in",
            ),
            (refused(401, unauthorized), "++++x-"),
            (refused(401, ""), "++++x-"),
            (refused(404, missing), "++++!- in"),
            (refused(401, page), "++x---"),
            (refused(403, page), "++x---"),
            (refused(500, trouble), "++x---"),
            (refused(503, ""), "++x---"),
            (refused(429, ""), "++x---"),
        ] {
            let shown = format!("{answer:?}");
            assert_eq!(states(&answer, &around()), expected, "{shown}");
        }
        let failed = |failure| {
            Err(PlatformError::of_failure(
                "POST /ng/api/token/validate",
                failure,
            ))
        };
        let page = Failure::Unexpected {
            status: 200,
            what: "a page in HTML".to_owned(),
            correlation_id: None,
        };
        assert_eq!(states(&failed(page), &around()), "++x---");
        let redirect = Failure::Redirected {
            status: 302,
            host: Some("https://login.example".to_owned()),
        };
        assert_eq!(states(&failed(redirect), &around()), "++x---");
    }

    #[test]
    fn without_encryption_there_is_no_tls_to_check() {
        let around = Circumstances {
            is_https: false,
            ..around()
        };
        assert_eq!(states(&of(token()), &around), "+-++++ in");
    }

    #[test]
    fn clocks_may_differ_by_five_minutes() {
        for (ahead, state, words) in [
            (None, State::Skipped, "no date"),
            (Some(0), State::Ok, "agrees"),
            (Some(-300), State::Ok, "agrees"),
            (Some(301), State::Warning, "5 minutes behind Harness's"),
            (
                Some(-7200),
                State::Warning,
                "120 minutes ahead of Harness's",
            ),
        ] {
            let check = clock(ahead);
            assert_eq!(check.state, state, "{ahead:?}");
            assert!(check.found.contains(words), "{}", check.found);
        }
    }

    #[test]
    fn an_expiry_within_two_weeks_is_a_warning() {
        let now = around().now;
        let at = |seconds: i64| Timestamp::from_second(now.as_second() + seconds).ok();
        for (expires, state, words) in [
            (None, State::Ok, "names none"),
            (at(-1), State::Failed, "has expired at 2027-01-15 07:59 UTC"),
            (at(DAY / 2), State::Warning, "within a day"),
            (at(DAY), State::Warning, "in a day"),
            (at(14 * DAY - 1), State::Warning, "in 13 days"),
            (
                at(14 * DAY),
                State::Ok,
                "in 14 days, at 2027-01-29 08:00 UTC",
            ),
        ] {
            let check = expiry(expires, now);
            assert_eq!(check.state, state, "{}", check.found);
            assert!(check.found.contains(words), "{}", check.found);
        }
    }
}
