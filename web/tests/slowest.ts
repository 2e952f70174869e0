// A reporter that prints the slowest twenty tests at the end of a run.
import type { Reporter, TestModule } from "vitest/node";

const COUNT = 20;

export default class SlowestReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const timed = tests.map((test) => ({ name: test.fullName, seconds: (test.diagnostic()?.duration ?? 0) / 1000 }));
    timed.sort((one, other) => other.seconds - one.seconds);
    console.log("\nThe slowest tests, in seconds:");
    for (const { name, seconds } of timed.slice(0, COUNT)) console.log(`${seconds.toFixed(3)} ${name}`);
  }
}
