//! An attribute that replaces Rust's `#[test]` for tests that run the real Terraform or OpenTofu.
//!
//! ```ignore
//! use harness_each_host::test;
//!
//! #[test(needs(Functions))]
//! fn a_function_gives_an_identifier() {}
//! ```
//!
//! The test remains a single test of Rust's harness. Its body becomes a closure for
//! `crate::terraform::hosts::under_each(name, needs, body)`, which calls it once for each host that has what the test
//! needs. That module defines the words after `needs`, which are variants of `Feature`.

use proc_macro::{Delimiter, Group, TokenStream, TokenTree};

/// Runs the body of a test under each host. `needs(…)` lists the features that it requires.
#[proc_macro_attribute]
pub fn test(arguments: TokenStream, function: TokenStream) -> TokenStream {
    rewritten(arguments, function).unwrap_or_else(|message| {
        let error = format!("compile_error!({message:?});");
        error.parse().unwrap_or_default()
    })
}

fn rewritten(arguments: TokenStream, function: TokenStream) -> Result<TokenStream, &'static str> {
    let needs = needs(arguments)?;
    let mut tokens: Vec<TokenTree> = function.into_iter().collect();
    let name = name(&tokens).ok_or("this attribute belongs to a function")?;
    let Some(TokenTree::Group(body)) = tokens.pop() else {
        return Err("this attribute belongs to a function with a body");
    };

    let mut call = parsed("crate::terraform::hosts::under_each")?;
    let mut handed_over = parsed(&format!("concat!(module_path!(), \"::{name}\"),"))?;
    handed_over.extend(parsed("&")?);
    handed_over.extend([group(Delimiter::Bracket, needs)]);
    handed_over.extend(parsed(", ||")?);
    handed_over.extend([TokenTree::Group(body)]);
    call.extend([group(Delimiter::Parenthesis, handed_over)]);
    call.extend(parsed(";")?);

    let mut test = parsed("#[::core::prelude::v1::test]")?;
    test.extend(tokens);
    test.extend([group(Delimiter::Brace, call)]);
    Ok(test)
}

/// Converts `needs(A, B)` to `Feature::A, Feature::B,`.
fn needs(arguments: TokenStream) -> Result<TokenStream, &'static str> {
    const FORM: &str = "what a test needs is written as #[test(needs(Functions, ImportBlocks))]";
    let mut arguments = arguments.into_iter();
    let list = match (arguments.next(), arguments.next(), arguments.next()) {
        (None, ..) => return Ok(TokenStream::new()),
        (Some(TokenTree::Ident(word)), Some(TokenTree::Group(list)), None)
            if word.to_string() == "needs" && list.delimiter() == Delimiter::Parenthesis =>
        {
            list
        }
        _ => return Err(FORM),
    };
    let mut features = TokenStream::new();
    for token in list.stream() {
        match token {
            TokenTree::Ident(feature) => {
                features.extend(parsed("crate::terraform::hosts::Feature::")?);
                features.extend([TokenTree::Ident(feature)]);
                features.extend(parsed(",")?);
            }
            TokenTree::Punct(comma) if comma.as_char() == ',' => {}
            _ => return Err(FORM),
        }
    }
    Ok(features)
}

/// Returns the word after `fn`.
fn name(function: &[TokenTree]) -> Option<String> {
    let is_fn =
        |token: &&TokenTree| matches!(token, TokenTree::Ident(word) if word.to_string() == "fn");
    let mut tokens = function.iter();
    tokens.find(is_fn)?;
    tokens.next().map(ToString::to_string)
}

fn group(delimiter: Delimiter, tokens: TokenStream) -> TokenTree {
    TokenTree::Group(Group::new(delimiter, tokens))
}

fn parsed(code: &str) -> Result<TokenStream, &'static str> {
    code.parse()
        .map_err(|_| "this attribute writes code that is none")
}
