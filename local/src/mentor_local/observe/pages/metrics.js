// Questions to Prometheus, with Grafana's variables filled in.

const SCRAPE_SECONDS = 5;
const POINTS = 150;

export class NoMetrics extends Error {}

export function spanOf(rangeSeconds, end = Date.now() / 1000) {
  const step = Math.max(SCRAPE_SECONDS, Math.ceil(rangeSeconds / POINTS));
  // Whole steps: points stay where they are from one refresh to the next.
  const last = Math.floor(end / step) * step;
  return { start: last - Math.floor(rangeSeconds / step) * step, end: last, step, range: rangeSeconds };
}

export function interpolated(expression, span, variables) {
  const values = {
    __rate_interval: `${Math.max(4 * SCRAPE_SECONDS, span.step + SCRAPE_SECONDS)}s`,
    __range: `${span.range}s`,
    ...variables,
  };
  return expression.replace(/\$(\w+)/g, (whole, name) => values[name] ?? whole);
}

async function ask(what, parameters) {
  const answer = await fetch(`/api/metrics/${what}?${new URLSearchParams(parameters)}`);
  const body = await answer.json();
  if (answer.status === 503 && body.status === "error") throw new NoMetrics(body.error);
  if (body.status !== "success") throw new Error(body.error);
  return body.data;
}

export async function series(expression, span) {
  const { start, end, step } = span;
  const data = await ask("query_range", { query: expression, start, end, step });
  return data.result.map(({ metric, values }) => ({
    labels: metric,
    points: values.map(([time, value]) => [time, Number(value)]),
  }));
}

export async function samples(expression, span) {
  const data = await ask("query", { query: expression, time: span.end });
  const results = data.resultType === "scalar" ? [{ metric: {}, value: data.result }] : data.result;
  return results.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
}

export async function alerts() {
  return (await ask("alerts", {})).alerts;
}

export function named(legend, labels) {
  if (legend) return legend.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name) => labels[name] ?? "");
  const pairs = Object.entries(labels).filter(([name]) => name !== "__name__");
  return pairs.map(([name, value]) => `${name}=${value}`).join(" ") || "value";
}
