//! In: the tokens of `#[dag(..)]` and `#[task(..)]`. Out: the options, each with the place where it is given.

use std::time::Duration;

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, ExprLit, Lit, LitStr, Path, Token};

use super::duration::{parse_duration, parse_duration_range};
use super::misplaced::place_of_option;
use crate::errors::Errors;
use crate::suggest::nearest;

/// The options of `#[dag(..)]`.
#[derive(Default)]
pub(crate) struct BlockOptions {
    /// Nothing has to be `Send` or `Sync`.
    pub(crate) local: bool,
    /// The path of the facade crate, if it is not `::adagio`.
    pub(crate) krate: Option<Path>,
    /// Every `async fn` runs on the worker threads of the runtime, unless its own options say otherwise.
    pub(crate) spawn: Option<Ident>,
    /// How many tasks may be under way.
    pub(crate) max_concurrency: Option<Given<usize>>,
    /// The results can be stored, and a run can be resumed from them.
    pub(crate) durable: Option<Ident>,
}

impl BlockOptions {
    /// Returns the path of the items that generated code calls.
    pub(crate) fn runtime(&self) -> TokenStream {
        let krate = self.krate.as_ref().map_or_else(|| quote!(::adagio), |path| quote!(#path));
        quote!(#krate::__private)
    }
}

/// The options of `#[task(..)]`.
#[derive(Clone, Default)]
pub(crate) struct TaskOptions {
    /// The `Result` is an ordinary value.
    pub(crate) catch: Option<Ident>,
    /// Runs on the worker threads of the runtime.
    pub(crate) spawn: Option<Ident>,
    /// Runs on a thread that may block.
    pub(crate) blocking: Option<Ident>,
    /// Runs where the terminal is awaited, even if the block has `spawn`.
    pub(crate) inline: Option<Ident>,
    /// Ends once it has started, even if nobody waits for it any more.
    pub(crate) finish: Option<Ident>,
    /// The future of the body is on the heap.
    pub(crate) boxed: Option<Ident>,
    /// Fails if an attempt takes longer.
    pub(crate) timeout: Option<Given<Duration>>,
    /// How many further attempts there are.
    pub(crate) retry: Option<Given<u32>>,
    /// The shortest and the longest wait before a further attempt.
    pub(crate) backoff: Option<Given<(Duration, Duration)>>,
    /// The function that decides whether an error is worth a further attempt.
    pub(crate) retry_if: Option<Given<Expr>>,
    /// The function that returns how long an error asks to wait before a further attempt.
    pub(crate) retry_after: Option<Given<Expr>>,
    /// The function that returns the semaphore of which each attempt takes a permit.
    pub(crate) permit: Option<Given<Expr>>,
    /// The function that closes the value at the end of a run.
    pub(crate) close: Option<Given<Expr>>,
    /// How long closing the value may take.
    pub(crate) close_timeout: Option<Given<Duration>>,
    /// How many elements of a collection may be under way.
    pub(crate) max_concurrency: Option<Given<usize>>,
    /// The value has its own graph.
    pub(crate) graph: Option<Ident>,
    /// Runs on any machine that serves it, if an engine executes the run.
    pub(crate) remote: Option<Ident>,
    /// The name of each task of a function, with parameters in braces.
    pub(crate) name: Option<Given<LitStr>>,
    /// Stored results of another version are not used.
    pub(crate) version: Option<Given<u32>>,
    /// A mistake was reported: an option that is missing here may have been meant.
    pub(crate) is_broken: bool,
}

/// An option that has a value.
#[derive(Clone)]
pub(crate) struct Given<T> {
    /// The option's name, with its span.
    pub(crate) name: Ident,
    pub(crate) value: T,
}

/// The options of this version.
pub(super) const BLOCK_OPTIONS: &str = "`spawn`, `local`, `durable`, `max_concurrency` and `crate`";
pub(super) const TASK_OPTIONS: &str = "`catch`, `graph`, `spawn`, `blocking`, `inline`, `finish`, `boxed`, `remote`, `timeout`, `retry`, `backoff`, `retry_if`, `retry_after`, `permit`, `close`, `close_timeout`, `max_concurrency`, `name` and `version`";

/// Returns the names in such a list.
pub(super) fn listed(known: &str) -> impl Iterator<Item = &str> {
    known.split('`').skip(1).step_by(2)
}

/// Parses the options of a block.
pub(super) fn parse_block_options(tokens: TokenStream, errors: &mut Errors) -> BlockOptions {
    let mut options = BlockOptions::default();
    let (mut local, mut krate) = (None, None);
    for option in parse_options("dag", BLOCK_OPTIONS, tokens, errors) {
        let result = match option.name.to_string().as_str() {
            "local" => option.flag(&mut local),
            "spawn" => option.flag(&mut options.spawn),
            "durable" => option.flag(&mut options.durable),
            "max_concurrency" => option.value(&mut options.max_concurrency, "a number", "8", number),
            "crate" => option.value(&mut krate, "the path of the adagio crate", "::adagio", path),
            _ => option.unknown(BLOCK_OPTIONS),
        };
        errors.extend(result);
    }
    options.local = local.is_some();
    options.krate = krate.map(|krate| krate.value);
    options
}

/// Parses the options of one `#[task(..)]` and adds them to earlier ones.
pub(crate) fn parse_task_options(tokens: TokenStream, options: &mut TaskOptions, errors: &mut Errors) {
    let mut found = Errors::default();
    for option in parse_options("task", TASK_OPTIONS, tokens, &mut found) {
        let result = match option.name.to_string().as_str() {
            "catch" => option.flag(&mut options.catch),
            "spawn" => option.flag(&mut options.spawn),
            "blocking" => option.flag(&mut options.blocking),
            "inline" => option.flag(&mut options.inline),
            "finish" => option.flag(&mut options.finish),
            "boxed" => option.flag(&mut options.boxed),
            "graph" => option.flag(&mut options.graph),
            "remote" => option.flag(&mut options.remote),
            "timeout" => option.value(&mut options.timeout, A_DURATION, "\"250ms\"", duration),
            "retry" => option.value(&mut options.retry, "a number", "3", number),
            "backoff" => option.value(&mut options.backoff, A_RANGE, "\"50ms..2s\"", duration_range),
            "version" => option.value(&mut options.version, "a number", "2", number),
            "retry_if" => option.value(&mut options.retry_if, "a function", "ApiError::is_transient", expr),
            "retry_after" => option.value(&mut options.retry_after, "a function", "ApiError::retry_after", expr),
            "permit" => option.value(&mut options.permit, "a function", "|this| &this.semaphore", expr),
            "close" => option.value(&mut options.close, "a function", "Pool::close", expr),
            "close_timeout" => option.value(&mut options.close_timeout, A_DURATION, "\"10s\"", duration),
            "max_concurrency" => option.value(&mut options.max_concurrency, "a number", "8", number),
            "name" => option.value(&mut options.name, "a text", "\"fetch {url}\"", literal),
            _ => option.unknown(TASK_OPTIONS),
        };
        found.extend(result);
    }
    options.is_broken |= !found.is_empty();
    errors.append(found);
}

const A_DURATION: &str = "a number with the unit `ms`, `s`, `m` or `h`";
const A_RANGE: &str = "the shortest and the longest wait, with the unit `ms`, `s`, `m` or `h`";

fn duration(tokens: &TokenStream) -> Option<Duration> {
    parse_duration(&text(tokens)?)
}

fn duration_range(tokens: &TokenStream) -> Option<(Duration, Duration)> {
    parse_duration_range(&text(tokens)?)
}

fn text(tokens: &TokenStream) -> Option<String> {
    literal(tokens).map(|literal| literal.value())
}

fn literal(tokens: &TokenStream) -> Option<LitStr> {
    let literal: LitStr = syn::parse2(tokens.clone()).ok()?;
    literal.suffix().is_empty().then_some(literal)
}

fn number<N: std::str::FromStr<Err: std::fmt::Display>>(tokens: &TokenStream) -> Option<N> {
    let literal: syn::LitInt = syn::parse2(tokens.clone()).ok()?;
    literal.suffix().is_empty().then(|| literal.base10_parse().ok())?
}

fn path(tokens: &TokenStream) -> Option<Path> {
    syn::parse2(tokens.clone()).ok()
}

fn expr(tokens: &TokenStream) -> Option<Expr> {
    let expr: Expr = syn::parse2(tokens.clone()).ok()?;
    (!matches!(expr, Expr::Lit(ExprLit { lit: Lit::Str(_) | Lit::Int(_) | Lit::Bool(_), .. }))).then_some(expr)
}

/// `name` or `name = value`.
struct AttributeOption {
    attribute: &'static str,
    name: Ident,
    value: Option<TokenStream>,
    /// The value stands behind an `=`.
    is_assigned: bool,
}

impl AttributeOption {
    /// Sets an option that has no value.
    fn flag(self, slot: &mut Option<Ident>) -> syn::Result<()> {
        if self.value.is_some() {
            let Self { attribute, name, value, .. } = self;
            return Err(syn::Error::new_spanned(value, format!("`{name}` takes no value: `#[{attribute}({name})]`")));
        }
        let repeated = self.repeated();
        if slot.replace(self.name).is_some() { Err(repeated) } else { Ok(()) }
    }

    /// Sets an option that has a value.
    fn value<T>(
        self,
        slot: &mut Option<Given<T>>,
        takes: &str,
        example: &str,
        parse: impl FnOnce(&TokenStream) -> Option<T>,
    ) -> syn::Result<()> {
        let repeated = self.repeated();
        let Self { attribute, name, value, is_assigned } = self;
        let form = format!("`{name}` takes {takes}: `#[{attribute}({name} = {example})]`");
        let Some(tokens) = value.filter(|value| !value.is_empty()) else {
            return Err(syn::Error::new(name.span(), form));
        };
        let value = if is_assigned { parse(&tokens) } else { None };
        let value = value.ok_or_else(|| syn::Error::new_spanned(tokens, form))?;
        if slot.replace(Given { name, value }).is_some() { Err(repeated) } else { Ok(()) }
    }

    fn repeated(&self) -> syn::Error {
        syn::Error::new(self.name.span(), format!("`{}` is given twice", self.name))
    }

    fn unknown(&self, known: &str) -> syn::Result<()> {
        let Self { attribute, name, value, .. } = self;
        if let Some(place) = place_of_option(attribute, &name.to_string(), value.as_ref()) {
            return Err(syn::Error::new(name.span(), place));
        }
        let guess = nearest(&name.to_string(), listed(known).map(str::to_owned));
        let guess = guess.map_or_else(String::new, |guess| format!("did you mean `{guess}`? "));
        let message = format!("unknown option `{name}` of `#[{attribute}(..)]`; {guess}known are {known}");
        Err(syn::Error::new(name.span(), message))
    }
}

/// Parses a list of options; after a mistake it continues behind the next comma.
fn parse_options(
    attribute: &'static str,
    known: &str,
    tokens: TokenStream,
    errors: &mut Errors,
) -> Vec<AttributeOption> {
    let parser = |input: ParseStream<'_>| {
        let mut options = Vec::new();
        while !input.is_empty() {
            let span = input.span();
            let parsed = parse_option(attribute, input);
            let rest = tokens_to_comma(input)?;
            input.parse::<Option<Token![,]>>()?;
            match parsed {
                Ok(option) if rest.is_empty() => options.push(option),
                Ok(option) => options.push(AttributeOption { value: Some(rest), ..option }),
                Err(_) => errors.at(span, format!("expected an option; known are {known}")),
            }
        }
        Ok(options)
    };
    parser.parse2(tokens).unwrap_or_default()
}

fn parse_option(attribute: &'static str, input: ParseStream<'_>) -> syn::Result<AttributeOption> {
    let name = input.call(Ident::parse_any)?;
    if input.parse::<Option<Token![=]>>()?.is_none() {
        return Ok(AttributeOption { attribute, name, value: None, is_assigned: false });
    }
    // A comma inside a value, as in `is_any::<A, B>`, belongs to the value.
    let ahead = input.fork();
    let is_expr = ahead.parse::<Expr>().is_ok() && (ahead.is_empty() || ahead.peek(Token![,]));
    let value = if is_expr { input.parse::<Expr>()?.into_token_stream() } else { tokens_to_comma(input)? };
    Ok(AttributeOption { attribute, name, value: Some(value), is_assigned: true })
}

fn tokens_to_comma(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        tokens.extend([input.parse::<TokenTree>()?]);
    }
    Ok(tokens)
}
