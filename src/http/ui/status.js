"use strict";

// The status page, alive: it keeps itself up to date, does what its buttons say without leaving the page,
// and filters while one types. Without this script the same page does all that by loading anew.
{
  // Between two looks at the supervisor, in milliseconds; more where a look is costly.
  const PERIOD = 2000;
  const COSTLY = 20;
  const PATIENCE = 30000;

  const field = document.querySelector("#filter input");
  const note = document.getElementById("statusmessage");
  let working = 0;
  let timer = 0;
  let lost = "";

  /** Says something of our own, or nothing. */
  const say = (text) => {
    note.textContent = text || "#";
    note.classList.toggle("hidden", !text);
  };

  /** Loads a page of ours as a document of its own. */
  const load = async (address, options) => {
    const answer = await fetch(address, { credentials: "same-origin", cache: "no-store", ...options });
    if (!answer.ok) {
      throw new Error(`${answer.status} ${answer.statusText}`);
    }
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  };

  /** Shows what fits the filter. The page without scripts does the same (src/http/page/view.rs). */
  const filter = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (row) =>
      words.every((word) => row.dataset.state === word || row.dataset.name.toLowerCase().includes(word));
    let shown = 0;
    for (const body of document.querySelectorAll("#programs tbody:not(#nothing)")) {
      const rows = [...body.querySelectorAll("tr[data-name]")];
      for (const row of rows) {
        row.hidden = !fits(row);
      }
      const some = rows.filter((row) => !row.hidden).length;
      body.hidden = some === 0;
      shown += some;
    }
    const nothing = document.getElementById("nothing");
    if (nothing) {
      nothing.hidden = shown > 0;
    }
    for (const link of document.querySelectorAll("#counts a")) {
      const current = words.length > 0 && link.dataset.filter === words.join(" ");
      link.toggleAttribute("aria-current", current);
    }
  };

  /** Puts the new content in, if it is another. Who was at a button there is at the first one then. */
  const renew = (old, fresh) => {
    if (old.innerHTML !== fresh.innerHTML) {
      const here = old.contains(document.activeElement);
      old.replaceChildren(...document.adoptNode(fresh).childNodes);
      if (here) {
        old.querySelector("button, a")?.focus();
      }
    }
  };

  const names = (table) => [...table.querySelectorAll("tr")].map((row) => row.dataset.name ?? row.className).join("\n");

  /** Takes over what a fresh page says of the programs, and touches nothing that is the same. */
  const adopt = (page) => {
    const [old, fresh] = [document, page].map((where) => where.getElementById("programs"));
    if (!fresh) {
      throw new Error("this is another page");
    }
    if (names(old) === names(fresh) && old.tagName === fresh.tagName) {
      const lines = fresh.querySelectorAll("tr");
      old.querySelectorAll("tr").forEach((row, at) => {
        if (row.dataset.state) {
          row.dataset.state = lines[at].dataset.state;
        }
        const cells = lines[at].querySelectorAll("td, .tally");
        row.querySelectorAll("td, .tally").forEach((cell, place) => renew(cell, cells[place]));
      });
    } else {
      old.replaceWith(document.adoptNode(fresh));
    }
    renew(document.getElementById("counts"), page.getElementById("counts"));
    filter();
  };

  /** The message of a page, shown like the page would. */
  const adoptMessage = (page) => {
    const [old, fresh] = [document, page].map((where) => where.getElementById("message"));
    old.className = fresh.className;
    old.replaceChildren(...document.adoptNode(fresh).childNodes);
  };

  const plan = (delay) => {
    clearTimeout(timer);
    timer = setTimeout(look, delay);
  };

  /** Looks how the programs are, unless nobody sees it or something is being done. */
  const look = async () => {
    if (document.hidden || working > 0) {
      return;
    }
    const start = performance.now();
    try {
      const page = await load("index.html", { signal: AbortSignal.timeout(PATIENCE) });
      if (working === 0) {
        adopt(page);
      }
      if (lost) {
        say("");
      }
      lost = "";
    } catch (error) {
      lost ||= new Date().toLocaleTimeString();
      say(`No news from the supervisor since ${lost}: ${error.message}`);
    }
    plan(Math.max(PERIOD, COSTLY * (performance.now() - start)));
  };

  /** Sends a form and shows the answer here. */
  const send = async (form, button) => {
    const values = new URLSearchParams(new FormData(form));
    values.append(button.name, button.value);
    const place = form.closest("tr") ?? form;
    working += 1;
    place.setAttribute("aria-busy", "true");
    form.querySelectorAll("button").forEach((other) => (other.disabled = true));
    form.closest("details")?.removeAttribute("open");
    try {
      // `form.action` is the button of that name
      const page = await load(form.getAttribute("action"), { method: "POST", body: values });
      adoptMessage(page);
      adopt(page);
      say("");
    } catch (error) {
      say(`${button.textContent}: ${error.message}`);
    }
    working -= 1;
    place.removeAttribute("aria-busy");
    form.querySelectorAll("button").forEach((other) => (other.disabled = false));
    plan(0);
  };

  document.addEventListener("submit", (event) => {
    const { target, submitter } = event;
    if (target.id === "filter") {
      event.preventDefault();
    } else if (submitter?.name === "action") {
      event.preventDefault();
      send(target, submitter);
    }
  });

  document.addEventListener("click", (event) => {
    const count = event.target.closest("#counts a");
    if (count && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      field.value = field.value === count.dataset.filter ? "" : count.dataset.filter;
      filter();
    }
    for (const open of document.querySelectorAll("details[open]")) {
      if (!open.contains(event.target)) {
        open.removeAttribute("open");
      }
    }
  });

  document.addEventListener("keydown", (event) => {
    const open = document.querySelector("details[open]");
    if (event.key === "Escape" && open) {
      open.removeAttribute("open");
      open.querySelector("summary").focus();
    }
  });

  document.addEventListener("visibilitychange", () => plan(0));
  field.addEventListener("input", filter);
  document.querySelector("#filter button").hidden = true;
  filter();
  plan(PERIOD);
}
