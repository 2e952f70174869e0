// What the reporter's pages with files load, and nothing else does: they work without it.
import { stopUploads, watchUploads } from "./upload";

/**
 * To an address that may be this page's own. With a fragment that would only scroll, and a reload would ask to send a
 * form again where this page is the answer to one: so the same address is spelled otherwise, by an empty query.
 */
function go(to: string): void {
  const next = new URL(to, location.href);
  let [page] = next.href.split("#") as [string];
  if (next.hash && page === location.href.split("#")[0])
    page = /[?&]$/.test(page) ? page.slice(0, -1) : page + (page.includes("?") ? "&" : "?");
  location.replace(page + next.hash);
}

const start = (): void => watchUploads(go);

// Who leaves at once is not asked anything.
document.addEventListener("submit", ({ target }) => {
  if (target instanceof Element && target.matches("form.leave")) stopUploads();
});

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
