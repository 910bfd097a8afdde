//! What well-formed XML is, where quick-xml does not look.

use quick_xml::events::attributes::Attributes;
use quick_xml::events::{BytesDecl, BytesStart};

use super::parse::Malformed;

/// Bytes of attributes in one tag at most: the check for duplicates takes quadratic time.
const MAX_ATTRIBUTES: usize = 4096;

/// Checks what stands in an XML declaration. The encoding may be any word (RPC-020).
pub(super) fn check_declaration(declaration: &BytesDecl<'_>) -> Result<(), Malformed> {
    declaration.version().map_err(|_| Malformed)?;
    for attribute in Attributes::new(declaration, "xml".len()) {
        let attribute = attribute.map_err(|_| Malformed)?;
        let known = ["version", "encoding", "standalone"].contains(&attribute.key.into_inner());
        let word = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
        if !known || !attribute.value.bytes().all(word) {
            return Err(Malformed);
        }
    }
    Ok(())
}

/// Whether the tag sets (`true`) or resets (`false`) a default namespace.
pub(super) fn default_namespace(start: &BytesStart<'_>) -> Result<Option<bool>, Malformed> {
    let raw = start.attributes_raw();
    if raw.trim_ascii().is_empty() {
        return Ok(None);
    }
    if raw.len() > MAX_ATTRIBUTES {
        return Err(Malformed);
    }
    let mut namespace = None;
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|_| Malformed)?;
        if !is_name(attribute.key.into_inner()) || attribute.value.contains('<') {
            return Err(Malformed);
        }
        if attribute.key.into_inner() == "xmlns" {
            namespace = Some(!attribute.value.is_empty());
        }
    }
    Ok(namespace)
}

/// Whether XML 1.0 can carry the character at all.
pub(super) const fn is_xml_char(character: char) -> bool {
    !matches!(character,
        '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}')
}

/// Whether this can be the target of a processing instruction.
pub(super) fn is_target(name: &str) -> bool {
    is_name(name) && !name.eq_ignore_ascii_case("xml")
}

/// Whether this can be the name of an element; beyond ASCII anything goes.
pub(super) fn is_name(name: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b':') || byte >= 0x80;
    let mut bytes = name.bytes();
    bytes.next().is_some_and(good)
        && bytes.all(|byte| good(byte) || byte.is_ascii_digit() || matches!(byte, b'-' | b'.'))
}
