# fish completion for supervisorctl

# Asks the daemon, with the options of the line, and prints the names in its answer. An error has no
# state after its first word and gives nothing.
function __supervisorctl_ask
    set -l words (commandline -opc)
    set -l ask $words[1]
    for index in (seq 2 (count $words))
        if contains -- $words[$index] -c -s -u -p --configuration --serverurl --username --password
            set ask $ask $words[$index] $words[(math $index + 1)]
        end
    end
    command $ask $argv 2>/dev/null </dev/null | while read -l name state rest
        if contains -- "$state" STOPPED STARTING RUNNING BACKOFF STOPPING EXITED FATAL UNKNOWN avail in
            echo $name
        end
    end
end

function __supervisorctl_processes
    for name in (__supervisorctl_ask status)
        echo $name
        string match -q '*:*' -- $name; and string replace -r ':.*' ':*' -- $name
    end | sort -u
end

function __supervisorctl_groups
    __supervisorctl_ask avail | string replace -r ':.*' '' | sort -u
end

set -l actions add avail clear exit fg health help maintail open pid quit refresh reload remove reread restart \
    shutdown signal start status stop tail update version
set -l none "not __fish_seen_subcommand_from $actions"

complete -c supervisorctl -f
complete -c supervisorctl -s c -l configuration -rF -d 'configuration file'
complete -c supervisorctl -s h -l help -d 'show the options'
complete -c supervisorctl -s i -l interactive -d 'a shell after the action'
complete -c supervisorctl -s s -l serverurl -x -d 'where the daemon listens'
complete -c supervisorctl -s u -l username -x -d 'user name'
complete -c supervisorctl -s p -l password -x -d 'password'
complete -c supervisorctl -s r -l history-file -rF -d 'history of the shell'

complete -c supervisorctl -n $none -a add -d 'activate a configured group'
complete -c supervisorctl -n $none -a avail -d 'show what is configured'
complete -c supervisorctl -n $none -a clear -d 'empty the logs of processes'
complete -c supervisorctl -n $none -a exit -d 'leave the shell'
complete -c supervisorctl -n $none -a fg -d 'connect to a process'
complete -c supervisorctl -n $none -a health -d 'show what checks found'
complete -c supervisorctl -n $none -a help -d 'explain an action'
complete -c supervisorctl -n $none -a maintail -d 'show the main log'
complete -c supervisorctl -n $none -a open -d 'connect to another daemon'
complete -c supervisorctl -n $none -a pid -d 'show process ids'
complete -c supervisorctl -n $none -a quit -d 'leave the shell'
complete -c supervisorctl -n $none -a refresh -d 'have processes read their configuration again'
complete -c supervisorctl -n $none -a reload -d 'restart the daemon'
complete -c supervisorctl -n $none -a remove -d 'forget a stopped group'
complete -c supervisorctl -n $none -a reread -d 'read the configuration and show changes'
complete -c supervisorctl -n $none -a restart -d 'stop and start processes'
complete -c supervisorctl -n $none -a shutdown -d 'end the daemon'
complete -c supervisorctl -n $none -a signal -d 'send a signal to processes'
complete -c supervisorctl -n $none -a start -d 'start processes'
complete -c supervisorctl -n $none -a status -d 'show states'
complete -c supervisorctl -n $none -a stop -d 'stop processes'
complete -c supervisorctl -n $none -a tail -d 'show the log of a process'
complete -c supervisorctl -n $none -a update -d 'read the configuration and apply changes'
complete -c supervisorctl -n $none -a version -d 'show the version of the daemon'

complete -c supervisorctl -n '__fish_seen_subcommand_from status start stop restart clear pid signal refresh health' \
    -a '(__supervisorctl_processes)'
complete -c supervisorctl -n '__fish_seen_subcommand_from start stop restart clear pid signal update refresh health' -a all
complete -c supervisorctl -n '__fish_seen_subcommand_from start' -l no-deps -d 'whatever it depends on'
complete -c supervisorctl -n '__fish_seen_subcommand_from stop restart' -l with-dependents -d 'and what depends on it'
complete -c supervisorctl -n '__fish_seen_subcommand_from signal' -a 'TERM HUP INT QUIT KILL USR1 USR2'
complete -c supervisorctl -n '__fish_seen_subcommand_from fg tail' -a '(__supervisorctl_ask status)'
complete -c supervisorctl -n '__fish_seen_subcommand_from tail' -a 'stdout stderr'
complete -c supervisorctl -n '__fish_seen_subcommand_from tail maintail' -s f -d 'follow'
complete -c supervisorctl -n '__fish_seen_subcommand_from add remove update' -a '(__supervisorctl_groups)'
complete -c supervisorctl -n '__fish_seen_subcommand_from help' -a "$actions"
