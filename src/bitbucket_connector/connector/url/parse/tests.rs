//! The parser's tables: all mistakes of form, and all accepted forms.

use super::*;

/// The violated rule, the text, and the intended URL, with placeholders for unknown parts; `-` if the intention is not
/// clear.
const MISTAKES: &str = "
    U04  https://bitbucket.org/ac%me  -
    U04  https://bitbucket.org/acme%4  -
    U05  https://HTTP  -
    U05  ssh://git@Ssh:7999/scm/a.git  -
    U05  bitbucket.org/acme  https://bitbucket.org/acme/
    U05  bitbucket.org:acme/web.git  git@bitbucket.org:acme/web.git
    U05  bb.acme.com:8443/scm/  https://bb.acme.com:8443/scm/
    U05  //bitbucket.org/acme  https://bitbucket.org/acme/
    U05  jdoe@bitbucket.org/acme/web.git  https://bitbucket.org/acme/web.git
    U05  ftp://bb.acme.com/scm/  https://bb.acme.com/scm/
    U05  git+ssh://git@bb.acme.com/  ssh://git@bb.acme.com/
    U05  acme  -
    U05  https://  -
    U05  https://bb..acme.com/scm/  -
    U05  https://größe.de/scm/  -
    U05  https://bb~1.acme.com/scm/  -
    U05  https://10.0.0.300/scm/  -
    U05  https://10.0.0.5.1:7990/scm/  -
    U05  ssh://git@1.2.3.4.5:7999/  -
    U05  https://%62itbucket.org/acme/  -
    U06  HTTPS://bitbucket.org/acme  https://bitbucket.org/acme/
    U06  Ssh://git@bb:7999/  ssh://git@bb:7999/
    U07  https:/bitbucket.org/acme  https://bitbucket.org/acme/
    U07  https//bitbucket.org/acme  https://bitbucket.org/acme/
    U07  https:///bitbucket.org/acme  https://bitbucket.org/acme/
    U07  htps://bitbucket.org/acme  https://bitbucket.org/acme/
    U07  htpts://bitbucket.org/acme  https://bitbucket.org/acme/
    U07  https://https://bitbucket.org/acme  https://bitbucket.org/acme/
    U07  ssh:git@bb.acme.com:7999/  ssh://git@bb.acme.com:7999/
    U10  git://bitbucket.org/acme/web.git  https://bitbucket.org/acme/web.git
    U11  acme@bitbucket.org:acme/  git@bitbucket.org:acme/
    U11  GIT@bitbucket.org:acme/  git@bitbucket.org:acme/
    U13  https://u:p@bitbucket.org/acme  https://bitbucket.org/acme/
    U13  https://x-token-auth:TOKEN@bitbucket.org/acme/web.git  https://bitbucket.org/acme/web.git
    U13  https:/u:p@bitbucket.org/acme  https://bitbucket.org/acme/
    U15  https://bitbucket.org/acme?x=1  https://bitbucket.org/acme/
    U15  https://bitbucket.org/acme/web.git#readme  https://bitbucket.org/acme/web.git
    U17  https://BitBucket.org/acme  https://bitbucket.org/acme/
    U18  https://github.com/acme/web  -
    U18  git@gitlab.com:acme/web  -
    U18  https://acme.visualstudio.com/x  -
    U18  git@ssh.dev.azure.com:v3/a/b/c  -
    U20  https://api.bitbucket.org/2.0/repositories/acme/web  https://bitbucket.org/acme/web.git
    U20  https://api.bitbucket.org/2.0/workspaces/acme  https://bitbucket.org/acme/
    U21  https://bitbucket.org/<username>/  -
    U21  https://bitbucket.org/<+input>/  -
    U22  https://bb.acme.com:0/scm/  -
    U22  https://bitbucket.org:99999/acme/web.git  https://bitbucket.org/acme/web.git
    U22  https://bitbucket.org:443x/acme/web.git  https://bitbucket.org/acme/web.git
    U22  https://bitbucket.org:1team/web.git  https://bitbucket.org/1team/web.git
    U22  https://bb.acme.com:WEB/scm/shop.git  https://bb.acme.com/scm/WEB/shop.git
    U22  https://bb.acme.com:7999:WEB/shop.git  https://bb.acme.com:7999/scm/WEB/shop.git
    U22  ssh://git@bb.acme.com:7999:WEB/shop.git  ssh://git@bb.acme.com:7999/WEB/shop.git
    U22  https://bb.acme.com:65536/scm/  -
    U22  https://bb.acme.com:84%33/scm/  -
    U22  https://bb.acme.com:+443/scm/  -
    U22  https://bb.acme.com:/scm/  https://bb.acme.com/scm/
    U22  ssh://git@bb.acme.com:PROJ/web.git  ssh://git@bb.acme.com/PROJ/web.git
    U22  https://git@bitbucket.org:acme/web.git  https://bitbucket.org/acme/web.git
    C04  https://bitbucket.org/acme/web/src/main  https://bitbucket.org/acme/web.git
    C04  https://bitbucket.org/acme/web/branch/x?y=z  https://bitbucket.org/acme/web.git
    C04  https://bitbucket.org/acme/web/pull-requests/  https://bitbucket.org/acme/web.git
    C05  https://bitbucket.org/acme/workspace/repositories/  https://bitbucket.org/acme/
    C05  https://bitbucket.org/acme/workspace/projects/WEB  https://bitbucket.org/acme/
    C05  https://bitbucket.org/account/settings/  -
    C05  https://bitbucket.org/dashboard/overview  -
    C05  https://bitbucket.org/product  -
    C06  https://bitbucket.org/acme/web/more  https://bitbucket.org/acme/web.git
    C06  git@bitbucket.org:22/acme/web.git  git@bitbucket.org:acme/web.git
    C07  https://bitbucket.org/ac.me/  -
    C07  https://bitbucket.org/~jdoe/web.git  -
    C07  https://bitbucket.org/ac~me/web.git  -
    C07  https://bitbucket.org/ac%6De/web.git  -
    C07  https://bitbucket.org/web.git  https://bitbucket.org/<workspace>/web.git
    C09  https://bitbucket.org/acme/we%20b  -
    C09  https://bitbucket.org/acme/..  -
    C09  https://bitbucket.org/acme/we~b  -
    C09  https://bitbucket.org/acme/~web.git  -
    C09  git@bitbucket.org:acme/web~.git  -
    C09  https://bitbucket.org/acme/we~b/src/main  -
    C12  git@bitbucket.org/acme/  git@bitbucket.org:acme/
    C12  git@bitbucket.org/acme/web.git  git@bitbucket.org:acme/web.git
    C13  ssh://git@bitbucket.org:acme/  ssh://git@bitbucket.org/acme/
    C14  git@bitbucket.org  git@bitbucket.org:<workspace>/
    C14  git@bitbucket.org:  git@bitbucket.org:<workspace>/
    C15  git@altssh.bitbucket.org:acme/web.git  ssh://git@altssh.bitbucket.org:443/acme/web.git
    C15  ssh://git@altssh.bitbucket.org/acme/  ssh://git@altssh.bitbucket.org:443/acme/
    C15  https://altssh.bitbucket.org/acme/  https://bitbucket.org/acme/
    C17  https://bitbucket.org/scm/acme/web.git  https://bitbucket.org/acme/web.git
    C17  https://bitbucket.org/scm/web.git  https://bitbucket.org/<workspace>/web.git
    C17  https://bitbucket.org/scm/  -
    C18  https://bitbucket.org:8443/acme  https://bitbucket.org/acme/
    C18  ssh://git@bitbucket.org:7999/acme  ssh://git@bitbucket.org/acme/
    X02  https://bb.acme.com/projects/PROJ/repos/web/browse?at=main  https://bb.acme.com/scm/PROJ/web.git
    X02  https://acme.com:8443/stash/projects/PROJ/repos/web  https://acme.com:8443/stash/scm/PROJ/web.git
    X02  https://bb.acme.com/scm/projects/PROJ/repos/web  https://bb.acme.com/scm/PROJ/web.git
    X03  https://bb.acme.com/users/jdoe/repos/web  https://bb.acme.com/scm/~jdoe/web.git
    X04  https://bb.acme.com/projects/PROJ  https://bb.acme.com/scm/PROJ/
    X04  https://bb.acme.com/projects  https://bb.acme.com/scm/
    X04  https://bb.acme.com/rest/api/1.0  https://bb.acme.com/scm/
    X04  https://bb.acme.com/rest/api/1.0/projects/PROJ/repos/web  https://bb.acme.com/scm/PROJ/web.git
    X04  https://bb.acme.com/dashboard  https://bb.acme.com/scm/
    X04  https://acme.com/stash/plugins/servlet/x  https://acme.com/stash/scm/
    X10  https://bb.acme.com/scm/1PROJ/web.git  -
    X10  https://bb.acme.com/scm/%7Ejdoe/web.git  https://bb.acme.com/scm/~jdoe/web.git
    X10  https://bb.acme.com/scm/%7Ejdoe/+  -
    X10  ssh://git@bb:7999/PR.OJ/web.git  -
    X10  https://bb.acme.com/scm/PR~OJ/web.git  -
    X10  https://bb.acme.com/scm/~j~doe/web.git  -
    X10  https://bb.acme.com/scm/~~jdoe/web.git  -
    X10  https://bb.acme.com/scm/~/web.git  -
    X10  https://bb.acme.com/scm/%7Ejdoe/we~b.git  -
    X11  https://bb.acme.com/scm/PROJ/we+b.git  -
    X11  https://bb.acme.com/scm/PROJ/we~b.git  -
    X11  ssh://git@bb.acme.com:7999/PROJ/~web.git  -
    X11  git@bb.acme.com:PROJ/we~b  -
    X11  https://bb.acme.com/scm/PROJ/we%2Db.git  -
    X11  https://bb.acme.com/scm/PROJ/web.git/browse  https://bb.acme.com/scm/PROJ/web.git
