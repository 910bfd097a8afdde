//! That what is written can be read, and that the quick readers agree with the general one.

use std::borrow::Cow;

use proptest::prelude::*;

use crate::base::fault::Fault;
use crate::rpc::reply::Reply;
use crate::rpc::wire::parse::{Dialect, Document, Malformed};
use crate::rpc::wire::{
    Call, Value, Writer, decode_call, decode_response, encode_call, encode_fault, encode_response,
    plain_call,
};

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

/// Text that XML can carry.
fn xml_text() -> impl Strategy<Value = String> {
    "[\\t\\n -~\u{a0}-\u{d7ff}\u{e000}-\u{fffd}😀-😎]{0,12}"
}

/// Values that survive the way through a call.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<i32>().prop_map(Value::Int),
        any::<bool>().prop_map(Value::Bool),
        xml_text().prop_map(Value::String),
        (-1e9..1e9f64).prop_map(Value::Double),
        Just(Value::Nil),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            prop::collection::btree_map(xml_text(), inner, 0..5)
                .prop_map(|members| Value::Struct(members.into_iter().collect())),
        ]
    })
}

/// Answers whose structs are sorted, as the reading side gives them.
fn reply() -> impl Strategy<Value = Reply> {
    let leaf = prop_oneof![
        any::<i32>().prop_map(Reply::from),
        any::<bool>().prop_map(Reply::from),
        xml_text().prop_map(Reply::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Reply::Array),
            (inner.clone(), inner).prop_map(|(a, b)| Reply::Struct(vec![("a", a), ("b&<", b)])),
        ]
    })
}

fn as_value(reply: &Reply) -> Value {
    match reply {
        Reply::Int(number) => Value::Int(i32::try_from(*number).expect("32 bits were generated")),
        Reply::Bool(flag) => Value::Bool(*flag),
        Reply::Str(text) => Value::String(text.to_string()),
        Reply::Array(items) => Value::Array(items.iter().map(as_value).collect()),
        Reply::Struct(members) => Value::Struct(
            members
                .iter()
                .map(|(name, member)| ((*name).to_owned(), as_value(member)))
                .collect(),
        ),
        Reply::Log(_) | Reply::Encoded(_) => unreachable!("only trees are generated"),
    }
}

/// Alone and within something else, what is written while it is looked up is what a tree gives.
#[test]
fn written_values_look_like_built_ones() {
    let member = || Reply::Struct(vec![("a", 1.into()), ("b", "x<\r\u{1b}y".into())]);
    let tree = || Reply::Array(vec![member(), member()]);
    let mut writer = Writer::with_room(8);
    writer.array(|writer| {
        for _ in 0..2 {
            writer.structure(|writer| {
                writer.int("a", 1);
                writer.text("b", "x<\r\u{1b}y");
            });
        }
    });
    let written = Reply::Encoded(writer.finish().expect("a small answer"));
    let outer = |value| Reply::Array(vec![value, 7.into()]);
    assert_eq!(
        encode_response(outer(written.clone())),
        encode_response(outer(tree()))
    );
    assert_eq!(encode_response(written), encode_response(tree()));
}

#[test]
fn calls_without_arguments_are_read_without_a_parser() {
    let ours = encode_call("supervisor.getState", &[]);
    let bodies = [
        &b"<?xml version='1.0'?>\n<methodCall>\n<methodName>supervisor.getState</methodName>\n<params>\n</params>\n</methodCall>\n"[..],
        b"<methodCall><methodName>supervisor.getState</methodName></methodCall>",
        b" \r\n<methodCall><methodName>supervisor.getState</methodName> <params/>\t</methodCall>",
        &ours,
    ];
    let call = Call {
        method: "supervisor.getState".to_owned(),
        args: Vec::new(),
    };
    for body in bodies {
        let shown = String::from_utf8_lossy(body);
        assert_eq!(plain_call(body).as_ref(), Some(&call), "{shown}");
        assert_eq!(decode_call(body).as_ref(), Ok(&call), "{shown}");
    }
}

