// How things are drawn. All that comes from outside is set as text or as a number, never as markup.

const SVG = "http://www.w3.org/2000/svg";
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

export function el(name, css = "", ...inner) {
  const made = document.createElement(name);
  if (css) made.className = css;
  made.append(...inner);
  return made;
}

export function shape(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// The children of `parent` become one for each item, in order; those that stay are the same nodes,
// so that nobody's focus or open details are lost.
export function sync(parent, items, key, make, fill) {
  const known = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  items.forEach((item, place) => {
    const name = String(key(item));
    let node = known.get(name);
    if (node === undefined) {
      node = make(item);
      node.dataset.key = name;
    }
    known.delete(name);
    fill(node, item);
    if (parent.children[place] !== node) parent.insertBefore(node, parent.children[place] ?? null);
  });
  for (const node of known.values()) node.remove();
}

export const as = {
  count: (n) => (Math.abs(n) < 1e6 ? whole.format(n) : short.format(n)),
  exact: (n) => whole.format(n),
  share: (n) => (n === null ? "–" : `${(100 * n).toFixed(n > 0.9995 || n === 0 ? 0 : 1)} %`),
  money: (n) => (Math.abs(n) >= 100 ? `$${whole.format(n)}` : `$${n.toFixed(Math.abs(n) >= 1 || n === 0 ? 2 : 4)}`),
  ms: (n) => `${as.time(n)} ms`,
  time: (n) => (n >= 100 ? whole.format(n) : n >= 10 ? n.toFixed(1) : n.toFixed(2)),
  clock: (seconds) => new Date(1000 * seconds).toLocaleTimeString([], { hour12: false }),
  ago: (seconds) => {
    if (seconds < 2) return "now";
    if (seconds < 120) return `${Math.round(seconds)} s`;
    if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
    return `${Math.round(seconds / 3600)} h`;
  },
};

// Each of `lines` is {css, values} and drawn as a filled step; all have the same scale.
export function spark(svg, lines, words) {
  const count = lines[0].values.length;
  const most = Math.max(...lines.flatMap((line) => line.values), 1e-9);
  svg.setAttribute("viewBox", `0 0 ${count} 20`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-label", words);
  sync(svg, lines, (line) => line.css, (line) => shape("path", { class: line.css }), (path, line) => {
    const steps = line.values.map((value) => `V${(20 - (19 * value) / most).toFixed(2)}h1`);
    path.setAttribute("d", `M0 20${steps.join("")}V20Z`);
  });
}

// How a conversation grew: tokens that went up, under the line of its budget.
export function growth(svg, sizes, budget, places) {
  const top = Math.max(budget, ...sizes) || 1;
  const y = (value) => (22 - (20 * value) / top).toFixed(1);
  const points = sizes.map((size, i) => `${(2 + (96 * i) / Math.max(places - 1, 1)).toFixed(1)},${y(size)}`);
  const line = sizes.length > 1 ? points.join(" ") : `${points[0]} 4,${y(sizes[0] ?? 0)}`;
  svg.setAttribute("viewBox", "0 0 100 24");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-label", `sizes of the last ${sizes.length} requests, under the budget`);
  svg.replaceChildren(
    shape("line", { class: "limit", x1: 0, x2: 100, y1: y(budget), y2: y(budget) }),
    shape("polyline", { class: "grown", points: line }),
  );
}

// A conversation from left to right, each stretch [fate, messages, tokens] as wide as its tokens.
export function strip(stretches) {
  const all = stretches.reduce((sum, one) => sum + one[2], 0) || 1;
  const words = stretches.map((one) => `${as.exact(one[1])} ${one[0]}`).slice(0, 12).join(", ");
  const svg = shape("svg", { class: "strip", viewBox: "0 0 1000 16", preserveAspectRatio: "none", role: "img" });
  svg.setAttribute("aria-label", `messages in order: ${words}`);
  let x = 0;
  for (const [fate, messages, tokens] of stretches) {
    const width = (1000 * tokens) / all;
    const rect = shape("rect", { class: fate.replace(" ", "-"), x: x.toFixed(1), y: 0, width: width.toFixed(1), height: 16 });
    const title = shape("title", {});
    title.textContent = `${as.exact(messages)} ${fate}, ${as.exact(tokens)} tokens`;
    rect.append(title);
    svg.append(rect);
    x += width;
  }
  return svg;
}

export function bar(share, css) {
  const made = el("div", "meter", el("div"));
  made.setAttribute("role", "meter");
  made.setAttribute("aria-valuemin", "0");
  made.setAttribute("aria-valuemax", "100");
  level(made, share, css, "");
  return made;
}

export function level(made, share, css, name) {
  const percent = Math.min(100 * share, 100);
  made.setAttribute("aria-valuenow", percent.toFixed(0));
  made.setAttribute("aria-label", name);
  made.firstChild.className = css;
  made.firstChild.style.width = `${percent.toFixed(1)}%`;
}
