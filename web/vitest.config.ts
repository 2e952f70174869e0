import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    testTimeout: 60_000,
    reporters: ["default", "./tests/slowest.ts"],
    projects: [
      { extends: true, test: { name: "vault", include: ["tests/*.test.ts"] } },
      {
        extends: true,
        test: { name: "browser", include: ["tests/browser/*.test.ts"], globalSetup: "tests/browser/setup.ts" },
      },
    ],
  },
});
