// Forms: no double submit, a warning before changes are left (data-guard), focus on the summary of errors, score sliders.
const dirty = new WeakSet();

const busy = (form, on) => {
  form.toggleAttribute("data-busy", on);
  for (const button of form.querySelectorAll("button:not([type=button]):not([disabled])")) {
    if (on) button.setAttribute("aria-disabled", "true");
    else button.removeAttribute("aria-disabled");
  }
};

document.addEventListener("input", ({ target }) => {
  const form = target.form;
  if (form?.hasAttribute("data-guard")) dirty.add(form);
});

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.hasAttribute("data-busy")) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    if (form.hasAttribute("data-theme-switch")) return;
    dirty.delete(form);
    // Later than the collection of the form's values, which leaves out the button that was pressed once it is disabled.
    setTimeout(() => busy(form, true));
  },
  true,
);

const release = (root) => {
  for (const form of root.querySelectorAll("form[data-busy]")) busy(form, false);
};
addEventListener("pageshow", () => release(document));
document.addEventListener("htmx:afterRequest", ({ target }) => {
  const form = target.closest?.("form[data-busy]");
  if (form) busy(form, false);
});

addEventListener("beforeunload", (event) => {
  if ([...document.querySelectorAll("form[data-guard]")].some((form) => dirty.has(form))) event.preventDefault();
});

const prepare = (root) => {
  root.querySelector("[data-error-summary]")?.focus();
  for (const score of root.querySelectorAll("[data-score]")) {
    const number = score.querySelector("input[type=number]");
    if (!number || score.querySelector("input[type=range]")) continue;
    const range = document.createElement("input");
    Object.assign(range, { type: "range", min: number.min, max: number.max, step: number.step, tabIndex: -1 });
    range.setAttribute("aria-hidden", "true");
    range.value = number.value || number.min;
    range.addEventListener("input", () => {
      number.value = range.value;
      number.dispatchEvent(new Event("input", { bubbles: true }));
    });
    number.addEventListener("input", () => {
      range.value = number.value || number.min;
    });
    score.append(range);
  }
};
prepare(document);
document.addEventListener("htmx:load", ({ detail }) => prepare(detail.elt));
