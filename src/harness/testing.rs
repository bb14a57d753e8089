//! What tests share: the client of a sandbox, and the length of summaries.

use std::time::Duration;

use harness_platform::{ApiKey, ClientConfig, Endpoint};
use harness_sandbox::Running;

/// Returns the configuration of a client of the sandbox that spends this long on failed attempts.
pub(crate) fn config(sandbox: &Running, retry_timeout: Duration) -> ClientConfig {
    ClientConfig {
        endpoint: Endpoint::parse(&sandbox.endpoint()).unwrap(),
        account_id: sandbox.account_id().to_owned(),
        api_key: ApiKey::parse(sandbox.api_key()).unwrap(),
        user_agent: "test".to_owned(),
        request_timeout: Duration::from_secs(30),
        retry_timeout,
        max_requests_per_minute: None,
        ca_certificate_pem: None,
        proxy: None,
        log_filter: str::to_owned,
    }
}

/// The number of words that the summary of a diagnostic may have.
const MOST_WORDS: usize = 8;

/// Asserts that the summary of a diagnostic is short. A text in quotes, or a piece of code, counts as one word.
#[track_caller]
pub(crate) fn is_short(summary: &str) {
    let mut plain = String::new();
    let mut is_quoted = false;
    let mut characters = summary.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => drop(characters.next()),
            '"' | '`' => {
                plain.push('"');
                is_quoted = !is_quoted;
            }
            _ if is_quoted => {}
            _ => plain.push(character),
        }
    }
    let words = plain.split_whitespace().count();
    assert!(words <= MOST_WORDS, "{words} words: {summary}");
}

#[test]
fn a_text_in_quotes_is_one_word_of_a_summary() {
    is_short(r#"Connector "a \"b\" c d e" in use will be destroyed"#);
    let long =
        std::panic::catch_unwind(|| is_short(r#"This "summary" is not short, it has nine words"#));
    assert!(long.is_err());
}