";

/// Further mistakes, with spaces and backslashes in the text, which is the second column.
const BLANKS: &[(&str, &str, &str)] = &[
    ("U01", "", "-"),
    ("U01", " \t", "-"),
    (
        "U02",
        " https://bitbucket.org/acme",
        "https://bitbucket.org/acme/",
    ),
    (
        "U02",
        "https://bitbucket.org/acme/\n",
        "https://bitbucket.org/acme/",
    ),
    (
        "U02",
        "\u{feff}https://bitbucket.org/acme",
        "https://bitbucket.org/acme/",
    ),
    (
        "U03",
        "https://bitbucket.org/ acme",
        "https://bitbucket.org/acme/",
    ),
    (
        "U03",
        "https://bitbucket.org/Example Works/Web Site.git",
        "https://bitbucket.org/example-works/web-site.git",
    ),
    (
        "U03",
        "https://bitbucket.org/ac\u{200b}me",
        "https://bitbucket.org/acme/",
    ),
    (
        "U24",
        "https:\\\\bitbucket.org\\acme",
        "https://bitbucket.org/acme/",
    ),
];

#[test]
fn each_mistake_has_its_rule_and_what_was_meant_by_it() {
    let rows = MISTAKES.lines().filter_map(|line| {
        let mut columns = line.split_whitespace();
        Some((columns.next()?, columns.next()?, columns.next()?))
    });
    for (rule, text, meant) in rows.chain(BLANKS.iter().copied()) {
        let error = BitbucketUrl::parse(text).expect_err(text);
        assert_eq!(error.kind.rule(), rule, "{text}: {error}");
        let fixed = error.fixed(None, None);
        let fixed = fixed.as_ref().map_or("-", |fixed| fixed.text());
        assert_eq!(fixed, meant, "{text}: {error}");
    }
}

