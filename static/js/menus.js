// Menus are <details data-menu>: one open at a time, closed by Escape, by a click outside, and by leaving with Tab.
// Dialogs are opened by data-dialog-open="id".
const openMenus = () => document.querySelectorAll("details[data-menu][open]");

const close = (menu) => {
  const inside = menu.contains(document.activeElement);
  menu.open = false;
  if (inside) menu.querySelector("summary").focus();
};

document.addEventListener(
  "toggle",
  ({ target }) => {
    if (!target.matches?.("details[data-menu][open]")) return;
    for (const other of openMenus()) if (other !== target && !other.contains(target)) other.open = false;
  },
  true,
);

document.addEventListener("click", ({ target }) => {
  const closer = target.closest("[data-menu-close]");
  if (closer) close(closer.closest("details[data-menu]"));
  for (const menu of openMenus()) if (!menu.contains(target)) menu.open = false;

  const opener = target.closest("[data-dialog-open]");
  if (opener) {
    for (const menu of openMenus()) close(menu);
    document.getElementById(opener.dataset.dialogOpen)?.showModal();
  }
  if (target instanceof HTMLDialogElement) target.close();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) close(menu);
});

document.addEventListener("focusin", ({ target }) => {
  for (const menu of openMenus()) if (!menu.contains(target)) menu.open = false;
});

for (const element of document.querySelectorAll("[data-script-only]")) element.hidden = false;
