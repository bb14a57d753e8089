//! URLs of Bitbucket accounts and repositories: from the text of `url` to its meaning.
//!
//! Harness passes `url` to Git almost unchanged, and derives from it whether it uses Bitbucket Cloud or a Data Center
//! server and where the API is. So the text is parsed here once, into a [`BitbucketUrl`] or into a [`UrlError`] that
//! says which mistake it contains and, if possible, which URL was intended.
//!
//! # Grammar
//!
//! ```text
//! url      := http | ssh | scp
//! http     := ("https://" | "http://") [ user "@" ] host [ ":" port ] path
//! ssh      := "ssh://" [ user "@" ] host [ ":" port ] path
//! scp      := "git@" host ":" { segment "/" } [ segment ]
//!           | "git@" host path                         documented by Harness, refused by Harness, a directory to Git
//! path     := { "/" segment } [ "/" ]
//!
//! cloud    := [ workspace [ "/" repository ] ]         host bitbucket.org, www.bitbucket.org, altssh.bitbucket.org
//! server   := [ context "/" ] "scm" [ "/" project [ "/" repository ] ]            every other host, HTTP
//!           | [ project [ "/" repository ] ]                                      every other host, SSH
//!
//! host      := label { "." label } | "[" IPv6 "]"      label := letter, digit, "_", inside also "-"; at most 63
//! port      := 1 to 65535
//! workspace := (letter | digit) { letter | digit | "-" | "_" }
//! project   := letter { letter | digit | "-" | "_" } | "~" (letter | digit | "-" | "_" | ".") { … }
//! repository := (letter | digit | "-" | "_" | ".") { … } [ ".git" ]
//! ```
//!
//! Unusual but accepted details are kept as data, so that warnings can mention them: a user other than `git`, a
//! username over HTTP, `/scm` missing or in an SSH URL, extra segments before the project, extra slashes, and the
//! documented SSH forms of Data Center that Git interprets differently (`git@host/…`, `git@host:7999/…`).
//! `bitbucket.com` is parsed as Bitbucket Cloud, which is what people mean by it, although Harness treats it as a
//! server; see [`BitbucketUrl::seen_by_harness`].
//!
//! # Limits
//!
//! Every text is parsed in time linear in its length. Passwords and tokens in the user information are recognized, and
//! neither stored nor repeated. Percent-encoded characters are not decoded, because no clone URL needs them.
//!
//! Sources: Harness's Bitbucket connector settings reference, the delegate's Git client, Atlassian's documentation of
//! workspaces, repository slugs, and project keys, and Git's own interpretation of the forms.

pub(crate) mod authority;
pub(crate) mod error;
pub(crate) mod harness;
pub(crate) mod parse;
mod parsed;
pub(crate) mod path;
#[cfg(test)]
pub(crate) mod properties;
mod render;

pub use error::{UrlError, UrlErrorKind};
pub use harness::{join, seen_by_harness};
pub use parsed::{BitbucketUrl, Deployment, Form, Members, Protocol};
pub(crate) use path::may_name_repository;
pub use render::Fixed;

pub use super::words::{ConnectionType, UrlType};
