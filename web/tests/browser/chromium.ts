// Debian's Chromium, started quietly and without a network of its own.
import { type Browser, chromium, type Page } from "playwright-core";

export const launchChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });

/** Collects errors of a page's console, except for answers that a test provokes. */
export function collectErrors(page: Page): string[] {
  const errors: string[] = [];
  page.on(
    "console",
    (message) =>
      message.type() === "error" &&
      !message.text().startsWith("Failed to load resource") &&
      errors.push(message.text()),
  );
  page.on("pageerror", (error) => errors.push(error.message));
  return errors;
}
