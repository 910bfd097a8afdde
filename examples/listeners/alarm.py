#!/usr/bin/env python3
"""An event listener that raises an alarm when a program ends unexpectedly or is given up.

    [eventlistener:alarm]
    command=python3 alarm.py [COMMAND [ARGUMENT]...]
    events=PROCESS_STATE_EXITED,PROCESS_STATE_FATAL

Each alarm is a line on standard error, which the daemon keeps in the listener's stderr log. COMMAND is
run for each alarm as well, with the line as its last argument.
"""

import subprocess
import sys


def fields(text):
    """Tokens of the form name:value, apart by blanks."""
    return dict(token.split(":", 1) for token in text.split())


def alarm_for(name, payload):
    """The text of the alarm for that event; none if all is well."""
    if name not in ("PROCESS_STATE_EXITED", "PROCESS_STATE_FATAL"):
        return None
    event = fields(payload)
    program = "{groupname}:{processname}".format(**event)
    if name == "PROCESS_STATE_FATAL":
        return f"{program} cannot be started and was given up"
    if event["expected"] == "1":
        return None
    return f"{program} ended unexpectedly (pid {event['pid']})"


def alarm(command, text):
    print(text, file=sys.stderr, flush=True)
    if not command:
        return
    try:
        # Standard input and output belong to the daemon: the command must have neither.
        subprocess.run(
            [*command, text], stdin=subprocess.DEVNULL, stdout=sys.stderr, check=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"cannot raise the alarm: {error}", file=sys.stderr, flush=True)


def main(command):
    # The length in a header counts characters, so the pipe is read as text.
    sys.stdin.reconfigure(encoding="utf-8", newline="\n")
    while True:
        print("READY", flush=True)
        line = sys.stdin.readline()
        if not line:
            return
        header = fields(line)
        payload = sys.stdin.read(int(header["len"]))
        text = alarm_for(header["eventname"], payload)
        if text:
            alarm(command, text)
        print("RESULT 2\nOK", end="", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
