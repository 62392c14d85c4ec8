// data-copy="id" copies the text of that element and says so in the status beside it (id-copied).
document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent.trim());
    document.getElementById(`${source.id}-copied`).textContent = button.dataset.copied;
  } catch {
    // Without the right to the clipboard, what is marked can be copied by hand.
    getSelection().selectAllChildren(source);
  }
});
