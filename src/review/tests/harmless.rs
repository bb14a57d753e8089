//! With any names and values, nothing in a report affects a terminal, breaks a table, links, mentions, or is a secret.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::outputs::everything;
use super::*;

/// Texts with a meaning in Markdown, HTML, GitHub, GitLab, or a terminal.
const HOSTILE: [&str; 16] = [
    "a | b",
    "`code` and ``more``",
    "<script>alert(1)</script>",
    "<!-- --> </details>",
    "[click](https://evil.example)",
    "https://evil.example and www.evil.example",
    "@everyone !1 #2 ~bug %1 $3 &amp; :smile:",
    "# Heading",
    "line\nbreak\r\n\n| x | y |",
    "\u{1b}[31mred\u{7}\u{202e}evil",
    "**bold** _it_ \\| \\`",
    "zero\u{200b}width\u{2066}isolate",
    ":: ::error::boom and more words, until the line is full ::stop-commands::x ::a ::b ::c ::d ::e",
    "```\nfence",
    "`a | b` `<b>` `@x` `https://evil.example` `\\`",
    "`a``b` ` `` `c",
];

/// Returns a plan that contains this text wherever external text can occur.
fn hostile(text: &str) -> Case {
    let key = serde_json::to_string(text).unwrap();
    let label = format!("x[{key}]");
    let before = with("bb", &json!({"description": "plain"}));
    let after = with(
        "bb",
        &json!({"description": text, "tags": {text: text}, "delegate_selectors": [text]}),
    );
    let mut change = resource(&label, &["update"], before.clone(), after.clone());
    change["previous_address"] = json!(format!("{TYPE}.y[{key}]"));
    let finding = json!({"severity": "warning", "summary": format!("Name {text} is odd"), "detail": format!("It is {text}."),
        "address": format!("{TYPE}.{label}"),
        "range": {"filename": format!("{text}.tf"), "start": {"line": 1, "column": 1}, "end": {"line": 1, "column": 2}}});
    let who = json!({"severity": "warning", "summary": "Connector \"bb\" was changed outside Terraform",
        "detail": format!("Changed outside Terraform by {text}."),
        "address": format!("{TYPE}.{label}")});
    let check = json!({"address": {"kind": "check", "to_display": format!("check.{text}")}, "status": "fail",
        "instances": [{"problems": [{"message": text}]}]});
    let data = json!({"address": "data.x.y", "mode": "data", "type": "harness_bitbucket_connector", "change": {"actions": ["read"]}});
    let mut case = Case::default()
        .changing(change)
        .changing(data)
        .drifting(resource(&label, &["update"], before, after))
        .with(json!({"checks": [check]}))
        .finding(finding)
        .finding(who);
    let user = Referrer {
        kind: text.to_owned(),
        name: text.to_owned(),
        organization: Some(text.to_owned()),
        project: None,
    };
    let usage = Usage {
        referrers: vec![user],
        total: 1,
    };
    case.usages
        .insert((None, ConnectorRef::new(Scope::Account, "bb")), usage);
    case.notes.push(format!("A note about {text}."));
    case
}

/// The HTML tags that reports write themselves.
const OWN_HTML: [&str; 8] = [
    "<br>",
    "<sub>",
    "</sub>",
    "<details>",
    "</details>",
    "<summary>",
    "</summary>",
    "<!-- terraform-provider-harness review -->",
];

/// Checks that GitHub and GitLab find no mention, reference, or link in a text.
#[track_caller]
fn refers_to_nothing(text: &str) {
    let begins = |word: &str| {
        let mut characters = word.chars();
        let is_sign = characters.next().is_some_and(|c| "@#!~%$".contains(c));
        is_sign && characters.next().is_some_and(char::is_alphanumeric)
    };
    assert!(!text.split_whitespace().any(begins), "{text}");
    let is_link = |(before, _): (&str, &str)| before.ends_with(char::is_alphanumeric);
    assert!(
        !text.split_once("://").is_some_and(is_link) && !text.contains("www."),
        "{text}"
    );
}

