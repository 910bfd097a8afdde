"use strict";

// A log that follows: what the process writes appears at once. Without this script the page shows the end
// of the log as it was, and Refresh loads it anew.
{
  // Characters that are kept on the page, and how many more may gather before the oldest are dropped.
  const KEPT = 2 ** 21;
  const SLACK = 2 ** 19;
  // Pause before a broken stream is asked for again, in milliseconds.
  const PAUSE = 2000;

  const pre = document.getElementById("log");
  const button = document.getElementById("follow");
  const note = document.getElementById("statusmessage");
  let wanted = true;
  let stream = null;
  let length = pre.textContent.length;

  const say = (text) => {
    note.textContent = text || "#";
    note.classList.toggle("hidden", !text);
  };

  /** Control characters as their pictures, like the page has them (src/http/page/escape.rs). */
  const visible = (text) =>
    text
      .replace(/\r\n?/g, "\n")
      .replace(/[\0-\x08\x0b\x0c\x0e-\x1f]/g, (control) => String.fromCharCode(0x2400 + control.charCodeAt(0)))
      .replace(/\x7f/g, "\u2421")
      .replace(/[\x80-\x9f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");

  const isAtEnd = () => pre.scrollHeight - pre.scrollTop - pre.clientHeight < 40;

  const goToEnd = () => {
    pre.scrollTop = pre.scrollHeight;
  };

  /** Appends text, drops the oldest if there is too much, and stays at the end if the reader is there. */
  const append = (text) => {
    const stay = isAtEnd();
    pre.append(text);
    length += text.length;
    while (length > KEPT + SLACK && pre.firstChild !== pre.lastChild) {
      length -= pre.firstChild.length;
      pre.firstChild.remove();
    }
    if (stay) {
      goToEnd();
    }
  };

  /** What of a stream's beginning is not on the page yet: it starts with the log's last words. */
  const news = (piece) => {
    // it may start in the middle of a character
    const fresh = piece.replace(/^\ufffd{1,3}/, "");
    const shown = pre.textContent.slice(-fresh.length);
    for (let from = 0; from < shown.length; from += 1) {
      if (fresh.startsWith(shown.slice(from))) {
        return fresh.slice(shown.length - from);
      }
    }
    // what came in between was missed
    return shown ? `\u22ef\n${fresh}` : fresh;
  };

  const follow = async () => {
    stream = new AbortController();
    const { signal } = stream;
    button.setAttribute("aria-pressed", "true");
    button.textContent = "Following";
    while (!signal.aborted) {
      try {
        const answer = await fetch(pre.dataset.stream, { signal, credentials: "same-origin", cache: "no-store" });
        if (!answer.ok) {
          throw new Error(`${answer.status} ${answer.statusText}`);
        }
        const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
        say("");
        let first = true;
        for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
          const text = visible(piece.value);
          append(first ? news(text) : text);
          first = false;
        }
        throw new Error("the stream ended");
      } catch (error) {
        if (signal.aborted) {
          return;
        }
        say(`The log cannot be followed: ${error.message}. Trying again.`);
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  };

  const stop = () => {
    stream?.abort();
    stream = null;
    button.setAttribute("aria-pressed", "false");
    button.textContent = "Follow";
  };

  /** Follows while somebody wants it and sees it: a browser has few connections for one host. */
  const decide = () => {
    const shall = wanted && !document.hidden;
    if (shall && !stream) {
      follow();
    } else if (!shall && stream) {
      stop();
    }
  };

  button.addEventListener("click", () => {
    wanted = !wanted;
    if (wanted) {
      goToEnd();
    }
    decide();
  });
  document.addEventListener("visibilitychange", decide);
  button.hidden = false;
  goToEnd();
  decide();
}
