"""Calls every method of a daemon with Python's xmlrpc.client and prints results with their types.

Usage: methods.py SOCKET CONFIG OTHER_CONFIG
What changes from run to run (pids, times, paths) is replaced by its kind; unordered results are sorted.
The daemon has the programs of tests/conformance/matrix/methods.rs.
"""
import http.client
import shutil
import socket
import sys
import time
import xmlrpc.client

path, config, other_config = sys.argv[1:]
folder = path.rsplit("/", 1)[0]


class Connection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(path)


class Transport(xmlrpc.client.Transport):
    def make_connection(self, host):
        return Connection("localhost")


proxy = xmlrpc.client.ServerProxy("http://localhost/RPC2", Transport())
VOLATILE = {"pid", "now", "start", "stop"}


def shape(value, key=""):
    """The value with its types."""
    kind = type(value).__name__
    if isinstance(value, dict):
        # the order of members on the wire counts
        return "{" + ", ".join(f"{name}: {shape(item, name)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(shape(item) for item in value) + "]"
    if key in VOLATILE:
        return f"{kind} {'zero' if value == 0 else 'some'}"
    if key == "description" and "uptime" in value:
        return "str uptime"
    text = str(value).replace(folder, "DIR")
    if key.endswith("logfile") and "---" in text:
        text = text.rsplit("-", 1)[0]
    return f"{kind} {text!r}"


# what needs no argument and changes something
DOES = {"shutdown", "restart", "clearLog", "reloadConfig", "startAllProcesses", "stopAllProcesses"}
called = set()


def call(name, *args, view=None):
    called.add(name)
    method = proxy
    for part in name.split("."):
        method = getattr(method, part)
    try:
        result = method(*args)
        text = view(result) if view else shape(result)
    except xmlrpc.client.Fault as fault:
        text = f"fault {fault.faultCode} {fault.faultString}".replace(folder, "DIR")
    except xmlrpc.client.ProtocolError as error:
        text = f"status {error.errcode}"
    # a method that is called twice the same way gives two lines
    shown = ", ".join(repr(arg) for arg in args)
    print(f"{name}({shown}) -> {text}")


def s(name, *args, **view):
    call("supervisor." + name, *args, **view)


def wait(name, state):
    for _ in range(3000):
        if proxy.supervisor.getProcessInfo(name)["statename"] == state:
            return
        time.sleep(0.01)
    raise SystemExit(f"{name} is not {state}")


def rows(result):
    return shape(sorted(result, key=lambda row: (row["group"], row["name"])))


def config_rows(result):
    # a field of the unreleased 4.4 (RPC-130)
    for row in result:
        if row.pop("autorestart", False) not in (False, True, "unexpected"):
            raise SystemExit(f"autorestart of {row}")
    return shape(result)


def kind(result):
    return type(result).__name__


# ours has a namespace more (API-223)
names = [name for name in proxy.system.listMethods() if not name.startswith("ext.")]
call(
    "system.listMethods",
    view=lambda all: shape([name for name in all if not name.startswith("ext.")]),
)
for name in names:
    call("system.methodSignature", name)
    # the words are ours; the tags have the types (RPC-210)
    call(
        "system.methodHelp",
        name,
        view=lambda text: [" ".join(line.split()[:2]) for line in text.splitlines() if "@" in line],
    )
call("system.methodSignature", "none")
call("system.methodHelp", "none")

s("getAPIVersion")
s("getVersion")
s("getSupervisorVersion", view=lambda text: text.split("+")[0])
s("getIdentification")
s("getState")
s("getPID", view=lambda pid: f"{kind(pid)} {pid > 1}")
s("readLog", 0, 0, view=lambda text: f"{kind(text)} {'spawned' in text}")
s("readMainLog", 24, 4)
s("readLog", -3, 3)
s("readLog", 0, -1)
s("readLog", 10**9, 0)

wait("cat", "RUNNING")
wait("talk", "RUNNING")
s("getAllProcessInfo")
for name in ["cat", "pair:a", "none", "pair:*", "", "pair"]:
    s("getProcessInfo", name)
s("getAllConfigInfo", view=config_rows)

for name in ["off", "off", "lost", "plain", "dying", "none", "pair:*", "pair:none", "zz:*", ""]:
    s("startProcess", name)
s("stopProcess", "off")
s("startProcess", "off", False)
s("stopProcess", "off", False)
wait("off", "STOPPED")
s("stopProcess", "off")
for name in ["none", "zz:*"]:
    s("stopProcess", name)
s("stopProcess", "pair:*", view=rows)
s("startProcessGroup", "pair")
s("startProcessGroup", "pair", False)
s("startProcessGroup", "pair:*")
s("stopProcessGroup", "pair", view=rows)
s("stopProcessGroup", "none")
s("stopAllProcesses", view=rows)
s("startAllProcesses", view=rows)
s("getAllProcessInfo")

for name, signal in [
    ("cat", "CONT"), ("cat", "sigcont"), ("cat", "18"), ("cat", 18), ("cat", " CONT "), ("cat", 0),
    ("cat", "HURZ"), ("cat", 99), ("cat", ""), ("dying", "HUP"), ("none", "HUP"), ("pair:*", "CONT"),
    ("pair:*", "HURZ"),
]:
    s("signalProcess", name, signal)
s("signalProcessGroup", "pair", "CONT")
s("signalProcessGroup", "pair", "HURZ")
s("signalProcessGroup", "none", "CONT")
s("signalAllProcesses", "CONT")

