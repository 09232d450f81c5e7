// Records what upstream answers to requests, good and bad:
//
//   node record.mjs <path of a node_modules with better-auth 1.6.9> > messages.json
//
// The four named schemas are taken from Better Auth's own endpoints; the others
// are written here with the same library and mirror structs of the Go test.
// Each request runs through better-call, so that the message is the one that
// goes out on the wire.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(pathToFileURL(join(resolve(process.argv[2]), "..", "package.json")));
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const z = await load("zod");
const { betterAuth } = await load("better-auth");
const { createEndpoint } = await load("better-call");

const { api } = betterAuth({ secret: "a secret of thirty-two characters", baseURL: "http://localhost", emailAndPassword: { enabled: true } });

const nested = z.object({
  text: z.string().min(2).max(3),
  exact: z.string().length(2).optional(),
  mail: z.email().min(8).optional(),
  late: z.string().min(8).email().optional(),
  count: z.number().min(1).max(10),
  whole: z.number().int().min(1).max(1000).optional(),
  after: z.number().min(10).int().optional(),
  positive: z.number().int().positive().optional(),
  below: z.number().lt(1e21).optional(),
  color: z.enum(["red", "green"]),
  only: z.enum(["x"]).optional(),
  tags: z.array(z.string().min(2)).min(1).max(3),
  sizes: z.array(z.number().int()).min(2).optional(),
  kinds: z.array(z.enum(["a", "b"])).optional(),
  gaps: z.array(z.string().nullable()).optional(),
  nullish: z.string().nullish(),
  nullable: z.number().nullable(),
  flag: z.boolean().optional(),
  truthy: z.coerce.boolean().optional(),
  must: z.coerce.boolean(),
  inner: z.object({ name: z.string(), deep: z.object({ n: z.number() }).optional() }),
  items: z.array(z.object({ id: z.string(), n: z.number().optional() })).optional(),
  anything: z.any(),
  maybe: z.any().optional(),
  record: z.record(z.string(), z.any()).optional(),
  permissions: z.record(z.string(), z.array(z.string())).optional(),
  role: z.union([z.string(), z.array(z.string())]).optional(),
  limit: z.string().or(z.number()).optional(),
});

const schemas = {
  signUp: { part: "body", schema: api.signUpEmail.options.body },
  signIn: { part: "body", schema: api.signInEmail.options.body },
  signInSocial: { part: "body", schema: api.signInSocial.options.body },
  revokeSession: { part: "body", schema: api.revokeSession.options.body },
  getSession: { part: "query", schema: api.getSession.options.query },
  nested: { part: "body", schema: nested },
  record: { part: "body", schema: z.record(z.string(), z.any()) },
  loose: { part: "body", schema: z.looseObject({ a: z.string() }) },
  optional: { part: "body", schema: z.object({ a: z.string() }).optional() },
  query: {
    part: "query",
    schema: z.object({ q: z.string(), list: z.array(z.string()).optional(), n: z.number().optional(), by: z.enum(["a", "b"]).optional(), limit: z.string().or(z.number()).optional() }),
  },
};

const good = {
  signUp: { name: "A", email: "a@b.co", password: "password123", image: "i", callbackURL: "/", rememberMe: true, plan: { x: [1] }, 7: "seven" },
  signIn: { email: "a@b.co", password: "p", callbackURL: "/", rememberMe: false, more: 1 },
  signInSocial: {
    provider: "google", callbackURL: "/", newUserCallbackURL: "/n", errorCallbackURL: "/e", disableRedirect: true,
    idToken: { token: "t", nonce: "n", accessToken: "a", refreshToken: "r", expiresAt: 5, user: { name: { firstName: "f", lastName: "l" }, email: "e" } },
    scopes: ["a", "b"], requestSignUp: false, loginHint: "h", additionalData: { k: [1, { x: null }] },
  },
  revokeSession: { token: "t" },
  getSession: { disableCookieCache: "true", disableRefresh: "" },
  nested: {
    text: "ab", exact: "xy", mail: "a@bcde.co", late: "a@bcde.co", count: 2.5, whole: 7, after: 11, positive: 1, below: 5, color: "red", only: "x",
    tags: ["aa"], sizes: [1, 2], kinds: ["a", "b"], gaps: ["x", null], nullish: null, nullable: null, flag: true, truthy: 1, must: false,
    inner: { name: "n", deep: { n: 1 } }, items: [{ id: "1", n: 2 }, { id: "2" }], anything: null, maybe: [1], record: { b: 1, a: [], 1: 0 },
    permissions: { user: ["read"], 5: [] }, role: ["a"], limit: 5,
  },
  record: { a: 1, 2: null },
  loose: { a: "x", b: 1 },
  optional: { a: "x", b: 1 },
  query: { q: "x", by: "a", limit: "5" },
};

