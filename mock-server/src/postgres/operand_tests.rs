//! Values of parameters, as text and as bytes.

use super::{FLOAT4, FLOAT8, INT2, INT4, INT8, Kind, PAYLOAD_MAX_BYTES, TEXT, Type, Value};

fn check(of: Type, bytes: &[u8], binary: bool, want: Result<Value, &str>) {
    let got = of.value(Some(bytes), binary).map_err(|refusal| refusal.code);
    assert_eq!(got, want, "{of:?} {bytes:?}");
}

#[test]
fn each_type_reads_its_binary_form() {
    check(INT4, &[0, 0, 1, 0], true, Ok(Value::Id(256)));
    check(INT2, &[0xff, 0xfe], true, Ok(Value::Id(-2)));
    check(INT8, &[0, 0, 0, 0, 0, 0, 0, 7], true, Ok(Value::Id(7)));
    check(INT8, &[0, 0, 0, 1, 0, 0, 0, 0], true, Err("22003"));
    check(INT4, &[0, 0, 1], true, Err("22P03"));
    check(FLOAT8, &0.25f64.to_be_bytes(), true, Ok(Value::Pause { ns: 250_000_000 }));
    check(FLOAT4, &0.25f32.to_be_bytes(), true, Ok(Value::Pause { ns: 250_000_000 }));
    check(FLOAT8, &f64::NAN.to_be_bytes(), true, Err("22003"));
    check(FLOAT8, &[0; 4], true, Err("22P03"));
    check(TEXT, b"abc", true, Ok(Value::Payload { bytes: 3 }));
    assert_eq!(INT4.value(None, true), Ok(Value::Null));
}

#[test]
fn each_type_reads_its_text() {
    for of in [INT2, INT4, INT8] {
        check(of, b" -12 ", false, Ok(Value::Id(-12)));
        check(of, b"+12", false, Ok(Value::Id(12)));
        for bad in ["", "-", "--1", "1a", "\u{661}"] {
            check(of, bad.as_bytes(), false, Err("22P02"));
        }
        check(of, b"\xff", false, Err("22P02"));
    }
    check(FLOAT8, b"60", false, Ok(Value::Pause { ns: 60_000_000_000 }));
    check(FLOAT8, b"60.1", false, Err("22003"));
    check(FLOAT8, b"-0.1", false, Err("22003"));
}

#[test]
fn payloads_are_checked() {
    check(TEXT, b"a\xff", false, Err("22021"));
    check(TEXT, b"a\0", true, Err("22021"));
    check(TEXT, &vec![b'a'; PAYLOAD_MAX_BYTES], true, Ok(Value::Payload { bytes: 1 << 20 }));
    check(TEXT, &vec![b'a'; PAYLOAD_MAX_BYTES + 1], true, Err("54000"));
}

#[test]
fn a_type_goes_into_places_of_its_kind_only() {
    assert_eq!(Type::of(0, Kind::Float), Ok(FLOAT8));
    assert_eq!(Type::of(705, Kind::Text), Ok(TEXT));
    assert_eq!(Type::of(20, Kind::Int), Ok(INT8));
    for (oid, kind) in [(25, Kind::Int), (23, Kind::Text), (23, Kind::Float), (16, Kind::Int)] {
        assert_eq!(Type::of(oid, kind).unwrap_err().code, "42804");
    }
}
