//! Validates the reports for machines with the published schemas (`tests/fixtures/schemas`).

use std::collections::BTreeSet;

use boon::{Compiler, Schemas};

use super::outputs::everything;
use super::*;
use crate::golden::at_root;

/// Checks that a value is valid by a published schema.
#[track_caller]
fn valid(schema: &str, value: &Value) {
    let text =
        std::fs::read_to_string(at_root(&format!("tests/fixtures/schemas/{schema}"))).unwrap();
    let text = serde_json::from_str(&text).unwrap();
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.add_resource("schema.json", text).unwrap();
    let index = compiler.compile("schema.json", &mut schemas).unwrap();
    if let Err(error) = schemas.validate(value, index) {
        panic!("{error:#}\n{value:#}");
    }
}

/// Returns reports with and without findings, rules, places, and unusual characters.
fn cases() -> Vec<Case> {
    let odd = json!({"severity": "error", "summary": "S", "detail": "", "address": format!("{TYPE}.x"),
        "range": {"filename": "modules/größe x/main#1.tf", "start": {"line": 0, "column": 0}, "end": {"line": 0, "column": 0}}});
    let nowhere =
        json!({"severity": "error", "summary": "S", "detail": "D", "address": format!("{TYPE}.x")});
    let backwards = json!({"severity": "warning", "summary": "S", "detail": "D", "address": format!("{TYPE}.x"),
        "range": {"filename": "a.tf", "start": {"line": 4, "column": 9}, "end": {"line": 3, "column": 1}}});
    vec![
        Case::default(),
        everything(),
        Case::default()
            .finding(odd)
            .finding(nowhere)
            .finding(backwards),
    ]
}

#[test]
fn sarif_is_valid() {
    for case in cases() {
        let report: Value = serde_json::from_str(&case.written(Format::Sarif)).unwrap();
        valid("sarif-2.1.0.json", &report);
    }
}

#[test]
fn the_schema_refuses_what_is_not_sarif() {
    let mut report: Value = serde_json::from_str(&everything().written(Format::Sarif)).unwrap();
    report["runs"][0]["results"][0]["level"] = json!("grave");
    let refused = std::panic::catch_unwind(|| valid("sarif-2.1.0.json", &report));
    assert!(refused.is_err());
}

#[test]
fn code_quality_is_valid_and_its_places_are_complete() {
    for case in cases() {
        let report: Value = serde_json::from_str(&case.written(Format::GitLab)).unwrap();
        for item in report.as_array().unwrap() {
            valid("gitlab-code-quality.json", item);
            assert!(
                item["location"]["path"].is_string()
                    && item["location"]["lines"]["begin"].as_u64() > Some(0)
            );
            assert!(item["check_name"].is_string());
            let severity = item["severity"].as_str().unwrap();
            assert!(["info", "minor", "major", "critical", "blocker"].contains(&severity));
        }
    }
}

#[test]
fn github_gets_all_that_it_requires() {
    let report: Value = serde_json::from_str(&everything().written(Format::Sarif)).unwrap();
    let run = &report["runs"][0];
    for rule in run["tool"]["driver"]["rules"].as_array().unwrap() {
        let link = rule["helpUri"].as_str().unwrap();
        assert!(rule["help"]["markdown"].as_str().unwrap().contains(link));
        for member in ["shortDescription", "fullDescription", "help"] {
            let text = rule[member]["text"].as_str().unwrap();
            assert!(!text.is_empty() && text.chars().count() <= 1024);
        }
    }
    for result in run["results"].as_array().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(
            run["tool"]["driver"]["rules"][index]["id"],
            result["ruleId"]
        );
        assert_eq!(result["locations"].as_array().unwrap().len(), 1);
        assert!(result["partialFingerprints"]["primaryLocationLineHash"].is_string());
    }
}

#[test]
fn fingerprints_survive_moved_lines_and_tell_duplicates_apart() {
    let prints = |lines: &[u32]| -> Vec<String> {
        let mut case = Case::default();
        for line in lines {
            case = case.finding(warning(
                "bb",
                "W12",
                *line,
                "Secret \"account.nope\" not found",
            ));
        }
        let report: Value = serde_json::from_str(&case.written(Format::GitLab)).unwrap();
        let items = report.as_array().unwrap().iter();
        items
            .map(|item| item["fingerprint"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(prints(&[3]), prints(&[30]));
    let two = prints(&[3, 4]);
    assert_eq!(two.iter().collect::<BTreeSet<_>>().len(), 2);
}
