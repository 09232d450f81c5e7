// A clock that stands still until it is moved. It replaces the global Date, so
// it must be installed before anything that might keep a reference to Date.

// start is where every scenario begins. The replayer has the same instant.
export const start = Date.UTC(2026, 2, 14, 9, 26, 53, 589);

let now = start;

export const clock = {
  now: () => now,
  reset: () => (now = start),
  advance: (milliseconds) => (now += milliseconds),
};

// install leaves everything of Date as it is except what tells the time.
export function install() {
  const Real = globalThis.Date;
  globalThis.Date = new Proxy(Real, {
    construct: (_, args, target) => Reflect.construct(Real, args.length ? args : [now], target),
    apply: () => new Real(now).toString(),
    get: (_, name, receiver) => (name === "now" ? clock.now : Reflect.get(Real, name, receiver)),
  });
}

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

// duration reads "61m", "1h30m" or "7d" into milliseconds.
export function duration(text) {
  const parts = [...String(text).matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)];
  if (!parts.length || parts.map((p) => p[0]).join("") !== String(text)) {
    throw new Error(`advance: ${JSON.stringify(text)} is no duration such as 61m, 1h30m or 7d`);
  }
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * units[unit], 0);
}
