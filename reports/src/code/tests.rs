use super::Code;

fn of(source: &str) -> Code {
    Code::of(source).unwrap()
}

#[test]
fn lines_are_those_with_code() {
    let check = |want: usize, source: &str| assert_eq!(of(source).lines, want, "{source}");
    check(0, "");
    check(0, "//! Of the file.\n\n// Of nobody.\n/* and\nmore */\n");
    check(
        3,
        "//! Of the file.\n\n/// Of the function.\nfn f() {\n    // Why.\n\n    g(); // here\n}\n",
    );
    check(2, "/** Of\nthe item */ #[must_use]\nfn f() -> u8 { 1 }\n");
    check(3, "#[doc = \"written\"]\nfn f() {\n}\n");
    check(1, "fn f() { let s = \"// no comment\"; }\n");
    check(4, "const S: &str = \"one\n// in the text\n\nfour\";\n");
    check(2, "fn f() {\n}\n\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn t() {}\n}\n");
    check(1, "#[cfg(test)]\nuse x::y;\nuse z::z;\n#[cfg(test)]\n/// A test.\nfn t() {\n}\n");
    check(3, "#[cfg(unix)]\nfn f() {\n}\n");
    check(3, "fn f() {\n    /// Inside.\n    struct S;\n}\n");
}

#[test]
fn nesting_is_braces_of_blocks_and_matches() {
    let check = |want: usize, source: &str| assert_eq!(of(source).nesting, want, "{source}");
    check(0, "struct S { a: u8 }");
    check(1, "fn f() {}");
    check(1, "impl S { fn f() { let s = S { a: T { b: 1 } }; } }");
    check(2, "fn f() { if a { b } else { c } }");
    check(3, "fn f() { loop { while x { } } }");
    check(2, "fn f() { match x { A => 1, B => 2 } }");
    check(3, "fn f() { match x { A => { 1 } B => 2 } }");
    check(4, "fn f() { match x { A => { match y { _ => 1 } } B => 2 } }");
    check(2, "fn f() { match { x } { A => 1 } }");
    check(2, "fn f() { g(|x| { x }) }");
    check(1, "fn f() { g(|x| x + 1) }");
    check(3, "fn f() { spawn(async move { loop { } }) }");
    check(2, "fn f() { let Some(x) = y else { return; }; }");
    check(2, "mod m { impl S { fn f() { unsafe { g() } } } }");
    check(1, "fn f() {} #[cfg(test)] mod tests { fn t() { loop { loop {} } } }");
}

#[test]
fn braces_in_calls_of_macros_count_and_words_do() {
    let check = |want: usize, source: &str| assert_eq!(of(source).nesting, want, "{source}");
    check(1, "fn f() { println!(\"{x}\"); }");
    check(2, "fn f() { assert!({ true }); }");
    check(3, "fn f() { select! { a = b => { c } } }");
    check(4, "fn f() { select! { a = b => { if c { d } } } }");
    check(1, "thread_local! { static X: u8 = { 1 } } fn f() {}");
    let code = of(
        "fn f() {\n    select! {\n        a = b.await => spawn(async move { c.clone() }),\n    }\n}",
    );
    assert_eq!((code.lines, code.awaits, code.moves, code.clones), (5, 1, 1, 1));
}

#[test]
fn words_of_sharing_and_waiting_are_counted() {
    let source = "use std::sync::Arc;\n\
        /// `x.await`, move, clone() and 'static are words here.\n\
        async fn f<F: Send + 'static>(x: &'static str, f: F) {\n\
            let y = Arc::clone(&z);\n\
            g(y.clone(), move || h(), async move { i.await?.await });\n\
            // Send it.\n\
            let text = \"move\";\n\
        }\n\
        impl Clone for S { fn clone(&self) -> S { S } }\n";
    let code = of(source);
    let want = Code { lines: 7, nesting: 2, awaits: 2, moves: 2, clones: 2, bounds: 3 };
    assert_eq!(code, want);
}

#[test]
fn what_is_no_rust_is_an_error() {
    assert!(Code::of("fn f( {").is_err());
    assert!(Code::of("print 'hello'").is_err());
}

#[test]
fn several_files_add_up_but_for_the_depth() {
    let one = of("fn f() {\n    loop {}\n}");
    let other = of("fn g() {}");
    assert_eq!(one.and(other), Code { lines: 4, nesting: 2, ..Code::default() });
}
