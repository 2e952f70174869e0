// Violations of WCAG 2.2 AA found by axe-core, in light and dark.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { expect } from "vitest";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export async function accessible(page: Page): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.evaluate(AXE);
    const found = await page.evaluate(async () => {
      const axe = (
        globalThis as unknown as {
          axe: { run(options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
        }
      ).axe;
      scrollTo(0, 0);
      const { violations } = await axe.run({
        runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] },
      });
      return violations.map(
        (one) =>
          `${one.id}: ${one.nodes
            .map((node) => node.html)
            .slice(0, 3)
            .join(" | ")}`,
      );
    });
    expect(found, `${page.url()} in ${colorScheme}`).toEqual([]);
    if (process.env["SHOTS"])
      await page.screenshot({ path: `${process.env["SHOTS"]}/${Date.now()}-${colorScheme}.png`, fullPage: true });
  }
}
