#!/usr/bin/env python3
"""Clicks through the web page with Chromium, with and without JavaScript.

    python3 tests/browser.py [FOLDER OF supervisord]        (default: target/debug)

Needs `chromium` and `chromedriver` in the PATH (Debian: `chromium`, `chromium-driver`); says so in one
line and succeeds where they are missing. Selenium is installed into `target/browser` at the first run.
"""

import contextlib
import http.server
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import xmlrpc.client

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOOLS = ROOT / "target" / "browser"
PATIENCE = 30

CONFIG = """
[inet_http_server]
port=127.0.0.1:{port}
[supervisord]
logfile={folder}/main.log
pidfile={folder}/pid
childlogdir={folder}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[program:cat]
command=/bin/cat
startsecs=0
[program:lost]
command=/no/such/program
startretries=0
[program:pair]
command=/bin/cat
process_name=%(process_num)d
numprocs=2
startsecs=0
"""

# Hosts that are the daemon, or the other site of a test.
OWN = ("http://127.0.0.1:", "http://supervisor.lan:", "http://evil.example:", "http://rebind.example:")

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         # names on plain HTTP, of which a browser does not say who made it ask
         "--host-resolver-rules=MAP *.lan 127.0.0.1, MAP *.example 127.0.0.1",
         "--window-size=1280,1000"]


def main():
    missing = [name for name in ("chromium", "chromedriver") if not shutil.which(name)]
    if missing:
        print("skipped tests/browser.py: %s not found" % " and ".join(missing))
        return 0
    use_selenium()
    programs = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "target" / "debug")
    failed = 0
    for javascript in (True, False):
        for test in [*TESTS, *LIVE] if javascript else TESTS:
            name = "%s, %s JavaScript" % (test.__name__, "with" if javascript else "without")
            try:
                with daemon(programs) as site, browser(javascript) as driver:
                    test(Visit(site, driver, javascript))
                    check_console(driver)
                print("ok      " + name, flush=True)
            except Exception as error:  # pylint: disable=broad-except
                failed += 1
                print("FAILED  %s: %s: %s" % (name, type(error).__name__, error), flush=True)
    return 1 if failed else 0


def use_selenium():
    """Make the module importable: from `target/browser`, installed there if it is not yet."""
    python = TOOLS / "bin" / "python"
    if pathlib.Path(sys.prefix) == TOOLS:
        return
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", TOOLS], check=True)
    if subprocess.run([python, "-c", "import selenium"], stderr=subprocess.DEVNULL).returncode:
        subprocess.run([python, "-m", "pip", "install", "--quiet", "selenium"], check=True)
    os.execv(python, [str(python), __file__, *sys.argv[1:]])


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait(what, look):
    """Wait until `look` gives something true, and return that."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            found = look()
        except OSError:
            found = None
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError("waited in vain for " + what)
        time.sleep(0.05)


class Site:
    """A daemon with a few programs."""

    def __init__(self, port):
        self.port = port
        self.address = self.named("127.0.0.1")
        self.rpc = xmlrpc.client.ServerProxy(self.address + "RPC2").supervisor

    def named(self, host):
        """The address of the page under that name."""
        return "http://%s:%d/" % (host, self.port)

    def state(self, name):
        return self.rpc.getProcessInfo(name)["statename"]

    def pid(self, name):
        return self.rpc.getProcessInfo(name)["pid"]


@contextlib.contextmanager
def daemon(programs):
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        config = pathlib.Path(folder, "supervisord.conf")
        config.write_text(CONFIG.format(port=port, folder=folder), encoding="ascii")
        program = programs / "supervisord"
        with open(os.path.join(folder, "out"), "wb") as out:
            process = subprocess.Popen([program, "-n", "-c", config], stdout=out, stderr=out)
        try:
            site = Site(port)
            wait("the daemon", lambda: site.state("pair:1") == "RUNNING")
            wait("a failure", lambda: site.state("lost") == "FATAL")
            yield site
        finally:
            process.terminate()
            process.wait(PATIENCE)


@contextlib.contextmanager
def browser(javascript):
    from selenium import webdriver
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    # a log that is followed never ends to load
    options.page_load_strategy = "none"
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    if not javascript:
        setting = {"profile.managed_default_content_settings.javascript": 2}
        options.add_experimental_option("prefs", setting)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        for flag in [*FLAGS, "--user-data-dir=" + profile]:
            options.add_argument(flag)
        service = webdriver.ChromeService(shutil.which("chromedriver"))
        driver = webdriver.Chrome(options=options, service=service)
        try:
            yield driver
        finally:
            driver.quit()


def check_console(driver):
    """Nothing was refused by the page's own policy, and nothing was asked of anybody else."""
    lines = [entry["message"] for entry in driver.get_log("browser")]
    # that nobody may frame a page is what it is for
    bad = [line for line in lines if "frame-ancestors" not in line
           and ("Content Security" in line or "Uncaught" in line)]
    assert not bad, bad
    for entry in driver.get_log("performance"):
        if "Network.requestWillBeSent\"" in entry["message"]:
            address = entry["message"].split('"url":"', 1)[-1].split('"', 1)[0]
            own = address.startswith(OWN)
            assert own or not address.startswith(("http", "ws")), address