/// Bodies near to what is read without a parser.
fn nearly_plain() -> impl Strategy<Value = String> {
    let part = |usual: &'static str| {
        let others = prop::sample::select(vec![
            "",
            " ",
            "\n",
            "\r",
            "\0",
            "x",
            "<x/>",
            "<!-- -->",
            "&amp;",
            "]]>",
            "\u{feff}",
            "é",
            "<params>",
            "<params/>",
            "</params>",
            "<methodName>",
            "</methodName>",
            "<methodCall>",
            "</methodCall>",
            "<?xml version='1.0'?>",
            "<value/>",
        ]);
        prop_oneof![12 => Just(usual), 1 => others]
    };
    let name = prop_oneof![Just("m".to_owned()), "[a-zA-Z0-9._ -]{0,70}"];
    let parts = (
        part("<?xml version=\"1.0\" encoding=\"utf-8\"?>"),
        part("\n"),
        part("<methodCall>"),
        part("<methodName>"),
        name,
        part("</methodName>"),
        part("\n"),
        part("<params>"),
        part("</params>"),
        (part("</methodCall>"), part("\n")),
    );
    parts.prop_map(|(a, b, c, d, name, e, f, g, h, (i, j))| {
        [a, b, c, d, &name, e, f, g, h, i, j].concat()
    })
}

proptest! {
    #[test]
    fn the_parser_agrees_with_what_is_read_without_it(body in nearly_plain()) {
        if let Some(call) = plain_call(body.as_bytes()) {
            prop_assert_eq!(decode_call(body.as_bytes()), Ok(call));
        }
    }

    #[test]
    fn calls_survive(method in "[a-z.]{1,20}", args in prop::collection::vec(value(), 0..4)) {
        let call = decode_call(&encode_call(&method, &args)[..]);
        prop_assert_eq!(call, Ok(Call { method, args }));
    }

    #[test]
    fn responses_survive(reply in reply()) {
        let body = encode_response(reply.clone());
        prop_assert_eq!(decode_response(&body), Ok(Ok(as_value(&reply).into())));
    }

    #[test]
    fn answers_are_always_well_formed(text in any::<String>()) {
        let fault = Fault::BadName(text.clone());
        let body = encode_response(Reply::Str(text.into()));
        let readable = decode_response(&body);
        prop_assert!(matches!(readable, Ok(Ok(Value::String(_)))));
        prop_assert!(matches!(decode_response(&encode_fault(&fault)), Ok(Err(_))));
        // the strict reader agrees that every character is one of XML's
        let strict = Document::parse(
            &encode_fault(&fault)[..],
            Dialect::Call,
        );
        prop_assert!(strict.is_ok());
    }

    #[test]
    fn bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = (decode_call(&bytes[..]), decode_response(&bytes));
    }

    #[test]
    fn markup_never_panics(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..40)) {
        let body = pieces.concat();
        let _ = (decode_call(body.as_bytes()), decode_response(body.as_bytes()));
    }

    #[test]
    fn readers_agree_on_splinters(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..12),
    ) {
        let body = response(&pieces.concat());
        let (quick, general) = both_readers(&body);
        prop_assert!(quick.is_none() || quick == general.ok());
    }

    #[test]
    fn readers_agree_on_values(values in prop::collection::vec(value(), 1..2)) {
        let call = String::from_utf8(encode_call("m", &values)).expect("it is UTF-8");
        let body = call
            .replace("<methodName>m</methodName>", "")
            .replace("methodCall>", "methodResponse>");
        let (quick, general) = both_readers(&body);
        prop_assert!(quick.is_none() || quick.as_ref() == general.as_ref().ok());
        prop_assert_eq!(quick.is_none(), body.contains('\r') || body.contains("&#"));
    }
}

type Read<'a> = Document<Cow<'a, str>>;

/// What the quick reader makes of a response, if it takes it, and what the general one does.
fn both_readers(body: &str) -> (Option<Read<'_>>, Result<Read<'_>, Malformed>) {
    let general = Document::parse(body.as_bytes(), Dialect::Response);
    (
        crate::rpc::wire::plain::response(body),
        general.map(Read::from),
    )
}

/// A response with that inside its value.
fn response(value: &str) -> String {
    format!(
        "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n<value>{value}</value>\n</param>\n\
         </params>\n</methodResponse>\n"
    )
}

