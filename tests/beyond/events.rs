//! Events that Python's Supervisor does not have.

use xmlrpc::Value;

use crate::common::daemon::Daemon;
use crate::common::home::Home;
use crate::common::wait::wait_until;

/// A listener that writes down what it is told, a line an event.
const LISTENER: &str = "while :; do
echo READY
read -r head || exit
payload=$(head -c \"${head##*len:}\")
name=${head##*eventname:}
echo \"${name%% *} $payload\" >>\"$1\"
printf 'RESULT 2\\nOK'
done
";

#[test]
fn hlt_107_a_change_of_verdict_is_an_event_for_those_who_ask_for_it() {
    let home = Home::new();
    home.write("listener.sh", LISTENER);
    home.write("ok", "");
    home.config(
        "[program:web]\ncommand=/bin/cat\nstartsecs=0\nliveness_check_script=test -e {dir}/ok\n\
         liveness_check_initial_delay=0\nliveness_check_period=50ms\n\
         liveness_check_failure_threshold=2\nliveness_check_failure_action=none\n\
         [eventlistener:new]\ncommand=/bin/sh {dir}/listener.sh {dir}/new\nevents=RS_EVENT\n\
         [eventlistener:named]\ncommand=/bin/sh {dir}/listener.sh {dir}/named\n\
         events=PROCESS_HEALTH,REMOTE_COMMUNICATION\n\
         [eventlistener:old]\ncommand=/bin/sh {dir}/listener.sh {dir}/old\nevents=EVENT\n\
         buffer_size=100\n",
    );
    let daemon = Daemon::of(home, &[]);
    let lines = |name: &str| -> Vec<String> {
        let text = daemon.read(name);
        text.lines().map(str::to_owned).collect()
    };
    wait_until("the first verdict", || lines("new").len() == 1);
    std::fs::remove_file(daemon.path("ok")).expect("the file");
    wait_until("the second verdict", || lines("new").len() == 2);
    let verdict = |verdict: &str, failures: u32| {
        format!(
            "PROCESS_HEALTH processname:web groupname:web check:liveness verdict:{verdict} \
             failures:{failures}"
        )
    };
    let wanted = [verdict("healthy", 0), verdict("unhealthy", 2)];
    assert_eq!(lines("new"), wanted);
    let arguments = vec!["last".into(), "word".into()];
    let sent = daemon.rpc("supervisor.sendRemoteCommEvent", arguments);
    assert_eq!(sent, Ok(Value::Bool(true)));
    let last = "REMOTE_COMMUNICATION type:last";
    for name in ["named", "old"] {
        wait_until("the last event", || daemon.read(name).contains(last));
    }
    assert_eq!(lines("named")[..2], wanted);
    // BEY-014: a listener made for the reference never meets one
    assert!(!daemon.read("old").contains("PROCESS_HEALTH"));
}
