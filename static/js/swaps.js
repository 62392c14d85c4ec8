// After htmx has changed a part of the page: focus what matters, and say what happened.
const announcer = document.getElementById("announcer");

const say = (text) => {
  announcer.textContent = "";
  setTimeout(() => {
    announcer.textContent = text;
  }, 50);
};

document.addEventListener("htmx:afterSettle", ({ detail }) => {
  const { elt } = detail;
  const wanted = elt.querySelector("[data-error-summary], [data-focus]");
  if (wanted) wanted.focus();
  else if (document.activeElement === document.body && elt.isConnected && elt !== document.body) {
    if (!elt.hasAttribute("tabindex")) elt.tabIndex = -1;
    elt.focus({ preventScroll: true });
  }
  const news = elt.matches("[data-announce]") ? elt : elt.querySelector("[data-announce]");
  if (news) say(news.dataset.announce);
});

const complain = (text) => {
  say(text);
  const messages = document.getElementById("messages");
  const note = document.createElement("div");
  note.className = "alert tone-danger";
  const body = document.createElement("div");
  body.className = "alert__body";
  body.textContent = text;
  note.append(body);
  messages?.replaceChildren(note);
};
document.addEventListener("htmx:responseError", () => complain(announcer.dataset.failed));
document.addEventListener("htmx:sendError", () => complain(announcer.dataset.offline));
