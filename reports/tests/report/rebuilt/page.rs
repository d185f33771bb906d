//! The page, as a reader sees it.

/// Anchor and text of each entry of a list, as a reader sees it.
pub(crate) fn in_short(page: &str) -> Vec<(String, String)> {
    let Some((_, list)) = page.split_once("<ul class=\"short\"") else { return Vec::new() };
    let (list, _) = list.split_once("</ul>").unwrap();
    let entries = list.split("<li id=\"").skip(1).map(|entry| {
        let (anchor, content) = entry.split_once("\">").unwrap();
        (anchor.to_string(), plain(content))
    });
    entries.collect()
}

/// Text without tags and escapes.
fn plain(markup: &str) -> String {
    let mut pieces = markup.split('<');
    let mut text = pieces.next().unwrap().to_string();
    for piece in pieces {
        text += piece.split_once('>').unwrap().1;
    }
    let escapes = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    escapes.iter().fold(text, |text, (escape, sign)| text.replace(escape, sign))
}