class Visit:
    """A person at the page."""

    def __init__(self, site, driver, javascript):
        self.site, self.driver, self.javascript = site, driver, javascript
        self.open("")

    def open(self, path):
        self.driver.get(self.site.address + path)

    def try_on(self, selector, what):
        """Do something to an element; none if it is not there, or is replaced just then."""
        from selenium.common.exceptions import WebDriverException
        try:
            return what(self.driver.find_element("css selector", selector))
        except WebDriverException:
            return None

    def text(self, selector):
        return self.try_on(selector, lambda element: element.text)

    def click(self, selector):
        """Click, once there is something to click on."""
        wait(selector, lambda: self.try_on(selector, lambda element: element.click() or True))

    def press(self, action, row="#buttons"):
        self.click("%s button[value=%s]" % (row, action))

    def expect(self, message):
        """Wait for the message of an action."""
        wait("the message %r" % message, lambda: (self.text(".status_msg") or "").startswith(message))

    def expect_state(self, name, state):
        """Wait until both the daemon and the page say so."""
        wait("%s %s" % (name, state), lambda: self.site.state(name) == state)
        shown = 'tr[data-name="%s"] .status' % name
        wait("%s on the page" % state, lambda: (self.text(shown) or "").upper() == state)


def stop_start_and_restart(visit):
    row = "tr[data-name=cat]"
    visit.press("stop", row)
    visit.expect("Process cat stopped")
    visit.expect_state("cat", "STOPPED")
    visit.press("start", row)
    visit.expect("Process cat started")
    visit.expect_state("cat", "RUNNING")
    pid = visit.site.pid("cat")
    visit.press("restart", row)
    visit.expect("Process cat restarted")
    visit.expect_state("cat", "RUNNING")
    assert visit.site.pid("cat") != pid
    visit.press("start", "tr[data-name=lost]")
    visit.expect("ERROR: Process lost: ")


def clear(visit):
    visit.site.rpc.sendProcessStdin("cat", "words\n")
    read = lambda: visit.site.rpc.readProcessStdoutLog("cat", 0, 0)
    wait("a log", lambda: read() == "words\n")
    visit.press("clearlog", "tr[data-name=cat]")
    visit.expect("Log for cat cleared")
    assert read() == ""


def refresh(visit):
    visit.press("refresh")
    visit.expect("Page refreshed at ")


def groups(visit):
    group = "tr.head"
    visit.press("stopgroup", group)
    visit.expect("Group pair stopped")
    visit.expect_state("pair:0", "STOPPED")
    visit.expect_state("pair:1", "STOPPED")
    assert visit.site.state("cat") == "RUNNING"
    visit.press("startgroup", group)
    visit.expect("Group pair started")
    visit.expect_state("pair:1", "RUNNING")
    visit.press("restartgroup", group)
    visit.expect("Group pair restarted")


def stopping_everything_asks_first(visit):
    visit.click("#buttons li:nth-child(3) summary")
    assert visit.site.state("cat") == "RUNNING"
    visit.press("stopall")
    visit.expect("All stopped at ")
    visit.expect_state("cat", "STOPPED")
    visit.click("#buttons li:nth-child(2) summary")
    visit.press("restartall")
    visit.expect("All restarted at ")
    visit.expect_state("pair:0", "RUNNING")


