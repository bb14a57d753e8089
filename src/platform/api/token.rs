//! Checks the key itself: whether it is valid, who owns it, and when it expires.
//!
//! `POST /ng/api/token/validate` takes the key as a text body and needs no permission. So it also works for service
//! accounts, which usually cannot view the account.

use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Map, Value};

use crate::http::request::{Effect, Request};
use crate::response::answer::{AnswerProblem, FromAnswer, data};
use crate::response::json::Object;
use crate::response::text::harmless;

/// Validates the client's own key.
pub fn validate() -> Request<Token> {
    Request::new(Method::POST, Effect::Safe, "ng/api/token/validate").about_the_key()
}

/// What the platform reports about a key. None of it is secret.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Token {
    /// The name that its owner chose.
    pub name: Option<String>,
    /// The account to which it belongs.
    pub account_id: Option<String>,
    /// False if the platform reports that the key is invalid.
    pub valid: bool,
    /// When it expires, or `None` if it does not expire or the platform does not say.
    pub expires: Option<Timestamp>,
}

impl FromAnswer for Token {
    fn from_body(body: &mut Map<String, Value>) -> Result<Self, AnswerProblem> {
        let token = Object::of(data(body)?);
        let text = |name| token.filled(name).map(|text| harmless(&text, 200));
        let (name, account_id) = (text("name"), text("accountIdentifier"));
        if name.is_none() && account_id.is_none() {
            return Err(AnswerProblem::Unexpected(
                "JSON without a token in `data`".to_owned(),
            ));
        }
        let moment = |name| {
            token
                .integer(name)
                .filter(|milliseconds| *milliseconds > 0)
                .and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok())
        };
        // A key that is being rotated expires at the scheduled time.
        let expires = moment("scheduledExpireTime").or_else(|| moment("validTo"));
        Ok(Self {
            name,
            account_id,
            valid: token.flag("valid") != Some(false),
            expires,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(data: &Value) -> Option<Token> {
        let mut body = json!({ "data": data });
        Token::from_body(body.as_object_mut().unwrap()).ok()
    }

    #[test]
    fn a_token_says_whose_it_is_and_until_when() {
        let token = read(&json!({
            "name": "ci\u{1b}[31m", "accountIdentifier": "acct", "valid": true, "validTo": 1_800_000_000_000_i64,
            "scheduledExpireTime": null, "encodedPassword": "hash"
        }))
        .unwrap();
        assert_eq!(token.name.as_deref(), Some("ci [31m"));
        assert_eq!(token.account_id.as_deref(), Some("acct"));
        assert!(token.valid);
        let expires = token.expires.unwrap();
        assert_eq!(expires.to_string(), "2027-01-15T08:00:00Z");
        assert!(!format!("{token:?}").contains("hash"));
    }

    #[test]
    fn a_scheduled_expiry_takes_precedence_and_an_invalid_one_is_none() {
        let at = |data: Value| {
            let mut token = json!({"name": "n"});
            token
                .as_object_mut()
                .unwrap()
                .extend(data.as_object().unwrap().clone());
            read(&token).unwrap().expires.map(Timestamp::as_second)
        };
        for (data, expected) in [
            (json!({}), None),
            (json!({"validTo": null}), None),
            (json!({"validTo": 0}), None),
            (json!({"validTo": "soon"}), None),
            (
                json!({"validTo": 9_000, "scheduledExpireTime": 5_000}),
                Some(5),
            ),
            (json!({"validTo": i64::MAX}), None),
        ] {
            assert_eq!(at(data.clone()), expected, "{data}");
        }
    }

    #[test]
    fn only_a_false_makes_it_invalid_and_without_any_member_it_is_no_token() {
        assert!(read(&json!({"name": "n"})).unwrap().valid);
        assert!(!read(&json!({"name": "n", "valid": false})).unwrap().valid);
        assert_eq!(read(&json!({})), None);
        assert_eq!(read(&json!(true)), None);
    }

    #[test]
    fn the_request_holds_no_key() {
        let request = validate();
        assert_eq!(request.json(), None);
        assert_eq!(request.effect(), Effect::Safe);
        assert!(format!("{request:?}").contains("body: Key"));
    }
}
