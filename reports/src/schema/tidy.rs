//! What the derived schemas say otherwise than readers of any language need it.

use schemars::Schema;
use serde_json::Value;

/// Of one schema, without those inside.
pub(super) fn tidy(schema: &mut Schema) {
    // `uint64` and `double` are words of Rust's and of OpenAPI, not of JSON Schema.
    schema.remove("format");
    if let Some(Value::String(text)) = schema.get_mut("description") {
        *text = without_links(text);
    }
    let older = missing_in_older_files(schema);
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        required.retain(|name| !older.iter().any(|older| name == older));
    }
}

/// Fields with a default: it stands for what a file from before they were written does
/// not have.
fn missing_in_older_files(schema: &Schema) -> Vec<String> {
    let Some(Value::Object(properties)) = schema.get("properties") else {
        return Vec::new();
    };
    let with_default = properties.iter().filter(|(_, field)| field.get("default").is_some());
    with_default.map(|(name, _)| name.clone()).collect()
}

/// Links of the code's documentation as words, and its lines as one.
fn without_links(text: &str) -> String {
    let lines: Vec<&str> = text.split_whitespace().collect();
    let text = lines.join(" ");
    let mut pieces = text.split("[`");
    let mut plain = pieces.next().unwrap_or_default().to_string();
    for piece in pieces {
        match piece.split_once("`]") {
            Some((path, rest)) => {
                let name = path.rsplit("::").next().unwrap_or(path);
                plain += &format!("`{name}`{rest}");
            }
            None => plain += &format!("[`{piece}"),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::without_links;

    #[test]
    fn links_become_words() {
        let check = |text: &str, want: &str| assert_eq!(without_links(text), want);
        check("Its shape, [`super::SCHEMA`].", "Its shape, `SCHEMA`.");
        check("One of\n [`A::b`] and [`C`]: two.", "One of `b` and `C`: two.");
        check("`0.9` in [`low", "`0.9` in [`low");
        check("", "");
    }
}