/// Returns the tables, lists, and code blocks of a report. Checks that it has no HTML, link, mention, or reference except
/// its own.
#[track_caller]
fn shape(markdown: &str) -> Vec<String> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut shape = Vec::new();
    let (mut is_block, mut flowing) = (false, String::new());
    for event in Parser::new_ext(markdown, options) {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => {
                let mut rest = html.trim().to_owned();
                for own in OWN_HTML {
                    rest = rest.replace(own, "");
                }
                let is_own = rest
                    .trim()
                    .chars()
                    .all(|c| c.is_ascii_alphabetic() || c == ' ');
                assert!(is_own, "{html}\n{markdown}");
            }
            Event::Start(Tag::Link { dest_url, .. }) => {
                assert!(
                    dest_url.starts_with(env!("CARGO_PKG_REPOSITORY")),
                    "{dest_url}"
                );
            }
            Event::Start(Tag::Image { .. }) => panic!("an image\n{markdown}"),
            Event::Start(
                tag @ (Tag::Table(_)
                | Tag::TableRow
                | Tag::TableCell
                | Tag::CodeBlock(_)
                | Tag::List(_)
                | Tag::Item),
            ) => {
                is_block |= matches!(tag, Tag::CodeBlock(_));
                shape.push(format!("{tag:?}"));
            }
            Event::Start(tag @ (Tag::Heading { .. } | Tag::Emphasis | Tag::BlockQuote(_))) => {
                panic!("{tag:?}\n{markdown}");
            }
            // GitHub and GitLab parse everything outside of code again.
            Event::Text(said) if !is_block => flowing.push_str(&said),
            Event::Code(_) => flowing.push(' '),
            Event::End(end) => {
                is_block &= end != TagEnd::CodeBlock;
                refers_to_nothing(&flowing);
                if !matches!(end, TagEnd::Link | TagEnd::Strong) {
                    flowing.clear();
                }
            }
            _ => {}
        }
    }
    let mut lines = markdown.lines();
    assert!(!lines.any(|line| line.starts_with('/')), "{markdown}");
    shape
}

#[test]
fn markdown_stays_what_it_is_whatever_is_in_it() {
    let shape = |text: &str| shape(&hostile(text).written(Format::Markdown));
    let unremarkable = shape("text");
    for text in HOSTILE {
        assert_eq!(shape(text), unremarkable, "{text:?}");
    }
}

#[test]
fn a_message_in_markdown_has_only_the_parts_that_it_was_given() {
    let written = |detail: &str| {
        let finding = json!({"severity": "warning", "summary": "", "detail": detail, "address": format!("{TYPE}.x")});
        let case = Case::default().finding(finding);
        case.written(Format::Markdown)
    };
    let within = |text: &str| {
        let text = text.replace(['\n', '\r'], " ");
        shape(&written(&format!("{text}\n- {text}\n\n  {text}\n\n{text}")))
    };
    let unremarkable = within("text {");
    for text in HOSTILE
        .into_iter()
        .chain(["/merge", "> quote", "1. one", "===", "---"])
    {
        assert_eq!(within(&format!("{text} {{")), unremarkable, "{text:?}");
        // Several lines can look like other parts, which are as harmless.
        shape(&written(&format!(
            "{text}\n\n  {text}\n- {text}\n    {text}\n{text}\n/close"
        )));
    }
}

#[test]
fn no_report_has_characters_that_act_on_a_terminal() {
    for text in HOSTILE {
        for format in FORMATS {
            let written = hostile(text).written(format);
            let odd = written.chars().find(|c| c.is_control() && *c != '\n');
            assert_eq!(odd, None, "{text:?}\n{written}");
            assert!(!written.contains(['\u{202e}', '\u{200b}']), "{written}");
            let is_command = |line: &str| line.trim_start().starts_with("::");
            assert!(
                format != Format::Text || !written.lines().any(is_command),
                "{written}"
            );
        }
    }
}

#[test]
fn no_report_repeats_a_token_wherever_it_is() {
    for format in FORMATS {
        let written = hostile("ATATT3xFfGF0PLANTED1q2w3e4").written(format);
        assert!(!written.contains("PLANTED"), "{written}");
        assert!(written.contains("an Atlassian API token"), "{written}");
    }
}

#[test]
fn nothing_of_a_sensitive_value_is_in_any_report() {
    const SECRET: &str = "hunter2";
    let before = with("bb", &json!({"tags": {"a": SECRET}}));
    let mut after = with(
        "bb",
        &json!({"description": SECRET, "tags": {"a": SECRET, "b": "x"}, "delegate_selectors": [SECRET, "y"]}),
    );
    after["credentials"]["http"]["username"] = json!(SECRET);
    // Values computed from a sensitive value are not marked.
    after["ref"] = json!(format!("account.{SECRET}"));
    after["identifier"] = json!(SECRET);
    let mut change = resource("bb", &["delete", "create"], before, after.clone());
    change["change"]["before_sensitive"] = json!({"tags": {"a": true}});
    change["change"]["after_sensitive"] = json!({"description": true, "identifier": true, "tags": true,
        "delegate_selectors": [true, false], "credentials": {"http": {"username": true}}});
    let mut drift = resource("bb", &["update"], with("bb", &json!({})), after);
    drift["change"]["after_sensitive"] = json!({"description": true, "identifier": true, "tags": true,
        "delegate_selectors": true, "credentials": true});
    let mut finding = warning("bb", "N01", 1, &format!("Description \"{SECRET}\" is odd"));
    finding["snippet"] = json!({"code": format!("description = \"{SECRET}\""), "context": "resource",
        "values": [{"traversal": "var.x", "statement": format!("is \"{SECRET}\"")}]});
    finding["detail"] = json!(format!("It is \"{SECRET}\".\n(rule N01)"));
    let case = Case::default()
        .changing(change)
        .drifting(drift)
        .finding(finding);
    for format in FORMATS {
        let written = case.written(format);
        assert!(!written.contains(SECRET), "{written}");
    }
    assert!(case.written(Format::Text).contains("(sensitive value)"));
}

