//! Puts mutants into a text, so that one build holds them all and a number picks one of them at run time. Knows nothing of
//! builds.
//!
//! Where something may give way there is a choice between the text as it was, once for each mutant with its change, and the
//! text with the choices inside of it. As only one mutant is picked at a time, a changed text needs no choices of its own,
//! so the text does not grow out of bounds.

use std::collections::HashMap;
use std::ops::Range;

use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::listed::{Genre, Mutant};

/// How the copy asks which mutant is picked, and says which choice it comes to; zero is none.
fn chosen(choice: u32) -> String {
    format!("::tapsieve_mutant::chosen({choice})")
}

/// A file with mutants in it.
#[derive(Debug, Default)]
pub(crate) struct Placed {
    pub(crate) text: String,
    /// What a mutant brought into the text: its own change, and the choice that it is part of.
    pub(crate) changes: Vec<(Range<usize>, u32)>,
    pub(crate) choices: Vec<(Range<usize>, Vec<u32>)>,
    /// What is matched, and the arms of it that can go.
    pub(crate) matches: Vec<(Range<usize>, Vec<u32>)>,
    /// The choice that a mutant is in, by the number of one of its mutants.
    pub(crate) choice_of: Vec<(u32, u32)>,
    /// Those there is no place for.
    pub(crate) left_out: Vec<u32>,
    /// Those that are no Rust.
    pub(crate) unviable: Vec<u32>,
}

impl Placed {
    /// Puts a text before all others.
    pub(crate) fn put_before(&mut self, text: &str) {
        self.text.insert_str(0, text);
        let changes = self.changes.iter_mut().map(|(span, _)| span);
        let others = self.choices.iter_mut().chain(&mut self.matches).map(|(span, _)| span);
        for span in changes.chain(others) {
            *span = span.start + text.len()..span.end + text.len();
        }
    }
}

/// Puts mutants, each with its number, into the text of a file.
///
/// # Errors
/// The text is not Rust.
pub(crate) fn place(text: &str, mutants: &[(u32, &Mutant)]) -> Result<Placed, String> {
    let syntax = syn::parse_file(text).map_err(|error| error.to_string())?;
    let mut finder = Finder { wanted: HashMap::new(), sites: Vec::new(), unviable: Vec::new() };
    for &(number, mutant) in mutants {
        finder.wanted.entry((mutant.genre, mutant.span.start)).or_default().push((number, mutant));
    }
    finder.visit_file(&syntax);
    let left_out = finder.wanted.into_values().flatten().map(|(number, _)| number).collect();
    let (mut sites, unviable) = (finder.sites, finder.unviable);
    // A choice stands before those inside of it; of two with one span, the one that was met first.
    sites.sort_by_key(|site| (site.span.start, std::cmp::Reverse(site.span.end)));
    let mut placed = Placed { left_out, unviable, ..Placed::default() };
    let mut writer = Writer { text, placed: &mut placed };
    writer.write(0..text.len(), &sites);
    Ok(placed)
}

/// Where a choice is made.
struct Site<'m> {
    span: Range<usize>,
    kind: Kind,
    mutants: Vec<(u32, &'m Mutant)>,
}

enum Kind {
    /// Between what the expression may be.
    Expression,
    /// At the start of a body: whether to return at once.
    Body,
    /// Between what the condition of an arm may be; the number is the arm's own mutant.
    Guard(Option<u32>),
    /// Behind the pattern of an arm without a condition.
    Arm,
    /// None: it is what is matched.
    Matched,
}

struct Finder<'m> {
    wanted: HashMap<(Genre, usize), Vec<(u32, &'m Mutant)>>,
    sites: Vec<Site<'m>>,
    unviable: Vec<u32>,
}

impl<'m> Finder<'m> {
    fn take(&mut self, genre: Genre, start: usize) -> Vec<(u32, &'m Mutant)> {
        self.wanted.remove(&(genre, start)).unwrap_or_default()
    }

    fn site(&mut self, span: Range<usize>, kind: Kind, mutants: Vec<(u32, &'m Mutant)>) {
        if !mutants.is_empty() || matches!(kind, Kind::Guard(Some(_))) {
            self.sites.push(Site { span, kind, mutants });
        }
    }

    fn body(&mut self, signature: &syn::Signature, block: &syn::Block) {
        // Runs at compile time, when nothing is picked.
        if signature.constness.is_some() {
            return;
        }
        if let Some(first) = block.stmts.first() {
            let mutants = self.take(Genre::Body, first.span().byte_range().start);
            let at = block.brace_token.span.open().byte_range().end;
            self.site(at..at, Kind::Body, mutants);
        }
        visit::visit_block(self, block);
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.body(&item.sig, &item.block);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.body(&item.sig, &item.block);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.body(&item.sig, block);
        }
    }

