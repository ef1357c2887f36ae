"use strict";
// Keys press what is on the page: an element with data-key is clicked, or focused where something is typed into it. Forms are sent without
// leaving the page, so that what was decided is read out, and stay as they are where the server does not answer. All works without it, too.
(() => {
  const said = document.getElementById("said");
  const fault = document.getElementById("fault");
  const help = document.getElementById("help");
  const on = document.getElementById("keys-on");
  const main = () => document.getElementById("content");
  const typing = (element) => element.matches("textarea, select, input:not([type=checkbox])");
  let shown = performance.now();
  let busy = false;
  let ticking = 0;

  function tell(text) {
    fault.textContent = text;
    if (text) fault.scrollIntoView({ block: "nearest" });
  }

  // A page that was fetched takes the place of this one's content.
  function arrive(text, url) {
    const page = new DOMParser().parseFromString(text, "text/html");
    const content = page.getElementById("content");
    if (!content) return false;
    main().replaceWith(document.adoptNode(content));
    document.title = page.title;
    said.textContent = page.getElementById("said").textContent;
    tell("");
    if (url !== location.href) history.pushState(null, "", url);
    scrollTo(0, 0);
    begin();
    return true;
  }

  async function go(url, options) {
    if (busy) return;
    busy = true;
    main().setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(url, options);
      const text = await answer.text();
      if (!arrive(text, options && !answer.redirected ? location.href : answer.url))
        tell(answer.redirected ? `It was written, but the next page does not come: ${text}` : `${text} Nothing was written.`);
    } catch {
      tell("The server does not answer, so nothing was written. Start synthgen review again, and open the address that it prints.");
    } finally {
      busy = false;
      main().removeAttribute("aria-busy");
    }
  }

  function begin() {
    shown = performance.now();
    clearInterval(ticking);
    const panel = main().querySelector("details[name=panel][open]");
    if (panel) enter(panel);
    else (main().querySelector("[data-first]") || main().querySelector("h1")).focus({ preventScroll: true });
    const clock = document.getElementById("clock");
    if (clock) ticking = setInterval(tick, 200, clock, Number(clock.dataset.limit));
  }

  function tick(clock, limit) {
    const seconds = (performance.now() - shown) / 1000;
    clock.textContent = `${Math.floor(seconds)} s`;
    if (limit && seconds >= limit && !busy) {
      clearInterval(ticking);
      send(document.getElementById("answer"));
    }
  }

  function send(form, button) {
    const given = new FormData(form, button);
    if (given.has("seconds")) given.set("seconds", ((performance.now() - shown) / 1000).toFixed(1));
    go(form.action, { method: "POST", body: new URLSearchParams(given) });
  }

  // The first thing in a panel that was opened, where one goes on.
  function enter(panel) {
    const first = panel.querySelector("textarea, input:not([type=hidden]), button:not([disabled])");
    if (!first) return;
    first.focus();
    if (first.matches("textarea")) first.setSelectionRange(first.value.length, first.value.length);
  }

  function press(key) {
    const scopes = [main().querySelector("details[name=panel][open]"), main(), document.querySelector("header")];
    for (const scope of scopes) {
      const found = [...(scope?.querySelectorAll(`[data-key="${CSS.escape(key)}"]`) ?? [])].find((one) => one.checkVisibility());
      if (!found) continue;
      if (typing(found)) found.focus();
      else found.click();
      if (found.matches("summary") && found.parentElement.open) enter(found.parentElement);
      return true;
    }
    return false;
  }

  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.metaKey || event.isComposing || help.open) return;
    const inside = event.target;
    if (event.ctrlKey) {
      if (event.key === "Enter" && inside.matches("textarea")) send(inside.form);
      return;
    }
    const panel = inside.closest("details[name=panel]") || main().querySelector("details[name=panel][open]");
    if (event.key === "Escape") {
      if (panel?.open) {
        panel.open = false;
        panel.querySelector("summary").focus();
      } else if (typing(inside)) inside.blur();
      return;
    }
    const digit = /^[1-9]$/.test(event.key);
    if (typing(inside) && !(digit && "digits" in inside.dataset && !inside.value)) return;
    if (!on.checked && event.key !== "?") return;
    if (event.key === "Enter" && inside.matches("a, button, summary")) return;
    const key = { ArrowRight: "j", ArrowLeft: "k" }[event.key] ?? event.key;
    if (press(key)) event.preventDefault();
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || !main().contains(form) || form.action.endsWith("/")) return;
    event.preventDefault();
    send(form, event.submitter);
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-swap]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(link.href);
  });

  document.addEventListener(
    "toggle",
    (event) => {
      if (event.target.open && event.target.matches("details[name=panel]")) enter(event.target);
    },
    true,
  );

  addEventListener("popstate", () => location.reload());
  document.getElementById("keys")?.addEventListener("click", () => help.showModal());
  try {
    on.checked = localStorage.getItem("synthgen keys") !== "off";
    on.addEventListener("change", () => localStorage.setItem("synthgen keys", on.checked ? "on" : "off"));
  } catch {
    // a browser that stores nothing
  }
  begin();
})();
