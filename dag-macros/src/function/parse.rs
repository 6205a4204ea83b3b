//! In: the tokens of `#[task(..)]` and of the function below it. Out: a [`Method`], its body as opaque tokens.

use proc_macro2::TokenStream;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Signature, Token, Visibility};

use crate::errors::Errors;
use crate::parse::{Method, parse_body, parse_method, parse_task_options};

/// Parses `#[task(options)]` on `item`; without a function, parsing cannot continue.
pub(super) fn parse(options: TokenStream, item: TokenStream, errors: &mut Errors) -> Option<Method> {
    let parser = |input: ParseStream<'_>| parse_function(input, errors);
    match Parser::parse2(parser, item) {
        Ok(mut method) => {
            parse_task_options(options, &mut method.options, errors);
            Some(method)
        }
        Err(error) => {
            errors.push(error);
            None
        }
    }
}

fn parse_function(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Method> {
    let attrs = input.call(Attribute::parse_outer)?;
    let vis = input.parse::<Visibility>()?;
    let is_function = {
        let ahead = input.fork();
        _ = ahead.parse::<Option<Token![const]>>();
        ahead.peek(Token![async]) || ahead.peek(Token![unsafe]) || ahead.peek(Token![extern]) || ahead.peek(Token![fn])
    };
    if !is_function {
        return Err(input.error("`#[task]` goes on a function, or on a method of a `#[dag]` block"));
    }
    let sig = input.parse::<Signature>()?;
    let body = parse_body(input)?;
    Ok(parse_method(attrs, vis, sig, body, errors))
}
