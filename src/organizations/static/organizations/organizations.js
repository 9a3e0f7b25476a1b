/* Small comforts for the package's pages. Everything works without them.
   No request is made from here: a strict policy without connect-src stays silent.
   The words come translated from the tag that loads this file (elements/script.html). */
const words = document.querySelector("script[data-org-sending]")?.dataset ?? {};
const make = (name, className, text = "") =>
  Object.assign(document.createElement(name), {className, textContent: text});
const button = (text, act) => {
  const made = make("button", "org-button org-quiet", text);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
};

/* Messages: each can be dismissed; good news goes by itself, errors stay. */
const STAY = 8000;

function dismiss(note) {
  const list = note.parentElement;
  const hadFocus = note.contains(document.activeElement);
  note.remove();
  const next = list.querySelector("button") ?? document.querySelector(".org-root h1") ?? document.querySelector(".org-root");
  if (!list.childElementCount) list.remove();
  if (hadFocus && next) {
    if (next.tagName !== "BUTTON") next.tabIndex = -1;
    next.focus();
  }
}

function fade(note) {
  if (!note.isConnected || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  if (document.hidden || note.matches(":hover, :focus-within")) return void setTimeout(fade, STAY, note);
  const motion = note.animate({opacity: [1, 0]}, 400);
  motion.onfinish = () => (note.matches(":hover, :focus-within") ? setTimeout(fade, STAY, note) : dismiss(note));
}

function message(note) {
  const text = make("span", "");
  text.append(...note.childNodes);
  note.append(text, button(words.orgDismiss, () => dismiss(note)));
  note.classList.add("org-title"); // text at the start, button at the end
  if (note.classList.contains("org-note-success")) setTimeout(fade, STAY, note);
}

/* Copying: a button beside what is shown to be copied. */
function copying(source) {
  const said = make("span", "org-muted");
  said.setAttribute("role", "status");
  const copy = button(words.orgCopy, async () => {
    said.textContent = "";
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
      said.textContent = words.orgCopied;
    } catch { // no right to the clipboard, or no https
      if (source.select) source.select();
      else getSelection().selectAllChildren(source);
      said.textContent = words.orgSelected;
    }
  });
  if (source.dataset.orgCopy) copy.append(make("span", "org-hidden", `: ${source.dataset.orgCopy}`));
  const row = make("div", "org-actions");
  row.append(copy, said);
  source.after(row);
}

/* The short name that an empty field leads to, as Django's slugify makes it. It is only shown:
   left empty, the server puts a number behind it where somebody else has it. */
const slugify = (text) =>
  text.normalize("NFKC").toLowerCase().replace(/[^\p{L}\p{N}_\s-]/gu, "").replace(/[-\s]+/g, "-").replace(/^[-_]+|[-_]+$/g, "");

function preview(slug) {
  const name = slug.form?.elements.namedItem(slug.dataset.orgSlugOf);
  if (!name) return;
  const show = () => (slug.placeholder = slugify(name.value));
  name.addEventListener("input", show);
  show();
}

/* Each thing once, also in what htmx brings later. */
const PARTS = {
  "[data-org-messages] > .org-note": message,
  "[data-org-copy]": copying,
  "[data-org-slug-of]:not([required])": preview,
};
const seen = new WeakSet();

function enhance() {
  for (const [selector, make] of Object.entries(PARTS))
    for (const found of document.querySelectorAll(`.orgs :is(${selector})`))
      if (!seen.has(found)) seen.add(found) && make(found);
}

enhance();
for (const swapped of ["htmx:afterSwap", "htmx:after:swap"]) document.addEventListener(swapped, enhance);

/* Busy: nothing is sent twice. Buttons are not disabled, since those would not be sent along. */
const PATIENCE = 20000;
const busy = new Map();

function rest(form) {
  const {buttons, label, timer} = busy.get(form);
  clearTimeout(timer);
  busy.delete(form);
  form.removeAttribute("aria-busy");
  for (const each of buttons) each.removeAttribute("aria-disabled");
  if (label) label.button.replaceChildren(...label.nodes);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  const sender = event.submitter;
  if (event.defaultPrevented || !form.closest(".orgs")) return;
  if ((sender?.getAttribute("formmethod") ?? form.getAttribute("method"))?.toLowerCase() !== "post") return;
  if (sender?.formTarget || form.getAttribute("target")) return;
  if (busy.has(form)) return event.preventDefault();
  const buttons = [...form.elements].filter((each) => each.type === "submit");
  const label = sender?.matches("button.org-button") && {button: sender, nodes: [...sender.childNodes]};
  form.setAttribute("aria-busy", "true");
  for (const each of buttons) each.setAttribute("aria-disabled", "true");
  if (label) sender.textContent = words.orgSending;
  // The answer may never come: then one may try again.
  busy.set(form, {buttons, label, timer: setTimeout(rest, PATIENCE, form)});
});
addEventListener("pageshow", () => [...busy.keys()].forEach(rest)); // back from the next page

/* Menus: Escape and a click elsewhere close them, arrows move in them. */
const MENU = "details.org-menu";
const openMenus = () => document.querySelectorAll(`${MENU}[open]`);

document.addEventListener("click", ({target}) => {
  for (const menu of openMenus()) if (!menu.contains(target)) menu.open = false;
});
document.addEventListener("focusout", ({target, relatedTarget}) => {
  const menu = target.closest?.(`${MENU}[open]`);
  if (menu && relatedTarget && !menu.contains(relatedTarget)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented) return;
  if (event.key === "Escape") {
    for (const menu of openMenus()) {
      const hadFocus = menu.contains(document.activeElement);
      menu.open = false;
      if (hadFocus) menu.querySelector("summary").focus();
    }
    return;
  }
  const menu = event.target.closest?.(MENU);
  const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
  if (!menu || !step || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  menu.open = true;
  const items = [...menu.querySelectorAll("a.org-item, button.org-item")];
  const at = items.indexOf(document.activeElement);
  const to = at < 0 && step < 0 ? items.length - 1 : (at + step + items.length) % items.length;
  items[to]?.focus();
});