for args in [
    (0, 0), (3, 4), (5, 50), (-4, 0), (-40, 0), (20, 0), (20, 5), (-4, 3), (-4, -3), (0, -3), ("5", "2"),
    (5.9, 2.2),
]:
    s("readProcessStdoutLog", "digits", *args)
s("readProcessLog", "digits", 0, 4)
s("readProcessStderrLog", "digits", 0, 0)
for args in [
    (0, 0), (0, 5), (0, 10), (0, 100), (3, 4), (3, 7), (3, 8), (5, 5), (9, 1), (10, 0), (10, 5), (20, 5),
    (5, 0), (0, -1), (-4, 4), (-20, 5), (-4, 0), (-4, 20),
]:
    s("tailProcessStdoutLog", "digits", *args)
s("tailProcessLog", "digits", 0, 5)
s("tailProcessStderrLog", "digits", 0, 5)
for name in ["none", "pair:*", "quiet"]:
    s("readProcessStdoutLog", name, 0, 0)
    s("tailProcessStdoutLog", name, 0, 5)
    s("readProcessStderrLog", name, 0, 0)
    s("tailProcessStderrLog", name, 0, 5)

s("sendProcessStdin", "cat", "hello\n")
s("sendProcessStdin", "cat", "")
s("sendProcessStdin", "cat", "\u00fcni \u20ac \U0001f600\n")
for _ in range(3000):
    if len(proxy.supervisor.readProcessStdoutLog("cat", 0, 0)) == 18 - 4:
        break
    time.sleep(0.01)
s("readProcessStdoutLog", "cat", 0, 0)
s("tailProcessStdoutLog", "cat", 0, 1000)
s("sendProcessStdin", "dying", "x")
s("sendProcessStdin", "none", "x")
for value in [5, True, 1.5, ["a", 1], {"a": 1}]:
    s("sendProcessStdin", "none", value)
s("sendRemoteCommEvent", "a", "b")
s("sendRemoteCommEvent", 1, ["x", {"b": True, "a": 2}])

s("clearProcessLogs", "cat")
s("clearProcessLog", "talk")
s("clearProcessLogs", "none")
s("clearProcessLogs", "pair:*")
s("readProcessStdoutLog", "cat", 0, 0)
s("clearAllProcessLogs")

multi = [
    {"methodName": "supervisor.getState"},
    {"methodName": "supervisor.getState", "params": []},
    {"methodName": "supervisor.stopProcess", "params": ["cat"]},
    {"methodName": "supervisor.startProcess", "params": ["cat"]},
    {"methodName": "supervisor.startProcess", "params": ["cat"]},
    {"methodName": "supervisor.startProcess", "params": ["dying"]},
    {"methodName": "none"},
    {"methodName": ""},
    {"params": []},
    {"methodName": "system.multicall", "params": [[]]},
    {"methodName": "supervisor.getState", "params": [1]},
    {"methodName": "system.methodSignature", "params": ["system.multicall"]},
]
call("system.multicall", multi)
call("system.multicall", [])
call("system.multicall", 5)
call("system.multicall", {})
call("system.multicall")
for args in [(), (1, 2, 3, 4, 5)]:
    for name in names:
        # these would be done
        if args or name.split(".")[1] not in DOES:
            call(name, *args, view=kind)
for name in ["none", "supervisor.none", "supervisor._update", "none.getState", "a.b.c", "supervisor."]:
    try:
        text = proxy._ServerProxy__request(name, ())
    except xmlrpc.client.Fault as fault:
        text = f"{fault.faultCode} {fault.faultString}"
    print(f"{name!r} -> {text}")

wait("cat", "RUNNING")
s("reloadConfig")
s("addProcessGroup", "cat")
s("addProcessGroup", "none")
s("removeProcessGroup", "cat")
s("removeProcessGroup", "none")
shutil.copy(other_config, config)
s("reloadConfig")
s("reloadConfig")
s("getAllConfigInfo", view=config_rows)
s("addProcessGroup", "fresh")
s("addProcessGroup", "fresh")
wait("fresh", "RUNNING")
s("stopProcess", "quiet")
s("removeProcessGroup", "quiet")
s("reloadConfig")
s("getAllConfigInfo", view=config_rows)
with open(config, "a") as file:
    file.write("[program:bad]\n")
s("reloadConfig")
shutil.copy(other_config, config)
s("reloadConfig")
s("clearLog")
s("readLog", 0, 0, view=kind)

old = proxy.supervisor.getProcessInfo("cat")["pid"]
s("restart")
for _ in range(3000):
    try:
        now = proxy.supervisor.getProcessInfo("cat")["pid"]
        if now not in (0, old):
            break
    except (OSError, xmlrpc.client.Error, http.client.HTTPException):
        pass
    time.sleep(0.01)
wait("cat", "RUNNING")
s("startProcess", "stubborn")
s("shutdown")
# a program that takes its time keeps the daemon in this state
for name in ["getState", "getPID", "getVersion", "shutdown", "restart", "stopProcess"]:
    s(name, *(["cat"] if name == "stopProcess" else []))
s("sendRemoteCommEvent", "a", "b")
s("getState", 1)
s("none")
call("system.multicall", [{"methodName": "supervisor.getState"}, {"methodName": "supervisor.none"}])
call("system.methodSignature", "supervisor.getState")
missing = sorted(set(names) - called)
print("not called:", missing)