#[test]
fn plain_responses_take_the_quick_way() {
    let table = [
        ("", text("")),
        (" a ", text(" a ")),
        (
            "<string>a&lt;&amp;&gt;&quot;&apos;</string>",
            text("a<&>\"'"),
        ),
        (" <int> 7 </int>\n\t", Value::Int(7)),
        ("<i4>-7</i4>", Value::Int(-7)),
        ("<i8>5000000000</i8>", Value::Int64(5_000_000_000)),
        ("<boolean>1</boolean>", true.into()),
        ("<double>1.5</double>", Value::Double(1.5)),
        ("<base64>\ndW5p\n</base64>", text("uni")),
        ("<nil/>", Value::Nil),
        ("<array><data>\n</data></array>", Value::Array(vec![])),
    ];
    for (inside, wanted) in table {
        let body = response(inside);
        let (quick, general) = both_readers(&body);
        let params = quick.as_ref().and_then(|quick| quick.params.as_ref());
        assert_eq!(params, Some(&vec![wanted.into()]), "{inside}");
        assert_eq!(quick, general.ok(), "{inside}");
    }
    let bodies = [
        encode_fault(&Fault::BadName("x".to_owned())).to_vec(),
        response("<dateTime.iso8601>20240229T23:59:59</dateTime.iso8601>").into_bytes(),
        response(&wrapped(20)).into_bytes(),
    ];
    for body in bodies {
        let body = String::from_utf8(body).expect("it is UTF-8");
        let (quick, general) = both_readers(&body);
        assert!(quick.is_some(), "{body}");
        assert_eq!(quick, general.ok(), "{body}");
    }
}

/// That many arrays around nothing.
fn wrapped(depth: usize) -> String {
    let around = ["<array><data><value>", "</value></data></array>"];
    around.map(|tags| tags.repeat(depth)).concat()
}

#[test]
fn everything_else_is_left_to_the_general_reader() {
    let table = [
        response("a<!-- b -->"),
        response("<![CDATA[a]]>"),
        response("<string>a\r\nb</string>"),
        response("<string>&#65;</string>"),
        response("<string>a]]></string>"),
        response("<string>&nbsp;</string>"),
        response("<string >a</string>"),
        response("<string xmlns='x'>a</string>"),
        response("<string>a<b/></string>"),
        response("<nil></nil>"),
        response("<int>x</int>"),
        response("<float>1</float>"),
        response("<string>a</string>b"),
        response(&wrapped(60)),
        response("<int>1</int></value><value>"),
        response("").replace("</param>", "</param><param><value/></param>"),
        response("").replace(
            "<?xml version='1.0'?>",
            "<?xml version='1.0' encoding='latin-1'?>",
        ),
        response("").replace("<?xml version='1.0'?>", "<!DOCTYPE a>"),
        response("").replace("<?xml", " <?xml"),
        response("") + "<a/>",
        response("a").replace("</methodResponse>", ""),
        "<methodResponse><params/></methodResponse>".to_owned(),
    ];
    for body in table {
        assert_eq!(both_readers(&body).0, None, "{body}");
    }
}

/// Splinters of calls, to be put together at random.
const PIECES: &[&str] = &[
    "<methodCall>",
    "</methodCall>",
    "<methodName>",
    "</methodName>",
    "<params>",
    "</params>",
    "<param>",
    "</param>",
    "<value>",
    "</value>",
    "<value/>",
    "<struct>",
    "</struct>",
    "<member>",
    "</member>",
    "<name>",
    "</name>",
    "<array>",
    "</array>",
    "<data>",
    "</data>",
    "<int>",
    "</int>",
    "1",
    "_",
    "-",
    "é",
    "&amp;",
    "&",
    ";",
    "&#x41;",
    "&#",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "<?xml version='1.0'?>",
    "<?pi",
    "?>",
    "<!DOCTYPE a>",
    "<",
    ">",
    "/",
    "'",
    "\"",
    "=",
    " xmlns='x'",
    "<base64>",
    "</base64>",
    "<fault>",
    "</fault>",
    "\r\n",
    "\u{feff}",
];
