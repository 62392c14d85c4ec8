// Long texts (textarea data-autosave) are kept in this browser until the form that holds them has been saved.
// A draft goes when its person lands on a page of the portal without that field after submitting it; a sign-in or an
// error page does not count, so nothing is lost when a session ends. Signing out removes all drafts of the person.
const PREFIX = "portal.draft.";
const SENT = "portal.sent";
const WEEK = 7 * 24 * 3600 * 1000;
const { person, shell } = document.body.dataset;

const keyOf = (area) => `${PREFIX}${person}.${area.dataset.autosave || location.pathname}.${area.name}`;

const read = (key) => {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
};

const write = (key, text) => {
  try {
    localStorage.setItem(key, JSON.stringify({ text, at: Date.now() }));
  } catch {
    // Storage is full or switched off: the text is still in the field.
  }
};

const drafts = () => Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));

const offer = (area) => {
  const draft = read(keyOf(area));
  if (!draft || draft.text === area.value) return;
  const before = area.value;
  area.value = draft.text;
  const note = document.createElement("div");
  note.className = "draft";
  note.setAttribute("role", "status");
  const undo = Object.assign(document.createElement("button"), {
    type: "button",
    className: "link-button",
    textContent: document.body.dataset.draftDiscard,
  });
  undo.addEventListener("click", () => {
    area.value = before;
    localStorage.removeItem(keyOf(area));
    note.remove();
    area.focus();
  });
  note.append(document.body.dataset.draftRestored, undo);
  area.after(note);
};

const prepare = (root) => {
  for (const area of root.querySelectorAll("textarea[data-autosave]")) {
    if (area.dataset.kept !== undefined) continue;
    area.dataset.kept = "";
    offer(area);
    let timer;
    area.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => write(keyOf(area), area.value), 300);
    });
  }
};

if (person) {
  const present = new Set([...document.querySelectorAll("textarea[data-autosave]")].map(keyOf));
  const sent = JSON.parse(sessionStorage.getItem(SENT) || "[]");
  if (shell !== undefined) {
    for (const key of sent) if (!present.has(key)) localStorage.removeItem(key);
    sessionStorage.removeItem(SENT);
  }
  for (const key of drafts()) if (Date.now() - (read(key)?.at ?? 0) > WEEK) localStorage.removeItem(key);
  prepare(document);
  document.addEventListener("htmx:load", ({ detail }) => prepare(detail.elt));

  document.addEventListener("submit", ({ target }) => {
    if (target.hasAttribute("data-sign-out")) {
      for (const key of drafts()) if (key.startsWith(`${PREFIX}${person}.`)) localStorage.removeItem(key);
      return;
    }
    const areas = [...target.querySelectorAll("textarea[data-autosave]")];
    for (const area of areas) write(keyOf(area), area.value);
    if (areas.length) sessionStorage.setItem(SENT, JSON.stringify(areas.map(keyOf)));
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const key of JSON.parse(sessionStorage.getItem(SENT) || "[]")) {
      const still = [...document.querySelectorAll("textarea[data-autosave]")].some((area) => keyOf(area) === key);
      if (!still) localStorage.removeItem(key);
    }
  });
}
