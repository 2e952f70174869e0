// Bundles what the browser loads into dist/, under names that carry a hash of their content,
// and writes dist/manifest.json, by which the server finds them: {"staff.js": "staff-HASH.js", …}.
import { existsSync, readdirSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(fileURLToPath(import.meta.url));
const dist = join(root, "dist");

const bundles = ["src/staff/staff.ts", "css/reporter.css", "css/staff.css"].filter((file) =>
  existsSync(join(root, file)),
);
// For old phones, and not a module: its names stay inside, and one file is all that it is.
const scripts = ["src/reporter/reporter.ts"];
const pictures = existsSync(join(root, "img")) ? readdirSync(join(root, "img")).map((file) => `img/${file}`) : [];

// As soon as it is loaded, Turbo inserts a <style> for its progress bar, which our Content-Security-Policy refuses with
// a line in the console. It offers no way around but a nonce on every page, so that one call is taken out.
const turboWithoutStyle = {
  name: "turbo-without-style",
  setup({ onLoad }) {
    onLoad({ filter: /@hotwired\/turbo\/dist\/turbo\.[^/]*\.js$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const parts = source.split("this.installStylesheetElement();");
      if (parts.length !== 2) throw new Error(`${path}: no longer installs its style as expected; look at it again`);
      return { contents: parts.join(""), loader: "js" };
    });
  },
};

await rm(dist, { recursive: true, force: true });
const common = {
  absWorkingDir: root,
  outdir: dist,
  entryNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  bundle: true,
  minify: true,
  platform: "browser",
  charset: "utf8",
  legalComments: "none",
  metafile: true,
};
const { metafile } = await build({
  ...common,
  entryPoints: [...bundles, ...pictures],
  format: "esm",
  target: "es2022",
  // Copied, never inlined: the Content-Security-Policy allows no data: addresses.
  loader: { ".woff2": "copy", ".svg": "copy", ".png": "copy", ".ico": "copy" },
  plugins: [turboWithoutStyle],
});
const { metafile: reporter } = await build({ ...common, entryPoints: scripts, format: "iife", target: "es2020" });

const manifest = {};
for (const [output, { entryPoint, inputs }] of Object.entries(metafile.outputs)) {
  // What a style sheet refers to is no entry point, but has one input.
  const source = entryPoint ?? Object.keys(inputs)[0];
  if (source) manifest[basename(source).replace(/\.ts$/, ".js")] = basename(output);
}
for (const output of Object.keys(reporter.outputs))
  manifest[basename(output).replace(/-[^-]*(\.[^.]*)$/, "$1")] = basename(output);
const sorted = Object.fromEntries(Object.entries(manifest).sort(([a], [b]) => (a < b ? -1 : 1)));
await writeFile(join(dist, "manifest.json"), `${JSON.stringify(sorted, null, 2)}\n`);
console.log(sorted);
