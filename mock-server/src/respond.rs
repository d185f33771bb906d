//! Responses. A data response carries no header of ours: hyper adds
//! `content-length` and `date`.

use bytes::Bytes;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue, SEC_WEBSOCKET_VERSION, UPGRADE};
use hyper::{Response, StatusCode};
use serde::Serialize;

use crate::content::Content;

/// What every answer is.
pub(crate) type Answer = Response<Content>;

/// A status of 4xx or 503 with one plain sentence that says what is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    sentence: &'static str,
    allow: Option<&'static str>,
}

impl Refusal {
    pub(crate) const fn new(status: StatusCode, sentence: &'static str) -> Self {
        Self { status, sentence, allow: None }
    }

    /// 400: a number out of range, no number, or a query that is not known.
    pub(crate) const fn invalid(sentence: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, sentence)
    }

    /// 404, with the list of what there is.
    pub(crate) const fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "Nothing is here; there are /bytes/{n}, /delay/{us}, /drip/{n}/{chunk}/{us}, /queue/{us}, \
             /limit/{per_s}, /fault, /json/{n}, /echo, /ws, /status/{code}, /stall/{us}, /counters \
             and /healthz, and /trial on the control address.",
        )
    }

    /// 405, which must name the methods in a header as well.
    pub(crate) const fn method(allow: &'static str, sentence: &'static str) -> Self {
        Self { status: StatusCode::METHOD_NOT_ALLOWED, sentence, allow: Some(allow) }
    }

    /// As it goes out.
    pub(crate) fn answer(self) -> Answer {
        let mut answer = text(self.sentence);
        *answer.status_mut() = self.status;
        if self.status == StatusCode::UPGRADE_REQUIRED {
            // RFC 6455, 4.4, and RFC 9110, 15.5.22.
            let headers = answer.headers_mut();
            headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
            headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        }
        if let Some(allow) = self.allow {
            answer.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
        }
        answer
    }
}

/// 200 with bytes that are no text.
pub(crate) fn bytes(body: Bytes) -> Answer {
    Response::new(Content::Whole(body))
}

/// Any status, no body.
pub(crate) fn status(status: StatusCode) -> Answer {
    let mut answer = bytes(Bytes::new());
    *answer.status_mut() = status;
    answer
}

/// 200 with a fixed text.
pub(crate) fn text(text: &'static str) -> Answer {
    typed(Bytes::from_static(text.as_bytes()), "text/plain; charset=utf-8")
}

/// 200 with JSON that is ready.
pub(crate) fn json(body: Bytes) -> Answer {
    typed(body, "application/json")
}

/// 200 with a value as JSON.
pub(crate) fn record(value: &impl Serialize) -> Answer {
    json(serde_json::to_vec(value).expect("our records are plain data").into())
}

fn typed(body: Bytes, media_type: &'static str) -> Answer {
    let mut answer = bytes(body);
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    answer
}
