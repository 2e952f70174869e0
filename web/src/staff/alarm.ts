// The page that says that somebody exchanged this member's keys. It stays until the document goes away.
import { showWords } from "../vault/key-words";
import { instanceId, make } from "./dom";
import { keyring } from "./keyring";
import type { OwnKeysRefused } from "./own-keys";
import { language, t } from "./strings";

/** Replaces the page's content, on this page and on every later one. */
export function watchOwnKeys(): void {
  keyring.on("refused", show);
  addEventListener("turbo:load", show);
}

function show(): void {
  const { refusal } = keyring;
  if (!refusal) return;
  const place = document.querySelector("main") ?? document.body;
  place.replaceChildren(alarm(refusal));
  for (const dialog of document.querySelectorAll("dialog")) dialog.remove();
}

function alarm(refusal: OwnKeysRefused): HTMLElement {
  const title = make("h1", t("own-keys.title"));
  title.tabIndex = -1;
  const section = make(
    "section.panel.bad",
    title,
    make("p", t(`own-keys.${refusal.what}`)),
    make("p", t("own-keys.do")),
    make("p.words", showWords(refusal.words, language())),
    make("p.muted", instanceId()),
  );
  section.setAttribute("role", "alert");
  requestAnimationFrame(() => title.focus());
  return section;
}
