// What the page's script must do, tried as a reader would: sorting, filters,
// another metric and reference, addresses, themes, sources side by side. Each
// function takes a fresh page and returns faults; none is a pass.

const number = (text) => {
  const found = text.replaceAll("\u202f", "").match(/^\s*(-?[\d.]+)/);
  return found ? Number(found[1]) : null;
};

// Rows of each preset as a reader sees them.
const rows = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll(".comparison tbody")].map((body) => ({
      what: body.dataset.what,
      own: body.dataset.own,
      rows: [...body.rows].slice(1).map((row) => ({
        id: row.id,
        ...row.dataset,
        shown: row.checkVisibility(),
        // A row that was not measured has one wide cell.
        cells: row.querySelector("td[colspan]") ? null : [...row.cells].map((cell) => cell.textContent.trim()),
        value: row.querySelector(".ratio .value")?.firstChild.data ?? null,
        range: row.querySelector(".ratio .value small")?.textContent ?? null,
        ratio: row.querySelector(".ratio")?.textContent.trim() ?? null,
      })),
    })),
  );

const choose = (page, name, value) => page.locator(`form.controls [name=${name}]`).selectOption(value);
const reset = (page) => page.locator("form.controls button[type=reset]").click();
const options = (page, name) =>
  page.locator(`form.controls [name=${name}] option`).evaluateAll((all) => all.map((one) => one.value).filter(Boolean));

export async function sorting(page) {
  const faults = [];
  const before = JSON.stringify(await rows(page));
  const heading = page.locator(".comparison").first().locator("thead button").nth(1);
  for (const [sort, sign] of [["ascending", 1], ["descending", -1]]) {
    await heading.click();
    for (const { what, rows: own } of await rows(page)) {
      const values = own.filter((row) => row.cells).map((row) => number(row.cells[1]) ?? sign * Infinity);
      const wrong = values.some((value, place) => place > 0 && sign * (value - values[place - 1]) < 0);
      if (wrong) faults.push(`${what} is not ${sort}: ${values}`);
      const measured = own.map((row) => row.cells !== null);
      if (measured.indexOf(false) !== -1 && measured.lastIndexOf(true) > measured.indexOf(false)) faults.push(`${what}: what was not measured is not last`);
    }
    const said = await page.locator(`th[aria-sort=${sort}]`).count();
    if (said !== (await page.locator(".comparison").count())) faults.push(`${said} tables say ${sort}`);
  }
  await heading.click();
  if (JSON.stringify(await rows(page)) !== before) faults.push("the third click does not bring the plan's order back");
  return faults;
}

// Tables beside the comparison sort each for itself: the first column of numbers of every
// one of them, up, down, and back.
export async function otherTables(page) {
  const faults = [];
  const tables = page.locator("table.sorts");
  const column = (table) => table.locator("tbody tr").evaluateAll((all) => all.map((row) => row.cells[1].firstChild.textContent));
  for (let place = 0; place < (await tables.count()); place += 1) {
    const table = tables.nth(place);
    await table.evaluate((node) => {
      for (let at = node; at; at = at.parentElement) if (at.localName === "details") at.open = true;
    });
    const name = await table.locator("xpath=..").getAttribute("aria-label");
    const before = await column(table);
    const heading = table.locator("thead button").nth(1);
    for (const [sort, sign] of [["ascending", 1], ["descending", -1]]) {
      await heading.click();
      const values = (await column(table)).map((text) => number(text) ?? sign * Infinity);
      if (values.some((value, row) => row > 0 && sign * (value - values[row - 1]) < 0)) faults.push(`${name} is not ${sort}: ${values}`);
      if ((await table.locator(`th[aria-sort=${sort}]`).count()) !== 1) faults.push(`${name} does not say ${sort}`);
    }
    await heading.click();
    if (String(await column(table)) !== String(before)) faults.push(`${name}: the third click does not bring the first order back`);
  }
  return faults;
}

export async function filters(page) {
  const faults = [];
  const all = (await rows(page)).flatMap(({ what, rows: own }) => own.map((row) => ({ what, ...row })));
  const check = async (name, fits) => {
    const shown = (await rows(page)).flatMap(({ rows: own }) => own).filter((row) => row.shown).map((row) => row.id);
    const wanted = all.filter(fits).map((row) => row.id);
    if (wanted.length === 0 || wanted.length === all.length) faults.push(`${name} filters nothing`);
    if (JSON.stringify(shown) !== JSON.stringify(wanted)) faults.push(`${name}: ${shown.length} rows, ${wanted.length} wanted`);
    const said = await page.locator("form.controls output").innerText();
    if (said !== `${wanted.length} of ${all.length} rows`) faults.push(`${name} says "${said}"`);
    await reset(page);
  };
  await choose(page, "style", "threads");
  await check("style", (row) => row.style === "threads");
  await choose(page, "runtime", "tokio");
  await check("runtime", (row) => row.who.startsWith("tokio/"));
  await page.locator("form.controls [name=q]").fill("^fan-out@.*/(blocking|threads)");
  await check("expression", (row) => /^fan-out@.*\/(blocking|threads)/.test(`${row.what}/${row.who}`));
  const categories = await options(page, "category");
  if (categories.length > 1) {
    const own = await page.evaluate(
      (category) => [...document.querySelectorAll(`section[data-category="${category}"] tr[id^=cell-]`)].map((row) => row.id),
      categories[0],
    );
    await choose(page, "category", categories[0]);
    await check("category", (row) => own.includes(row.id));
  }
  await page.locator("form.controls [name=q]").fill("(");
  if (!(await page.locator("form.controls output").innerText()).includes("regular expression")) faults.push("( is taken for an expression");
  await reset(page);
  if ((await rows(page)).some(({ rows: own }) => own.some((row) => !row.shown))) faults.push("reset leaves rows hidden");
  return faults;
}

