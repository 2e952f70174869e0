// Keys for a long day: they act only where nobody is typing, and can be switched off (WCAG 2.1.4).
import { visit } from "@hotwired/turbo";
import { make } from "./dom";
import { rows } from "./list";
import { type Key, t } from "./strings";

const SWITCH = "sigilo/v1/shortcuts";
/** Milliseconds within which the second key of a pair must follow. */
const PAIR = 1_500;

const areOn = (): boolean => localStorage.getItem(SWITCH) !== "off";

const follow = (selector: string): boolean => {
  const link = document.querySelector<HTMLAnchorElement>(selector);
  if (link) visit(link.href);
  return link !== null;
};

const focus = (selector: string): boolean => {
  const found = [...document.querySelectorAll<HTMLElement>(selector)].find((element) => element.offsetParent !== null);
  found?.focus();
  return found !== undefined;
};

/** From the row that has the focus, or onto the first or last. */
function move(by: 1 | -1): boolean {
  const all = rows();
  if (all.length === 0) return false;
  const at = all.indexOf(document.activeElement as HTMLAnchorElement);
  const to = at < 0 ? (by === 1 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1);
  all[to]?.focus();
  return true;
}

interface Shortcut {
  keys: string;
  what: Key;
  /** Acts, and returns false when there was nothing to do. */
  act: () => boolean;
}

export const SHORTCUTS: readonly Shortcut[] = [
  { keys: "j", what: "keys.down", act: () => move(1) || follow(".trail a[rel=next]") },
  { keys: "k", what: "keys.up", act: () => move(-1) || follow(".trail a[rel=prev]") },
  { keys: "/", what: "keys.find", act: () => focus("[data-shortcut='/']") },
  { keys: "m", what: "keys.message", act: () => focus("form[data-seal=message] textarea") },
  { keys: "n", what: "keys.note", act: () => focus("form[data-seal=note] textarea") },
  { keys: "s", what: "keys.state", act: () => focus("form[data-seal=reason] select") },
  { keys: "u", what: "keys.back", act: () => follow(".trail a[rel=up]") },
  { keys: "g i", what: "keys.inbox", act: () => follow(".bar nav a[href='/staff/inbox']") },
  { keys: "?", what: "keys.help", act: () => showShortcuts() },
];

/** Where keys are letters, not commands. */
const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));

let pair: { first: string; at: number } | null = null;

/** The shortcut of a key press, if any. */
export function shortcutOf(event: KeyboardEvent): Shortcut | null {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return null;
  if (isTyping(event.target) || document.querySelector("dialog[open]")) return null;
  const inList = rows().includes(document.activeElement as HTMLAnchorElement);
  const arrow = ({ ArrowDown: "j", ArrowUp: "k" } as Record<string, string>)[event.key];
  // Arrows move through the list once one is in it; elsewhere they scroll.
  if (arrow) return inList ? (SHORTCUTS.find(({ keys }) => keys === arrow) ?? null) : null;
  if (!areOn()) return null;
  const began = pair && event.timeStamp - pair.at < PAIR ? `${pair.first} ${event.key}` : null;
  pair = null;
  const found = SHORTCUTS.find(({ keys }) => keys === began) ?? SHORTCUTS.find(({ keys }) => keys === event.key);
  if (found) return found;
  if (SHORTCUTS.some(({ keys }) => keys.startsWith(`${event.key} `))) pair = { first: event.key, at: event.timeStamp };
  return null;
}

/** The list of them, and the switch. */
export function showShortcuts(): boolean {
  const title = make("h2", t("keys.title"));
  title.id = "shortcuts-title";
  const list = make("dl.shortcuts");
  for (const { keys, what } of SHORTCUTS) {
    const names = keys.split(" ").map((key) => make("kbd", key));
    list.append(make("div", make("dt", ...names), make("dd", t(what))));
  }
  const on = make("input");
  on.type = "checkbox";
  on.checked = areOn();
  on.addEventListener("change", () => localStorage.setItem(SWITCH, on.checked ? "on" : "off"));
  const close = make("button", t("keys.close"));
  close.type = "button";
  const dialog = make("dialog", title, list, make("label.choice", on, " ", t("keys.use")), make("div.actions", close));
  dialog.setAttribute("aria-labelledby", title.id);
  dialog.setAttribute("data-turbo-temporary", "");
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return true;
}

export function watchKeys(): void {
  addEventListener("keydown", (event) => {
    if (shortcutOf(event)?.act()) event.preventDefault();
  });
  addEventListener("click", ({ target }) => {
    if (target instanceof Element && target.closest("[data-show-shortcuts]")) showShortcuts();
  });
  addEventListener("turbo:load", () => {
    for (const button of document.querySelectorAll<HTMLElement>("[data-show-shortcuts]")) button.hidden = false;
  });
}
