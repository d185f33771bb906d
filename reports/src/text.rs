//! Numbers, units and outside text for readers.

mod number;

pub(crate) use number::{
    Quantity, THIN, Unit, digits, label_without_unit, parameter, parameter_name, quantified,
    quantity, six_digits, whole,
};

/// Longest outside text on the page.
const LONGEST: usize = 300;

/// Outside text for one line: control characters and what reverses the
/// direction of writing become spaces, and what is too long is cut with its
/// length.
pub(crate) fn line(text: &str) -> String {
    clip(text, LONGEST)
}

/// Like [`line`], with a longest length in characters.
pub(crate) fn clip(text: &str, longest: usize) -> String {
    let clean = |c: char| if unsafe_in_a_line(c) { ' ' } else { c };
    let all = text.chars().count();
    if all <= longest {
        return text.chars().map(clean).collect();
    }
    let head: String = text.chars().take(longest).map(clean).collect();
    format!("{head}… ({} characters)", whole(all as u64))
}

/// Like [`line`], cut without saying how much.
pub(crate) fn short(text: &str, longest: usize) -> String {
    let clean: String = text.chars().take(longest + 1).filter(|c| !unsafe_in_a_line(*c)).collect();
    match clean.char_indices().nth(longest) {
        Some(_) => clean.chars().take(longest - 1).collect::<String>() + "…",
        None => clean,
    }
}

/// Lines of at most `longest` characters, broken at spaces.
pub(crate) fn wrapped(text: &str, longest: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let word = short(word, longest);
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= longest => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

fn unsafe_in_a_line(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}')
}

/// Source code for a `pre`: lines and tabs stay, other control characters go. Four spaces at
/// the beginning of a line are a tab, as wide by the style, of a thirtieth of the page.
pub(crate) fn code(text: &str) -> String {
    let kept = |c: &char| matches!(c, '\n' | '\t') || !unsafe_in_a_line(*c);
    let mut code = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let spaces = line.len() - line.trim_start_matches(' ').len();
        code.extend(std::iter::repeat_n('\t', spaces / 4));
        code.extend(line[spaces / 4 * 4..].chars().filter(kept));
    }
    code
}

#[cfg(test)]
mod tests {
    use super::{clip, code, wrapped};

    #[test]
    fn outside_text_cannot_break_a_line() {
        assert_eq!(clip("a\u{1b}[31m\nb\u{202e}c", 80), "a [31m b c");
        assert_eq!(clip("abcdef", 3), "abc… (6 characters)");
    }

    #[test]
    fn code_keeps_its_lines_and_how_deep_they_are() {
        assert_eq!(
            code("a {\n    b  c\n      d\n        e\n}\n"),
            "a {\n\tb  c\n\t  d\n\t\te\n}\n"
        );
        assert_eq!(code("\ta\u{1b}[31m\r\n\n    "), "\ta[31m\n\n\t");
    }

    #[test]
    fn lines_break_at_spaces_and_no_line_is_longer() {
        assert_eq!(wrapped("a bc def", 4), ["a bc", "def"]);
        assert_eq!(wrapped("abcdef g", 4), ["abc…", "g"]);
        assert_eq!(wrapped("", 4), [""]);
    }
}
