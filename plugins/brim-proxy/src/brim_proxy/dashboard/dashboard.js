import { as, bar, el, growth, level, say, shape, spark, strip, sync } from "./dashboard_draw.js";

const ACTIVE = 600; // seconds after which a conversation counts as idle
const SIZES = 40; // requests of a conversation that are remembered
const LEAST = 30; // places in the small pictures, however short it has run
const page = { hello: null, state: null, condensed: [], paused: false };
const $ = (selector, inside = document) => inside.querySelector(selector);
const get = (path, from) => path.split(".").reduce((value, key) => value?.[key], from);
const total = (rows, column) => rows.reduce((sum, row) => sum + row[column], 0);

function figures(found) {
  for (const node of document.querySelectorAll("[data-figure]")) {
    const value = get(node.dataset.figure, found) ?? null;
    node.setAttribute("value", JSON.stringify(value));
    say(node, value === null ? "–" : as[node.dataset.as](value));
  }
}

function tiles({ figures: found, series }) {
  const { proxy, traffic } = found;
  if (!traffic.prefix_reuse_of) say($("[data-figure='traffic.prefix_reuse']"), "–");
  const spared = proxy.tokens_before - proxy.tokens_after;
  const share = proxy.tokens_before ? spared / proxy.tokens_before : 0;
  say($("#share"), `${as.share(share)} less: ${as.count(spared)} tokens`);
  const unpriced = proxy.saved.unpriced_tokens;
  say($("#unpriced"), unpriced ? `; ${as.count(unpriced)} more tokens, of models without a known price` : "");
  say($("#rate"), `${as.exact(total(series.slice(-6), 0))} in the last minute`);
  const outcomes = Object.entries(proxy.outcomes).filter(([name]) => name !== "ok");
  const rate = proxy.answers ? (1000 * proxy.errors) / proxy.answers : 0;
  const others = outcomes.map(([name, count]) => `${as.exact(count)} ${name}`).join(", ");
  say($("#outcomes"), `${as.time(rate)} of 1,000${others ? `; ${others}` : ""}`);
  sparks(series.slice(-Math.max(LEAST, Math.ceil(found.runtime_seconds / page.hello.seconds) + 1)));
}

function sparks(series) {
  const column = (place) => series.map((row) => row[place]);
  const last = `in the last ${as.exact((series.length * page.hello.seconds) / 60)} minutes`;
  const [before, after] = [column(2), column(3)];
  const lines = [{ css: "back", values: before }, { css: "front", values: after }];
  const spared = before.map((value, i) => Math.max(value - after[i], 0));
  const front = (values) => [{ css: "front", values }];
  const sums = [0, 1, 2, 3].map((place) => as.count(total(series, place)));
  spark($("#spark-tokens"), lines, `${sums[2]} tokens came and ${sums[3]} went up ${last}`);
  spark($("#spark-saved"), front(spared), `tokens not sent ${last}`);
  spark($("#spark-requests"), front(column(0)), `${sums[0]} requests ${last}`);
  spark($("#spark-errors"), front(column(1)), `${sums[1]} failed requests ${last}`);
  spark($("#spark-ms"), front(column(4)), `mean milliseconds ${last}`);
}

const cell = (css, ...inner) => el("td", css, ...inner);
const small = () => el("small");

function talkRow() {
  const name = el("th", "", el("b"), small());
  name.scope = "row";
  const svg = shape("svg", { class: "growth", role: "img" });
  const tokens = cell("wide", el("span"), small());
  return el("tr", "", name, cell("level", bar(0, ""), el("span")), tokens, cell("wide number"),
    cell("wide number", el("span"), small()), cell("wide", svg), cell("number"));
}

