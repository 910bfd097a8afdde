//! Base64 as the reference reads it: lenient, because Python's decoder is.

/// The text is no base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("invalid base64")]
pub struct Base64Error;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Decodes `text`. Characters outside the alphabet are skipped, what follows complete padding is ignored;
/// missing padding is an error (RPC-036).
pub fn decode(text: &[u8]) -> Result<Vec<u8>, Base64Error> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let (mut bits, mut digits, mut pads) = (0u32, 0u32, 0u32);
    for &byte in text {
        if byte == b'=' {
            pads += u32::from(digits >= 2);
            if digits >= 2 && digits + pads >= 4 {
                return Ok(bytes);
            }
            continue;
        }
        let Some(value) = digit(byte) else { continue };
        pads = 0;
        bits = (bits << 6 | value) & 0x00ff_ffff;
        digits = (digits + 1) % 4;
        match digits {
            2 => bytes.push(low_byte(bits >> 4)),
            3 => bytes.push(low_byte(bits >> 2)),
            0 => bytes.push(low_byte(bits)),
            _ => {}
        }
    }
    if digits == 0 {
        Ok(bytes)
    } else {
        Err(Base64Error)
    }
}

/// Encodes `bytes` in one line, padded.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = chunk
            .iter()
            .chain([0, 0].iter())
            .take(3)
            .fold(0u32, |bits, &byte| bits << 8 | u32::from(byte));
        for place in 0..4 {
            if place > chunk.len() {
                text.push('=');
            } else {
                let index = bits >> (18 - 6 * place) & 63;
                text.push(char::from(ALPHABET[index as usize]));
            }
        }
    }
    text
}

fn digit(byte: u8) -> Option<u32> {
    Some(u32::from(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the low byte is what is asked for"
)]
const fn low_byte(bits: u32) -> u8 {
    bits as u8
}

#[cfg(test)]
mod tests {
    use super::{Base64Error, decode, encode};

    #[test]
    fn decodes_as_python_does() {
        let table: [(&str, Result<&[u8], Base64Error>); 12] = [
            ("", Ok(b"")),
            ("YQ==", Ok(b"a")),
            ("YWI=", Ok(b"ab")),
            ("YWJj", Ok(b"abc")),
            ("Y W\nJ*j", Ok(b"abc")),
            ("YQ==YWJj", Ok(b"a")),
            ("=YWJj", Ok(b"abc")),
            ("YQ=", Err(Base64Error)),
            ("YQ", Err(Base64Error)),
            ("YWJjY", Err(Base64Error)),
            ("Y=Q==", Ok(b"a")),
            ("!!", Ok(b"")),
        ];
        for (text, bytes) in table {
            assert_eq!(
                decode(text.as_bytes()).as_deref().map_err(|e| *e),
                bytes,
                "{text}"
            );
        }
    }

    #[test]
    fn encodes() {
        for (bytes, text) in [
            ("", ""),
            ("a", "YQ=="),
            ("ab", "YWI="),
            ("abc", "YWJj"),
            ("abcd", "YWJjZA=="),
        ] {
            assert_eq!(encode(bytes.as_bytes()), text);
        }
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(decode(encode(&all).as_bytes()), Ok(all));
    }
}
