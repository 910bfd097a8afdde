//! Where a request comes from: a script, a person on our own page, or somebody else's page.

use hyper::header::{HOST, HeaderMap, HeaderName, ORIGIN, REFERER};

/// Whether a browser says that another site's page made it ask (HTTP-F01, DEC-060). Callers that say nothing
/// are scripts, bookmarks, and browsers that came over plain HTTP and were told to keep quiet: those cannot
/// be known from here.
pub(super) fn is_foreign(headers: &HeaderMap) -> bool {
    let text = |name: &HeaderName| {
        let value = headers.get(name)?;
        // what is no text equals nothing of ours
        Some(value.to_str().unwrap_or("?"))
    };
    let host = text(&HOST).unwrap_or_default();
    if let Some(site) = text(&HeaderName::from_static("sec-fetch-site")) {
        // `none` is a person: a bookmark, an address typed in
        !matches!(site, "same-origin" | "none")
    } else if let Some(origin) = text(&ORIGIN) {
        !is_ours(origin, host)
    } else if let Some(referrer) = text(&REFERER) {
        !is_ours(referrer, host)
    } else {
        false
    }
}

/// Whether an address is one of the host that was asked. The scheme does not count: a proxy may have put
/// TLS around it.
fn is_ours(address: &str, host: &str) -> bool {
    let Some((scheme, rest)) = address.split_once("://") else {
        return false;
    };
    let port = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return false,
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let bare = |host: &str| host.strip_suffix(port).unwrap_or(host).to_ascii_lowercase();
    !host.is_empty() && bare(&rest[..end]) == bare(host)
}

#[cfg(test)]
mod tests {
    use super::{HeaderMap, HeaderName, is_foreign};

    fn headers(text: &str) -> HeaderMap {
        let lines = text.split('|').filter(|line| !line.is_empty());
        lines
            .map(|line| {
                let (name, value) = line.split_once(": ").unwrap();
                let name: HeaderName = name.parse().unwrap();
                (name, value.parse().unwrap())
            })
            .collect()
    }

    #[test]
    fn callers() {
        let table = [
            ("", false),
            ("Host: x:9001", false),
            ("Host: x|Sec-Fetch-Site: same-origin", false),
            ("Host: x|Sec-Fetch-Site: none", false),
            ("Host: x|Sec-Fetch-Site: same-site", true),
            ("Host: x|Sec-Fetch-Site: cross-site", true),
            ("Host: x|Sec-Fetch-Site: new-word", true),
            // behind a proxy that names another host the browser still knows best
            (
                "Host: y|Sec-Fetch-Site: same-origin|Origin: http://x",
                false,
            ),
            ("Host: x:9001|Origin: http://x:9001", false),
            ("Host: X:9001|Origin: http://x:9001", false),
            ("Host: x:80|Origin: http://x", false),
            ("Host: x|Origin: https://x", false),
            ("Host: x:443|Origin: https://x", false),
            ("Host: x:443|Origin: http://x", true),
            ("Host: x:9001|Origin: http://x:9002", true),
            ("Host: x:9001|Origin: http://x", true),
            ("Host: x|Origin: http://x.evil.org", true),
            ("Host: x|Origin: null", true),
            ("Host: x|Origin: ftp://x", true),
            ("Host: x|Origin: http://", true),
            ("Origin: http://", true),
            ("Origin: http://x", true),
            ("Host: x|Referer: http://x/index.html?action=refresh", false),
            ("Host: x|Referer: http://x?y", false),
            ("Host: x|Referer: http://evil.org/?http://x/", true),
            ("Host: x|Referer: http://x@evil.org/", true),
        ];
        for (text, foreign) in table {
            assert_eq!(is_foreign(&headers(text)), foreign, "{text}");
        }
    }
}