/// Returns every character on a keyboard, and some invisible ones.
fn characters() -> impl Iterator<Item = char> {
    ('\0'..='\u{ff}').chain([
        '\u{180e}',
        '\u{200b}',
        '\u{2028}',
        '\u{2066}',
        '\u{3164}',
        '\u{fe0f}',
        '\u{ff5e}',
        '\u{e0041}',
        '😀',
    ])
}

/// A part of a URL.
type Part = fn(&BitbucketUrl) -> Option<&str>;

/// Templates, the part with the name, and the punctuation that the name may contain besides letters and digits.
const NAMES: &[(&str, Part, &str)] = &[
    (
        "https://bitbucket.org/acme/we%b.git",
        BitbucketUrl::repository,
        "-_.",
    ),
    (
        "git@bitbucket.org:acme/we%b",
        BitbucketUrl::repository,
        "-_.",
    ),
    (
        "https://bitbucket.org/ac%me/web.git",
        BitbucketUrl::workspace,
        "-_",
    ),
    (
        "https://bb.acme.com/scm/PROJ/we%b.git",
        BitbucketUrl::repository,
        "-_.",
    ),
    (
        "ssh://git@bb.acme.com:7999/PROJ/we%b",
        BitbucketUrl::repository,
        "-_.",
    ),
    (
        "https://bb.acme.com/scm/PR%OJ/web.git",
        BitbucketUrl::project,
        "-_",
    ),
    (
        "https://bb.acme.com/scm/~j%doe/web.git",
        BitbucketUrl::project,
        "-_.",
    ),
    (
        "ssh://git@bb.acme.com:7999/~j%doe/web.git",
        BitbucketUrl::project,
        "-_.",
    ),
];

