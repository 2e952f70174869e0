// Makes the demo of a run once. Each file of tests starts the program on a copy of it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { startProgram, stopProgram } from "./program";

declare module "vitest" {
  interface ProvidedContext {
    /** The folder of a demo that is complete and stopped. */
    demo: string;
  }
}

export default async function setup(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), "sigilo-browser-"));
  const remove = (): void => rmSync(folder, { recursive: true });
  try {
    await stopProgram(await startProgram(folder));
  } catch (error) {
    remove();
    throw error;
  }
  project.provide("demo", folder);
  return remove;
}
