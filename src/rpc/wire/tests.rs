//! The wire from outside: what the reference accepts and sends, limits, and round trips.

use std::borrow::Cow;

use proptest::prelude::*;

use super::parse::{Dialect, Document, Malformed};
use super::{
    Call, CallError, MAX_BODY, MAX_DEPTH, MAX_VALUES, RemoteFault, Value, WireError, Writer,
    decode_call, decode_response, encode_call, encode_fault, encode_response, plain_call,
};
use crate::rpc::reply::Reply;

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

/// The arguments of a call whose only parameter is `param`.
fn args(param: &str) -> Result<Vec<Value>, CallError> {
    let body =
        format!("<methodCall><methodName>m</methodName><params>{param}</params></methodCall>");
    decode_call(body.as_bytes()).map(|call| call.args)
}

#[test]
fn accepts_values_as_the_reference() {
    let fields = |members: &[(&str, Value)]| {
        Value::Struct(
            members
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
        )
    };
    let table = [
        ("<value>abc</value>", text("abc")),
        ("<value> abc </value>", text(" abc ")),
        ("<value></value>", text("")),
        ("<value/>", text("")),
        ("<value><string/></value>", text("")),
        ("<value>junk<string>x</string>junk</value>", text("x")),
        ("<value><string>x</string><int>1</int></value>", text("x")),
        ("<string>x</string>", text("x")),
        ("<value><int> +1_0 </int></value>", Value::Int(10)),
        ("<value><i4>-3</i4></value>", Value::Int(-3)),
        (
            "<value><int>99999999999</int></value>",
            Value::Int64(99_999_999_999),
        ),
        ("<value><boolean>1</boolean></value>", Value::Bool(true)),
        ("<value><boolean>true</boolean></value>", Value::Bool(false)),
        ("<value><boolean> 1</boolean></value>", Value::Bool(false)),
        ("<value><double>1.5</double></value>", Value::Double(1.5)),
        ("<value><base64>dW5p</base64></value>", text("uni")),
        (
            "<value><array><data/></array></value>",
            Value::Array(vec![]),
        ),
        (
            "<value><array>\n<data>\n<value>1</value>\n<value><int>2</int></value>\n</data>\n</array></value>",
            Value::Array(vec![text("1"), Value::Int(2)]),
        ),
        ("<value><array><value>x</value></array></value>", text("x")),
        ("<value><struct/></value>", fields(&[])),
        (
            "<value><struct>\n<member>\n<name>a</name>\n<value>1</value>\n</member>\n</struct></value>",
            fields(&[("a", text("1"))]),
        ),
        (
            "<value><struct><x><y/><z>q</z></x></struct></value>",
            fields(&[("", text("q"))]),
        ),
        (
            "<value><struct><m><name>a</name><value>1</value></m><m><name>a</name><value>2</value></m></struct></value>",
            fields(&[("a", text("2"))]),
        ),
        ("<value><nil/></value>", Value::Nil),
        ("<value><nil></nil></value>", Value::Nil),
        ("<value><i8>0</i8></value>", text("0")),
        (
            "<value><ex:i8 xmlns:ex='urn:x'>0</ex:i8></value>",
            text("0"),
        ),
        ("<value><foo>ab<b/>cd</foo></value>", text("ab")),
        ("<value>a<![CDATA[<b>&amp;]]>c</value>", text("a<b>&amp;c")),
        ("<value>a<!-- no -->b<?pi x?>c</value>", text("abc")),
        (
            "<value>&lt;&#65;&#x42;&gt;&amp;&quot;&apos;&#13;</value>",
            text("<AB>&\"'\r"),
        ),
        ("<value>a\r\nb\rc</value>", text("a\nb\nc")),
        ("<value>ü€😀</value>", text("ü€😀")),
    ];
    for (xml, value) in table {
        assert_eq!(
            args(&format!("<param>{xml}</param>")),
            Ok(vec![value]),
            "{xml}"
        );
    }
}