#[test]
fn no_name_has_a_character_that_bitbucket_does_not_give_it() {
    for (template, name, marks) in NAMES {
        for character in characters() {
            let text = template.replace('%', &character.to_string());
            let part = template.split(['/', ':']).find(|part| part.contains('%'));
            let expected = part.unwrap().replace('%', &character.to_string());
            let expected = expected.trim_end_matches(".git");
            let is_read = BitbucketUrl::parse(&text).is_ok_and(|url| name(&url) == Some(expected));
            let allowed = character.is_ascii_alphanumeric() || marks.contains(character);
            assert_eq!(is_read, allowed, "{text:?}");
        }
    }
}

#[test]
fn no_host_has_a_character_that_names_of_hosts_do_not_have() {
    for character in characters() {
        let text = format!("https://b{character}b.acme.com:8443/scm/");
        let is_read = BitbucketUrl::parse(&text)
            .is_ok_and(|url| url.host() == format!("b{character}b.acme.com"));
        let allowed = character.is_ascii_alphanumeric() || "-_.".contains(character);
        assert_eq!(is_read, allowed, "{text:?}");
    }
}

#[test]
fn invisible_characters_are_found_wherever_they_stand() {
    for hidden in [
        '\0',
        '\u{7f}',
        '\u{85}',
        '\u{180e}',
        '\u{2062}',
        '\u{2066}',
        '\u{3164}',
        '\u{fe0f}',
        '\u{e0041}',
    ] {
        for text in [
            format!("https://jd{hidden}oe@bitbucket.org/acme/"),
            format!("https://bitbucket.org/ac{hidden}me/"),
            format!("ssh://g{hidden}it@bb.acme.com:7999/"),
        ] {
            let error = BitbucketUrl::parse(&text).expect_err(&text);
            assert_eq!(error.kind.rule(), "U03", "{text:?}: {error}");
        }
    }
}