function fillTalk(row, talk) {
  const [name, how, tokens, messages, requests, size, seen] = row.children;
  const share = talk.budget ? talk.after / talk.budget : 0;
  const idle = page.state.now - talk.seen;
  row.className = idle > ACTIVE ? "idle" : "";
  say(name.children[0], talk.model || "(no model)");
  say(name.children[1], [`#${talk.number}`, talk.tenant, talk.route, talk.mode === "on" ? "" : talk.mode].filter(Boolean).join(" · "));
  level(how.children[0], share, talk.level, `conversation ${talk.number}: ${talk.level}`);
  say(how.children[1], `${as.share(share)} ${talk.level}`);
  say(tokens.children[0], talk.before === talk.after ? as.count(talk.after) : `${as.count(talk.before)} → ${as.count(talk.after)}`);
  say(tokens.children[1], `of ${as.count(talk.budget)}`);
  say(messages, as.exact(talk.messages));
  say(requests.children[0], as.exact(talk.requests));
  const notes = [talk.condensed && `${talk.condensed}× condensed`, talk.failed && `${talk.failed} failed`];
  say(requests.children[1], notes.filter(Boolean).join(", "));
  growth(size.firstChild, talk.sizes, talk.budget, SIZES);
  say(seen, as.ago(idle));
}

function talks({ now, talks: found, figures: all }) {
  const idle = (talk) => now - talk.seen > ACTIVE;
  const sorted = [...found].sort((a, b) => idle(a) - idle(b) || b.number - a.number);
  sync($("#talks tbody"), sorted, (talk) => talk.number, talkRow, fillTalk);
  const active = found.filter((talk) => !idle(talk)).length;
  const known = all.proxy.conversations;
  const rest = known > found.length ? `, the last ${as.exact(found.length)} of ${as.exact(known)} shown` : "";
  say($("#talks .count"), found.length ? `${as.exact(active)} active${rest}` : "");
  $("#talks").dataset.filled = found.length > 0;
}

function condensedCard(one) {
  const summary = el("summary", "", el("span", "when", as.clock(one.time)), el("b", "", one.model || "(no model)"));
  summary.append(el("small", "", `#${one.talk} · ${one.tenant}${one.mode === "on" ? "" : ` · ${one.mode}`}`));
  const sizes = el("span", "sizes", `${as.count(one.before)} → ${as.count(one.after)}`);
  const kept = el("span", `survival${one.degraded ? " bad" : ""}`, `${as.share(one.survival)} survived`);
  summary.append(sizes, kept, strip(one.strip));
  const card = el("details", "", summary, steps(one));
  card.append(...(page.hello.bodies ? bodies(one) : [withheld()]));
  return card;
}

function steps(one) {
  const head = el("tr");
  for (const name of ["strategy", "outcome", "tokens", "survival", "ms"]) head.append(el("th", name === "strategy" || name === "outcome" ? "" : "number", name));
  const rows = one.steps.map((step) => el("tr", "", cell("", step.strategy), cell("", step.outcome),
    cell("number", `${as.exact(step.before)} → ${as.exact(step.after)}`),
    cell("number", step.survival === null ? "–" : as.share(step.survival)), cell("number", as.time(step.ms))));
  const [before, after] = one.messages;
  const words = `${as.exact(before)} messages came, ${as.exact(after)} go out, in ${as.time(one.ms)} ms; ${as.exact(one.after)} of ${as.exact(one.budget)} tokens${one.degraded ? "; degraded" : ""}`;
  const scroll = el("div", "scroll", el("table", "", el("thead", "", head), el("tbody", "", ...rows)));
  scroll.tabIndex = 0;
  return el("div", "inside", el("p", "", words), scroll);
}

const withheld = () => el("p", "inside hint", "Its texts are not shown. ", el("code", "", 'dashboard = "bodies"'),
  " in ", el("code", "", "[plugin.proxy]"), " shows them, to everybody who may see this conversation here.");

function bodies(one) {
  const missing = el("ul", "missing", ...one.missing.map((text) => el("li", "", text)));
  const lost = one.missing.length ? [el("h3", "", "Missing now"), missing] : [];
  return [el("div", "inside", el("p", "hint", one.reason), ...lost, el("h3", "", "Before and after"), ...one.changes.map(change))];
}

