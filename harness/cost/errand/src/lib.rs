//! What the small programs are asked for, and how they tell of it.
//!
//! Each of `harness/cost/<contestant>` fetches one URL in its style. They
//! share their arguments, the digest of a body and the marks of their times,
//! which are data and pure functions; whatever starts, waits or ends is
//! written out in each of them. Nothing else belongs here: all of this is in
//! every program that is weighed.

mod watch;

use std::env;

use anyhow::{Result, bail, ensure};
use xxhash_rust::xxh3::xxh3_64;

pub use watch::Watch;
use watch::peak_bytes;

const USAGE: &str = "call it with URL [--repeat N] [--flavour NAME]";

/// What a program is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errand {
    /// Where to fetch from, without TLS.
    pub url: String,
    /// How often, over the same client.
    pub gets: u64,
    /// How the runtime is set; empty where there is nothing to set.
    pub flavour: String,
    /// Whether times are told, too.
    timed: bool,
}

/// What was fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Body {
    /// Its length.
    pub bytes: u64,
    /// XXH3 of it.
    pub digest: u64,
}

impl Body {
    /// Of a whole body.
    pub fn of(body: &[u8]) -> Self {
        Self { bytes: body.len() as u64, digest: xxh3_64(body) }
    }
}

impl Errand {
    /// That of the command line; the first flavour unless another is named.
    ///
    /// # Errors
    /// If the words are none of an errand, in one sentence.
    pub fn of_arguments(flavours: &[&str]) -> Result<Self> {
        Self::of_words(env::args().skip(1), flavours)
    }

    fn of_words(
        words: impl IntoIterator<Item = String>,
        flavours: &[&str],
    ) -> Result<Self> {
        let mut words = words.into_iter();
        let (mut url, mut repeat, mut flavour) = (None, None, None);
        while let Some(word) = words.next() {
            match word.as_str() {
                "--repeat" => repeat = Some(words.next().unwrap_or_default()),
                "--flavour" => flavour = Some(words.next().unwrap_or_default()),
                _ if url.is_none() => url = Some(word),
                _ => bail!("{word:?} is one word too many: {USAGE}"),
            }
        }
        let Some(url) = url else { bail!("there is no URL: {USAGE}") };
        ensure!(url.starts_with("http://"), "{url:?} is no http:// URL");
        let gets = match &repeat {
            None => 1,
            Some(count) => count.parse().unwrap_or(0),
        };
        ensure!(gets > 0, "--repeat takes a number above 0: {USAGE}");
        let first = flavours.first().copied().unwrap_or_default();
        let flavour = flavour.unwrap_or_else(|| first.to_string());
        ensure!(
            flavour == first || flavours.contains(&flavour.as_str()),
            "there is no flavour {flavour:?}, only {flavours:?}"
        );
        Ok(Self { url, gets, flavour, timed: repeat.is_some() })
    }

    /// Prints what came of it: length and digest, with `--repeat` all times
    /// as one line of JSON.
    ///
    /// # Errors
    /// If nothing was fetched, or not the same each time, or the kernel does
    /// not tell what memory it took.
    pub fn tell(&self, watch: &Watch) -> Result<()> {
        let body = watch.body()?;
        if self.timed {
            println!("{}", watch.json(body, peak_bytes()?));
        } else {
            println!("{} bytes, xxh3 {:016x}", body.bytes, body.digest);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Body, Errand};

    fn errand(line: &str) -> Result<Errand, String> {
        let words = line.split_whitespace().map(str::to_string);
        let found = Errand::of_words(words, &["multi-thread", "single"]);
        found.map_err(|error| error.to_string())
    }

    #[test]
    fn words_are_an_errand() {
        let check = |line: &str, gets: u64, flavour: &str, timed: bool| {
            let want = Errand {
                url: "http://h/x".to_string(),
                gets,
                flavour: flavour.to_string(),
                timed,
            };
            assert_eq!(errand(line), Ok(want), "{line}");
        };
        check("http://h/x", 1, "multi-thread", false);
        check("--repeat 3 http://h/x", 3, "multi-thread", true);
        check("http://h/x --flavour single", 1, "single", false);
        let none = Errand::of_words(["http://h/".to_string()], &[]).unwrap();
        assert_eq!(none.flavour, "");
    }

    #[test]
    fn other_words_are_refused_in_a_sentence() {
        let check = |line: &str, want: &str| {
            let sentence = errand(line).unwrap_err();
            assert!(sentence.contains(want), "{line}: {sentence}");
        };
        check("", "there is no URL");
        check("https://h/", "no http:// URL");
        check("http://h/ again", "\"again\" is one word too many");
        check("http://h/ --repeat 0", "--repeat takes a number above 0");
        check("http://h/ --repeat x", "--repeat takes a number above 0");
        check("http://h/ --repeat", "call it with");
        check("http://h/ --flavour hot", "there is no flavour \"hot\"");
        check("http://h/ --flavour", "there is no flavour \"\"");
    }

    /// XXH3 of nothing, by its specification.
    #[test]
    fn the_digest_is_xxh3() {
        let empty = Body { bytes: 0, digest: 0x2d06_8005_38d3_94c2 };
        assert_eq!(Body::of(b""), empty);
    }
}
