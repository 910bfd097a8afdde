//! Command line and settings, until `config` has them.

use std::collections::VecDeque;
use std::path::PathBuf;

pub(super) struct Settings {
    pub(super) serverurl: String,
    pub(super) username: Option<String>,
    pub(super) password: Option<String>,
    pub(super) prompt: String,
    pub(super) history_file: Option<PathBuf>,
    pub(super) interactive: bool,
    pub(super) words: Vec<String>,
}

pub(super) enum Start {
    Run(Settings),
    Help(String),
    Error { program: String, text: String },
}

pub(super) fn start(arguments: Vec<String>) -> Start {
    let mut arguments = VecDeque::from(arguments);
    let program = arguments.pop_front().unwrap_or_default();
    let mut settings = Settings {
        serverurl: "http://localhost:9001".to_owned(),
        username: None,
        password: None,
        prompt: "supervisor".to_owned(),
        history_file: None,
        interactive: false,
        words: Vec::new(),
    };
    let mut url = None;
    while let Some(option) = arguments
        .front()
        .filter(|word| word.starts_with('-'))
        .cloned()
    {
        arguments.pop_front();
        match option.as_str() {
            "-i" => settings.interactive = true,
            "-h" => return Start::Help(program),
            "-c" => read(&mut settings, &arguments.pop_front().unwrap_or_default()),
            "-s" => url = arguments.pop_front(),
            "-u" => settings.username = arguments.pop_front(),
            "-p" => settings.password = arguments.pop_front(),
            _ => {
                let text = format!("option {option} not recognized");
                return Start::Error { program, text };
            }
        }
    }
    settings.serverurl = url.unwrap_or(settings.serverurl);
    settings.words = arguments.into();
    Start::Run(settings)
}

fn read(settings: &mut Settings, file: &str) {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let mut ours = false;
    for line in text.lines() {
        if line.starts_with('[') {
            ours = line.starts_with("[supervisorctl]");
        }
        let Some((key, value)) = line.split_once('=').filter(|_| ours) else {
            continue;
        };
        match key {
            "serverurl" => value.clone_into(&mut settings.serverurl),
            "username" => settings.username = Some(value.to_owned()),
            "password" => settings.password = Some(value.to_owned()),
            "prompt" => value.clone_into(&mut settings.prompt),
            "history_file" => settings.history_file = Some(value.into()),
            _ => {}
        }
    }
}
