//! The first request, and what its response, or the lack of one, says about the connection to Harness and the key.
//!
//! It validates the key itself, which needs no permission. Everything else follows from that response: whether DNS, the
//! connection, and TLS work, whether Harness responds, and whether the clocks agree.

use harness_platform::{Answer, Client, Operation, PlatformError, Token, token};
use jiff::Timestamp;

use super::check::{Check, CheckId, FIX_FIRST};
use crate::harness::platform_error::route::Route;
use crate::harness::platform_error::said;

/// The clock difference in seconds that is not reported. Certificates and expiry dates are checked with the local
/// clock.
const CLOCK_TOLERANCE: i64 = 300;
/// The remaining time, in seconds, below which an expiry date is a warning.
const EXPIRES_SOON: i64 = 14 * SECONDS_PER_DAY;
const SECONDS_PER_DAY: i64 = 86_400;

/// What to do about a refused key if the check of the account says that it belongs to another one.
const SEE_ACCOUNT: &str = "Fix the account id first: see Account id above.";

const CHECKS: [CheckId; 6] = [
    CheckId::Connection,
    CheckId::Tls,
    CheckId::Harness,
    CheckId::Clock,
    CheckId::Authentication,
    CheckId::Expiry,
];

/// What the first request has shown.
pub(super) struct FirstAnswer {
    pub(super) checks: Vec<Check>,
    /// Whether further requests make sense.
    pub(super) is_let_in: bool,
}

/// Returns all checks of this module as skipped for this reason.
pub(super) fn skipped(reason: &str) -> Vec<Check> {
    let skip = |id| Check::skipped(id, reason);
    CHECKS.into_iter().map(skip).collect()
}

/// Validates the key with Harness. `key_account` is the account that the key contains, if any.
pub(super) async fn examine(
    client: &Client,
    proxy: Option<&str>,
    key_account: Option<&str>,
) -> FirstAnswer {
    let answer = client.send(token::validate(), &Operation::default()).await;
    classify(
        &answer,
        &Circumstances {
            route: Route {
                host: client.endpoint().host(),
                host_and_port: &client.endpoint().host_and_port(),
                proxy,
            },
            is_https: client.endpoint().is_https(),
            account_id: client.account_id(),
            key_account,
            clock_ahead: client.clock_ahead(),
            now: Timestamp::now(),
        },
    )
}

/// The circumstances of the response.
struct Circumstances<'a> {
    route: Route<'a>,
    is_https: bool,
    account_id: &'a str,
    /// The account that the key contains.
    key_account: Option<&'a str>,
    clock_ahead: Option<i64>,
    now: Timestamp,
}

fn classify(
    answer: &Result<Answer<Token>, PlatformError>,
    around: &Circumstances<'_>,
) -> FirstAnswer {
    let mut checks = Vec::new();
    let is_let_in = check_in_turn(answer, around, &mut checks);
    let missing = CHECKS.iter().skip(checks.len());
    let skipped: Vec<_> = missing.map(|id| Check::skipped(*id, FIX_FIRST)).collect();
    checks.extend(skipped);
    FirstAnswer { checks, is_let_in }
}

/// Adds a check for each thing that the response shows, in the order of [`CHECKS`], up to the first failure. Returns
/// whether the key is accepted.
fn check_in_turn(
    answer: &Result<Answer<Token>, PlatformError>,
    around: &Circumstances<'_>,
    checks: &mut Vec<Check>,
) -> bool {
    let route = &around.route;
    let error = answer.as_ref().err();
    // If the error is about a check, the examination ends, because later checks cannot be made.
    let failed = |id, remedy: Option<String>| Some(Check::failed(id, said(error?)).remedy(remedy?));
    if let Some(check) = failed(
        CheckId::Connection,
        error.and_then(|error| route.connect(error)),
    ) {
        checks.push(check);
        return false;
    }
    checks.push(connection_made(route));
    if let Some(check) = failed(CheckId::Tls, error.and_then(|error| route.encrypt(error))) {
        checks.push(check);
        return false;
    }
    checks.push(if around.is_https {
        Check::ok(CheckId::Tls, "encrypted, with a trusted certificate")
    } else {
        Check::skipped(CheckId::Tls, "the endpoint is not encrypted (http://)")
    });
    if let Some(check) = failed(CheckId::Harness, error.and_then(|error| route.reach(error))) {
        checks.push(check);
        return false;
    }
    checks.push(Check::ok(CheckId::Harness, "responds"));
    checks.push(clock(around.clock_ahead));
    match answer {
        Ok(Answer { value, .. }) => {
            checks.push(authenticated(value, around));
            checks.push(expiry(value.expires, around.now));
            value.valid
        }
        Err(error) => {
            checks.push(not_authenticated(error, around));
            !error.is_unauthorized()
        }
    }
}

fn connection_made(route: &Route<'_>) -> Check {
    let host = route.host;
    let found = match route.proxy {
        Some(proxy) => format!("to {host}, through {proxy}"),
        None => format!("to {host}"),
    };
    Check::ok(CheckId::Connection, found)
}

fn clock(ahead: Option<i64>) -> Check {
    let id = CheckId::Clock;
    match ahead {
        None => Check::skipped(id, "the response has no date"),
        Some(seconds) if seconds.abs() <= CLOCK_TOLERANCE => Check::ok(id, "same as Harness's"),
        Some(seconds) => {
            let minutes = seconds.abs() / 60;
            let direction = if seconds > 0 { "behind" } else { "ahead of" };
            Check::warning(id, format!("{minutes} minutes {direction} Harness's")).remedy(
                "Correct this machine's clock: it decides whether certificates and keys are valid.",
            )
        }
    }
}