#[test]
fn what_may_be_a_token_is_not_repeated() {
    for token in [
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "glpat-q3zT9sXyWvU7SrQpOnMl",
        "AKIAIOSFODNN7EXAMPLE",
        "NDc1Mjg5MTIzNDU2OvR2q3zT9sXyWvUtSrQpOnMlKj",
    ] {
        for text in [
            token.to_owned(),
            format!("https://{token}@bitbucket.org/acme/"),
            format!("https://bitbucket.org/acme/{token}+"),
            format!("https://bitbucket.org/+{token}/web.git"),
            format!("{token}@bb.acme.com:PROJ/web.git"),
            format!("https://bb.acme.com:{token}/scm/"),
            format!("https://bb.acme.com/scm/{token}./web.git"),
            format!("https://bb.acme.com/scm/PROJ/web.git/{token}"),
        ] {
            let error = BitbucketUrl::parse(&text).expect_err(&text);
            let middle = token.get(8..16).unwrap();
            assert!(!error.to_string().contains(middle), "{text}: {error}");
        }
    }
    // A repository may have such a name.
    let repository = "https://bitbucket.org/acme/da39a3ee5e6b4b0d3255bfef95601890afd80709.git";
    assert_eq!(BitbucketUrl::parse(repository).err(), None);
}

#[test]
fn names_of_pages_may_be_names_of_projects_and_repositories() {
    for text in [
        "ssh://git@bb:7999/rest/web.git",
        "https://bb.acme.com/scm/projects/web.git",
        "https://bb.acme.com/PROJ/rest",
        "https://bitbucket.org/acme/src",
        "https://bitbucket.org/projects/web.git",
    ] {
        assert_eq!(BitbucketUrl::parse(text).err(), None, "{text}");
    }
    // Over SSH there is no leading `scm`, so it is a project with that name.
    let project = BitbucketUrl::parse("ssh://git@bb:7999/scm/web.git").unwrap();
    assert_eq!(project.place.owner.as_deref(), Some("scm"));
}

#[test]
fn every_literal_url_of_the_settings_reference_is_accepted() {
    for text in [
        "https://bitbucket.org/my-bitbucket/",
        "https://bitbucket.org/USERNAME/",
        "https://bitbucket.org",
        "https://bitbucket.YOUR_ORG_HOSTNAME/scm/",
        "git@bitbucket.org:USERNAME/",
        "git@bitbucket.YOUR_ORG_HOSTNAME/",
        "https://bitbucket.org/username/repo-name.git",
        "https://bitbucket.your-org-hostname/scm/project-id/repo-name.git",
        "git@bitbucket.org:username/repo-name.git",
        "git@bitbucket.your-org-hostname/project-id/repo-name.git",
        "git@bitbucket.myorg.com:8080/",
        "git@bitbucket.my.org.com/",
    ] {
        assert_eq!(BitbucketUrl::parse(text).err(), None, "{text}");
    }
}

#[test]
fn what_is_odd_but_accepted_is_kept() {
    let parsed =
        |text: &str| BitbucketUrl::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(parsed("git@bb/PROJ/web.git").form, Form::ColonMissing);
    assert_eq!(parsed("git@bb:7999/PROJ/web.git").scp_port, Some(7999));
    assert!(parsed("ssh://git@bb:7999/scm/PROJ/web.git").place.scm);
    assert!(!parsed("https://bb/PROJ/web.git").place.scm);
    assert_eq!(
        parsed("https://bb/scm/team/PROJ/web.git").place.extra,
        ["team"]
    );
    assert_eq!(
        parsed("https://bb/a/b/scm/PROJ/web.git").place.context,
        ["a", "b"]
    );
    assert_eq!(parsed("https://bb/stash").place.context, ["stash"]);
    assert_eq!(parsed("https://bb/PROJ").project(), Some("PROJ"));
    for doubled in [
        "https://bitbucket.org//acme/web.git",
        "https://bitbucket.org/acme//web.git",
        "https://bitbucket.org/acme/web.git//",
        "https://bitbucket.org//",
        "git@bitbucket.org:/acme/web.git",
    ] {
        assert!(parsed(doubled).doubled_slash, "{doubled}");
    }
    for single in [
        "https://bitbucket.org/",
        "https://bitbucket.org",
        "git@bb:PROJ/web.git/",
    ] {
        assert!(!parsed(single).doubled_slash, "{single}");
    }
}
