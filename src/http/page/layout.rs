//! What all pages have in common.

use std::fmt;

use super::escape::Text;
use crate::base::version::SUPERVISOR_VERSION;

/// A whole page around its own part.
pub(super) struct Document<'a, B> {
    /// What the window is called.
    pub(super) title: &'a str,
    /// What the supervisor calls itself, if the page knows.
    pub(super) identifier: Option<&'a str>,
    /// The name of a stylesheet of its own.
    pub(super) style: Option<&'static str>,
    /// The name of a script; the page works without it.
    pub(super) script: Option<&'static str>,
    /// What is between header and footer.
    pub(super) body: B,
}

impl<B: fmt::Display> fmt::Display for Document<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let title = Text(self.title);
        write!(
            f,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <link href=\"stylesheets/supervisor.css\" rel=\"stylesheet\" type=\"text/css\">\n"
        )?;
        if let Some(style) = self.style {
            writeln!(
                f,
                "<link href=\"stylesheets/{style}\" rel=\"stylesheet\" type=\"text/css\">"
            )?;
        }
        f.write_str("<link href=\"images/icon.png\" rel=\"icon\" type=\"image/png\">\n")?;
        if let Some(script) = self.script {
            writeln!(f, "<script src=\"scripts/{script}\" defer></script>")?;
        }
        f.write_str(
            "</head>\n<body>\n<header id=\"header\">\n<a class=\"brand\" href=\"index.html\">\
             <img alt=\"\" src=\"images/icon.png\" width=\"28\" height=\"28\">Supervisor</a>\n",
        )?;
        if let Some(identifier) = self.identifier {
            let identifier = Text(identifier);
            writeln!(f, "<span class=\"identifier\">{identifier}</span>")?;
        }
        let body = &self.body;
        let version = Text(SUPERVISOR_VERSION);
        write!(
            f,
            "</header>\n<main>\n{body}</main>\n<footer id=\"footer\">\n\
             <a href=\"http://supervisord.org\">Supervisor</a> <span>{version}</span>\n</footer>\n\
             </body>\n</html>\n"
        )
    }
}
