// The real program with its demo, as a process. Needs a built binary.
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

const BINARY = process.env["SIGILO_BIN"] ?? new URL("../../../target/debug/sigilo", import.meta.url).pathname;

/** A running demo. */
export interface Program {
  child: ChildProcess;
  origin: string;
  /** The page that looks like a phone. */
  phone: string;
}

/** Starts the demo of a folder, on ports of its own. An empty folder gets a new demo. */
export async function startProgram(folder: string, ...more: string[]): Promise<Program> {
  const child = spawn(BINARY, ["demo", "--listen", "127.0.0.1:0", "--phone", "0", "--folder", folder, ...more], {
    cwd: new URL("../../..", import.meta.url).pathname,
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, RUST_LOG: "warn" },
  });
  let phone = "";
  const origin = await new Promise<string>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the demo ended with ${code}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      phone = /http:\/\/127\.0\.0\.1:\d+\//.exec(line)?.[0] ?? phone;
      const found = /(http:\/\/localhost:\d+)\/staff/.exec(line);
      if (found) resolve(found[1]!);
    });
  });
  return { child, origin, phone };
}

/** Stops the demo in order, and waits until it has closed its files. */
export async function stopProgram(program: Program): Promise<void> {
  const ended = new Promise((resolve) => program.child.once("exit", resolve));
  if (program.child.kill("SIGTERM")) await ended;
}