#[test]
fn refuses_values_as_the_reference() {
    let table = [
        "<param></param>",
        "<param>text</param>",
        "<param><value><int></int></value></param>",
        "<param><value><int>x</int></value></param>",
        "<param><value><base64>YQ</base64></value></param>",
        "<param><value><base64>/w==</base64></value></param>",
        "<param><value><dateTime.iso8601>now</dateTime.iso8601></value></param>",
        "<param><value><array></array></value></param>",
        "<param><value><struct><member><name>a</name></member></struct></value></param>",
        "<param><value><struct><member><name>a</name><value/><value/></member></struct></value></param>",
        "<param><value><struct><value/></struct></value></param>",
        "<param><value><string>x</int></value></param>",
        "<param><value>&nbsp;</value></param>",
        "<param><value>&#1;</value></param>",
        "<param><value>\u{1}</value></param>",
        "<param><value>\u{ffff}</value></param>",
        "<param><value>]]></value></param>",
        "<param><value a='1' a='2'/></param>",
        "<param><value a=1/></param>",
        "<param><1/></param>",
        "<param><value>a & b</value></param>",
        "<param><value><!-- a -- b --></value></param>",
    ];
    for xml in table {
        assert_eq!(args(xml), Err(CallError::Unmarshallable), "{xml}");
    }
}

#[test]
fn accepts_documents_as_the_reference() {
    let table = [
        ("<methodName>m</methodName>", vec![]),
        ("<foo><methodName>m</methodName></foo>", vec![]),
        (
            "<?xml version='1.0' encoding='utf-16'?>\n<a><methodName>m</methodName></a>\n",
            vec![],
        ),
        (
            "\u{feff}<?xml version='1.0'?><a><methodName>m</methodName></a>",
            vec![],
        ),
        ("\n<a><methodName>m</methodName><params/></a>", vec![]),
        (
            "<a><params><param><value>1</value></param></params><methodName>m</methodName></a>",
            vec![text("1")],
        ),
        (
            "<a><methodName>x</methodName><params><param>\
             <value>1</value></param></params><methodName>m</methodName><params></params></a>",
            vec![],
        ),
        ("<a xmlns:e='x'><methodName>m</methodName></a>", vec![]),
        (
            "<a xmlns='x'><b xmlns=''><methodName>m</methodName></b></a>",
            vec![],
        ),
    ];
    for (body, args) in table {
        let method = "m".to_owned();
        assert_eq!(
            decode_call(body.as_bytes()),
            Ok(Call { method, args }),
            "{body}"
        );
    }
}

#[test]
fn refuses_documents_as_the_reference() {
    let table = [
        ("", CallError::Unmarshallable),
        (" ", CallError::Unmarshallable),
        ("text", CallError::Unmarshallable),
        ("<a>", CallError::Unmarshallable),
        ("<a/>text", CallError::Unmarshallable),
        ("<methodName>m</methodName><b/>", CallError::Unmarshallable),
        (
            "\n<?xml version='1.0'?><methodName>m</methodName>",
            CallError::Unmarshallable,
        ),
        (
            "<methodName>m</methodName><?xml version='1.0'?>",
            CallError::Unmarshallable,
        ),
        (
            "<?xml version='1.0' a='1'?><methodName>m</methodName>",
            CallError::Unmarshallable,
        ),
        (
            "<?xml version='1<a/>'?><methodName>m</methodName>",
            CallError::Unmarshallable,
        ),
        ("<?1?><methodName>m</methodName>", CallError::Unmarshallable),
        (
            "<!DOCTYPE a><methodName>m</methodName>",
            CallError::Unmarshallable,
        ),
        (
            "<!DOCTYPE a [<!ENTITY b 'c'>]><methodName>&b;</methodName>",
            CallError::Unmarshallable,
        ),
        ("<methodName>m</methodName>&amp;", CallError::Unmarshallable),
        ("<methodCall/>", CallError::NoMethod),
        (
            "<methodCall><methodName/></methodCall>",
            CallError::NoMethod,
        ),
        (
            "<a><methodName>m</methodName><methodName/></a>",
            CallError::NoMethod,
        ),
        ("<MethodName>m</MethodName>", CallError::NoMethod),
        (
            "<methodCall xmlns='x'><methodName>m</methodName></methodCall>",
            CallError::NoMethod,
        ),
        (
            "<e:a xmlns:e='x'><e:methodName>m</e:methodName></e:a>",
            CallError::NoMethod,
        ),
    ];
    for (body, error) in table {
        assert_eq!(decode_call(body.as_bytes()), Err(error), "{body}");
    }
    assert_eq!(
        decode_call(&b"<methodName>\xff</methodName>"[..]),
        Err(CallError::Unmarshallable)
    );
}