const anything = [
  null, true, false, 0, 1, -1, 1.5, 11.5, 5000, 9007199254740992, -9007199254740992, 1e21, 1e300, -0.5, "", "a", "ab", "abc", "abcd", "😀", "😀😀", "😀😀😀😀",
  "true", "5", "red", "x", "a@b.co", "A@B.CO", "a@b", "long enough", [], [1], ["a"], ["aa"], ["aa", 5], ["aa", "b", "cc", "dd"], [null], [[]], [1.5], [1, 2, 3.5],
  ["x"], ["a", "c"], [{}], [{ id: 1 }, 5, { id: "a", n: "b" }], {}, { a: 1 }, { length: 0 }, { length: 5 }, { length: "3" }, { length: null }, { length: "x" },
  { length: 2 }, { name: 1 }, { name: "n", deep: 5 }, { name: "n", deep: {} }, { name: "n", deep: null }, { user: [1, "a"], other: "x", 3: null }, { user: ["a"] },
  { token: 1 }, { token: "t", user: 5 }, { token: "t", user: { name: { firstName: 5 }, email: [] } }, { token: "t", expiresAt: "5" },
];
const queryValues = ["", "a", "true", "false", "0", "5", ["a", "b"], ["", ""], ["a", "a", "a"]];
const bodies = [undefined, null, true, 0, 5, "", "text", [], [{}], {}];

const nothing = Symbol("nothing");
const cases = [];
// run records one request: all of it, or, given a field, the good request with
// that field set to input.
const run = async (name, input, field) => {
  const { part, schema } = schemas[name];
  // As text first, so that Go reads exactly what JavaScript reads.
  const text = input === nothing ? undefined : typeof input === "object" && input?.raw ? input.raw : JSON.stringify(input);
  let value = text === undefined ? undefined : JSON.parse(text);
  const endpoint = createEndpoint("/x", { method: "POST", [part]: schema }, async (ctx) => ({ got: ctx[part] }));
  const entry = { schema: name };
  if (field !== undefined) {
    entry.field = field;
    const whole = structuredClone(good[name]);
    if (value === undefined) delete whole[field];
    else whole[field] = value;
    value = whole;
  }
  if (text === undefined) entry.absent = true;
  else entry.input = text;
  try {
    const { got } = await endpoint({ [part]: value });
    entry.value = (field === undefined ? JSON.stringify(got) : JSON.stringify(got[field])) ?? "";
  } catch (error) {
    entry.message = error.message;
    if (error.statusCode !== 400) throw error;
  }
  cases.push(entry);
};

for (const [name, { part }] of Object.entries(schemas)) {
  await run(name, good[name]);
  if (part === "body") {
    for (const body of bodies) await run(name, body === undefined ? nothing : body);
    await run(name, { raw: '{"__proto__":{"a":"x","token":"t"},"a":"y","token":"u","constructor":1,"toString":2,"email":"a@b.co","email":"c@d.co"}' });
    // A form: all values are strings.
    await run(name, Object.fromEntries(Object.keys(good[name]).map((key) => [key, "a@b.co"])));
    await run(name, Object.fromEntries(Object.keys(good[name]).map((key) => [key, "true"])));
    await run(name, Object.fromEntries(Object.keys(good[name]).map((key) => [key, 5])));
    await run(name, Object.fromEntries(Object.keys(good[name]).map((key) => [key, null])));
  } else {
    await run(name, {});
  }
  for (const key of Object.keys(good[name])) {
    await run(name, nothing, key);
    for (const value of part === "body" ? anything : queryValues) await run(name, value, key);
  }
}

const emails = [
  "", "a", "@", "a@", "@b.co", "a@b", "a@b.c", "a@b.co", "A.B@C.CO", "a..b@c.co", ".a@b.co", "a.@b.co", "a'@b.co", "'a@b.co", "a'.b@c.co", "a'b@c.co",
  "a-@b.co", "-a@b.co", "a+tag@b.co", "_@b.co", "a@-b.co", "a@b-.co", "a@b.c-o", "a@b.co-", "a@b..co", "a@.b.co", "a@b.co.", "a@b.c1", "a@1.co", "a@b.1co",
  "a@b.museum", "a b@c.co", " a@b.co", "a@b.co ", "a@b.co\n", "\na@b.co", "a@@b.co", "a@b@c.co", "é@b.co", "a@é.co", "a@b.ço", "a@xn--e1a.co", '"a"@b.co',
  "a@[127.0.0.1]", "a@127.0.0.1", "a!b@c.co", "a#b@c.co", "a/b@c.co", "a@b_c.co", "a\u0000@b.co", "a%b@c.co", "a@b.co\u2028", "ａ@b.co", "a.b.c.d@e.f.g.hi",
];
let seed = 12345;
const random = (n) => ((seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) >>> 8) % n;
const alphabet = ["a", "Z", "9", "_", "'", "+", "-", "."];
const labels = ["a", "Z", "9", "-", ".", "b.", "co", ".co", "_", "@", "é", " "];
for (let i = 0; i < 600; i++) {
  let local = "";
  for (let n = random(5); n >= 0; n--) local += alphabet[random(i % 2 ? 4 : 8)];
  let domain = "";
  for (let n = random(5); n >= 0; n--) domain += labels[random(i % 3 ? 8 : labels.length)];
  emails.push(`${local}@${domain}${random(2) ? ".io" : ""}`);
}

const version = (name) => JSON.parse(readFileSync(join(resolve(process.argv[2]), name, "package.json"), "utf8")).version;
const lines = (list) => list.map((x) => "    " + JSON.stringify(x)).join(",\n");
console.log(`{
  "versions": ${JSON.stringify({ "better-auth": version("better-auth"), "better-call": version("better-call"), zod: version("zod") })},
  "good": {\n${Object.entries(good).map(([k, v]) => `    ${JSON.stringify(k)}: ${JSON.stringify(JSON.stringify(v))}`).join(",\n")}\n  },
  "cases": [\n${lines(cases)}\n  ],
  "emails": [\n${lines([...new Set(emails)].map((e) => [e, z.email().safeParse(e).success]))}\n  ]
}`);
