//! LIF-270 to LIF-277: expressions, mistakes, and clocks that are changed.

use jiff::Timestamp;

use super::*;

fn times(text: &str, zone: &str) -> Times {
    match Timetable::parse(text, Some(zone)) {
        Ok(Timetable::Times(times)) => *times,
        other => panic!("{text}: {other:?}"),
    }
}

/// Runs from that moment on, as the zone shows them.
fn runs(text: &str, zone: &str, from: &str, count: usize) -> Vec<String> {
    let times = times(text, zone);
    let from: Timestamp = from.parse().expect("a moment");
    let mut at = Wall(i64::try_from(from.as_nanosecond()).expect("near"));
    let mut all = Vec::new();
    for _ in 0..count {
        at = times.next(at).expect("it comes again");
        all.push(times.show(at));
    }
    all
}

#[test]
fn expressions() {
    let monday = "2026-11-23T10:30:15Z";
    let table = [
        ("0 3 * * *", "2026-11-24 03:00:00 +0000"),
        ("* * * * *", "2026-11-23 10:31:00 +0000"),
        ("* * * * * *", "2026-11-23 10:30:16 +0000"),
        ("*/20 * * * * ?", "2026-11-23 10:30:20 +0000"),
        ("7/10 * * * *", "2026-11-23 10:37:00 +0000"),
        ("0 9-17/4 * * mon-fri", "2026-11-23 13:00:00 +0000"),
        ("0 0 * * 7", "2026-11-29 00:00:00 +0000"),
        ("0 0 * * SUN", "2026-11-29 00:00:00 +0000"),
        ("0 0 * * fri-sun", "2026-11-27 00:00:00 +0000"),
        ("0 0 1,15 Dec *", "2026-12-01 00:00:00 +0000"),
        // one of day and weekday is enough
        ("0 0 1 * wed", "2026-11-25 00:00:00 +0000"),
        ("0 0 29 2 *", "2028-02-29 00:00:00 +0000"),
        ("@yearly", "2027-01-01 00:00:00 +0000"),
        ("@annually", "2027-01-01 00:00:00 +0000"),
        ("@monthly", "2026-12-01 00:00:00 +0000"),
        ("@weekly", "2026-11-29 00:00:00 +0000"),
        ("@midnight", "2026-11-24 00:00:00 +0000"),
        ("@hourly", "2026-11-23 11:00:00 +0000"),
    ];
    for (text, next) in table {
        assert_eq!(runs(text, "UTC", monday, 1), [next], "{text}");
    }
}

#[test]
fn mistakes() {
    let table = [
        (
            "61 * * * *",
            "not a cron expression: minute: 61 is not between 0 and 59",
        ),
        (
            "* 24 * * *",
            "not a cron expression: hour: 24 is not between 0 and 23",
        ),
        (
            "* * 0 * *",
            "not a cron expression: day: 0 is not between 1 and 31",
        ),
        (
            "* * * foo *",
            "not a cron expression: month: 'foo' is neither a number nor a name",
        ),
        (
            "* * * * 8",
            "not a cron expression: weekday: 8 is not between 0 and 7",
        ),
        (
            "99 * * * * *",
            "not a cron expression: second: 99 is not between 0 and 59",
        ),
        (
            "5-3 * * * *",
            "not a cron expression: minute: '5-3' goes backwards",
        ),
        (
            "*/0 * * * *",
            "not a cron expression: minute: '0' is no step of 1 or more",
        ),
        (
            ",1 * * * *",
            "not a cron expression: minute: '' is neither a number nor a name",
        ),
        (
            "* * L * *",
            "not a cron expression: day: 'L' is neither a number nor a name",
        ),
        (
            "* * *",
            "not a cron expression: 3 fields; allowed are 5, or 6 with seconds first",
        ),
        (
            "",
            "not a cron expression: 0 fields; allowed are 5, or 6 with seconds first",
        ),
        ("@reboot", "use autostart=true"),
        ("@every 0.5s", "must be at least 1"),
        (
            "@every soon",
            "not a time; write seconds or a number with ms, s, m, h or d",
        ),
        ("0 0 30 2 *", "never comes"),
        ("0 0 31 2,4,6,9,11 *", "never comes"),
        ("TZ=Mars/Olympus 0 0 * * *", "no such time zone"),
        (
            "@often",
            "not a cron expression: @often; allowed are @yearly, @annually, @monthly, @weekly, \
             @daily, @midnight, @hourly and @every <time>",
        ),
    ];
    for (text, reason) in table {
        let error = Timetable::parse(text, None).expect_err(text);
        assert_eq!(error.to_string(), reason, "{text}");
    }
}

#[test]
fn spans() {
    let every = Timetable::parse("@every 90s", None);
    assert!(matches!(every, Ok(Timetable::Every(span)) if span.as_secs() == 90));
}

#[test]
fn a_zone_stands_before_the_expression_too() {
    for prefix in ["TZ", "CRON_TZ"] {
        let text = format!("{prefix}=Europe/Berlin 0 3 * * *");
        let Ok(Timetable::Times(times)) = Timetable::parse(&text, None) else {
            panic!("{text}");
        };
        let next = times
            .next(Wall(1_795_000_000 * 1_000_000_000))
            .expect("it comes");
        assert_eq!(times.show(next), "2026-11-19 03:00:00 +0100");
    }
    assert_eq!(split_zone("0 3 * * *"), (None, "0 3 * * *"));
}

/// LIF-276, Berlin: 2026-03-29 02:00 becomes 03:00, 2026-10-25 03:00 becomes 02:00.
#[test]
fn clocks_are_changed() {
    let (spring, autumn) = ("2026-03-29T00:30:00Z", "2026-10-24T23:30:00Z");
    let table: [(&str, &str, &[&str]); 8] = [
        // left out: at the first moment after the gap, and the next day as ever
        (
            "30 2 * * *",
            spring,
            &["2026-03-29 03:00:00 +0200", "2026-03-30 02:30:00 +0200"],
        ),
        (
            "*/30 2 * * *",
            spring,
            &["2026-03-29 03:00:00 +0200", "2026-03-30 02:00:00 +0200"],
        ),
        (
            "0 2,3 * * *",
            spring,
            &["2026-03-29 03:00:00 +0200", "2026-03-30 02:00:00 +0200"],
        ),
        // twice on the clock: once, at the first
        (
            "30 2 * * *",
            autumn,
            &["2026-10-25 02:30:00 +0200", "2026-10-26 02:30:00 +0100"],
        ),
        (
            "*/30 2 * * *",
            autumn,
            &[
                "2026-10-25 02:00:00 +0200",
                "2026-10-25 02:30:00 +0200",
                "2026-10-26 02:00:00 +0100",
            ],
        ),
        // with `*` in the hour as the clock shows
        (
            "30 * * * *",
            autumn,
            &[
                "2026-10-25 02:30:00 +0200",
                "2026-10-25 02:30:00 +0100",
                "2026-10-25 03:30:00 +0100",
            ],
        ),
        (
            "30 * * * *",
            spring,
            &["2026-03-29 03:30:00 +0200", "2026-03-29 04:30:00 +0200"],
        ),
        (
            "0 * * * *",
            autumn,
            &[
                "2026-10-25 02:00:00 +0200",
                "2026-10-25 02:00:00 +0100",
                "2026-10-25 03:00:00 +0100",
            ],
        ),
    ];
    for (text, from, wanted) in table {
        assert_eq!(
            runs(text, "Europe/Berlin", from, wanted.len()),
            wanted,
            "{text} from {from}"
        );
    }
}