function change(one) {
  if (one.kind === "more") return el("p", "hint", `… and ${as.exact(one.number)} more changes`);
  const where = one.first === one.last ? `message ${one.first}` : `messages ${one.first} to ${one.last}`;
  const handle = one.handle ? [" ", el("code", "", one.handle)] : [];
  const head = el("header", "", `${where} ${one.role} `, el("span", `badge ${one.kind.replace(" ", "-")}`, one.kind), ...handle);
  const texts = el("div", "texts", text("before", one.before, one.sizes[0]));
  if (one.sizes[1]) texts.append(text("after", one.after, one.sizes[1]));
  return el("article", "change", head, texts);
}

function text(css, ends, size) {
  const shown = ends.reduce((sum, end) => sum + end.length, 0);
  const made = el("pre", css, ends[0]);
  if (ends.length > 1) made.append(el("i", "", `\n… ${as.exact(size - shown)} characters …\n`), ends[1]);
  made.tabIndex = 0;
  made.setAttribute("aria-label", css);
  return made;
}

function condensed() {
  sync($("#condensed .list"), page.condensed, (one) => one.number, condensedCard, () => {});
  const sum = page.condensed.length;
  say($("#condensed .count"), sum ? `the last ${as.exact(sum)}` : "");
  $("#condensed").dataset.filled = sum > 0;
}

function times({ figures: found }) {
  const own = (name, path) => ({ name, count: found.proxy[path].of, ...found.proxy[path] });
  const seconds = (one) => 1000 * one;
  const rows = [own("requests, with the upstream", "request_ms"), own("Brim’s part of them", "fit_ms")];
  for (const [name, one] of Object.entries(found.operations)) {
    rows.push({ name, count: one.count, p50: seconds(one.p50), p95: seconds(one.p95), p99: seconds(one.p99), inner: true });
  }
  const make = () => el("tr", "", el("th"), ...[0, 1, 2, 3].map(() => cell("number")));
  sync($("#times tbody"), rows, (row) => row.name, make, (node, row) => {
    node.className = row.inner ? "inner" : "";
    node.children[0].scope = "row";
    const values = [row.name, as.count(row.count), as.time(row.p50), as.time(row.p95), as.time(row.p99)];
    values.forEach((value, place) => say(node.children[place], value));
  });
}

function caches({ figures: found }) {
  const ratio = (hits, misses) => (hits + misses ? hits / (hits + misses) : null);
  const rows = [{ name: "memory of counts", hits: found.memo_hits, misses: found.memo_misses, state: "" }];
  for (const [name, tier] of Object.entries(found.caches)) {
    const troubles = [[tier.errors, "errors"], [tier.refused, "refused"], [tier.skipped, "skipped"]];
    const told = troubles.filter(([count]) => count).map(([count, what]) => `${as.exact(count)} ${what}`);
    rows.push({ name, hits: tier.hits, misses: tier.misses, state: [tier.resting ? "rests" : "works", ...told].join(", "), bad: tier.resting });
  }
  const make = () => el("tr", "", el("th"), cell("number"), cell("number"), cell("number"), cell());
  sync($("#caches tbody"), rows, (row) => row.name, make, (node, row) => {
    node.children[0].scope = "row";
    const values = [row.name, as.count(row.hits), as.count(row.misses), as.share(ratio(row.hits, row.misses)), row.state];
    values.forEach((value, place) => say(node.children[place], value));
    node.children[4].className = row.bad ? "bad" : "";
  });
  $("#caches").dataset.filled = rows.length > 1;
}

function faults({ faults: found }) {
  const rows = found.map((fault, place) => ({ ...fault, key: `${fault.time} ${place}` })).reverse().slice(0, 20);
  const make = () => el("div", "line", el("span", "when"), el("b"), el("span", "what"), small());
  sync($("#errors .list"), rows, (row) => row.key, make, (node, row) => {
    say(node.children[0], as.clock(row.time));
    say(node.children[1], row.status ? String(row.status) : "–");
    say(node.children[2], [row.route, row.outcome, row.unread].filter(Boolean).join(", "));
    say(node.children[3], [row.model, row.talk ? `#${row.talk}` : "", row.tenant, `${as.time(row.ms)} ms`].filter(Boolean).join(" · "));
  });
  $("#errors").dataset.filled = rows.length > 0;
}

