//! `/healthz` and `/readyz`.

use super::pages::header;
use super::{Fixture, get, run};
use crate::http::Limits;

#[test]
fn api_175_probes_and_their_parameters() {
    run(async {
        let fixture = Fixture::new(Limits::default());
        let table = [
            // path, status, body
            ("/healthz", 200, Some("ok\n")),
            ("/healthz?x=1", 400, None),
            (
                "/readyz",
                503,
                Some("not ready\nweb:c: starting, waiting\n"),
            ),
            ("/readyz?select=cat", 200, Some("ready\n")),
            ("/readyz?select=none", 404, None),
            ("/readyz?wait=1", 400, None),
            (
                "/readyz?format=json",
                503,
                Some(
                    "{\"ready\":false,\"counted\":1,\"not_ready\":[{\"namespec\":\"web:c\",\
                     \"state\":\"STARTING\",\"detail\":\"waiting\"}]}\n",
                ),
            ),
            (
                "/readyz?select=cat&format=json",
                200,
                Some("{\"ready\":true,\"counted\":1,\"not_ready\":[]}\n"),
            ),
        ];
        for (path, status, body) in table {
            let answer = fixture.ask(&get(path)).await;
            assert_eq!(answer.status, status, "{path}");
            let kept = header(&answer, "Cache-Control");
            assert_eq!(kept.as_deref(), Some("no-store"), "{path}");
            if let Some(body) = body {
                assert_eq!(answer.body, body, "{path}");
            }
        }
        let posted = fixture
            .ask(&get("/readyz").replacen("GET", "POST", 1))
            .await;
        assert_eq!(posted.status, 405);
        assert_eq!(header(&posted, "Allow").as_deref(), Some("GET, HEAD"));
    });
}

#[test]
fn api_177_probes_need_the_listener_s_credentials() {
    run(async {
        let fixture = Fixture::locked("pass");
        for path in ["/healthz", "/readyz"] {
            assert_eq!(fixture.ask(&get(path)).await.status, 401, "{path}");
        }
    });
}