// The script's own arithmetic against the renderer's, and against itself.
export async function ratios(page) {
  const faults = [];
  const before = await rows(page);
  for (const metric of await options(page, "metric")) {
    await choose(page, "metric", metric);
    const now = await rows(page);
    let compared = 0;
    now.forEach(({ what, own, rows: after }, group) => {
      if (own !== metric) return;
      after.forEach((row, place) => {
        const [a, b] = [before[group].rows[place].value, row.value].map((text) => text && number(text));
        if (b === null) return;
        compared += 1;
        // Half a step of the third digit, and what five digits leave open.
        if (Math.abs(a / b - 1) > 0.0101) faults.push(`${what} ${row.who}: ${a} by the renderer, ${b} by the script`);
      });
    });
    if (now.some(({ own }) => own === metric) && compared === 0) faults.push(`${metric}: nothing to compare`);
  }
  await reset(page);
  const reference = await page.locator("form.controls").getAttribute("data-reference");
  const base = (await options(page, "base")).find((who) => who.startsWith("threads"));
  await choose(page, "base", base);
  const turned = await rows(page);
  let pairs = 0;
  turned.forEach(({ what, rows: own }, group) => {
    const of = (list, who) => list.find((row) => row.who === who && !row.way);
    // The ends of a range are inverses of each other; the median of an even number
    // of rounds is not.
    const ends = (row) => (row?.value ? (row.range ?? `${row.value}–${row.value}`).split("–").map(number) : null);
    const [mine, theirs] = [ends(of(before[group].rows, base)), ends(of(own, reference))];
    if (mine && theirs && mine.length === 2 && theirs.length === 2) {
      pairs += 1;
      const products = [mine[0] * theirs[1], mine[1] * theirs[0]];
      if (products.some((product) => Math.abs(product - 1) > 0.011)) faults.push(`${what}: ${mine} one way and ${theirs} the other`);
    }
    const self = of(own, base);
    if (self?.ratio && self.ratio !== "reference") faults.push(`${what}: ${base} to itself is ${self.ratio}`);
  });
  if (pairs === 0) faults.push(`no preset has both ${base} and ${reference}`);
  const said = await page.locator(".base").allInnerTexts();
  if (said.some((text) => text !== base)) faults.push(`captions say ${said[0]}`);
  await reset(page);
  if (JSON.stringify(await rows(page)) !== JSON.stringify(before)) faults.push("reset does not bring the renderer's numbers back");
  return faults;
}

// A view is in the address, and the address gives the view.
export async function addresses(page, open) {
  await choose(page, "style", "async");
  await choose(page, "base", "blocking");
  await page.locator(".comparison").first().locator("thead button").nth(2).click();
  const [url, before] = [page.url(), JSON.stringify(await rows(page))];
  const faults = url.includes("#comparison?") ? [] : [`the address is ${url}`];
  const other = await open(url);
  if (JSON.stringify(await rows(other)) !== before) faults.push(`${url} gives another view`);
  await other.context().close();
  return faults;
}

// Every link within the page leads to something that is seen, also when it was
// folded, filtered out or not chosen.
export async function links(page) {
  await choose(page, "style", "blocking");
  return page.evaluate(async () => {
    const faults = [];
    const anchors = new Set([...document.querySelectorAll('a[href^="#"]')].map((link) => link.getAttribute("href")));
    for (const anchor of anchors) {
      const moved = new Promise((done) => addEventListener("hashchange", done, { once: true }));
      if (location.hash === anchor) continue;
      location.hash = anchor;
      await moved;
      const target = document.getElementById(decodeURIComponent(anchor.slice(1)));
      const box = target.getBoundingClientRect();
      if (location.hash !== anchor) faults.push(`${anchor} becomes ${location.hash}`);
      if (!target.checkVisibility()) faults.push(`${anchor} is not shown`);
      else if (box.bottom < 0 || box.top > innerHeight) faults.push(`${anchor} is out of sight at ${box.top}`);
    }
    if (anchors.size < 20) faults.push(`only ${anchors.size} links`);
    return faults;
  });
}

export async function themes(page) {
  const faults = [];
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const button = page.locator("button.theme");
  const system = await paper();
  for (const [name, colour] of [["light", "rgb(255, 255, 255)"], ["dark", "rgb(20, 22, 26)"], ["system", system]]) {
    await button.click();
    if ((await button.innerText()) !== `Theme: ${name}`) faults.push(`the button says ${await button.innerText()}`);
    if ((await paper()) !== colour) faults.push(`${name} is ${await paper()}`);
  }
  return faults;
}

export async function sources(page) {
  const faults = [];
  const codes = page.locator("details.code:has(select)");
  if ((await codes.count()) === 0) return ["no sources to choose from"];
  const code = codes.first();
  await code.locator("summary").click();
  const names = await code.locator("select").first().locator("option").allInnerTexts();
  for (const [left, right] of [[1, 0], [0, names.length - 1]]) {
    await code.locator("select").nth(0).selectOption({ index: left });
    await code.locator("select").nth(1).selectOption({ index: right });
    const shown = await code.locator("section h4").evaluateAll((all) => all.filter((one) => one.checkVisibility()).map((one) => one.textContent));
    if (JSON.stringify(shown) !== JSON.stringify([names[left], names[right]])) faults.push(`${shown} instead of ${names[left]}, ${names[right]}`);
  }
  return faults;
}