fn authenticated(token: &Token, around: &Circumstances<'_>) -> Check {
    let id = CheckId::Authentication;
    let account_id = around.account_id;
    let name = token
        .name
        .as_deref()
        .map(|name| format!(" \"{name}\""))
        .unwrap_or_default();
    let account = token.account_id.as_deref();
    if !token.valid {
        return Check::failed(
            id,
            format!("Harness reports that the key{name} is not valid"),
        )
        .remedy("Create a new key, and export it as HARNESS_PLATFORM_API_KEY.");
    }
    match account {
        Some(of) if of != account_id => Check::failed(
            id,
            format!("the key{name} is valid, but belongs to the account {of}, not to {account_id}"),
        )
        .remedy(match around.key_account {
            Some(key) if key != account_id => SEE_ACCOUNT.to_owned(),
            _ => format!("Use a key of {account_id}, or set HARNESS_ACCOUNT_ID to {of}."),
        }),
        _ => Check::ok(
            id,
            format!("the key{name} is valid for the account {account_id}"),
        ),
    }
}

fn not_authenticated(error: &PlatformError, around: &Circumstances<'_>) -> Check {
    let id = CheckId::Authentication;
    if error.is_unauthorized() {
        // A key that contains the account belongs to it, or the check of the account has failed.
        let causes = match around.key_account {
            Some(key) if key != around.account_id => {
                return Check::failed(id, said(error)).remedy(SEE_ACCOUNT);
            }
            Some(_) => "The key is wrong or has expired.",
            None => {
                "The key is wrong, has expired, or belongs to another account. Check the account id."
            }
        };
        return Check::failed(id, said(error)).remedy(format!(
            "{causes} Compare the key with the one in Harness (in your profile, or at the service account), or create a \
             new one, and export it as HARNESS_PLATFORM_API_KEY."
        ));
    }
    Check::warning(
        id,
        format!(
            "Harness did not report whether the key is valid: {}",
            said(error)
        ),
    )
    .remedy("The permissions below show whether the key works.")
}

fn expiry(expires: Option<Timestamp>, now: Timestamp) -> Check {
    let id = CheckId::Expiry;
    let Some(expires) = expires else {
        return Check::ok(id, "none reported by Harness");
    };
    let left = expires.as_second().saturating_sub(now.as_second());
    let day = expires.strftime("%Y-%m-%d %H:%M UTC");
    let found = match left / SECONDS_PER_DAY {
        _ if left < 0 => format!("the key expired on {day}"),
        0 => format!("the key expires within a day, on {day}"),
        1 => format!("the key expires in a day, on {day}"),
        days => format!("the key expires in {days} days, on {day}"),
    };
    if left < 0 {
        Check::failed(id, found).remedy("Create a new key.")
    } else if left < EXPIRES_SOON {
        Check::warning(id, found).remedy("Rotate it, or create a new one, before then.")
    } else {
        Check::ok(id, found)
    }
}

#[cfg(test)]
mod tests {
    use harness_platform::Failure;

    use super::*;
    use crate::doctor::check::State;

    const DAY: i64 = SECONDS_PER_DAY;

    fn around() -> Circumstances<'static> {
        Circumstances {
            route: Route {
                host: "h.example",
                host_and_port: "h.example:443",
                proxy: None,
            },
            is_https: true,
            account_id: "acct",
            key_account: Some("acct"),
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

    /// Returns the states in the order of the subjects, one letter each.
    fn states(answer: &Result<Answer<Token>, PlatformError>, around: &Circumstances<'_>) -> String {
        let access = classify(answer, around);
        let subjects: Vec<_> = access.checks.iter().map(|check| check.id).collect();
        assert_eq!(subjects, CHECKS);
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
    fn another_account_is_suggested_only_where_it_can_be_the_cause() {
        let unauthorized = refused(401, "");
        let of_another = of(Token {
            account_id: Some("other".into()),
            ..token()
        });
        for (answer, key_account, begin) in [
            (
                &unauthorized,
                None,
                "The key is wrong, has expired, or belongs to another account.",
            ),
            (
                &unauthorized,
                Some("acct"),
                "The key is wrong or has expired. Compare",
            ),
            (&unauthorized, Some("other"), SEE_ACCOUNT),
            (
                &of_another,
                None,
                "Use a key of acct, or set HARNESS_ACCOUNT_ID to other.",
            ),
            (&of_another, Some("other"), SEE_ACCOUNT),
        ] {
            let around = Circumstances {
                key_account,
                ..around()
            };
            let checks = classify(answer, &around).checks;
            let check = checks
                .iter()
                .find(|check| check.id == CheckId::Authentication);
            let remedy = check.and_then(|check| check.remedy.as_deref()).unwrap();
            assert!(remedy.starts_with(begin), "{remedy}");
        }
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
            (Some(0), State::Ok, "same as"),
            (Some(-300), State::Ok, "same as"),
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
            (None, State::Ok, "none reported"),
            (
                at(-1),
                State::Failed,
                "the key expired on 2027-01-15 07:59 UTC",
            ),
            (at(DAY / 2), State::Warning, "within a day"),
            (at(DAY), State::Warning, "in a day"),
            (at(14 * DAY - 1), State::Warning, "in 13 days"),
            (
                at(14 * DAY),
                State::Ok,
                "in 14 days, on 2027-01-29 08:00 UTC",
            ),
        ] {
            let check = expiry(expires, now);
            assert_eq!(check.state, state, "{}", check.found);
            assert!(check.found.contains(words), "{}", check.found);
        }
    }
}
