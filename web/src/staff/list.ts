// The inbox: continues a search until it finds something, and restores the focus.
import { visit } from "@hotwired/turbo";

/** The page that was shown before this one. */
let before = "";

/** The links to the cases of the list that is shown. */
export const rows = (): HTMLAnchorElement[] => [...document.querySelectorAll<HTMLAnchorElement>("[data-list] th a")];

const next = (): HTMLAnchorElement | null => document.querySelector("nav.pages a[rel=next]");

/** Places the focus after a navigation: on the case just left, otherwise on the heading. */
export function placeFocus(): void {
  const came = rows().find((link) => link.pathname === before);
  const first = before === "";
  before = location.pathname;
  if (searchOn() || first || (document.activeElement && document.activeElement !== document.body)) return;
  const target = came ?? document.querySelector<HTMLElement>("main h1");
  if (!target) return;
  if (target !== came) target.tabIndex = -1;
  target.focus({ preventScroll: target !== came });
}

/** A page of the inbox looks at a bounded number of cases; where none of them fits, the next page is asked for. */
function searchOn(): boolean {
  const link = next();
  if (!document.querySelector("[data-unfinished]") || rows().length > 0 || !link) return false;
  visit(link.href, { action: "replace" });
  return true;
}
