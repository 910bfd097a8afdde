//! Structs of ours as values of XML-RPC: who derives `Serialize` can be answered with. Numbers of up to 32 bits are
//! `<int>`, larger ones, which are sizes, `<double>`, and so are fractions (API-030).

use std::fmt::Display;

use serde::ser::{self, Impossible, Serialize};

use super::writer::Writer;

/// A type that has no form in XML-RPC: a null, a map, an enum with fields.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NoForm(String);

impl ser::Error for NoForm {
    fn custom<T: Display>(text: T) -> Self {
        Self(text.to_string())
    }
}

fn no_form<T>(what: &str) -> Result<T, NoForm> {
    Err(NoForm(format!("{what} has no form in XML-RPC")))
}

type Done = Result<(), NoForm>;

impl Writer {
    /// Writes a value of ours, members in their order.
    pub fn serialize(&mut self, value: &impl Serialize) -> Done {
        value.serialize(self)
    }

    fn scalar_of(&mut self, kind: &'static str, text: &str) {
        for part in ["<value><", kind, ">"] {
            self.raw(part);
        }
        self.long_text(text);
        for part in ["</", kind, "></value>\n"] {
            self.raw(part);
        }
    }

    fn whole(&mut self, number: i64) {
        self.scalar_of("int", &number.to_string());
    }
}

impl<'a> ser::Serializer for &'a mut Writer {
    type Ok = ();
    type Error = NoForm;
    type SerializeSeq = Items<'a>;
    type SerializeTuple = Items<'a>;
    type SerializeTupleStruct = Items<'a>;
    type SerializeTupleVariant = Impossible<(), NoForm>;
    type SerializeMap = Impossible<(), NoForm>;
    type SerializeStruct = Members<'a>;
    type SerializeStructVariant = Impossible<(), NoForm>;

    fn serialize_bool(self, flag: bool) -> Done {
        self.scalar_of("boolean", if flag { "1" } else { "0" });
        Ok(())
    }

    fn serialize_i8(self, number: i8) -> Done {
        self.serialize_i64(number.into())
    }

    fn serialize_i16(self, number: i16) -> Done {
        self.serialize_i64(number.into())
    }

    fn serialize_i32(self, number: i32) -> Done {
        self.serialize_i64(number.into())
    }

    fn serialize_i64(self, number: i64) -> Done {
        // DEC-051
        self.whole(number.clamp(i32::MIN.into(), i32::MAX.into()));
        Ok(())
    }

    fn serialize_u8(self, number: u8) -> Done {
        self.serialize_i64(number.into())
    }

    fn serialize_u16(self, number: u16) -> Done {
        self.serialize_i64(number.into())
    }

    fn serialize_u32(self, number: u32) -> Done {
        self.serialize_i64(number.into())
    }

    fn serialize_u64(self, number: u64) -> Done {
        self.scalar_of("double", &number.to_string());
        Ok(())
    }

    fn serialize_f32(self, number: f32) -> Done {
        self.serialize_f64(number.into())
    }

    fn serialize_f64(self, number: f64) -> Done {
        // without an exponent, which XML-RPC does not know
        self.scalar_of("double", &number.to_string());
        Ok(())
    }

    fn serialize_char(self, character: char) -> Done {
        self.serialize_str(character.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, text: &str) -> Done {
        self.scalar_of("string", text);
        Ok(())
    }

    fn serialize_bytes(self, _: &[u8]) -> Done {
        no_form("bytes")
    }

    fn serialize_none(self) -> Done {
        no_form("nothing")
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Done {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Done {
        no_form("nothing")
    }

    fn serialize_unit_struct(self, name: &'static str) -> Done {
        no_form(name)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Done {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Done {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Done {
        no_form(name)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Items<'a>, NoForm> {
        self.begin_array();
        Ok(Items(self))
    }

    fn serialize_tuple(self, length: usize) -> Result<Items<'a>, NoForm> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<Items<'a>, NoForm> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, NoForm> {
        no_form(name)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, NoForm> {
        no_form("a map")
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Members<'a>, NoForm> {
        self.raw("<value><struct>\n");
        Ok(Members(self))
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, NoForm> {
        no_form(name)
    }
}

/// What is in an array.
pub struct Items<'a>(&'a mut Writer);

impl ser::SerializeSeq for Items<'_> {
    type Ok = ();
    type Error = NoForm;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        if self.0.has_room_for_item() {
            value.serialize(&mut *self.0)?;
        }
        Ok(())
    }

    fn end(self) -> Done {
        self.0.end_array();
        Ok(())
    }
}

impl ser::SerializeTuple for Items<'_> {
    type Ok = ();
    type Error = NoForm;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        ser::SerializeSeq::serialize_element(self, value)
    }

    fn end(self) -> Done {
        ser::SerializeSeq::end(self)
    }
}

impl ser::SerializeTupleStruct for Items<'_> {
    type Ok = ();
    type Error = NoForm;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        ser::SerializeSeq::serialize_element(self, value)
    }

    fn end(self) -> Done {
        ser::SerializeSeq::end(self)
    }
}

/// What is in a struct.
pub struct Members<'a>(&'a mut Writer);

impl ser::SerializeStruct for Members<'_> {
    type Ok = ();
    type Error = NoForm;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Done {
        self.0.raw("<member>\n<name>");
        self.0.raw(name);
        self.0.raw("</name>\n");
        value.serialize(&mut *self.0)?;
        self.0.raw("</member>\n");
        Ok(())
    }

    fn end(self) -> Done {
        self.0.raw("</struct></value>\n");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::super::{Value, decode_response, encode_response};
    use super::Writer;
    use crate::rpc::reply::Reply;

    #[derive(Serialize)]
    struct Inner {
        size: u64,
        share: f64,
    }

    #[derive(Serialize)]
    struct Outer {
        #[serde(rename = "type")]
        kind: &'static str,
        flag: bool,
        count: i64,
        names: Vec<String>,
        inner: Inner,
    }

    #[test]
    fn api_030_structs_arrays_and_numbers() {
        let outer = Outer {
            kind: "a<b",
            flag: true,
            count: i64::MAX,
            names: vec!["x".to_owned()],
            inner: Inner {
                size: 1 << 40,
                share: 0.5,
            },
        };
        let mut writer = Writer::with_room(0);
        writer.serialize(&outer).expect("it has a form");
        let written = writer.finish().expect("it is small");
        let response = encode_response(Reply::Encoded(written));
        let value = decode_response(&response).expect("XML").expect("no fault");
        assert_eq!(value.get("type").and_then(Value::as_str), Some("a<b"));
        assert_eq!(value.get("flag"), Some(&Value::Bool(true)));
        assert_eq!(value.get("count"), Some(&Value::Int(i32::MAX)));
        let names = value.get("names").and_then(Value::as_array);
        assert_eq!(names.map(<[_]>::len), Some(1));
        let inner = value.get("inner").expect("a struct in a struct");
        assert_eq!(inner.get("size"), Some(&Value::Double(1_099_511_627_776.0)));
        assert_eq!(inner.get("share"), Some(&Value::Double(0.5)));
    }

    #[test]
    fn api_003_there_is_no_null() {
        let mut writer = Writer::with_room(0);
        let refused = writer.serialize(&None::<u32>);
        let text = refused.expect_err("nothing is no value").to_string();
        assert_eq!(text, "nothing has no form in XML-RPC");
    }
}
