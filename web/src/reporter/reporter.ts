// Script of the reporter's pages with file uploads, the only ones with a script. They work without it.
import { stopUploads, watchUploads } from "./upload";

/**
 * Navigates to an address that may be this page's own. With a fragment the browser would only scroll, and a reload
 * would offer to post the form again. An empty query makes the same address a new one.
 */
function go(to: string): void {
  const next = new URL(to, location.href);
  let [page] = next.href.split("#") as [string];
  if (next.hash && page === location.href.split("#")[0])
    page = /[?&]$/.test(page) ? page.slice(0, -1) : page + (page.includes("?") ? "&" : "?");
  location.replace(page + next.hash);
}

const start = (): void => watchUploads(go);

// Leaving at once asks no question.
document.addEventListener("submit", ({ target }) => {
  if (target instanceof Element && target.matches("form.leave")) stopUploads();
});

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
