// What the page's buttons copy is what `triathlon cite` prints, to the byte.

import { execFileSync } from "node:child_process";

const FORMATS = ["text", "markdown", "bibtex", "csl"];

// Buttons of which each kind is compared; all are opened in one format.
const KINDS = ["cell-", "figure-", "verdict-", "workload-", "comparison-", "trust", "claim-"];

// The text of a button in a format; the dialogue is closed again.
async function shown(page, anchor, format) {
  await page.evaluate((anchor) => [...document.querySelectorAll("button.cite")].find((one) => one.dataset.anchor === anchor).click(), anchor);
  await page.locator("dialog.cite select").selectOption(format);
  const text = await page.locator("dialog.cite textarea").inputValue();
  await page.locator("dialog.cite button", { hasText: "Copy" }).click();
  await page.waitForFunction(() => document.querySelector("dialog.cite output").value !== "");
  const copied = await page.evaluate(() => document.querySelector("dialog.cite textarea").selectionEnd);
  await page.locator("dialog.cite button", { hasText: "Close" }).click();
  return { text, copied };
}

export async function citations(page, directory, triathlon) {
  const faults = [];
  const anchors = await page.locator("button.cite").evaluateAll((all) => all.map((one) => one.dataset.anchor));
  const cell = (anchor) => anchor.startsWith("cell-");
  const rows = await page.locator(".comparison tr[data-cite]").count();
  if (anchors.filter(cell).length !== rows) faults.push(`${rows} rows can be cited, ${anchors.filter(cell).length} have a button`);
  const run = (anchor, format) => execFileSync(triathlon, ["cite", anchor, "--run", directory, "--format", format], { encoding: "utf8" });
  let compared = 0;
  for (const kind of KINDS) {
    const own = anchors.filter((anchor) => anchor.startsWith(kind));
    const chosen = [own[0], own.at(-1)].filter(Boolean);
    if (chosen.length === 0 && ["cell-", "figure-", "workload-", "trust"].includes(kind)) faults.push(`no button for ${kind}`);
    for (const anchor of new Set(chosen)) {
      for (const format of FORMATS) {
        const [{ text, copied }, wanted] = [await shown(page, anchor, format), run(anchor, format)];
        if (text !== wanted) faults.push(`${anchor}, ${format}: ${text} instead of ${wanted}`);
        if (copied !== text.length) faults.push(`${anchor}, ${format}: only ${copied} characters are selected`);
        compared += 1;
      }
    }
  }
  if (compared < 16) faults.push(`only ${compared} citations were compared`);
  return faults;
}
