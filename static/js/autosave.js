// Long texts (textarea data-autosave) are kept in this browser until the form that holds them has been saved.
// Lost sessions, lost connections and refusals keep the draft; signing out removes all drafts of the person.
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

const areasOf = (form) => [...form.querySelectorAll("textarea[data-autosave]")];

// A form that was saved answers with a redirect to a page of the portal; a wrong one comes back with a summary of its
// errors, and a lost session or a refusal ends on a page without the shell.
const saved = () => {
  const [visit] = performance.getEntriesByType("navigation");
  return (
    shell !== undefined &&
    visit?.type === "navigate" &&
    visit.redirectCount > 0 &&
    !document.querySelector("[data-error-summary]")
  );
};

const sent = JSON.parse(sessionStorage.getItem(SENT) || "[]");
if (saved()) for (const key of sent) localStorage.removeItem(key);
sessionStorage.removeItem(SENT);
addEventListener("pageshow", ({ persisted }) => persisted && sessionStorage.removeItem(SENT));

if (person) {
  for (const key of drafts()) if (Date.now() - (read(key)?.at ?? 0) > WEEK) localStorage.removeItem(key);
  prepare(document);
  document.addEventListener("htmx:load", ({ detail }) => prepare(detail.elt));

  document.addEventListener("submit", ({ target }) => {
    if (target.hasAttribute("data-sign-out")) {
      for (const key of drafts()) if (key.startsWith(`${PREFIX}${person}.`)) localStorage.removeItem(key);
      return;
    }
    const areas = areasOf(target);
    for (const area of areas) write(keyOf(area), area.value);
    if (areas.length) sessionStorage.setItem(SENT, JSON.stringify(areas.map(keyOf)));
  });
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const form = detail.requestConfig?.elt;
    if (!form?.matches?.("form")) return;
    sessionStorage.removeItem(SENT);
    if (detail.xhr.status < 300) for (const area of areasOf(form)) localStorage.removeItem(keyOf(area));
  });
}
