// Shows a chosen theme at once and stores it in the background; without script the form does both.
for (const form of document.querySelectorAll("[data-theme-switch]")) {
  form.addEventListener("submit", (event) => {
    const { submitter } = event;
    if (!submitter) return;
    event.preventDefault();
    const body = new FormData(form, submitter);
    document.documentElement.dataset.theme = submitter.value;
    for (const button of form.querySelectorAll("[aria-pressed]")) {
      button.setAttribute("aria-pressed", String(button === submitter));
    }
    fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => {});
  });
}
