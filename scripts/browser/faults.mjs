// What can be wrong with a page. These functions run inside the browser and
// use nothing from outside themselves.

// Opens what is folded.
export function openAll() {
  for (const details of document.querySelectorAll("details")) details.open = true;
}

// Faults by what was looked at; an empty list is a pass.
export function faultsOfPage({ cells, print }) {
  const boxes = (svg) => [...svg.querySelectorAll("text")].map((node) => ({
    text: node.textContent.trim(),
    box: node.getBoundingClientRect(),
  }));
  const shown = (svg) => svg.checkVisibility() && svg.getBoundingClientRect().width > 0;

  const sideways = () => {
    const { scrollWidth } = document.documentElement;
    return scrollWidth > innerWidth ? [`the page is ${scrollWidth} px wide in a window of ${innerWidth}`] : [];
  };

  const ids = () => {
    const seen = new Set();
    return [...document.querySelectorAll("[id]")]
      .map((node) => node.id)
      .filter((id) => seen.has(id) || !seen.add(id))
      .map((id) => `the id ${id} occurs twice`);
  };

  const links = () =>
    [...document.querySelectorAll('a[href^="#"]')]
      .map((link) => decodeURIComponent(link.getAttribute("href").slice(1)))
      .filter((id) => !document.getElementById(id))
      .map((id) => `#${id} leads nowhere`);

  const overlaps = () => {
    const faults = [];
    for (const svg of [...document.querySelectorAll("svg.chart")].filter(shown)) {
      const texts = boxes(svg);
      texts.forEach((a, index) => {
        for (const b of texts.slice(index + 1)) {
          const across = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
          const down = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
          // Boxes of lines have leading above and below the letters.
          if (across > 0.5 && down > a.box.height * 0.3) faults.push(`"${a.text}" lies on "${b.text}"`);
        }
      });
    }
    return faults;
  };

  const cut = () => {
    const faults = [];
    for (const svg of [...document.querySelectorAll("svg.chart")].filter(shown)) {
      const edge = svg.getBoundingClientRect();
      for (const { text, box } of boxes(svg)) {
        const beyond = Math.max(edge.left - box.left, box.right - edge.right, edge.top - box.top, box.bottom - edge.bottom);
        if (beyond > 1) faults.push(`"${text}" is cut by ${beyond.toFixed(1)} px`);
      }
    }
    return faults;
  };

  // A chart that is not shown cannot be judged.
  const hidden = () => {
    const charts = [...document.querySelectorAll("svg.chart")];
    const count = charts.filter((svg) => !shown(svg)).length;
    return count > 0 ? [`${count} of ${charts.length} charts are not shown`] : [];
  };

  const rows = () => {
    const found = document.querySelectorAll('tr[id^="cell-"]').length;
    return cells !== null && found !== cells ? [`${found} rows for ${cells} cells`] : [];
  };

  const names = () => {
    const faults = [];
    for (const svg of document.querySelectorAll('svg[role="img"]')) {
      if (!svg.querySelector("title")?.textContent.trim()) faults.push("a chart has no title");
      if (!svg.querySelector("desc")?.textContent.trim()) faults.push("a chart has no description");
    }
    for (const cell of document.querySelectorAll("th:not([scope])")) faults.push(`the heading "${cell.textContent}" has no scope`);
    for (const region of document.querySelectorAll(".scroll")) {
      if (!region.getAttribute("aria-label") || region.tabIndex !== 0) faults.push("a scrolling region has no label or no focus");
    }
    return faults;
  };

  // Contrast of text against what lies behind it, by WCAG 2.2, 1.4.3.
  const contrast = () => {
    const channel = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    const parse = (colour) => (colour.match(/[\d.]+/g) ?? []).map(Number);
    const luminance = ([r, g, b]) => 0.2126 * channel(r / 255) + 0.7152 * channel(g / 255) + 0.0722 * channel(b / 255);
    const behind = (node) => {
      for (let at = node; at; at = at.parentElement) {
        const colour = parse(getComputedStyle(at).backgroundColor);
        if (colour.length === 3 || colour[3] > 0) return colour;
      }
      return [255, 255, 255];
    };
    const faults = new Set();
    for (const node of document.querySelectorAll("body *")) {
      const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
      if (!own || node.closest("title, desc, .skip") || !node.getClientRects().length) continue;
      const style = getComputedStyle(node);
      const ink = parse(node.closest("svg") ? style.fill : style.color);
      const [a, b] = [luminance(ink), luminance(behind(node))];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      const name = `${node.localName}.${node.getAttribute("class") ?? ""}`;
      if (ratio < 4.5) faults.add(`${name} has contrast ${ratio.toFixed(2)}`);
    }
    return [...faults];
  };

  const found = { ids: ids(), links: links(), hidden: hidden(), overlaps: overlaps(), cut: cut(), rows: rows(), names: names(), contrast: contrast() };
  return print ? found : { sideways: sideways(), ...found };
}

// The same for the text of a stand-alone drawing.
export function faultsOfSvg() {
  const edge = document.documentElement.getBoundingClientRect();
  const texts = [...document.querySelectorAll("text")].map((node) => ({
    text: node.textContent.trim(),
    box: node.getBoundingClientRect(),
  }));
  const faults = [];
  texts.forEach((a, index) => {
    const beyond = Math.max(edge.left - a.box.left, a.box.right - edge.right, a.box.bottom - edge.bottom, edge.top - a.box.top);
    if (beyond > 1) faults.push(`"${a.text}" is cut by ${beyond.toFixed(1)} px`);
    for (const b of texts.slice(index + 1)) {
      const across = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
      const down = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
      if (across > 0.5 && down > a.box.height * 0.3) faults.push(`"${a.text}" lies on "${b.text}"`);
    }
  });
  return faults;
}