def tail(visit):
    visit.site.rpc.sendProcessStdin("cat", "first <b>\n")
    wait("a log", lambda: visit.site.rpc.readProcessStdoutLog("cat", 0, 0))
    visit.click("tr[data-name=cat] td.name a")
    wait("the new window", lambda: len(visit.driver.window_handles) == 2)
    visit.driver.switch_to.window(visit.driver.window_handles[1])
    wait("the log", lambda: visit.text("#log") == "first <b>")
    assert visit.driver.title == "Supervisor tail of process cat"
    visit.site.rpc.sendProcessStdin("cat", "second\n")
    if not visit.javascript:
        wait("both", lambda: "second" in visit.site.rpc.readProcessStdoutLog("cat", 0, 0))
        visit.click("#refresh")
    wait("both lines, each once", lambda: visit.text("#log") == "first <b>\nsecond")
    visit.click(".choice li:nth-child(2) a")
    wait("stderr", lambda: visit.text(".choice a[aria-current]") == "stderr")
    assert visit.text("#log") == ""


def streams(visit):
    visit.site.rpc.sendProcessStdin("cat", "streamed\n")
    visit.click("tr[data-name=cat] .logs a")
    wait("the new window", lambda: len(visit.driver.window_handles) == 2)
    visit.driver.switch_to.window(visit.driver.window_handles[1])
    wait("the stream", lambda: visit.text("body") == "streamed")


def filtering(visit):
    words = "PAIR running" if visit.javascript else "PAIR running\n"
    write = lambda field: field.send_keys(words) or True
    wait("the field", lambda: visit.try_on("#filter input", write))
    names = lambda: [name.text for name in
                     visit.driver.find_elements("css selector", "td.name a") if name.text]
    wait("only the pair", lambda: names() == ["pair:0", "pair:1"])
    visit.open("")
    visit.click("#counts a[data-state=fatal]")
    wait("only the lost", lambda: names() == ["lost"])


def news_come_by_themselves(visit):
    visit.driver.execute_script("window.stays = true")
    before = wait("uptime", lambda: visit.text("tr[data-name=cat] td.desc"))
    wait("uptime", lambda: visit.text("tr[data-name=cat] td.desc") not in (None, before))
    visit.site.rpc.stopProcess("pair:0")
    visit.expect_state("pair:0", "STOPPED")
    wait("the tally", lambda: visit.text("tr.head .tally") == "1 of 2 running")
    wait("the count", lambda: "1 stopped" in (visit.text("#counts") or ""))
    visit.press("stop", "tr[data-name=cat]")
    visit.expect_state("cat", "STOPPED")
    assert visit.driver.execute_script("return window.stays"), "the page was loaded anew"


def other_sites_get_a_question(visit):
    link = visit.site.address + "?action=stop&processname=cat"
    form = ('<form method="post" action="%s"><input name="action" value="stop">'
            '<input name="processname" value="cat"><button>send</button></form>' % visit.site.address)
    with other_site('<a href="%s">go</a>%s' % (link, form)) as address:
        for selector in ("a", "button"):
            visit.driver.get(address)
            visit.click(selector)
            wait("the question", lambda: visit.text("h1") == "Stop cat?")
            assert visit.site.state("cat") == "RUNNING"
    visit.click("button.danger")
    visit.expect("Process cat stopped")
    visit.expect_state("cat", "STOPPED")


def addresses_are_asked(visit):
    """Typed, completed by the browser, or a bookmark."""
    before = visit.site.pid("cat")
    for host in ("127.0.0.1", "supervisor.lan"):
        visit.driver.get(visit.site.named(host) + "index.html?action=stopall")
        wait("the question", lambda: visit.text("h1") == "Stop every program?")
        visit.click("a.button")
        wait("the page", lambda: visit.text("#counts"))
        assert visit.site.pid("cat") == before
    visit.driver.get(visit.site.named("supervisor.lan") + "?action=stop&processname=cat")
    visit.click("button.danger")
    visit.expect("Process cat stopped")
    visit.expect_state("cat", "STOPPED")


def buttons_work_under_a_name(visit):
    """There the browser says nothing of where it comes from: the token does."""
    visit.driver.get(visit.site.named("supervisor.lan"))
    row = "tr[data-name=cat]"
    visit.press("stop", row)
    visit.expect("Process cat stopped")
    visit.expect_state("cat", "STOPPED")
    visit.press("start", row)
    visit.expect("Process cat started")
    visit.expect_state("cat", "RUNNING")


