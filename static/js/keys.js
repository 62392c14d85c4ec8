// "/" search, "g h" home, "?" help. Off in fields, and for those who switch them off (WCAG 2.1.4).
const STORE = "portal.keys";
const help = document.getElementById("keyboard-help");
const toggle = document.querySelector("[data-keys-switch]");
let afterG = 0;

const enabled = () => localStorage.getItem(STORE) !== "off";

if (toggle) {
  toggle.checked = enabled();
  toggle.addEventListener("change", () => localStorage.setItem(STORE, toggle.checked ? "on" : "off"));
}

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  const typing = target.isContentEditable || target.matches?.("input, textarea, select");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !enabled()) return;
  if (document.querySelector("dialog[open]")) return;

  const second = Date.now() - afterG < 1000;
  afterG = 0;
  if (key === "g") {
    afterG = Date.now();
  } else if (key === "h" && second) {
    document.querySelector("[data-home]")?.click();
  } else if (key === "/") {
    const fields = [...document.querySelectorAll("[data-search], input[type=search]")];
    const field = fields.find((candidate) => candidate.offsetParent !== null);
    if (!field) return;
    event.preventDefault();
    field.focus();
    field.select();
  } else if (key === "?") {
    help?.showModal();
  }
});
