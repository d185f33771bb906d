//! What a whole body costs. How a dripping one behaves is tested over sockets.

use std::mem::size_of;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Body;

use super::Content;

/// The next piece of what never waits.
fn piece(content: &mut Content) -> Option<Bytes> {
    match Pin::new(content).poll_frame(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(frame) => frame.map(|frame| frame.unwrap().into_data().unwrap()),
        Poll::Pending => panic!("a whole body waits"),
    }
}

#[test]
fn an_answer_is_no_larger_than_one_that_cannot_drip() {
    assert_eq!(size_of::<Content>(), size_of::<Full<Bytes>>());
}

#[test]
fn a_whole_body_is_one_piece_without_a_copy() {
    let bytes = Bytes::from(vec![7; 1000]);
    let mut content = Content::Whole(bytes.clone());
    assert_eq!((content.size_hint().exact(), content.is_end_stream()), (Some(1000), false));
    let got = piece(&mut content).unwrap();
    assert_eq!((got.as_ptr(), got.len()), (bytes.as_ptr(), 1000));
    assert_eq!((content.size_hint().exact(), content.is_end_stream()), (Some(0), true));
    assert_eq!(piece(&mut content), None);
}

#[test]
fn an_empty_body_is_over_before_it_begins() {
    let mut content = Content::Whole(Bytes::new());
    assert_eq!((content.size_hint().exact(), content.is_end_stream()), (Some(0), true));
    assert_eq!(piece(&mut content), None);
}
