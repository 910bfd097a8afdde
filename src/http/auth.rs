//! Basic authentication: plain and `{SHA}` passwords, compared in constant time.

use std::rc::Rc;

use sha1::{Digest, Sha1};
use subtle::ConstantTimeEq;

use crate::base::base64;
use crate::config::Credentials;

type Sum = [u8; 20];

/// What a listener demands. Names and passwords are kept and compared as SHA-1 sums, so that the time of
/// a comparison tells neither their content nor their length (DEC-065).
#[derive(Debug)]
pub(super) struct Lock {
    name: Rc<str>,
    username: Sum,
    /// None matches nothing: `{SHA}` with something that is no lower-case hex sum (HTTP-063).
    password: Option<Sum>,
}

/// What an `Authorization` header is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Come in.
    Welcome,
    /// No credentials, a foreign scheme, or the wrong ones: 401.
    Refused,
    /// Basic, but no base64 of `name:password` in UTF-8: 400 (HTTP-065, DEC-063).
    Malformed,
}

impl Lock {
    /// A lock for these credentials.
    pub(super) fn new(credentials: &Credentials) -> Self {
        let password = match credentials.password.strip_prefix("{SHA}") {
            Some(hex) => parse_hex(hex),
            None => Some(sum(credentials.password.as_bytes())),
        };
        Self {
            name: credentials.username.as_str().into(),
            username: sum(credentials.username.as_bytes()),
            password,
        }
    }

    /// Who comes in.
    pub(super) fn username(&self) -> Rc<str> {
        Rc::clone(&self.name)
    }

    /// Judges the first `Authorization` header of a request (HTTP-061 to HTTP-066).
    pub(super) fn judge(&self, header: Option<&[u8]>) -> Verdict {
        let Some(header) = header else {
            return Verdict::Refused;
        };
        let header = header.trim_ascii();
        let scheme_end = header.iter().position(u8::is_ascii_whitespace);
        let (scheme, token) = header.split_at(scheme_end.unwrap_or(header.len()));
        let token = token.trim_ascii();
        if !scheme.eq_ignore_ascii_case(b"basic") || token.is_empty() {
            return Verdict::Refused;
        }
        let text = base64::decode(token)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok());
        let Some((username, password)) = text.as_deref().and_then(|text| text.split_once(':'))
        else {
            return Verdict::Malformed;
        };
        // both sums are always made and compared
        let password = sum(password.as_bytes()).ct_eq(&self.password.unwrap_or_default());
        let good = sum(username.as_bytes()).ct_eq(&self.username) & password;
        if bool::from(good) && self.password.is_some() {
            Verdict::Welcome
        } else {
            Verdict::Refused
        }
    }
}

fn sum(bytes: &[u8]) -> Sum {
    Sha1::digest(bytes).into()
}

fn parse_hex(hex: &str) -> Option<Sum> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut sum = Sum::default();
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    if pairs.len() != sum.len() || !rest.is_empty() {
        return None;
    }
    for (byte, [high, low]) in sum.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::{Lock, Verdict};
    use crate::base::base64;
    use crate::config::Credentials;

    fn lock(password: &str) -> Lock {
        Lock::new(&Credentials {
            username: "user".to_owned(),
            password: password.to_owned(),
        })
    }

    fn basic(text: &str) -> String {
        format!("Basic {}", base64::encode(text.as_bytes()))
    }

    #[test]
    fn plain_passwords() {
        let table = [
            (basic("user:pa:ss"), Verdict::Welcome),
            (
                format!("bAsIc   {} ", base64::encode(b"user:pa:ss")),
                Verdict::Welcome,
            ),
            (basic("user:pa:s"), Verdict::Refused),
            (basic("user:PA:SS"), Verdict::Refused),
            (basic("User:pa:ss"), Verdict::Refused),
            (basic(":"), Verdict::Refused),
            (basic("user"), Verdict::Malformed),
            ("Basic !!!".to_owned(), Verdict::Malformed),
            ("Basic dXN".to_owned(), Verdict::Malformed),
            (
                format!("Basic {}", base64::encode(b"user:\xff")),
                Verdict::Malformed,
            ),
            ("Basic".to_owned(), Verdict::Refused),
            ("Basic ".to_owned(), Verdict::Refused),
            ("Digest abc".to_owned(), Verdict::Refused),
            (String::new(), Verdict::Refused),
        ];
        let lock = lock("pa:ss");
        for (header, verdict) in table {
            assert_eq!(lock.judge(Some(header.as_bytes())), verdict, "{header}");
        }
        assert_eq!(lock.judge(None), Verdict::Refused);
    }

    #[test]
    fn hashed_passwords() {
        let hex = "e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4"; // of "secret"
        let hashed = lock(&format!("{{SHA}}{hex}"));
        assert_eq!(
            hashed.judge(Some(basic("user:secret").as_bytes())),
            Verdict::Welcome
        );
        for wrong in [
            hex.to_owned(),
            format!("{{SHA}}{hex}"),
            "Secret".to_owned(),
            String::new(),
        ] {
            let header = basic(&format!("user:{wrong}"));
            assert_eq!(
                hashed.judge(Some(header.as_bytes())),
                Verdict::Refused,
                "{wrong}"
            );
        }
        for config in [
            hex.to_uppercase(),
            hex[1..].to_owned(),
            format!("{hex}0"),
            String::new(),
        ] {
            let never = lock(&format!("{{SHA}}{config}"));
            let header = basic("user:secret");
            assert_eq!(
                never.judge(Some(header.as_bytes())),
                Verdict::Refused,
                "{config}"
            );
        }
    }
}
