// The page's calculator says what `triathlon advise` says.

import { execFileSync } from "node:child_process";

// Calls in flight, wait in ms, computing in µs, rate, memory in MiB.
const SITUATIONS = [
  [64, 20, 0, "", ""],
  [100, 50, 0, 1000, 8],
  [1000, 20, 0, "", 16],
  [10, 30, 100, 300, ""],
  [256, 25, 1000, 2000, 512],
  [100000, 20, 0, "", ""],
];

const number = (text) => Number(text.replaceAll("\u202f", ""));
const near = (shown, wanted) => Math.abs(number(shown) - wanted) <= 0.0055 * Math.abs(wanted);

export async function advice(page, directory, triathlon) {
  const faults = [];
  const form = page.locator("form.advise");
  if (!(await form.isVisible())) return ["there is no calculator"];
  let compared = 0;
  for (const [flight, wait, cpu, rate, memory] of SITUATIONS) {
    for (const [name, value] of Object.entries({ flight, wait, cpu, rate, memory })) await form.locator(`[name=${name}]`).fill(String(value));
    const rows = await form.locator("tbody tr").evaluateAll((all) => all.map((row) => [...row.cells].map((cell) => cell.textContent)));
    const call = ["advise", "--run", directory, "--format", "json", "--in-flight", String(flight), "--wait", `${wait}ms`, "--cpu", `${cpu}us`];
    if (rate) call.push("--rate", String(rate));
    if (memory) call.push("--memory", `${memory}MiB`);
    const { answers, not_measured } = JSON.parse(execFileSync(triathlon, call, { encoding: "utf8" }));
    const what = [flight, wait, cpu, rate, memory].join(" ");
    const whos = (all) => all.join(", ");
    if (whos(rows.map(([who]) => who)) !== whos(answers.map(({ who }) => who))) faults.push(`${what}: ${whos(rows.map(([who]) => who))} instead of ${whos(answers.map(({ who }) => who))}`);
    const said = await form.locator("output").innerText();
    for (const { who } of not_measured) if (!said.includes(`${who} (`)) faults.push(`${what}: nothing of ${who}`);
    answers.forEach((answer, place) => {
      const [, fits, reached, bound, demand, busy, bytes] = rows[place] ?? [];
      if (!fits) return;
      const wanted = { true: "yes", false: "no", null: "not known" }[String(answer.fits)];
      if (fits !== wanted) faults.push(`${what}: ${answer.who} ${fits} instead of ${wanted}`);
      if ((bound === "CPU") !== (answer.bound === "cpu")) faults.push(`${what}: ${answer.who} is bound by ${bound}`);
      if (!near(reached, answer.throughput_per_s)) faults.push(`${what}: ${answer.who} ${reached}/s instead of ${answer.throughput_per_s}`);
      if (!near(demand, answer.cpu_us_per_call)) faults.push(`${what}: ${answer.who} ${demand} µs instead of ${answer.cpu_us_per_call}`);
      if (!near(busy, answer.cpu_share * 100)) faults.push(`${what}: ${answer.who} busy ${busy} instead of ${answer.cpu_share}`);
      if (answer.memory_bytes === null ? bytes !== "not measured" : !near(bytes, answer.memory_bytes / 2 ** 20)) faults.push(`${what}: ${answer.who} ${bytes} MiB instead of ${answer.memory_bytes}`);
      compared += 1;
    });
  }
  // Who can be answered for the first situation, by the page's own numbers.
  const curves = JSON.parse(await form.getAttribute("data-curves"));
  const able = curves.filter(([, , , , , wrong, , , points, memory, high]) => wrong !== null && wrong <= 0.25 && memory[0][0] <= 64 && high >= 64 && points.some(([, wait]) => wait === 0.02));
  if (able.length > 0 && compared === 0) faults.push("no answer was compared");
  return faults;
}
