//! A fake event listener: what it hears must be whole events, and only when it is ready for one.

use crate::random::Random;

/// The listener's half of the protocol.
#[derive(Default)]
pub(crate) struct FakeListener {
    /// It said READY and has not been sent an event since.
    ready: bool,
    /// It was sent an event that it has not answered.
    busy: bool,
    /// It spoke nonsense and may not be sent anything any more.
    broken: bool,
    /// What it has yet to say of a word that it began.
    rest: &'static [u8],
}

impl FakeListener {
    /// Says something, or nothing at all; READY may come in two pieces.
    pub(crate) fn speak(&mut self, random: &mut Random) -> Vec<u8> {
        if self.broken {
            return b"still nonsense\n".to_vec();
        }
        if !self.rest.is_empty() {
            self.ready = true;
            return std::mem::take(&mut self.rest).to_vec();
        }
        match (self.busy, self.ready) {
            (true, _) => self.answer(random),
            (false, false) if random.chance(3) => {
                self.rest = b"DY\n";
                b"REA".to_vec()
            }
            (false, false) => {
                self.ready = true;
                b"READY\n".to_vec()
            }
            (false, true) if random.chance(20) => {
                self.broken = true;
                b"nonsense\n".to_vec()
            }
            (false, true) => Vec::new(),
        }
    }

    fn answer(&mut self, random: &mut Random) -> Vec<u8> {
        const ANSWERS: [&[u8]; 5] = [
            b"RESULT 2\nOK",
            b"RESULT 4\nFAIL",
            b"RESULT 0\n",
            b"RESULT x\n",
            b"RESULT 2\nOKREADY\n",
        ];
        let which = random.place(ANSWERS.len());
        self.busy = false;
        // a bad result line makes it one that is not understood
        self.broken = which == 3;
        self.ready = which == 4;
        ANSWERS[which].to_vec()
    }

    /// Hears what the supervisor wrote.
    pub(crate) fn hear(&mut self, bytes: &[u8]) {
        if !bytes.starts_with(b"ver:") {
            return;
        }
        assert!(
            self.ready && !self.busy && !self.broken,
            "an event for a listener that is not ready"
        );
        let text = String::from_utf8_lossy(bytes);
        let (header, payload) = text.split_once('\n').expect("a header line");
        let length = header.rsplit("len:").next().expect("a length");
        assert_eq!(length.parse(), Ok(payload.len()), "{header}");
        self.ready = false;
        self.busy = true;
    }
}