    // What runs at compile time.
    fn visit_item_const(&mut self, _: &'ast syn::ItemConst) {}
    fn visit_impl_item_const(&mut self, _: &'ast syn::ImplItemConst) {}
    fn visit_trait_item_const(&mut self, _: &'ast syn::TraitItemConst) {}
    fn visit_item_static(&mut self, _: &'ast syn::ItemStatic) {}
    fn visit_expr_const(&mut self, _: &'ast syn::ExprConst) {}
    fn visit_type(&mut self, _: &'ast syn::Type) {}
    fn visit_pat(&mut self, pattern: &'ast syn::Pat) {
        if let syn::Pat::Guard(guard) = pattern {
            self.visit_expr(&guard.guard);
        }
    }

    fn visit_expr(&mut self, expression: &'ast syn::Expr) {
        let found = match expression {
            syn::Expr::Binary(it) => self.take(Genre::Binary, it.op.span().byte_range().start),
            syn::Expr::Unary(it) => self.take(Genre::Unary, it.op.span().byte_range().start),
            syn::Expr::Struct(it) => it
                .fields
                .iter()
                .flat_map(|field| self.take(Genre::Field, field.span().byte_range().start))
                .collect(),
            _ => Vec::new(),
        };
        if has_let(expression) {
            self.unviable.extend(found.iter().map(|(number, _)| *number));
        } else {
            self.site(expression.span().byte_range(), Kind::Expression, found);
        }
        visit::visit_expr(self, expression);
    }

    fn visit_expr_match(&mut self, it: &'ast syn::ExprMatch) {
        let starts = it.arms.iter().map(|arm| (Genre::Arm, arm.span().byte_range().start));
        let arms = starts.filter_map(|start| self.wanted.get(&start)).flatten().copied().collect();
        self.site(it.expr.span().byte_range(), Kind::Matched, arms);
        visit::visit_expr_match(self, it);
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        let own = self.take(Genre::Arm, arm.span().byte_range().start);
        match &arm.pat {
            syn::Pat::Guard(guard) => {
                let found = self.take(Genre::Guard, guard.guard.span().byte_range().start);
                let own = own.first().map(|(number, _)| *number);
                self.site(guard.guard.span().byte_range(), Kind::Guard(own), found);
            }
            pattern => {
                let end = pattern.span().byte_range().end;
                self.site(end..end, Kind::Arm, own);
            }
        }
        visit::visit_arm(self, arm);
    }
}

/// Whether it is a chain of conditions with a pattern among them, which can be joined by `&&` only.
fn has_let(expression: &syn::Expr) -> bool {
    match expression {
        syn::Expr::Let(_) => true,
        syn::Expr::Binary(it) => {
            matches!(it.op, syn::BinOp::And(_)) && (has_let(&it.left) || has_let(&it.right))
        }
        _ => false,
    }
}

struct Writer<'w> {
    text: &'w str,
    placed: &'w mut Placed,
}

impl Writer<'_> {
    /// Writes a part of the text with the choices in it.
    fn write(&mut self, part: Range<usize>, sites: &[Site<'_>]) {
        let (mut at, mut sites) = (part.start, sites);
        while let Some((site, rest)) = sites.split_first() {
            let inside = rest.iter().take_while(|inner| inner.span.end <= site.span.end).count();
            // What begins where an insertion stands is behind it.
            let inside = if site.span.is_empty() { 0 } else { inside };
            let (inner, after) = rest.split_at(inside);
            self.push(&self.text[at..site.span.start]);
            self.choice(site, inner);
            (at, sites) = (site.span.end, after);
        }
        self.push(&self.text[at..part.end]);
    }

    fn choice(&mut self, site: &Site<'_>, inner: &[Site<'_>]) {
        let start = self.placed.text.len();
        let mut numbers: Vec<u32> = site.mutants.iter().map(|(number, _)| *number).collect();
        if let Kind::Guard(arm) = site.kind {
            numbers.extend(arm);
        }
        let choice = numbers.first().copied().unwrap_or_default();
        if !matches!(site.kind, Kind::Matched) {
            self.placed.choice_of.extend(numbers.iter().map(|number| (*number, choice)));
        }
        let asked = chosen(choice);
        match site.kind {
            Kind::Expression => self.either(site, inner, &asked),
            Kind::Body => {
                self.push(&format!(" match {asked} {{"));
                for (number, mutant) in &site.mutants {
                    self.push(&format!("{number} => return "));
                    self.change(*number, &mutant.replacement);
                    self.push(", ");
                }
                self.push("_ => {} }");
            }
            Kind::Arm => {
                for (number, _) in &site.mutants {
                    self.push(&format!(" if {asked} != {number}"));
                }
            }
            Kind::Matched => {
                self.write(site.span.clone(), inner);
                self.placed.matches.push((start..self.placed.text.len(), numbers));
                return;
            }
            Kind::Guard(arm) => {
                if let Some(number) = arm {
                    self.push(&format!("{asked} != {number} && "));
                }
                if site.mutants.is_empty() {
                    self.push("(");
                    self.write(site.span.clone(), inner);
                    self.push(")");
                } else {
                    self.either(site, inner, &asked);
                }
            }
        }
        self.placed.choices.push((start..self.placed.text.len(), numbers));
    }

    fn either(&mut self, site: &Site<'_>, inner: &[Site<'_>], asked: &str) {
        self.push(&format!("(match {asked} {{"));
        for (number, mutant) in &site.mutants {
            let head = &self.text[site.span.start..mutant.span.start];
            let tail = &self.text[mutant.span.end..site.span.end];
            self.push(&format!("{number} => ("));
            self.change(*number, &format!("{head}{}{tail}", mutant.replacement));
            self.push("), ");
        }
        self.push("_ => (");
        self.write(site.span.clone(), inner);
        self.push(") })");
    }

    fn change(&mut self, number: u32, text: &str) {
        let start = self.placed.text.len();
        self.push(text);
        self.placed.changes.push((start..self.placed.text.len(), number));
    }

    fn push(&mut self, text: &str) {
        self.placed.text.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text with mutants at the places of these texts, each replaced by the other.
    fn placed(text: &str, changes: &[(Genre, &str, &str)]) -> Placed {
        let mutants: Vec<Mutant> = changes
            .iter()
            .map(|&(genre, from, replacement)| {
                let start = text.find(from).expect("a place");
                Mutant {
                    package: String::new(),
                    file: String::new(),
                    line: 1,
                    genre,
                    span: start..start + from.len(),
                    replacement: replacement.to_owned(),
                    label: String::new(),
                }
            })
            .collect();
        let numbered: Vec<(u32, &Mutant)> = (1..).zip(&mutants).collect();
        place(text, &numbered).expect("Rust")
    }

    #[test]
    fn choices_stand_inside_of_each_other_and_changes_alone() {
        let placed = placed(
            "fn f(a: bool, b: u8) -> bool { a && b < 2 }",
            &[(Genre::Body, "a && b < 2", "true"), (Genre::Binary, "&&", "||"), (Genre::Binary, "<", ">")],
        );
        let [one, two, three] = [1, 2, 3].map(chosen);
        assert_eq!(
            placed.text,
            format!(
                "fn f(a: bool, b: u8) -> bool {{ match {one} {{1 => return true, _ => {{}} }} (match {two} \
                 {{2 => (a || b < 2), _ => (a && (match {three} {{3 => (b > 2), _ => (b < 2) }})) }}) }}"
            )
        );
        assert_eq!(placed.left_out, [0; 0]);
    }

    #[test]
    fn arms_go_and_their_conditions_change() {
        let placed = placed(
            "fn f() { match a { 1 => b, 2 if a2 == b => d, _ => e } }",
            &[
                (Genre::Arm, "1 => b,", ""),
                (Genre::Guard, "a2 == b", "true"),
                (Genre::Arm, "2 if a2 == b => d,", ""),
                (Genre::Binary, "==", "!="),
            ],
        );
        assert!(placed.text.contains(&format!("1 if {} != 1 => b", chosen(1))), "{}", placed.text);
        let [two, four] = [2, 4].map(chosen);
        let guard = format!("2 if {two} != 3 && (match {two} {{2 => (true), _ => ((match {four} {{4 =>");
        assert!(placed.text.contains(&guard), "{}", placed.text);
    }

    #[test]
    fn patterns_among_conditions_are_not_taken_apart() {
        let text = "fn f() { if a < b && let c = d && e == g {} }";
        let placed = placed(text, &[(Genre::Binary, "&&", "||"), (Genre::Binary, "==", "!=")]);
        assert_eq!(placed.unviable, [1]);
        assert!(placed.text.contains("if a < b && let c = d && (match"), "{}", placed.text);
    }

    #[test]
    fn what_runs_at_compile_time_is_left_out() {
        let placed = placed("const fn f() -> u8 { 1 + 2 }", &[(Genre::Binary, "+", "-")]);
        assert_eq!(placed.left_out, [1]);
        assert_eq!(placed.text, "const fn f() -> u8 { 1 + 2 }");
    }
}
