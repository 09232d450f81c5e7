// Records what upstream's rate limiter and address look-up answer.
//
//	node verdicts.mjs /path/to/node_modules > verdicts.json
//
// The first argument is a node_modules folder that holds the pinned
// better-auth. Time is simulated: Date.now is replaced.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

process.env.NODE_ENV = "production";
const modules = process.argv[2];
const load = (file) => import(pathToFileURL(join(modules, "better-auth/dist", file)).href);
const { version } = JSON.parse(readFileSync(join(modules, "better-auth/package.json"), "utf8"));
const { onRequestRateLimit, onResponseRateLimit } = await load("api/rate-limiter/index.mjs");
const { getIp } = await load("utils/get-request-ip.mjs");

let now = 1_700_000_000_000;
Date.now = () => now;

// One request, as the router does it: blocked ones never reach the response.
async function call(path, ctx, ip = "203.0.113.7") {
  const request = new Request(`http://localhost/api/auth${path}`, { headers: ip ? { "x-forwarded-for": ip } : {} });
  const blocked = await onRequestRateLimit(request, ctx);
  if (blocked) return { status: blocked.status, type: blocked.headers.get("content-type"), retryAfter: blocked.headers.get("x-retry-after"), body: await blocked.text() };
  await onResponseRateLimit(request, ctx);
  return null;
}
const context = (rateLimit = {}, plugins = []) => ({
  baseURL: "http://localhost/api/auth",
  options: { plugins, rateLimit },
  rateLimit: { enabled: true, window: 10, max: 100, storage: "memory", ...rateLimit },
  logger: { warn() {}, error() {} },
});

let seed = 0x9e3779b9;
const random = (n) => {
  seed ^= seed << 13; seed >>>= 0; seed ^= seed >>> 17; seed ^= seed << 5; seed >>>= 0;
  return seed % n;
};
// What stands beside the limiter: a table, and a storage whose values end.
const table = new Map();
const adapter = {
  findMany: async ({ where: [{ value }] }) => (table.has(value) ? [{ ...table.get(value) }] : []),
  create: async ({ data }) => void table.set(data.key, { ...data }),
  updateMany: async ({ where: [{ value }], update }) => void Object.assign(table.get(value), update),
};
const values = new Map();
const secondaryStorage = {
  get: async (key) => (values.has(key) && values.get(key).ends > now ? values.get(key).text : null),
  set: async (key, text, ttl) => void values.set(key, { text, ttl, ends: now + ttl * 1000 }),
};

// Steps are milliseconds since the request before; answers are 0 for allowed,
// else the seconds of X-Retry-After. Without a storage they are of memory.
const sequences = [];
const beginning = now;
let number = 0;
for (const [window, max] of [[10, 3], [10, 1], [60, 3], [2, 5], [1, 2], [60, 10]]) {
  for (let n = 0; n < 6; n++) {
    const path = `/sequence/${number++}`;
    const customRules = { [path]: { window, max } };
    const steps = [];
    for (let i = 0; i < 60; i++) {
      const ms = window * 1000;
      steps.push([0, 1, random(50), ms / max | 0, ms - 1, ms, ms + 1, random(ms), random(2 * ms), random(ms / 4)][random(10)]);
    }
    const play = async (storage) => {
      const ctx = context({ customRules, storage });
      ctx.adapter = adapter;
      ctx.options.secondaryStorage = secondaryStorage;
      const answers = [];
      now = beginning;
      for (const step of steps) {
        now += step;
        const blocked = await call(path, ctx);
        answers.push(blocked ? Number(blocked.retryAfter) : 0);
      }
      return answers;
    };
    const key = `203.0.113.7|${path}`;
    const answers = await play("memory");
    const database = { answers: await play("database"), row: table.get(key) };
    const secondary = { answers: await play("secondary-storage"), text: values.get(key).text, ttl: values.get(key).ttl };
    sequences.push({ window, max, key, steps, answers, database, secondary });
  }
}

// How many requests at one instant a path takes, by upstream's rules.
const plugins = [
  { id: "one", rateLimit: [{ pathMatcher: (p) => p === "/one/a", window: 60, max: 5 }, { pathMatcher: (p) => p.startsWith("/one"), window: 60, max: 6 }] },
  { id: "none" },
  { id: "two", rateLimit: [{ pathMatcher: (p) => p.startsWith("/one") || p.startsWith("/sign-in/two"), window: 30, max: 7 }] },
];
const customRules = {
  "/custom": { window: 5, max: 2 },
  "/custom/*": { window: 6, max: 4 },
  "/custom/off": { window: 7, max: 1 },
  "/free": false,
  "/sign-up/*": { window: 8, max: 8 },
  "/deep/**": { window: 9, max: 9 },
  "/one/z": { window: 3, max: 1 },
};
const rules = [];
for (const path of [
  "/", "/get-session", "/sign-in", "/sign-in/email", "/sign-in/social", "/sign-inx", "/sign-up/email", "/sign-up", "/change-password", "/change-email", "/change-passwords", "/request-password-reset", "/request-password-reset/x",
  "/send-verification-email", "/forget-password", "/forget-password/email-otp", "/email-otp/send-verification-otp", "/email-otp/request-password-reset", "/email-otp/check-verification-otp",
  "/one/a", "/one/b", "/one/z", "/sign-in/two", "/custom", "/custom/x", "/custom/off", "/custom/x/y", "/free", "/deep/a/b/c",
]) {
  now += 1_000_000;
  const ctx = context({ customRules }, plugins);
  let allowed = 0, blocked = null;
  while (allowed < 150 && !(blocked = await call(path, ctx))) allowed++;
  rules.push({ path, max: blocked ? allowed : 0, window: blocked ? Number(blocked.retryAfter) : 0 });
}

now += 1_000_000;
const answer = await (async () => {
  for (;;) {
    const blocked = await call("/sign-in/email", context());
    if (blocked) return blocked;
  }
})();

const forwarded = [
  "1.2.3.4", " 1.2.3.4 ", "1.2.3.4, 5.6.7.8", "unknown", "unknown, 1.2.3.4", "", ",1.2.3.4", "1.2.3.4:80", "01.2.3.4", "1.2.3", "1.2.3.256", "0x7f.1", "2130706433", "1.2.3.4/24",
  "2001:DB8::1", "2001:db8:0:0::1", "2001:db8::ffff:1", "2001:db8:0:1::1", "::1", "::", "::ffff:1.2.3.4", "::ffff:0102:0304", "::FFFF:1.2.3.4", "0:0:0:0:0:ffff:1.2.3.4", "[::1]", "[::1]:80", "fe80::1%eth0", "2001:db8::1, 1.2.3.4",
  "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7", "12345::1", "::g", "localhost", "example.com",
];
const addresses = [];
for (const subnet of [undefined, 128, 48, 32]) {
  for (const value of forwarded) {
    const headers = new Headers({ "x-forwarded-for": value });
    addresses.push({ value, subnet, ip: getIp(headers, { advanced: { ipAddress: { ipv6Subnet: subnet } } }) });
  }
}

const lines = (list) => `[\n${list.map((x) => `  ${JSON.stringify(x)}`).join(",\n")}\n ]`;
const parts = { sequences, rules, addresses };
process.stdout.write(`{\n "version": ${JSON.stringify(version)},\n "answer": ${JSON.stringify(answer)},\n${Object.entries(parts).map(([k, v]) => ` "${k}": ${lines(v)}`).join(",\n")}\n}\n`);
