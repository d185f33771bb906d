// Looks at a report in Chromium: wide and narrow, light and dark, with and
// without JavaScript, on paper; tries what its script does; lets axe-core judge
// it. Prints one line per fault and exits 1 if any.
//
//   node check.mjs REPORT.html OUTDIR
//
// With $TRIATHLON, the binary, what buttons copy and what the calculator says is compared
// with what it prints.
// The browser is /usr/bin/chromium or $CHROMIUM; nothing is downloaded.

import { mkdirSync, readFileSync, readdirSync, existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

import { advice } from "./advise.mjs";
import * as behaviour from "./behave.mjs";
import { citations } from "./cite.mjs";
import { faultsOfPage, faultsOfSvg, openAll } from "./faults.mjs";

const [report, out] = process.argv.slice(2);
if (!report || !out) {
  console.error("usage: node check.mjs REPORT.html OUTDIR");
  process.exit(2);
}
const directory = dirname(resolve(report));
mkdirSync(out, { recursive: true });

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // The network is refused: whatever a page asks for beside itself fails.
  "--host-resolver-rules=MAP * ~NOTFOUND",
];

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// Name, width, colour scheme, medium, JavaScript.
const VIEWS = [
  { name: "wide-light", width: 1440, scheme: "light" },
  { name: "wide-dark", width: 1440, scheme: "dark" },
  { name: "phone-light", width: 390, scheme: "light" },
  { name: "phone-dark", width: 390, scheme: "dark" },
  { name: "wide-no-script", width: 1440, scheme: "light", script: false },
  { name: "print", width: 794, scheme: "dark", media: "print" },
];

let passed = 0;
let failed = 0;
const judge = (view, what, faults) => {
  if (faults.length === 0) passed += 1;
  else failed += 1;
  for (const fault of faults) console.log(`FAULT ${view}: ${what}: ${fault}`);
};

// Cells of the plan, each of which must have a row.
const cells = () => {
  const summary = join(directory, "summary.json");
  if (!existsSync(summary)) return null;
  return JSON.parse(readFileSync(summary, "utf8")).cells.length;
};

async function open(browser, url, { width, scheme, script = true, media = "screen" }) {
  // The page's own policy is what is under test, so it is never bypassed; the
  // checks run in an isolated world, which works without JavaScript in pages.
  const context = await browser.newContext({
    viewport: { width, height: 900 },
    colorScheme: scheme,
    javaScriptEnabled: script,
    deviceScaleFactor: 1,
  });
  const page = await context.newPage();
  const noise = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) noise.push(message.text());
  });
  page.on("pageerror", (error) => noise.push(error.message));
  const requests = [];
  page.on("request", (request) => requests.push(request.url()));
  await page.emulateMedia({ media, colorScheme: scheme });
  await page.goto(url);
  const foreign = requests.filter((request) => request !== url && !request.startsWith("data:"));
  return { context, page, noise, foreign };
}

// Faults of a page by axe-core: best practices, too, since the page promises them.
async function accessibility(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.slice(0, 3).map(({ target }) => `${id} (${help}) at ${target.join(" ")}, one of ${nodes.length}`),
  );
}

// Without JavaScript links still lead to what they name, folded or not.
async function plainLinks(page, url) {
  const anchors = await page.locator('a[href^="#"]').evaluateAll((all) => all.map((link) => link.getAttribute("href")));
  const chosen = ["#cell-", "#code-", "#figure-", "#workload-", "#data"].map((start) => anchors.findLast((anchor) => anchor.startsWith(start)));
  const faults = [];
  for (const anchor of chosen.filter(Boolean)) {
    await page.goto(url + anchor);
    if (!(await page.locator(`[id="${anchor.slice(1)}"]`).isVisible())) faults.push(`${anchor} is not shown`);
  }
  return faults;
}

async function checkPage(browser, url, view) {
  const { context, page, noise, foreign } = await open(browser, url, view);
  judge(view.name, "console", noise);
  judge(view.name, "requests", foreign);
  if (view.script === false) {
    const text = await page.locator("main").innerText();
    judge(view.name, "content", text.length > 1000 ? [] : ["the page is empty without JavaScript"]);
    judge(view.name, "controls", (await page.locator("form.controls").isVisible()) ? ["controls that do nothing are shown"] : []);
    judge(view.name, "links", await plainLinks(page, url));
  }
  // Whatever is a click away is judged too; on paper nobody can click.
  if (view.media !== "print") await page.evaluate(openAll);
  const found = await page.evaluate(faultsOfPage, { cells: cells(), print: view.media === "print" });
  for (const [what, faults] of Object.entries(found)) judge(view.name, what, faults);
  // axe-core waits for timers, which a page without JavaScript has not.
  if (view.media !== "print" && view.script !== false) judge(view.name, "axe", await accessibility(page));
  await page.screenshot({ path: join(out, `${view.name}.png`), fullPage: true });
  if (view.media === "print") await page.pdf({ path: join(out, "print.pdf"), preferCSSPageSize: true });
  await context.close();
}

// Each thing that the script does on a page of its own.
async function checkBehaviour(browser, url) {
  for (const [what, faults] of Object.entries(behaviour)) {
    const view = { width: 1440, scheme: "light" };
    const { context, page, noise } = await open(browser, url, view);
    const fresh = async (url) => (await open(browser, url, view)).page;
    judge("behaviour", what, await faults(page, fresh));
    judge("behaviour", `${what}, console`, noise);
    await context.close();
  }
}

// Buttons and calculator against the command.
async function checkCommands(browser, url, triathlon) {
  const { context, page, noise } = await open(browser, url, { width: 1440, scheme: "light" });
  judge("citations", "buttons", await citations(page, directory, triathlon));
  judge("advice", "calculator", await advice(page, directory, triathlon));
  judge("citations and advice", "console", noise);
  await context.close();
}

async function checkFigure(browser, path, scheme) {
  const name = `${path.split("/").pop().replace(".svg", "")}-${scheme}`;
  const { context, page, noise, foreign } = await open(browser, pathToFileURL(path).href, { width: 1000, scheme });
  judge(name, "console", noise);
  judge(name, "requests", foreign);
  judge(name, "text", await page.evaluate(faultsOfSvg));
  await page.screenshot({ path: join(out, `figure-${name}.png`) });
  await context.close();
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ARGUMENTS,
});
try {
  const url = pathToFileURL(resolve(report)).href;
  for (const view of VIEWS) await checkPage(browser, url, view);
  await checkBehaviour(browser, url);
  if (process.env.TRIATHLON) await checkCommands(browser, url, process.env.TRIATHLON);
  const figures = join(directory, "figures");
  const names = existsSync(figures) ? readdirSync(figures).filter((name) => name.endsWith(".svg")) : [];
  for (const name of names.sort()) {
    for (const scheme of ["light", "dark"]) await checkFigure(browser, join(figures, name), scheme);
  }
} finally {
  await browser.close();
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
