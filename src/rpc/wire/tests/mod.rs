//! The wire from outside: what the reference accepts and sends, and limits.

mod agreement;

use super::{
    Call, CallError, MAX_BODY, MAX_DEPTH, MAX_VALUES, RemoteFault, Value, WireError, decode_call,
    decode_response, encode_fault, encode_response,
};
use crate::base::fault::Fault;
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
    let body = encode_fault(&Fault::BadName("a<b".to_owned()));
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
