//! Pieces of a path or query, each bounded; what does not fit is refused with
//! the sentence that the caller names.

use std::ops::RangeInclusive;

use hyper::Method;

use crate::bodies::MOST_BYTES;
use crate::law::{Law, MOST_US};
use crate::respond::Refusal;

pub(crate) fn only(method: &Method, allowed: &Method) -> Result<(), Refusal> {
    if method == allowed {
        return Ok(());
    }
    Err(if allowed == Method::GET {
        Refusal::method("GET", "This path takes GET only.")
    } else {
        Refusal::method("POST", "This path takes POST only.")
    })
}

pub(crate) fn empty(query: &str, sentence: &'static str) -> Result<(), Refusal> {
    if query.is_empty() { Ok(()) } else { Err(Refusal::invalid(sentence)) }
}

pub(crate) fn stamps(query: &str, sentence: &'static str) -> Result<bool, Refusal> {
    match query {
        "stamps=1" => Ok(true),
        "" | "stamps=0" => Ok(false),
        _ => Err(Refusal::invalid(sentence)),
    }
}

/// `bytes=n` or nothing, which is 0.
pub(crate) fn only_bytes(query: &str, sentence: &'static str) -> Result<usize, Refusal> {
    match query.strip_prefix("bytes=") {
        Some(size) => bytes(size, sentence),
        None => empty(query, sentence).map(|()| 0),
    }
}

pub(crate) fn bytes(text: &str, sentence: &'static str) -> Result<usize, Refusal> {
    number(text, 0..=MOST_BYTES as u64, sentence).map(|size| size as usize)
}

/// Digits only: `parse` alone would also take a leading plus.
pub(crate) fn number(
    text: &str,
    range: RangeInclusive<u64>,
    sentence: &'static str,
) -> Result<u64, Refusal> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse()
        .ok()
        .filter(|number| digits && range.contains(number))
        .ok_or_else(|| Refusal::invalid(sentence))
}

/// `{us}`, `uniform/{low_us}/{high_us}`, `exponential/{mean_us}` or
/// `bimodal/{low_us}/{high_us}/{high_permille}`.
pub(crate) fn law(text: &str, sentence: &'static str) -> Result<Law, Refusal> {
    let ns = |us| number(us, 0..=MOST_US, sentence).map(|us| us * 1000);
    let mut parts = text.splitn(5, '/');
    let parts = [(); 5].map(|()| parts.next());
    let law = match parts {
        [Some("uniform"), Some(low), Some(high), None, None] => {
            Law::Uniform { low_ns: ns(low)?, high_ns: ns(high)? }
        }
        [Some("exponential"), Some(mean), None, None, None] => {
            Law::Exponential { mean_ns: ns(mean)? }
        }
        [Some("bimodal"), Some(low), Some(high), Some(permille), None] => Law::Bimodal {
            low_ns: ns(low)?,
            high_ns: ns(high)?,
            high_permille: number(permille, 0..=1000, sentence)?,
        },
        [Some(us), None, ..] => Law::Fixed { ns: ns(us)? },
        _ => return Err(Refusal::invalid(sentence)),
    };
    match law {
        Law::Uniform { low_ns, high_ns } | Law::Bimodal { low_ns, high_ns, .. }
            if low_ns > high_ns =>
        {
            Err(Refusal::invalid(sentence))
        }
        law => Ok(law),
    }
}

/// The values of a query's fields by name: in any order, each at most once, and
/// no others.
pub(crate) fn fields<'a, const N: usize>(
    query: &'a str,
    names: [&str; N],
    sentence: &'static str,
) -> Result<[Option<&'a str>; N], Refusal> {
    let mut values = [None; N];
    if query.is_empty() {
        return Ok(values);
    }
    for field in query.split('&') {
        let known = field.split_once('=').and_then(|(name, value)| {
            let index = names.iter().position(|known| *known == name)?;
            Some((index, value))
        });
        match known {
            Some((index, value)) if values[index].is_none() => values[index] = Some(value),
            _ => return Err(Refusal::invalid(sentence)),
        }
    }
    Ok(values)
}
