
"use strict";
(() => {
  // A form.filter with data-for="id" shows, of the [data-item] below that element, those whose data-status is checked (all
  // when the form has no boxes) and whose text has every word of the search. A [data-group] without any is hidden.
  for (const form of document.querySelectorAll("form.filter")) {
    const list = document.getElementById(form.dataset.for);
    const items = [...list.querySelectorAll("[data-item]")].map((el) => ({ el, text: el.textContent.toLowerCase() }));
    const search = form.querySelector("input[type=search]");
    const boxes = [...form.querySelectorAll("input[type=checkbox]")];
    const shown = form.querySelector("output");
    const apply = () => {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      const statuses = new Set(boxes.filter((b) => b.checked).map((b) => b.value));
      let n = 0;
      for (const { el, text } of items) {
        const fits = (boxes.length === 0 || statuses.has(el.dataset.status)) && words.every((w) => text.includes(w));
        el.hidden = !fits;
        if (fits) n++;
      }
      for (const group of list.querySelectorAll("[data-group]")) group.hidden = !group.querySelector("[data-item]:not([hidden])");
      shown.textContent = n === items.length ? "" : n + " of " + items.length + " shown";
    };
    form.addEventListener("input", apply);
    form.addEventListener("submit", (e) => e.preventDefault());
    form.hidden = false;
    apply(); // a browser keeps what was typed when a page is loaded again
  }

  // A link into what is closed or filtered opens and shows it.
  const reveal = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let el = target; el; el = el.parentElement) {
      if (el.tagName === "DETAILS") el.open = true;
      if (el.hidden) el.hidden = false;
    }
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();

  // Keys: / goes to the search, n and p to the next and previous [data-stop].
  addEventListener("keydown", (e) => {
    const typing = e.target.matches("input, textarea, select");
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    if (typing) {
      if (e.key === "Escape") e.target.blur();
      return;
    }
    if (e.key === "/") {
      const search = document.querySelector("form.filter input[type=search]");
      if (search) { e.preventDefault(); search.focus(); search.select(); }
    } else if (e.key === "n" || e.key === "p") {
      const stops = [...document.querySelectorAll("[data-stop]")].filter((el) => el.offsetParent !== null);
      if (stops.length === 0) return;
      const at = stops.indexOf(document.activeElement?.closest("[data-stop]"));
      const next = stops[(at + (e.key === "n" ? 1 : at < 0 ? 0 : -1) + stops.length) % stops.length];
      next.focus();
      next.scrollIntoView({ block: "start" });
    }
  });

  // Paper cannot be unfolded.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details[data-print]:not([open])")];
    for (const d of closed) d.open = true;
  });
  addEventListener("afterprint", () => { for (const d of closed) d.open = false; });
})();