#[test]
fn a_finding_about_a_connector_with_a_sensitive_argument_has_no_details() {
    let url =
        |repository: &str| json!({"url": format!("https://bitbucket.org/acme/{repository}.git")});
    let changing = |identifier: &str, is_sensitive: bool| {
        let (before, after) = (url("hunter1"), url("hunter2"));
        let mut change = resource(
            &format!("{identifier}[\"eu\"]"),
            &["update"],
            with(identifier, &before),
            with(identifier, &after),
        );
        change["change"]["before_sensitive"] = json!({"url": is_sensitive});
        change["change"]["after_sensitive"] = json!({"url": is_sensitive, "tags": {}});
        change
    };
    let finding = |address: Option<&str>, summary: &str| {
        json!({"severity": "warning", "summary": summary, "address": address,
            "detail": "The connector \"a\" led to \"hunter1\" and leads to \"hunter2\". 1 entity refers to it:\n\
                       - Pipeline \"Build\" (platform/website)\n(rule L07)"})
    };
    // Before instances are known, the address has no key.
    let addresses = [format!("{TYPE}.a"), format!("{TYPE}.a[\"eu\"]")];
    let addresses = addresses.iter().map(|it| Some(it.as_str()));
    for address in addresses.chain([None]) {
        let case = Case::default()
            .changing(changing("a", true))
            .finding(finding(address, "Connector moves"))
            .finding(finding(address, "Repository \"hunter1\" is left"));
        for format in FORMATS {
            let written = case.written(format);
            assert!(!written.contains("hunter"), "{written}");
        }
        let json = case.written(Format::Json);
        assert!(
            json.contains("Details are left out because `url` is sensitive."),
            "{json}"
        );
        assert!(json.contains("\"Connector moves\""), "{json}");
        if address == Some(&format!("{TYPE}.a[\"eu\"]")) {
            assert!(
                json.contains("\"in-use\"") && json.contains("Build"),
                "{json}"
            );
        }
    }
    // Another connector's secrets are not removed.
    let other = Case::default()
        .changing(changing("a", true))
        .changing(changing("b", false))
        .finding(finding(
            Some(&format!("{TYPE}.b[\"eu\"]")),
            "Connector moves",
        ));
    let json = other.written(Format::Json);
    assert!(json.contains("leads to \\\"hunter2"), "{json}");
}

#[test]
fn a_comment_is_never_too_long_and_says_what_it_leaves_out() {
    let mut case = Case::default();
    for number in 0..600 {
        let label = format!("connector_{number}");
        let after = with(&label, &json!({"description": "x".repeat(50)}));
        case = case.changing(resource(
            &label,
            &["update"],
            with(&label, &json!({})),
            after,
        ));
        case = case.finding(warning(
            &label,
            "W12",
            number + 1,
            &format!("Secret \"account.{number}\" not found"),
        ));
    }
    let markdown = case.written(Format::Markdown);
    assert!(
        markdown.chars().count() < 65_536,
        "{}",
        markdown.chars().count()
    );
    assert!(markdown.contains(" more, which <code>review --format text</code> shows"));
    assert!(case.written(Format::Text).contains("connector_599"));
    // A message may have any length.
    let long = "word ".repeat(20_000);
    let check = json!({"address": {"kind": "check", "to_display": "check.x"}, "status": "fail",
        "instances": [{"problems": [{"message": long}, {"message": long}]}]});
    let data = json!({"address": "data.x.y", "mode": "data", "type": TYPE, "change": {"actions": ["read"]}});
    let tags: serde_json::Map<_, _> = (0..5000)
        .map(|number| (format!("tag{number}"), json!("x".repeat(40))))
        .collect();
    for case in [
        Case::default()
            .changing(data)
            .with(json!({"checks": [check]})),
        Case::default().finding(warning("a", "W12", 1, &long)),
        Case::default().drifting(resource(
            "a",
            &["update"],
            with("a", &json!({})),
            with("a", &json!({"tags": tags})),
        )),
    ] {
        let markdown = case.written(Format::Markdown);
        assert!(markdown.chars().count() < 65_536);
        assert!(markdown.lines().count() > 3, "{markdown}");
    }
    let whole = everything().written(Format::Markdown);
    assert!(!whole.contains(" more, which"), "{whole}");
}
