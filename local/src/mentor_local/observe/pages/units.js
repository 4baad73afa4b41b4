// Numbers for people, by the units that the dashboards name (Grafana's ids).

const DURATIONS = [[86400, "d"], [3600, "h"], [60, "min"]];
const BYTES = ["B", "kB", "MB", "GB", "TB"];

function round(value, decimals) {
  const size = Math.abs(value);
  const digits = decimals ?? (size === 0 || size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : 3);
  return value.toLocaleString("en", { maximumFractionDigits: digits });
}

function seconds(value, decimals) {
  const size = Math.abs(value);
  for (const [length, name] of DURATIONS) {
    if (size >= length * 2) return `${round(value / length, 1)} ${name}`;
  }
  if (size > 0 && size < 1) return `${round(value * 1000, size < 0.01 ? 1 : 0)} ms`;
  return `${round(value, decimals)} s`;
}

function bytes(value) {
  let power = 0;
  while (Math.abs(value) >= 1000 && power < BYTES.length - 1) {
    value /= 1000;
    power += 1;
  }
  return `${round(value)} ${BYTES[power]}`;
}

export function format(value, unit, decimals) {
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "–";
  switch (unit) {
    case "s": return seconds(value, decimals);
    case "bytes": return bytes(value);
    case "percentunit": return `${round(value * 100, decimals ?? 1)} %`;
    case "ops":
    case "reqps": return `${round(value, decimals)}/s`;
    default: return round(value, decimals);
  }
}

export function clock(time, withSeconds = false) {
  const options = { hour: "2-digit", minute: "2-digit", hour12: false };
  if (withSeconds) options.second = "2-digit";
  return new Date(time * 1000).toLocaleTimeString("en-GB", options);
}
