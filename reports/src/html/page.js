"use strict";
// What a reader may do with the page: sort, filter, take another metric or another
// reference, put two sources side by side, choose a theme. All of it is kept in the
// address, so that a view can be sent. The page says the same without this script.
(() => {
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const THIN = "\u202f";

  function make(name, properties = {}, ...children) {
    const node = Object.assign(document.createElement(name), properties);
    node.append(...children);
    return node;
  }

  // Numbers as the renderer writes them: three digits, thousands apart.

  function digits(value) {
    if (value === 0) return "0";
    const rounded = Number(value.toExponential(2));
    const magnitude = Math.floor(Math.log10(Math.abs(rounded)));
    const [whole, fraction] = rounded.toFixed(Math.min(9, Math.max(0, 2 - magnitude))).split(".");
    const grouped = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, THIN) : whole;
    return fraction ? `${grouped}.${fraction}` : grouped;
  }

  // The first number of a cell, for sorting; what has none comes last.
  function leading(cell) {
    const number = (cell.querySelector(".value") ?? cell.firstChild ?? cell).textContent.replaceAll(THIN, "").match(/^\s*(-?[\d.]+)/);
    return number ? Number(number[1]) : null;
  }

  // What is shown: part of the address behind the anchor, `#comparison?style=async`.

  const form = document.querySelector("form.controls");
  const FIELDS = ["metric", "base", "style", "runtime", "category", "q"];
  const view = { sort: "" };

  // A view in the address goes into the form.
  function readView(query) {
    const asked = new URLSearchParams(query);
    for (const name of FIELDS) {
      const field = form.elements[name];
      field.value = asked.get(name) ?? "";
      if (field.selectedIndex === -1) field.value = "";
    }
    view.sort = asked.get("sort") ?? "";
  }

  function clear() {
    for (const name of FIELDS) form.elements[name].value = "";
    view.sort = "";
  }

  function writeAddress() {
    const asked = new URLSearchParams();
    for (const name of FIELDS) if (form.elements[name].value) asked.set(name, form.elements[name].value);
    if (view.sort) asked.set("sort", view.sort);
    const query = asked.toString();
    history.replaceState(null, "", query ? `#comparison?${query}` : "#comparison");
  }

  // Tables: what the renderer wrote, kept to come back to.

  const RATIO = 2;

  const metrics = new Map(
    form.dataset.metrics.split("|").map((line) => {
      const [name, title, lower, higher, more, limitable] = line.split(";");
      return [name, { title, lower, higher, more: more === "1", limitable: limitable === "1" }];
    }),
  );
  const concludes = all(".comparison td.rank").length > 0;

  const tables = all("table.comparison").map((table) => {
    const headings = [...table.tHead.rows[0].cells];
    headings.slice(0, -1).forEach((heading, column) => sortable(heading, "Sort within each preset", () => sortBy(column)));
    const groups = [...table.tBodies].map((body) => ({
      body,
      what: body.dataset.what,
      own: body.dataset.own,
      numbers: new Map(body.dataset.numbers.split("|").map((line) => [line.split(";", 1)[0], line])),
      margin: body.querySelector(".margin"),
      rows: [...body.rows].slice(1).map((row, place) => ({
        row,
        place,
        ratio: row.querySelector("td.ratio"),
        rank: row.querySelector("td.rank"),
        name: row.cells[0],
        ...row.dataset,
      })),
    }));
    const heading = headings[RATIO].querySelector("button");
    return { headings, heading, groups, section: table.closest("section") };
  });
  const original = new Map();
  const keep = (node) => node && original.set(node, [...node.childNodes]);
  const restore = (node) => node?.replaceChildren(...original.get(node).map((child) => child.cloneNode(true)));
  for (const { heading, groups } of tables) {
    keep(heading);
    for (const group of groups) {
      keep(group.margin);
      for (const row of group.rows) [row.ratio, row.rank].forEach(keep);
    }
  }
  all(".base").forEach(keep);

  // Another metric, another reference.

  function median(sorted) {
    const middle = sorted.length >> 1;
    return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  // Numbers of a group in one metric: the ratio of any two rows, and what goes with it.
  function reader(group, metric) {
    const line = group.numbers.get(metric);
    if (!line) return null;
    const [, band, third, fourth] = line.split(";");
    if (!concludes) {
      const values = third.split(",").map((row) => row.split(" ").map(Number));
      const [low, high] = band.split(" ").map(Number);
      const ratio = (of, to) => {
        const ratios = values[of].map((value, round) => value / values[to][round]).filter(Number.isFinite);
        ratios.sort((a, b) => a - b);
        return ratios.length ? { ratio: median(ratios), low: ratios[0], high: ratios.at(-1), n: ratios.length } : null;
      };
      return { band: band ? { low, high } : null, ratio };
    }
    const margin = Number(band);
    const standings = third.split(",").map((entry) => entry.split(" "));
    const pairs = fourth.split(",");
    const count = group.rows.length;
    const ratio = (of, to) => {
      const [a, b] = [Math.min(of, to), Math.max(of, to)];
      const entry = pairs[a * count - (a * (a + 1)) / 2 + b - a - 1];
      if (!entry) return null;
      const [centre, low, high, word] = entry.split(" ");
      const found = { ratio: Number(centre), low: Number(low), high: Number(high), word };
      if (of < to) return found;
      const turned = { l: "h", h: "l" }[word] ?? word;
      return { ratio: 1 / found.ratio, low: 1 / found.high, high: 1 / found.low, word: turned };
    };
    return { band: margin ? { low: 1 / margin, high: margin } : null, margin, standings, ratio };
  }

  const WIDTH = 120;
  function place(ratio) {
    const share = (Math.log2(ratio) + 1) / 2;
    return { x: Math.round(Math.min(1, Math.max(0, share)) * (WIDTH - 8) + 4), beyond: share < 0 || share > 1 };
  }

  function strip({ ratio, low, high }, band) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const mark = (name, attributes) => {
      const node = document.createElementNS(svg.namespaceURI, name);
      for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
      svg.append(node);
    };
    svg.setAttribute("class", "strip");
    svg.setAttribute("viewBox", `0 0 ${WIDTH} 16`);
    svg.setAttribute("aria-hidden", "true");
    if (band) {
      const [from, to] = [place(band.low).x, place(band.high).x];
      mark("rect", { class: "band", x: from - 1, width: to - from + 2, height: 16 });
    }
    mark("path", { class: "one", d: `M${place(1).x} 0V16` });
    const { x, beyond } = place(ratio);
    if (beyond) {
      mark("path", { class: "dot", d: `M${x} 8${ratio > 1 ? "m-4 -4 7 4-7 4z" : "m4 -4-7 4 7 4z"}` });
    } else {
      mark("path", { class: "range", d: `M${place(low).x} 8H${place(high).x}` });
      mark("circle", { class: "dot", cx: x, cy: 8, r: 3.5 });
    }
    return svg;
  }

  function verdict(word, { lower, higher, more }) {
    const text = { l: lower, h: higher, e: "equivalent" }[word] ?? "undecided";
    const wanted = more ? "h" : "l";
    const shade = word === "l" || word === "h" ? (word === wanted ? " ok" : " bad") : "";
    const node = make("span", { className: `status${shade}` }, text);
    if (word === "s") node.append(make("small", {}, "the parts disagree"));
    return node;
  }

  const soft = (text) => make("span", { className: "soft" }, text);

  function ratioCell(found, band, metric, limited) {
    const value = make(
      "span",
      { className: "value" },
      digits(found.ratio) + THIN,
      make("i", {}, "×"),
    );
    if (limited && !found.word) value.append(make("span", { className: "dagger" }, "†"));
    const range = `${digits(found.low)}–${digits(found.high)}`;
    if (found.word || found.n > 1) value.append(make("small", {}, range));
    if (!found.word) return [strip(found, band), value];
    return [make("span", { className: "said" }, strip(found, band), verdict(found.word, metric)), value];
  }

  function rankCell([best, worst, letters], of) {
    if (!best) return [soft("—")];
    const rank = best === worst ? best : `${best}–${worst}`;
    return [rank, make("small", {}, `of ${of} · ${letters}`)];
  }

  // The row that another is compared with: the way `stack` has its own.
  function reference(rows, row, base) {
    const of = (way) => rows.find((other) => other.who === base && (other.way ?? "") === way && other.ratio);
    return (row.way === "stack" && of("stack")) || of("");
  }

  function metricOf(group, asked) {
    if (!asked) return group.own;
    return asked === "elapsed_s" && !group.numbers.has(asked) ? "throughput_per_s" : asked;
  }

  function fill(group, asked, base) {
    const name = metricOf(group, asked);
    const metric = metrics.get(name);
    const numbers = reader(group, name);
    const members = numbers?.standings?.filter(([best]) => best).length;
    for (const row of group.rows.filter((row) => row.ratio)) {
      const other = reference(group.rows, row, base);
      const found = other && other !== row && numbers?.ratio(row.place, other.place);
      const limited = metric.limitable && [row, other].some((one) => one && "limited" in one);
      const content = found ? ratioCell(found, numbers.band, metric, limited) : [soft(other === row ? "reference" : "—")];
      row.ratio.replaceChildren(...content);
      row.rank?.replaceChildren(...rankCell(numbers?.standings?.[row.place] ?? [], members));
    }
    const percent = numbers?.margin ? digits((numbers.margin - 1) * 100) + THIN + "%" : "—";
    group.margin?.replaceChildren(percent);
  }

  function showNumbers() {
    const asked = form.elements.metric.value;
    const base = form.elements.base.value || form.dataset.reference;
    const changed = asked || form.elements.base.value;
    all(".base").forEach((node) => (changed ? node.replaceChildren(base) : restore(node)));
    for (const note of all(".finds")) note.hidden = Boolean(changed);
    for (const { heading, groups } of tables) {
      restore(heading);
      if (asked) {
        const { title } = metrics.get(metricOf(groups[0], asked));
        heading.replaceChildren(`${title}, ratio${concludes ? " and verdict" : ""}`);
      }
      for (const group of groups) {
        if (changed) fill(group, asked, base);
        else for (const row of group.rows) [row.ratio, row.rank].forEach(restore);
        if (!changed) restore(group.margin);
        for (const row of group.rows) markReference(row, !row.way && row.who === base);
      }
    }
  }

  function markReference({ row, name }, is) {
    row.classList.toggle("reference", is);
    name.querySelector(".mark")?.remove();
    if (is) name.querySelector("small")?.append(make("span", { className: "mark" }, " · reference"));
  }

  // Filters.

  function expression() {
    const field = form.elements.q;
    let wanted = null;
    try {
      wanted = new RegExp(field.value);
      field.setCustomValidity("");
    } catch {
      field.setCustomValidity("This is no regular expression.");
    }
    field.setAttribute("aria-invalid", String(wanted === null));
    return wanted ?? /(?:)/;
  }

  function filter() {
    const { style, runtime, category } = form.elements;
    const wanted = expression();
    let shown = 0;
    let count = 0;
    for (const { section, groups } of tables) {
      let some = false;
      for (const group of groups) {
        let any = false;
        for (const row of group.rows) {
          const id = `${group.what}/${row.who}${row.way ? `:${row.way}` : ""}`;
          const fits =
            (!style.value || row.style === style.value) &&
            (!runtime.value || row.who.split("/")[0] === runtime.value) &&
            (!category.value || section.dataset.category === category.value) &&
            wanted.test(id);
          row.row.hidden = !fits;
          any ||= fits;
          shown += Number(fits);
          count += 1;
        }
        group.body.hidden = !any;
        some ||= any;
      }
      section.hidden = !some;
    }
    const text = shown === count ? `${count} rows` : `${shown} of ${count} rows`;
    form.querySelector("output").value = form.elements.q.validity.valid ? text : "That is no regular expression.";
  }

  // Sorting, within each preset.

  function compare(column, descending) {
    const key = ({ row }) => {
      if (column === 0) return row.cells[0].textContent;
      // A row that was not measured has one wide cell instead.
      const cell = row.querySelector("td[colspan]") ? null : row.cells[column];
      return cell && leading(cell);
    };
    return (a, b) => {
      const [x, y] = [key(a), key(b)];
      if (x === null || y === null) return Number(x === null) - Number(y === null) || a.place - b.place;
      const order = typeof x === "string" ? x.localeCompare(y) : x - y;
      return (descending ? -order : order) || a.place - b.place;
    };
  }

  function arrange(headings, groups, order) {
    const [, sign, number] = order.match(/^(-?)(\d+)$/) ?? [];
    const column = number === undefined ? -1 : Number(number);
    headings.forEach((heading, place) => {
      if (place === column) heading.setAttribute("aria-sort", sign ? "descending" : "ascending");
      else heading.removeAttribute("aria-sort");
    });
    const within = column >= 0 ? compare(column, Boolean(sign)) : (a, b) => a.place - b.place;
    for (const { body, rows } of groups) body.append(...[...rows].sort(within).map(({ row }) => row));
  }

  function sort() {
    for (const { headings, groups } of tables) arrange(headings, groups, view.sort);
  }

  // From the plan's order up, down, and back.
  const next = (order, column) => ({ [column]: `-${column}`, [`-${column}`]: "" })[order] ?? String(column);

  function sortBy(column) {
    view.sort = next(view.sort, column);
    sort();
    writeAddress();
  }

  function sortable(heading, title, sorted) {
    const button = make("button", { type: "button", className: "sort", title });
    button.append(...heading.childNodes);
    button.addEventListener("click", sorted);
    heading.append(button);
  }

  // Tables of their own, whose order is in no address.
  for (const table of all("table.sorts")) {
    const headings = [...table.tHead.rows[0].cells];
    const rows = [...table.tBodies[0].rows].map((row, place) => ({ row, place }));
    let order = "";
    headings.forEach((heading, column) =>
      sortable(heading, "Sort", () => {
        order = next(order, column);
        arrange(headings, [{ body: table.tBodies[0], rows }], order);
      }),
    );
  }

  function show() {
    showNumbers();
    filter();
    sort();
  }

  // Two sources side by side.

  function pick(code) {
    const sections = all(".sources > section", code);
    if (sections.length < 3) return null;
    const select = (label, chosen) => {
      const options = sections.map((section) => make("option", {}, section.querySelector("h4").textContent));
      const node = make("select", {}, ...options);
      node.selectedIndex = chosen;
      return { node, label: make("label", {}, `${label} `, node) };
    };
    const reference = sections.findIndex((section) => section.querySelector("h4").textContent.includes(form.dataset.reference));
    const [left, right] = [select("Left", 0), select("Right", Math.max(reference, 1))];
    const apply = () => {
      const chosen = [sections[left.node.selectedIndex], sections[right.node.selectedIndex]];
      for (const section of sections) section.hidden = !chosen.includes(section);
      chosen[0].after(chosen[1]);
    };
    const bar = make("div", { className: "controls" }, left.label, right.label);
    bar.addEventListener("change", apply);
    code.querySelector(".sources").before(bar);
    apply();
    return (section) => {
      if (!section.hidden) return;
      left.node.selectedIndex = sections.indexOf(section);
      apply();
    };
  }
  const pickers = new Map(all("details.code").map((code) => [code, pick(code)]));

  // Links into what is folded, filtered out or not chosen.

  function reveal(id) {
    const target = document.getElementById(id);
    if (!target) return;
    for (let at = target; at; at = at.parentElement) {
      if (at.localName === "details") at.open = true;
      if (at.hidden && at.closest(".comparison, #comparison > section")) {
        clear();
        show();
      }
      if (at.parentElement?.className === "sources") pickers.get(at.closest("details.code"))?.(at);
    }
    target.scrollIntoView();
  }

  function follow() {
    const [anchor, query] = location.hash.slice(1).split("?");
    if (query !== undefined) {
      readView(query);
      show();
    }
    reveal(decodeURIComponent(anchor));
  }

  // Light, dark, or as the system has it.

  function theme() {
    const THEMES = ["", "light", "dark"];
    const root = document.documentElement;
    const button = make("button", { type: "button", className: "theme" });
    const apply = (name) => {
      if (name) root.dataset.theme = name;
      else delete root.dataset.theme;
      button.textContent = `Theme: ${name || "system"}`;
    };
    // A page from a file may have no store; then the choice lasts as long as the page.
    const stored = (name) => {
      try {
        if (name !== undefined) localStorage.setItem("triathlon-theme", name);
        return localStorage.getItem("triathlon-theme") ?? "";
      } catch {
        return "";
      }
    };
    button.addEventListener("click", () => {
      const next = THEMES[(THEMES.indexOf(root.dataset.theme ?? "") + 1) % THEMES.length];
      stored(next);
      apply(next);
    });
    apply(THEMES.includes(stored()) ? stored() : "");
    document.querySelector("header nav").append(button);
  }

  // Citations: the four formats of `triathlon cite`, to the byte.

  const origin = document.getElementById("cite").dataset;
  const flat = (text) => text.replaceAll(THIN, " ");

  function citations({ anchor, name, words, own }) {
    const { run, suite, machine, commit, date, records } = origin;
    const why = [origin.warning, own].filter(Boolean).join("; ");
    const place = `${run}#${anchor}`;
    const key = `triathlon:${run}:${anchor}`.replace(/[^\w.:-]/gu, "-");
    const title = `${name}: ${words}`;
    const where = (run, machine, commit, records, suite, date) =>
      `Triathlon, suite ${suite}, run ${run}, ${date}, on ${machine}, commit ${commit}, SHA-256 of the records ${records}.\n`;
    const marked = (text) => text.replace(/[\\`*_<|]/g, "\\$&").replaceAll("](", "]\\(");
    const code = (text) => `\`${text.replaceAll("`", "'")}\``;
    const NAMES = { "\\": "backslash", "~": "asciitilde", "^": "asciicircum" };
    const braced = (text) => text.replace(/[&%$#_{}\\~^]/g, (c) => (NAMES[c] ? `\\text${NAMES[c]}{}` : `\\${c}`));
    const note = `${date}, on ${machine}, commit ${commit}, SHA-256 of the records ${records}.${why && ` Not to be cited as a result: ${why}.`}`;
    const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    const month = months[Number(date.slice(5, 7)) - 1];
    const bibtex = [
      `@misc{${key},`,
      "  author = {{Triathlon}},",
      `  title = {${braced(title)}},`,
      `  year = {${braced(date.slice(0, 4))}},`,
      ...(month ? [`  month = ${month},`] : []),
      `  howpublished = {Triathlon, suite ${braced(suite)}, run ${braced(place)}},`,
      `  note = {${braced(note)}},`,
      "}\n",
    ];
    const csl = {
      id: key,
      type: "dataset",
      title,
      author: [{ literal: "Triathlon" }],
      issued: { "date-parts": [date.split("-").map(Number)] },
      publisher: `Triathlon, suite ${suite}`,
      number: place,
      note,
    };
    return {
      text: `${title}. ${where(place, machine, commit, records, suite, date)}${why && `Not to be cited as a result: ${why}.\n`}`,
      markdown:
        `**${marked(name)}**: ${marked(words)}. ` +
        where(code(place), marked(machine), code(commit), code(records), marked(suite), marked(date)) +
        (why && `\n> **Not to be cited as a result**: ${marked(why)}.\n`),
      bibtex: bibtex.join("\n"),
      csl: `${JSON.stringify([csl], null, 2)}\n`,
    };
  }

  function citing() {
    const FORMATS = { text: "Text", markdown: "Markdown", bibtex: "BibTeX", csl: "CSL-JSON" };
    const choice = make("select", {}, ...Object.entries(FORMATS).map(([value, name]) => make("option", { value }, name)));
    const shown = make("textarea", { readOnly: true, rows: 10 });
    const copy = make("button", { type: "button" }, "Copy");
    const close = make("button", { type: "button" }, "Close");
    const said = make("output");
    const bar = make("p", { className: "controls" }, make("label", {}, "Format ", choice), copy, close, said);
    const dialog = make("dialog", { className: "cite" }, make("label", {}, "Citation", shown), bar);
    close.addEventListener("click", () => dialog.close());
    dialog.setAttribute("aria-label", "Cite");
    document.body.append(dialog);
    let texts = {};
    const fill = () => {
      shown.value = texts[choice.value];
      said.value = "";
    };
    choice.addEventListener("change", fill);
    copy.addEventListener("click", async () => {
      shown.select();
      // Where a page has no clipboard, the selected text can still be copied by hand.
      said.value = await navigator.clipboard.writeText(shown.value).then(() => "Copied.", () => "Selected: copy it with the keyboard.");
    });
    return (claim) => {
      const button = make("button", { type: "button", className: "cite" }, "Cite");
      button.setAttribute("aria-label", `Cite ${claim.name}`);
      button.dataset.anchor = claim.anchor;
      button.addEventListener("click", () => {
        texts = citations(claim);
        fill();
        dialog.showModal();
      });
      return button;
    };
  }

  function citeAll() {
    const button = citing();
    const claim = (anchor, name, words, own) => button({ anchor, name: flat(name), words: flat(words).trim().replace(/\.+$/, ""), own });
    for (const { groups } of tables) {
      for (const { what, rows } of groups) {
        for (const { row, who, way, cite, warning } of rows.filter((row) => row.cite)) {
          row.lastElementChild.append(claim(row.id, `${what}/${who}${way ? `:${way}` : ""}`, cite, warning));
        }
      }
    }
    for (const figure of all("figure[id]")) {
      figure.querySelector("figcaption").append(claim(figure.id, figure.id, figure.querySelector(".finding").textContent));
    }
    for (const item of all(".short > li[id]")) {
      const name = item.querySelector("a").textContent;
      item.append(" ", claim(item.id, name, item.textContent.slice(name.length)));
    }
    for (const article of all("article.claim[data-cite]")) {
      const { cite, warning } = article.dataset;
      article.querySelector("p").append(" ", claim(article.id, article.querySelector("a").textContent, cite, warning));
    }
    for (const section of all("section[id]").filter((section) => !section.closest(".sources"))) {
      const heading = section.querySelector("h2, h3");
      const button = claim(section.id, heading.textContent, "section of the report");
      heading.after(button);
    }
  }

  // The calculator: the model of `triathlon advise`, on the same curves.

  function calculator() {
    const form = document.querySelector("form.advise");
    if (!form) return;
    const curves = JSON.parse(form.dataset.curves);
    const log = (wait) => Math.log(wait + 1e-5);
    // Straight between points and level beyond them.
    const between = (line, x) => {
      const above = line.findIndex(([own]) => own >= x);
      if (above < 1) return line.at(above)[1];
      const [[x0, y0], [x1, y1]] = [line[above - 1], line[above]];
      return y0 + ((y1 - y0) * (x - x0)) / (x1 - x0);
    };
    const share = (wrong) => `the model is wrong by ${digits(wrong * 100)} % on a held-out cell`;

    // Why there is no answer, or the answer.
    function judged([, , batch, most, cpus, wrong, off, computes, points, memory, high], { flight, wait, cpu, rate, room }) {
      const waits = points.map(([, own]) => own);
      const [low, measured] = [memory[0][0], memory.at(-1)[0]];
      const [short, long] = [Math.min(...waits), Math.max(...waits)];
      if (!(flight >= low && flight <= measured)) return `measured with ${low < measured ? `${low} to ${measured}` : low} in flight`;
      if (!high) return "measured without waiting only";
      if (flight > high) return `beyond ${high} in flight the server limited what was measured`;
      if (!(wait > 0 && wait >= short / 2 && wait <= long * 5)) return `measured with waits of ${short * 1e3} to ${long * 1e3} ms`;
      if (cpu > computes) return computes ? `no cell of mixed computes more than ${digits(computes * 1e3)} ms a call` : "no cell of mixed says what computing does to it";
      if (wrong === null) return "no cell could be held out to know the error by";
      if (wrong > 0.25) return share(wrong);
      const nearest = waits.reduce((near, own) => (Math.abs(log(own) - log(wait)) < Math.abs(log(near) - log(wait)) ? own : near));
      const line = points.filter(([, own]) => own === nearest).map(([n, , cost]) => [Math.log(n), Math.log(cost)]);
      const demand = Math.exp(between(line, Math.log(flight))) + cpu;
      const [own, work] = [Math.min(most ?? flight, flight), demand / cpus];
      const waiting = batch ? own / (wait + own * work) : own / (wait + demand);
      const reached = batch ? waiting : Math.min(waiting, 1 / work);
      const busy = batch ? own * work > wait : 1 / work < waiting;
      const bytes = off === null || off > 0.25 ? null : between(memory, flight);
      const small = room === null ? true : bytes === null ? null : bytes <= room;
      const fits = (rate !== null && reached < rate) || small === false ? "no" : small === null ? "not known" : "yes";
      return { fits, reached, bound: busy ? "CPU" : "waiting", demand, share: Math.min(rate ?? reached, reached) * work, bytes };
    }

    function compute() {
      const value = (name) => (form.elements[name].value === "" ? null : Number(form.elements[name].value));
      const scaled = (name, by) => (value(name) === null ? null : value(name) * by);
      const asked = { flight: value("flight"), wait: scaled("wait", 1e-3), cpu: scaled("cpu", 1e-6) ?? 0, rate: value("rate"), room: scaled("memory", 2 ** 20) };
      const answers = new Map();
      const reasons = new Map();
      for (const curve of curves) {
        const [who, workload] = curve;
        const answer = judged(curve, asked);
        if (typeof answer === "string") reasons.set(who, [...(reasons.get(who) ?? []), `${workload}: ${answer}`]);
        else if (!answers.has(who)) answers.set(who, answer);
      }
      const rank = ({ fits }) => ["yes", "not known", "no"].indexOf(fits);
      const sorted = [...answers].sort(([, a], [, b]) => rank(a) - rank(b) || a.demand - b.demand);
      const rows = sorted.map(([who, { fits, reached, bound, demand, share, bytes }]) => {
        const memory = bytes === null ? "not measured" : digits(bytes / 2 ** 20);
        const cells = [fits, digits(reached), bound, digits(demand * 1e6), digits(share * 100), memory];
        return make("tr", {}, make("th", { scope: "row" }, who), ...cells.map((text) => make("td", {}, text)));
      });
      form.querySelector("tbody").replaceChildren(...rows);
      const missing = [...reasons].filter(([who]) => !answers.has(who)).map(([who, why]) => `${who} (${why.join("; ")})`);
      form.querySelector("output").value = missing.length ? `Not measured: ${missing.join(", ")}.` : "";
    }

    form.hidden = false;
    form.addEventListener("input", compute);
    form.addEventListener("submit", (event) => event.preventDefault());
    compute();
  }

  form.hidden = false;
  form.addEventListener("input", () => {
    show();
    writeAddress();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    clear();
    show();
    writeAddress();
  });
  theme();
  citeAll();
  calculator();
  addEventListener("hashchange", follow);
  show();
  follow();
})();
