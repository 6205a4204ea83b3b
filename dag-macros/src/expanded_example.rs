//! Keeps `examples/diamond-expanded.rs`: the example `diamond` with its `#[dag]` block expanded. `BLESS=1` writes it.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{File, Item, Meta};

use crate::expand::without_call;
use crate::expand_dag;

const HEAD: &str = "\
//! What `#[dag]` makes of the block in `diamond.rs`, without the macro call around the items, and the rest of that program.
//! Made by the macro, never by hand: `BLESS=1 cargo test -p dag-macros --lib expanded_example`.
//! The same test, without `BLESS`, compares it with the macro's output token by token.
#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(dead_code, clippy::all, clippy::pedantic)]

";

#[test]
fn the_expanded_example_is_what_the_macro_makes_of_the_other() {
    let Some(examples) = examples() else {
        println!("skipped: the examples are not part of this package");
        return;
    };
    let source = fs::read_to_string(examples.join("diamond.rs")).unwrap();
    let made = format!("{HEAD}{}", expand_file(&source));
    let path = examples.join("diamond-expanded.rs");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &made).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap();
    let (kept, made) = (flat_tokens(&kept), flat_tokens(&made));
    let same = kept.iter().zip(&made).take_while(|(kept, made)| kept == made).count();
    let around = |tokens: &[String]| tokens[same.saturating_sub(10)..tokens.len().min(same + 10)].join(" ");
    assert!(
        same == kept.len() && same == made.len(),
        "token {same}: the file has `{}`, the macro makes `{}`; `BLESS=1` writes the file anew",
        around(&kept),
        around(&made),
    );
}

/// Finds the folder of the examples above this package.
fn examples() -> Option<PathBuf> {
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    above.map(|folder| folder.join("examples")).find(|examples| examples.join("diamond.rs").is_file())
}

/// Expands the `#[dag]` blocks of a program, and removes the import of `dag`.
fn expand_file(source: &str) -> String {
    let mut file = syn::parse_file(source).unwrap();
    file.attrs.clear();
    for item in std::mem::take(&mut file.items) {
        match item {
            Item::Use(item) if item.tree.to_token_stream().to_string() == "adagio :: dag" => {}
            Item::Impl(mut block) if block.attrs.iter().any(|attr| attr.path().is_ident("dag")) => {
                let dag = block.attrs.remove(0);
                let options = match dag.meta {
                    Meta::List(list) => list.tokens,
                    _ => TokenStream::new(),
                };
                let expanded = without_call(expand_dag(options, block.into_token_stream()));
                file.items.extend(syn::parse2::<File>(expanded).unwrap().items);
            }
            item => file.items.push(item),
        }
    }
    prettyplease::unparse(&file)
}

/// Returns the tokens of a program, delimiters included.
fn flat_tokens(source: &str) -> Vec<String> {
    fn flatten(tokens: TokenStream, flat: &mut Vec<String>) {
        for token in tokens {
            if let TokenTree::Group(group) = token {
                let both = TokenTree::from(proc_macro2::Group::new(group.delimiter(), TokenStream::new())).to_string();
                let (open, close) = both.split_at(both.len() / 2);
                flat.push(open.trim().to_owned());
                flatten(group.stream(), flat);
                flat.push(close.trim().to_owned());
            } else {
                flat.push(token.to_string());
            }
        }
    }
    let mut flat = Vec::new();
    flatten(source.parse().unwrap(), &mut flat);
    flat
}