#[test]
fn limits_hold() {
    let nested = |levels: usize| {
        let (open, close) = ("<value><array><data>", "</data></array></value>");
        format!(
            "<param>{}<value/>{}</param>",
            open.repeat(levels),
            close.repeat(levels)
        )
    };
    assert!(args(&nested(MAX_DEPTH - 1)).is_ok());
    assert_eq!(args(&nested(MAX_DEPTH + 1)), Err(CallError::Unmarshallable));
    assert_eq!(args(&nested(100_000)), Err(CallError::Unmarshallable));

    let list = |items: usize| {
        format!(
            "<param><array><data>{}</data></array></param>",
            "<value/>".repeat(items)
        )
    };
    assert!(args(&list(MAX_VALUES - 1)).is_ok());
    assert_eq!(args(&list(MAX_VALUES)), Err(CallError::Unmarshallable));
    let members = "<m><name>a</name><value/></m>".repeat(MAX_VALUES + 1);
    assert_eq!(
        args(&format!("<param><struct>{members}</struct></param>")),
        Err(CallError::Unmarshallable)
    );
    assert_eq!(
        args(&format!("<x>{}</x>", "<a/>".repeat(5 * MAX_VALUES))),
        Err(CallError::Unmarshallable)
    );
    assert_eq!(
        args(&format!("<x {}/>", "a='' ".repeat(10_000))),
        Err(CallError::Unmarshallable)
    );
    assert_eq!(
        decode_call(&vec![b' '; MAX_BODY + 1][..]),
        Err(CallError::TooLarge)
    );
}

#[test]
fn writes_the_reference_shape() {
    let body = |value: &str| {
        format!(
            "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n<value>{value}</value>\n\
             </param>\n</params>\n</methodResponse>\n"
        )
    };
    let table = [
        (Reply::Int(0), "<int>0</int>"),
        (Reply::Int(-1), "<int>-1</int>"),
        (Reply::Int(i64::MAX), "<int>2147483647</int>"),
        (Reply::Int(i64::MIN), "<int>-2147483648</int>"),
        (true.into(), "<boolean>1</boolean>"),
        (false.into(), "<boolean>0</boolean>"),
        ("".into(), "<string></string>"),
        (
            "a<b>&\"'\n\t\u{7f}ü".into(),
            "<string>a&lt;b&gt;&amp;\"'\n\t\u{7f}ü</string>",
        ),
        (
            "a\rb\0c\u{1b}\u{ffff}\u{fffd}\u{ff5e}".into(),
            "<string>a&#13;b\u{fffd}c\u{fffd}\u{fffd}\u{fffd}\u{ff5e}</string>",
        ),
        (Reply::Array(vec![]), "<array><data>\n</data></array>"),
        (
            Reply::Array(vec![1.into(), "x".into()]),
            "<array><data>\n<value><int>1</int></value>\n<value><string>x</string></value>\n</data></array>",
        ),
        (
            Reply::Struct(vec![("z", 1.into()), ("a", "x".into())]),
            "<struct>\n<member>\n<name>z</name>\n<value><int>1</int></value>\n</member>\n<member>\n<name>a</name>\n<value><string>x</string></value>\n</member>\n</struct>",
        ),
    ];
    for (reply, value) in table {
        assert_eq!(
            String::from_utf8_lossy(&encode_response(reply)),
            body(value)
        );
    }
}

#[test]
fn writes_the_reference_fault() {
    let expected = "<?xml version='1.0'?>\n<methodResponse>\n<fault>\n<value><struct>\n<member>\n\
        <name>faultCode</name>\n<value><int>10</int></value>\n</member>\n<member>\n<name>faultString</name>\n\
        <value><string>BAD_NAME: a&lt;b</string></value>\n</member>\n</struct></value>\n</fault>\n</methodResponse>\n";
    let body = encode_fault(10, "BAD_NAME: a<b");
    assert_eq!(String::from_utf8_lossy(&body), expected);
    let (code, text) = (10, "BAD_NAME: a<b".to_owned());
    assert_eq!(decode_response(&body), Ok(Err(RemoteFault { code, text })));
}

