//! The example of a rule in two lines: the arguments that are wrong, and what to write instead.

use super::offline::testing::VALID;

/// A longer line shows no more than the sentence of its rule.
const LONGEST: usize = 90;

/// What an example changes in the connector of the examples.
#[derive(Debug, PartialEq)]
pub(super) struct Pair {
    pub(super) wrong: String,
    pub(super) fixed: String,
}

impl Pair {
    /// Returns the arguments that have one value in `wrong` and another in `fixed`; if `fixed` only adds arguments, all that
    /// both give. `None` if a block or something in it is missing, if a value is only empty, or if a line would be too
    /// long: the sentence of the rule says as much.
    pub(super) fn of(wrong: &str, fixed: &str) -> Option<Self> {
        let (before, after) = (arguments(wrong), arguments(fixed));
        let mut lines = [Vec::new(), Vec::new()];
        for (path, value) in &before {
            let other = after.iter().find(|(other, _)| other == path);
            if let Some(other) = other.filter(|(_, other)| other != value) {
                lines[0].push((path.as_str(), *value));
                lines[1].push((path.as_str(), other.1));
            }
        }
        let added = after.iter().filter(|it| !before.contains(it));
        if lines[0].is_empty() && added.clone().all(|(path, _)| !path.contains('.')) {
            lines = [wrong, fixed].map(simple);
        }
        let is_empty = lines[0].iter().any(|(_, value)| *value == "\"\"");
        let [wrong, fixed] = lines.map(|arguments| line(&arguments));
        let is_short = |line: &str| (1..=LONGEST).contains(&line.chars().count());
        let is_shown = !is_empty && is_short(&wrong) && is_short(&fixed);
        is_shown.then_some(Self { wrong, fixed })
    }
}

/// Arguments in one line, without the blocks that they are in.
fn line(arguments: &[(&str, &str)]) -> String {
    let arguments = arguments.iter().map(|(path, value)| {
        let name = path.rsplit('.').next().unwrap_or_default();
        format!("`{name} = {value}`")
    });
    arguments.collect::<Vec<_>>().join(", ")
}

/// The arguments of a text that are in no block.
fn simple(hcl: &str) -> Vec<(&str, &str)> {
    let lines = hcl.lines().filter(|line| !line.starts_with(' '));
    let arguments = lines.filter_map(|line| line.split_once(" = "));
    let arguments = arguments.map(|(name, value)| (name.trim(), value.trim()));
    arguments.filter(|(_, value)| *value != "null").collect()
}

/// The arguments of the connector of the examples with those of `hcl`, by their paths. Null is not given.
fn arguments(hcl: &str) -> Vec<(String, &str)> {
    let own = parsed(hcl);
    let top = |path: &str| path.split('.').next().unwrap_or_default().to_owned();
    let replaced: Vec<String> = hcl
        .lines()
        .filter(|line| !line.starts_with([' ', '}']))
        .filter_map(|line| line.split([' ', '{']).next().map(str::to_owned))
        .collect();
    let kept = parsed(VALID).into_iter();
    let kept = kept.filter(|(path, _)| !replaced.contains(&top(path)));
    let all = kept.chain(own);
    all.filter(|(_, value)| *value != "null").collect()
}

/// Arguments by their paths. Each has a line of its own, and so have the braces of a block that has any.
fn parsed(hcl: &str) -> Vec<(String, &str)> {
    let mut blocks: Vec<&str> = Vec::new();
    let mut arguments = Vec::new();
    for line in hcl.lines().map(str::trim) {
        if let Some((name, value)) = line.split_once(" = ") {
            let path = [&blocks[..], &[name.trim()]].concat().join(".");
            arguments.push((path, value.trim()));
        } else if line == "}" {
            blocks.pop();
        } else if let Some(block) = line.strip_suffix(" {") {
            blocks.push(block);
        }
    }
    arguments
}

#[test]
fn a_pair_shows_the_arguments_that_have_another_value() {
    let http = |password: &str| {
        format!(
            "credentials {{\n  http {{\n    username     = \"jdoe\"\n    password_ref = \"{password}\"\n  }}\n}}"
        )
    };
    let long = format!("name = \"{}\"", "x".repeat(LONGEST));
    for (wrong, fixed, expected) in [
        (
            "name = \"a:b\"",
            "name = \"ab\"",
            Some(("`name = \"a:b\"`", "`name = \"ab\"`")),
        ),
        // What an example leaves out is as in the connector of the examples.
        (
            "connection_type = \"SSH\"",
            "connection_type = \"SSH\"\nurl = \"git@bitbucket.org:acme/\"",
            Some((
                "`url = \"https://bitbucket.org/acme/\"`",
                "`url = \"git@bitbucket.org:acme/\"`",
            )),
        ),
        (
            &http("org.x"),
            &http("account.x"),
            Some((
                "`password_ref = \"org.x\"`",
                "`password_ref = \"account.x\"`",
            )),
        ),
        (
            "url = \"a\"\ntest_repository = \"b\"",
            "url = \"c\"\ntest_repository = \"d\"",
            Some((
                "`url = \"a\"`, `test_repository = \"b\"`",
                "`url = \"c\"`, `test_repository = \"d\"`",
            )),
        ),
        (
            "project_id = \"a\"",
            "org_id     = \"b\"\nproject_id = \"a\"",
            Some((
                "`project_id = \"a\"`",
                "`org_id = \"b\"`, `project_id = \"a\"`",
            )),
        ),
        // Not given, empty, and too long.
        ("", "org_id = \"x\"", None),
        ("test_repository = null", "", None),
        ("credentials {}", "", None),
        ("name = \"\"", "", None),
        (&long, "", None),
    ] {
        let found = Pair::of(wrong, fixed);
        let expected = expected.map(|(wrong, fixed): (&str, &str)| Pair {
            wrong: wrong.to_owned(),
            fixed: fixed.to_owned(),
        });
        assert_eq!(found, expected, "{wrong}");
    }
}
