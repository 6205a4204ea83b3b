//! The lints that do not apply to generated code, each with its reason.

use proc_macro2::TokenStream;
use quote::quote;

use super::Expansion;
use crate::analyse::Task;

/// Returns an `allow` for the lint about references to an `Option<&T>`, if a task returns one.
pub(super) fn lint_of_options(expansion: &Expansion<'_>) -> Option<TokenStream> {
    let is_one = |(_, task): (_, &Task<'_>)| expansion.value_type(task).to_string().contains("Option < &");
    expansion.tasks().any(is_one).then(|| quote!(#[allow(clippy::ref_option_ref)]))
}

/// Returns the lints that do not apply to the types of an expansion: unused code is reported at the user's tasks, names
/// are made from the user's names, a private task has a private result, and types are as long as the user's signatures.
pub(super) fn lints_of_types() -> TokenStream {
    quote! {
        #[allow(deprecated, non_camel_case_types, private_bounds, private_interfaces)]
        #[allow(dead_code, non_snake_case, single_use_lifetimes, clippy::type_complexity)]
    }
}

/// Returns the lints that do not apply to code that is not read as source.
pub(super) fn allowed_lints() -> TokenStream {
    quote! {
        // A deprecated type is reported at the signature that names it. Names are made from the user's names, which
        // include error types such as `u8`; every lifetime has a name.
        #[allow(deprecated, non_camel_case_types, non_snake_case, single_use_lifetimes)]
        #[allow(clippy::builtin_type_shadow, clippy::enum_variant_names)]
        // Hidden items are as visible as they may need to be; a private task has a private result.
        #[allow(private_bounds, private_interfaces)]
        #[allow(unreachable_pub, missing_debug_implementations)]
        // A task may return `!` or `()`.
        #[allow(unreachable_code, clippy::let_unit_value, clippy::unit_arg)]
        // Types are as long as the user's signatures, and an alias has the bounds of the block.
        #[allow(type_alias_bounds, clippy::type_complexity)]
        // With `local`, only the terminals are reported as not `Send`. The driver has one arm per task. The list of the
        // nodes, which is not a local variable, has one node per task.
        #[allow(clippy::future_not_send, clippy::too_many_lines, clippy::cognitive_complexity)]
        #[allow(clippy::large_stack_arrays)]
    }
}
