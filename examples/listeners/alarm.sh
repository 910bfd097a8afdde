#!/bin/sh
# An event listener that raises an alarm when a program ends unexpectedly or is given up.
#
#     [eventlistener:alarm]
#     command=sh alarm.sh [COMMAND [ARGUMENT]...]
#     events=PROCESS_STATE_EXITED,PROCESS_STATE_FATAL
#
# Each alarm is a line on standard error, which the daemon keeps in the listener's stderr log. COMMAND is
# run for each alarm as well, with the line as its last argument. Names of programs must be ASCII: the
# length in a header counts characters, dd counts bytes.
set -fu

# field NAME TOKEN... prints the value of the token NAME:value.
field() {
    wanted=$1
    shift
    for token; do
        case $token in "$wanted":*) printf '%s\n' "${token#*:}" ;; esac
    done
}

# alarm TEXT [COMMAND [ARGUMENT]...]
alarm() {
    text=$1
    shift
    printf '%s\n' "$text" >&2
    # Standard input and output belong to the daemon: the command must have neither.
    if [ $# -gt 0 ] && ! "$@" "$text" </dev/null >&2; then
        printf 'cannot raise the alarm\n' >&2
    fi
}

while printf 'READY\n' && IFS= read -r header; do
    # Header and payload are split into tokens at their blanks, so they stand without quotes.
    payload=$(dd bs=1 count="$(field len $header)" 2>/dev/null)
    program=$(field groupname $payload):$(field processname $payload)
    case $(field eventname $header) in
        PROCESS_STATE_EXITED)
            if [ "$(field expected $payload)" = 0 ]; then
                alarm "$program ended unexpectedly (pid $(field pid $payload))" "$@"
            fi
            ;;
        PROCESS_STATE_FATAL)
            alarm "$program cannot be started and was given up" "$@"
            ;;
    esac
    printf 'RESULT 2\nOK'
done
