//! Files of `examples/`, moved into a test's folder.

use std::fs;
use std::path::Path;

use super::daemon::Daemon;
use super::home::Home;

/// Copies an example into `home` as `name`, with each pair's first text replaced by its second.
pub(crate) fn copy(home: &Home, example: &str, name: &str, moves: &[(&str, &str)]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples")
        .join(example);
    let mut text = fs::read_to_string(path).expect("the example");
    for (from, to) in moves {
        assert!(text.contains(from), "{example} says nothing of {from}");
        text = text.replace(from, to);
    }
    home.write(name, &text);
}

/// An example that runs as it is, but for the place of its files.
pub(crate) fn start(name: &str) -> Daemon {
    let home = Home::new();
    let stem = format!("/tmp/supervisor-{name}");
    let moves = [
        (format!("{stem}.sock"), "{dir}/sock"),
        (format!("{stem}.pid"), "{dir}/pid"),
        (format!("{stem}.log"), "{dir}/main.log"),
    ];
    let moves: Vec<_> = moves
        .iter()
        .map(|(from, to)| (from.as_str(), *to))
        .collect();
    copy(&home, &format!("{name}.conf"), "supervisord.conf", &moves);
    let config = home
        .read("supervisord.conf")
        .replace(&stem, &home.fill("{dir}/file"));
    let config = config.replace("[supervisord]\n", "[supervisord]\nchildlogdir={dir}\n");
    home.write("supervisord.conf", &config);
    Daemon::of(home, &[])
}