#[test]
fn responses_are_read_with_patience() {
    let wrap = |value: &[u8]| {
        [
            b"<methodResponse><params><param><value>".as_slice(),
            value,
            b"</value></param></params></methodResponse>",
        ]
        .concat()
    };
    assert_eq!(
        decode_response(&wrap(b"<string>a\x01\x1b[0m\xff</string>")),
        Ok(Ok(text("a\u{1}\u{1b}[0m\u{fffd}").into()))
    );
    assert_eq!(
        decode_response(&wrap(b"<i8>5000000000</i8>")),
        Ok(Ok(Value::Int64(5_000_000_000)))
    );
    assert_eq!(decode_response(&wrap(b"<nil/>")), Ok(Ok(Value::Nil)));
    let many = format!(
        "<array><data>{}</data></array>",
        "<value/>".repeat(MAX_VALUES + 1)
    );
    assert!(matches!(
        decode_response(&wrap(many.as_bytes())),
        Ok(Ok(Value::Array(_)))
    ));
    let bad: [&[u8]; 4] = [
        b"",
        b"<head>\r\n<title>Error response</title>",
        b"<methodResponse/>",
        b"<methodResponse><fault/></methodResponse>",
    ];
    for body in bad {
        assert_eq!(decode_response(body), Err(WireError));
    }
    assert_eq!(
        decode_response("<value>".repeat(100_000).as_bytes()),
        Err(WireError)
    );
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
        Reply::Written(_) => unreachable!("only trees are generated"),
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
    let written = Reply::Written(writer.finish());
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
    fn answers_are_always_well_formed(text in any::<String>(), code in any::<i32>()) {
        let body = encode_response(Reply::Str(text.clone().into()));
        let readable = decode_response(&body);
        prop_assert!(matches!(readable, Ok(Ok(Value::String(_)))));
        prop_assert!(matches!(decode_response(&encode_fault(code, &text)), Ok(Err(_))));
        // the strict reader agrees that every character is one of XML's
        let strict = Document::parse(
            &encode_fault(code, &text)[..],
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
    (super::plain::response(body), general.map(Read::from))
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
        encode_fault(10, "BAD_NAME: x").to_vec(),
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

#[test]
fn long_texts_are_read_like_short_ones() {
    let long = "0123456789abcdef".repeat(8192);
    let table = [
        (long.clone(), long.clone()),
        (format!("a&lt;{long}"), format!("a<{long}")),
        (format!("{long}&#233;{long}"), format!("{long}\u{e9}{long}")),
        (
            format!("{long}\r\n\r{long}\r"),
            format!("{long}\n\n{long}\n"),
        ),
        (format!("<![CDATA[<{long}\r\n]]>x"), format!("<{long}\nx")),
        (
            format!("x<!-- {long} --><![CDATA[]]>{long}"),
            format!("x{long}"),
        ),
    ];
    for (xml, wanted) in table {
        let body = format!(
            "<m><methodName>a.b</methodName><params><param><value>{xml}</value></param></params></m>"
        );
        let mut pieces = super::Pieces::new(body.len());
        pieces.push(body.as_bytes());
        let whole = decode_call(body.as_bytes()).map(|call| call.args);
        assert!(whole == Ok(vec![text(&wanted)]), "{}", &xml[..20]);
        assert!(decode_call(pieces).map(|call| call.args) == whole);
    }
    let around = " ".repeat(100_000);
    let body = format!("{around}<m>{around}<methodName>a.b</methodName></m>{around}");
    assert!(decode_call(body.as_bytes()).is_ok());
    for bad in [
        format!("<m><methodName>a.b</methodName>{long}]]></m>"),
        format!("<m><methodName>a.b</methodName></m>{long}"),
        format!("<m><methodName>a.b</methodName></m><![CDATA[{around}]]>"),
        format!("<m><methodName>{long}</methodName></m>"),
    ] {
        let call = decode_call(bad.as_bytes());
        assert_eq!(call, Err(CallError::Unmarshallable));
    }
}