function breaker(one) {
  return one.rest ? `${one.hook} rests for ${as.exact(one.rest)} calls` : `${one.hook} failed ${one.failures} of ${one.of} times`;
}

function plugins({ plugins: found }) {
  const acting = found.filter((one) => one.state === "active" || one.state === "broken");
  const others = found.filter((one) => !acting.includes(one));
  const make = () => el("div", "line", el("span", "dot"), el("b"), el("span", "what"), small());
  const fill = (node, one) => {
    const resting = one.breakers.some((two) => two.rest);
    node.children[0].className = `dot ${one.state === "broken" || resting ? "bad" : one.breakers.length ? "warning" : one.state}`;
    say(node.children[1], one.name);
    const state = one.state === "active" ? "" : one.state;
    say(node.children[2], [state, one.reason, ...one.breakers.map(breaker)].filter(Boolean).join(", ") || one.hooks.join(", "));
    say(node.children[3], [one.distribution, one.version].filter(Boolean).join(" "));
  };
  const poorly = acting.filter((one) => one.state === "broken" || one.breakers.length);
  const well = acting.filter((one) => !poorly.includes(one));
  sync($("#plugins .list"), poorly, (one) => one.name, make, fill);
  sync($("#plugins .well"), well, (one) => one.name, make, fill);
  sync($("#plugins .rest"), others, (one) => one.name, make, fill);
  const resting = found.filter((one) => one.breakers.some((two) => two.rest)).length;
  say($("#plugins .count"), `${as.exact(acting.length)} act${resting ? `, ${as.exact(resting)} rest` : ""}`);
  say($("#plugins .others"), `(${as.exact(others.length)})`);
}

function hello() {
  const one = page.hello;
  const of = one.workers > 1 ? ` · worker ${one.worker}, one of ${one.workers}` : "";
  say($("#where"), `${one.upstream ? `→ ${one.upstream}` : ""}${one.mode === "on" ? "" : ` · mode ${one.mode}`}${of}`);
  const whose = `Those of ${one.tenant}; tenants that operators in [plugin.proxy] names see all.`;
  say($("#talks .whose"), one.all ? "" : whose);
  const only = one.workers > 1 ? ` It is one of ${one.workers}: the others have figures of their own. Reload to perhaps reach another.` : "";
  $("#foot").replaceChildren(`Figures of worker ${one.worker} since it started.${only} The same as JSON: `, Object.assign(el("a", "", "/brim/stats"), { href: "stats" }));
}

function render() {
  if (page.paused || page.hello === null) return;
  hello();
  condensed();
  if (page.state === null) return;
  figures(page.state.figures);
  for (const part of [tiles, talks, times, caches, faults, plugins]) part(page.state);
}

function line(state, words) {
  $("#line").dataset.state = state;
  say($("#line"), words);
}

function listen() {
  const stream = new EventSource("events");
  const on = (name, take) => stream.addEventListener(name, (event) => {
    take(JSON.parse(event.data));
    render();
    line(page.paused ? "paused" : "live", page.paused ? "paused" : "live");
  });
  on("hello", (data) => Object.assign(page, { hello: data, condensed: [] }));
  on("condensed", (data) => { page.condensed = [data, ...page.condensed].slice(0, 32); });
  on("state", (data) => { page.state = data; });
  stream.onerror = () => {
    line("lost", stream.readyState === EventSource.CLOSED ? "no connection" : "reconnecting");
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 5000);
  };
}

function pause() {
  page.paused = !page.paused;
  $("#pause").setAttribute("aria-pressed", page.paused);
  line(page.paused ? "paused" : "live", page.paused ? "paused" : "live");
  render();
}

$("#pause").addEventListener("click", pause);
document.addEventListener("keydown", (event) => {
  if (event.key === "p" && !event.ctrlKey && !event.metaKey && !event.altKey) pause();
});
listen();