def a_rebound_name_reads_nothing(visit):
    visit.driver.get(visit.site.named("rebind.example"))
    says = "This supervisord does not go by the name 'rebind.example'."
    wait("the refusal", lambda: says in (visit.text("body") or ""))
    assert "cat" not in visit.text("body")


# What another site's page can try: each at the program `cat`, given the page's address and that of a call.
ATTACKS = """
const [target, call] = arguments;
const stop = target + 'index.html?action=stop&processname=cat';
const post = {method: 'POST', mode: 'no-cors', credentials: 'include'};
const ends = [];
const wait = (element) => ends.push(new Promise((end) => {
    element.addEventListener('load', end);
    element.addEventListener('error', end);
}));
const add = (tag, values) => {
    const element = document.createElement(tag);
    Object.entries(values).forEach(([name, value]) => element.setAttribute(name, value));
    if (values.src || values.rel) {
        wait(element);
    }
    document.body.append(element);
    return element;
};
const form = (action, enctype, fields) => {
    const frame = 'f' + document.querySelectorAll('iframe').length;
    wait(add('iframe', {name: frame}));
    const element = add('form', {action, enctype, method: 'post', target: frame});
    for (const [name, value] of fields) {
        element.append(Object.assign(document.createElement('input'), {name, value}));
    }
    element.submit();
};
const quiet = (url, options) => fetch(url, options).catch(() => 0);
add('img', {src: stop});
add('img', {src: stop, referrerpolicy: 'no-referrer'});
add('iframe', {src: stop});
add('iframe', {src: stop, sandbox: '', referrerpolicy: 'no-referrer'});
add('script', {src: stop});
add('link', {rel: 'prefetch', href: stop});
add('link', {rel: 'stylesheet', href: stop, referrerpolicy: 'no-referrer'});
Object.assign(document.createElement('a'), {href: stop, rel: 'noreferrer', target: '_blank'}).click();
form(target, 'application/x-www-form-urlencoded', [['action', 'stop'], ['processname', 'cat']]);
form(target, 'text/plain', [['action=stop&processname', 'cat']]);
form(target + 'RPC2', 'text/plain', [[call.slice(0, call.indexOf('=')), call.slice(call.indexOf('=') + 1)]]);
navigator.sendBeacon(target + 'RPC2', new Blob([call], {type: 'text/plain'}));
navigator.sendBeacon(target, new URLSearchParams({action: 'stop', processname: 'cat'}));
const done = arguments[arguments.length - 1];
Promise.all([
    ...ends,
    quiet(stop, {mode: 'no-cors', credentials: 'include'}),
    quiet(stop, {...post, method: 'HEAD'}),
    quiet(stop, post),
    quiet(target + 'RPC2', {...post, body: call}),
    quiet(target + 'RPC2', {...post, body: call, referrerPolicy: 'no-referrer'}),
    quiet(target + 'RPC2', {...post, body: call, headers: {'Content-Type': 'text/plain'}}),
    quiet(target + 'RPC2', {method: 'POST', body: call, headers: {'Content-Type': 'text/xml'}}),
    quiet(target + 'RPC2', {...post, body: new Blob([call])}),
]).then(() => done(true));
"""


def no_other_site_stops_anything(visit):
    call = ('<?xml version="1.0"?><methodCall><methodName>supervisor.stopProcess</methodName><params><param><value>'
            '<string>cat</string></value></param></params></methodCall>')
    before = visit.site.pid("cat")
    with other_site("<h1>evil</h1>") as address:
        for page in (address, address.replace("127.0.0.1", "evil.example")):
            for host in ("127.0.0.1", "supervisor.lan"):
                visit.driver.get(page)
                wait("the page", lambda: visit.text("h1") == "evil")
                visit.driver.execute_async_script(ATTACKS, visit.site.named(host), call)
                assert visit.site.pid("cat") == before, (page, host)


@contextlib.contextmanager
def other_site(page):
    """Serves one page on a port of its own."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):  # pylint: disable=invalid-name
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *args):  # pylint: disable=arguments-differ
            pass
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield "http://127.0.0.1:%d/" % server.server_port
    finally:
        server.shutdown()


TESTS = [stop_start_and_restart, clear, refresh, groups, stopping_everything_asks_first, tail, streams,
         filtering, other_sites_get_a_question, addresses_are_asked, buttons_work_under_a_name,
         a_rebound_name_reads_nothing]
LIVE = [news_come_by_themselves, no_other_site_stops_anything]

if __name__ == "__main__":
    sys.exit(main())
