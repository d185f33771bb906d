//! The deepest nesting of braces in functions.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Block, ExprMatch, File, Macro};

/// Braces of blocks and of `match` around the innermost statement. Those of items, such as
/// `impl` and `mod`, of values and of patterns do not count: nothing is done between them.
pub(super) fn nesting(file: &File) -> usize {
    let mut depth = Depth::default();
    depth.visit_file(file);
    depth.deepest
}

#[derive(Default)]
struct Depth {
    now: usize,
    deepest: usize,
}

impl Depth {
    fn inside(&mut self, inner: impl FnOnce(&mut Self)) {
        self.now += 1;
        self.deepest = self.deepest.max(self.now);
        inner(self);
        self.now -= 1;
    }
}

impl<'ast> Visit<'ast> for Depth {
    fn visit_block(&mut self, block: &'ast Block) {
        self.inside(|depth| visit::visit_block(depth, block));
    }

    fn visit_expr_match(&mut self, expression: &'ast ExprMatch) {
        self.visit_expr(&expression.expr);
        self.inside(|depth| expression.arms.iter().for_each(|arm| depth.visit_arm(arm)));
    }

    /// A macro's grammar is its own: every brace in a call counts as a block, outside of
    /// functions, where macros make items, none.
    fn visit_macro(&mut self, call: &'ast Macro) {
        if self.now > 0 {
            let own = usize::from(matches!(call.delimiter, syn::MacroDelimiter::Brace(_)));
            self.deepest = self.deepest.max(self.now + own + braces(call.tokens.clone()));
        }
    }
}

/// Braces inside each other in what no grammar is known of.
fn braces(tokens: TokenStream) -> usize {
    let group = |token| match token {
        TokenTree::Group(group) => {
            usize::from(group.delimiter() == Delimiter::Brace) + braces(group.stream())
        }
        _ => 0,
    };
    tokens.into_iter().map(group).max().unwrap_or(0)
}
