//! Numbers and texts as XML-RPC carries them.

/// Writes a number in decimal, clamped to what `<int>` can hold (DEC-051).
pub(super) fn write_int(out: &mut Vec<u8>, number: i64) {
    let number = number.clamp(i32::MIN.into(), i32::MAX.into());
    let mut digits = [0u8; 20];
    let mut start = digits.len();
    let mut rest = number.unsigned_abs();
    loop {
        start -= 1;
        digits[start] = b"0123456789"[(rest % 10) as usize];
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[start..]);
}

/// What each byte of UTF-8 text needs: 0 nothing, else an index into [`ESCAPES`].
const ESCAPE_OF: [u8; 256] = {
    let mut table = [0u8; 256];
    let mut control = 0;
    while control < 0x20 {
        table[control] = 5;
        control += 1;
    }
    table[b'\t' as usize] = 0;
    table[b'\n' as usize] = 0;
    table[b'&' as usize] = 1;
    table[b'<' as usize] = 2;
    table[b'>' as usize] = 3;
    table[b'\r' as usize] = 4;
    table[0xef] = NONCHARACTER;
    table
};

/// The lead byte that U+FFFE and U+FFFF share with other characters.
const NONCHARACTER: u8 = 6;

pub(super) const REPLACEMENT: &str = "\u{fffd}";

const ESCAPES: [&str; 6] = ["", "&amp;", "&lt;", "&gt;", "&#13;", REPLACEMENT];

/// Whether no byte needs a look at [`ESCAPE_OF`]. Goes through all of them, many at a time.
#[expect(
    clippy::needless_bitwise_bool,
    reason = "without branches the compiler takes many at a time"
)]
fn is_plain(bytes: &[u8]) -> bool {
    let special = |byte: u8| {
        (byte < 0x20) | (byte == b'&') | (byte == b'<') | (byte == b'>') | (byte == 0xef)
    };
    !bytes.iter().fold(false, |any, byte| any | special(*byte))
}

/// Writes text: markup characters and CR as references, what XML 1.0 cannot carry as U+FFFD (RPC-054,
/// DEC-050).
pub(super) fn write_text(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    if is_plain(bytes) {
        return out.extend_from_slice(bytes);
    }
    let mut written = 0;
    for (place, byte) in bytes.iter().enumerate() {
        let escape = ESCAPE_OF[usize::from(*byte)];
        if escape == 0 {
            continue;
        }
        let (text, length) = if escape == NONCHARACTER {
            match bytes.get(place + 1..place + 3) {
                Some([0xbf, 0xbe | 0xbf]) => (REPLACEMENT, 3),
                _ => continue,
            }
        } else {
            (ESCAPES[usize::from(escape)], 1)
        };
        out.extend_from_slice(&bytes[written..place]);
        out.extend_from_slice(text.as_bytes());
        written = place + length;
    }
    out.extend_from_slice(&bytes[written..]);
}
