//! Rules about `name`: what the platform accepts, and what only its UI refuses or accepts.

use tf_provider::field::Field;
use tf_provider::visible::is_invisible;

use super::push_text;
use crate::bitbucket_connector::checks::offline::input::{Findings, Input, Rule};
use crate::harness::identifier::MAX_LENGTH;
use crate::harness::wording::{joined, odd_characters};

pub(crate) static RULES: &[Rule] = &[
    Rule::error("N01", "name", is_blank)
        .says("The name is missing or empty.")
        .because("Harness lists connectors by name and refuses a connector without one.")
        .example(r#"name = """#, r#"name = "Bitbucket""#),
    Rule::error("N02", "name", is_long)
        .says("The name has more than 128 characters.")
        .because("Harness refuses longer names.")
        .example(
            r#"name = "Bitbucket connector of the payments team for the repositories of the checkout and the ledger and the invoices and the nightly reports""#,
            r#"name = "Bitbucket of the payments team""#,
        ),
    Rule::error("N03", "name", has_odd_characters)
        .summary("Invalid character in name")
        .says("The name contains a character that Harness does not allow.")
        .because("Connector names consist of letters without accents, digits, spaces, and `-`, `_`, `.`, `/`. Harness \
                  refuses all other characters.")
        .example(r#"name = "Bitbucket (EU)""#, r#"name = "Bitbucket EU""#),
    Rule::warning("N04", "name", has_slash)
        .summary("Slash in name")
        .says("The name contains a `/`.")
        .because("Harness's API accepts a slash, but its UI cannot edit a connector with such a name.")
        .example(r#"name = "Bitbucket/EU""#, r#"name = "Bitbucket-EU""#),
    Rule::warning("N05", "name", has_blanks_around)
        .says("The name starts or ends with a space.")
        .because("The Harness UI refuses a leading space and trims names, so the next plan would show a change after \
                  every edit there.")
        .example(r#"name = "Bitbucket ""#, r#"name = "Bitbucket""#),
];

fn is_blank(input: &Input<'_>, findings: &mut Findings<'_>) {
    let (summary, found) = match &input.model.name {
        Field::Null => ("Missing name", "is not set"),
        Field::Known(name) if name.trim().is_empty() => ("Empty name", "is empty"),
        _ => return,
    };
    findings.push(
        "name",
        summary,
        format!(
            "`name` {found}. Write a name, such as `name = \"Bitbucket\"`. Harness requires one and lists connectors by it."
        ),
    );
}

fn is_long(input: &Input<'_>, findings: &mut Findings<'_>) {
    let Some(name) = input.model.name.text() else {
        return;
    };
    let length = name.chars().count();
    if length > MAX_LENGTH && !name.trim().is_empty() {
        let short: String = name.trim().chars().take(MAX_LENGTH).collect();
        findings
            .push(
                "name",
                "Name too long",
                format!(
                    "`name` has {length} characters; Harness allows at most {MAX_LENGTH}. Shorten it, and move the rest \
                     to `description`."
                ),
            )
            .suggest("name", short.trim());
    }
}

/// Returns whether the platform allows a character in names.
pub(crate) fn is_allowed_in_names(character: char) -> bool {
    character.is_ascii_alphanumeric() || " -_./".contains(character)
}

/// Returns whether N03 has no finding about `name`.
pub(super) fn is_well_formed(name: &str) -> bool {
    name.trim().is_empty() || name.chars().all(is_allowed_in_names)
}

fn has_odd_characters(input: &Input<'_>, findings: &mut Findings<'_>) {
    let Some(name) = input.model.name.text() else {
        return;
    };
    if is_well_formed(name) {
        return;
    }
    let odd = odd_characters(name, is_allowed_in_names);
    let cleaned = cleaned(name);
    // A suggestion without the letters of the name is useless.
    let kept = cleaned.chars().filter(char::is_ascii_alphanumeric).count();
    let is_usable = kept * 2 > name.chars().count();
    let found = format!(", which contains {}.", joined(&odd, "and"));
    let fixed = is_usable.then_some(cleaned);
    let why = "Harness allows letters (a to z, A to Z), digits, spaces, and - _ . / only.";
    push_text(findings, "name", name, &found, fixed, why);
}

/// Returns the name in the characters that Harness allows: letters without accents, and spaces for other characters. A
/// character that neither stands for a letter nor separates words is dropped.
fn cleaned(name: &str) -> String {
    let mut cleaned = String::with_capacity(name.len());
    for character in name.chars() {
        match plain_letter(character) {
            Some(plain) => cleaned.push_str(plain),
            None if is_allowed_in_names(character) => cleaned.push(character),
            None if character.is_alphanumeric() || is_combining(character) => {}
            None if "'\"\u{2018}\u{2019}".contains(character)
                || is_invisible(character) && !character.is_whitespace() => {}
            None => cleaned.push(' '),
        }
    }
    cleaned.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns whether a character only adds an accent to the one before.
fn is_combining(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36f}')
}

/// Returns a Latin letter without its accent.
fn plain_letter(character: char) -> Option<&'static str> {
    Some(match character {
        'À' | 'Á' | 'Â' | 'Ã' | 'Å' | 'Ā' | 'Ă' | 'Ą' => "A",
        'à' | 'á' | 'â' | 'ã' | 'å' | 'ā' | 'ă' | 'ą' => "a",
        'Ä' => "Ae",
        'ä' | 'æ' => "ae",
        'Æ' => "AE",
        'Ç' | 'Ć' | 'Č' => "C",
        'ç' | 'ć' | 'č' => "c",
        'Ď' | 'Đ' => "D",
        'ď' | 'đ' => "d",
        'È' | 'É' | 'Ê' | 'Ë' | 'Ē' | 'Ė' | 'Ę' | 'Ě' => "E",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ė' | 'ę' | 'ě' => "e",
        'Ğ' => "G",
        'ğ' => "g",
        'Ì' | 'Í' | 'Î' | 'Ï' | 'Ī' | 'İ' => "I",
        'ì' | 'í' | 'î' | 'ï' | 'ī' | 'ı' => "i",
        'Ł' => "L",
        'ł' => "l",
        'Ñ' | 'Ń' | 'Ň' => "N",
        'ñ' | 'ń' | 'ň' => "n",
        'Ò' | 'Ó' | 'Ô' | 'Õ' | 'Ō' | 'Ő' => "O",
        'ò' | 'ó' | 'ô' | 'õ' | 'ō' | 'ő' => "o",
        'Ö' | 'Ø' => "Oe",
        'ö' | 'ø' | 'œ' => "oe",
        'Œ' => "OE",
        'Ř' => "R",
        'ř' => "r",
        'Ś' | 'Š' | 'Ş' | 'Ș' => "S",
        'ś' | 'š' | 'ş' | 'ș' => "s",
        'ß' => "ss",
        'Ť' | 'Ţ' | 'Ț' => "T",
        'ť' | 'ţ' | 'ț' => "t",
        'Ù' | 'Ú' | 'Û' | 'Ū' | 'Ů' | 'Ű' => "U",
        'ù' | 'ú' | 'û' | 'ū' | 'ů' | 'ű' => "u",
        'Ü' => "Ue",
        'ü' => "ue",
        'Ý' | 'Ÿ' => "Y",
        'ý' | 'ÿ' => "y",
        'Ź' | 'Ż' | 'Ž' => "Z",
        'ź' | 'ż' | 'ž' => "z",
        _ => return None,
    })
}

fn has_slash(input: &Input<'_>, findings: &mut Findings<'_>) {
    if let Some(name) = input.model.name.text()
        && name.contains('/')
    {
        let fixed = Some(name.replace('/', "-"));
        let why = "Harness's API accepts a slash, but its UI cannot edit such a connector.";
        push_text(
            findings,
            "name",
            name,
            ", which contains a slash.",
            fixed,
            why,
        );
    }
}

fn has_blanks_around(input: &Input<'_>, findings: &mut Findings<'_>) {
    if let Some(name) = input.model.name.text()
        && (name.starts_with(' ') || name.ends_with(' '))
        && !name.trim().is_empty()
    {
        findings
            .push(
                "name",
                "Space around name",
                "`name` starts or ends with a space.",
            )
            .fix_text(name, Some(name.trim_matches(' ')))
            .note(
                "The Harness UI trims names on every edit, and the next plan would show a change.",
            );
    }
}

#[cfg(test)]
mod tests {
    use crate::bitbucket_connector::checks::offline::testing::{expect, found};

    #[test]
    fn names_are_checked_as_harness_and_its_ui_check_them() {
        let long = |length: usize| format!("name = \"{}\"", "n".repeat(length));
        expect(&[
            ("name = null", &["N01 name"]),
            ("name = var.name", &[]),
            ("name = \"Bitbucket Cloud_1.2-x\"", &[]),
            ("name = \"\"", &["N01 name"]),
            ("name = \" \t\"", &["N01 name"]),
            (&long(128), &[]),
            (&long(129), &["N02 name"]),
            ("name = \"Gr\u{f6}\u{df}e\"", &["N03 name"]),
            ("name = \"a\tb\"", &["N03 name"]),
            ("name = \"a/b\"", &["N04 name"]),
            ("name = \" a\"", &["N05 name"]),
            ("name = \"a \"", &["N05 name"]),
            ("name = \" a/b\"", &["N04 name", "N05 name"]),
        ]);
    }

    #[test]
    fn a_proposed_name_has_its_letters_without_accents_and_no_holes() {
        for (name, proposal) in [
            ("Bitbücket", "Bitbuecket"),
            ("Straße", "Strasse"),
            ("Équipe façade", "Equipe facade"),
            ("Cafe\u{301} connector", "Cafe connector"),
            ("Jane's connector", "Janes connector"),
            ("Bit\u{200b}bucket", "Bitbucket"),
            ("Bitbucket (EU)", "Bitbucket EU"),
            ("R&D: repositories", "R D repositories"),
            ("Bitbucket\tEU", "Bitbucket EU"),
        ] {
            assert_eq!(super::cleaned(name), proposal);
        }
    }

    #[test]
    fn a_proposal_is_made_where_enough_of_the_name_remains() {
        let detail = |hcl| found(hcl)[0].clone().into_diagnostic(false).unwrap().detail;
        assert_eq!(
            detail("name = \"R&D: repositories\""),
            "`name` is \"R&D: repositories\", which contains \"&\" and \":\". Write \"R D repositories\". Harness allows \
             letters (a to z, A to Z), digits, spaces, and - _ . / only.\ndocs/guides/validation-rules.md#n03 (rule N03)"
        );
        assert!(!detail("name = \"\u{43d}\u{43e}\u{432}\u{44b}\u{439} a\"").contains("Write"));
    }
}
