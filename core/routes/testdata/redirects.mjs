// Records what upstream does with redirect targets, field by field.
//
//	node redirects.mjs /path/to/node_modules > redirects.json
//
// The argument is a node_modules folder that holds the pinned better-auth and
// better-sqlite3. For each target and field it keeps null where the request is
// refused with 403, the status of any other failure, and else where the target
// comes back: the Location, or the link of the mail. TOKEN stands for tokens, and
// <a*99> for 99 times a.
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const modules = process.argv[2];
const load = async (file) => import(pathToFileURL(join(modules, file)).href);
const { betterAuth } = await load("better-auth/dist/index.mjs");
const { getMigrations } = await load("better-auth/dist/db/get-migration.mjs");
const { default: SQLite } = await load("better-sqlite3/lib/index.js");

const refused = [
  "//evil.com", "/\\evil.com", "/\\\\evil.com", "/%2f%2fevil.com", "/%5cevil.com", "/\t/evil.com", "/\n/evil.com", "///evil.com", "\\\\evil.com",
  "https:evil.com", "https:/evil.com", "https:\\\\evil.com", "http://localhost:3000@evil.com", "http://localhost:3000.evil.com", "http://localhost:30001",
  "http://evil.com#http://localhost:3000", "http://evil.com/?x=http://localhost:3000",
  "https://evil.com\\.example.com", "https://evil.com/.example.com", "https://evil.com?.example.com", "https://evil.com#.example.com",
  "https://a.example.com.evil.com", "https://aexample.com", "https://example.com", "https://a.example.com:8443", "http://a.example.com",
  "javascript:alert(1)", "javascript://localhost:3000/%0aalert(1)", "data:text/html,x", "vbscript:x", "blob:http://localhost:3000/x",
  " https://evil.com", "HTTPS://EVIL.COM", "http://127.0.0.1:3000", "http://[::1]:3000", "http://localhost%00.evil.com:3000", "https://evil。com",
  "null", "//localhost:3000", "/a\r\nX: y",
  "https://evil.com%2f.example.com",
  "/a#b", "/path?next=https://evil.com", "/üñí", "/%09/evil.com",
  "dashboard", "./dashboard", "../dashboard", "?x=1", "#x", "/a b", "/a\0b", "/a\u2028b",
  "https://user:p@a.example.com", "http://user@localhost:3000/", "myapp", "myapp:", "myapp:/cb", "myapp.evil://cb",
  // headers
  "/a\rX: y", "/a\nX: y", "/a\r\n\r\n<script>alert(1)</script>", "/a\r\nSet-Cookie: better-auth.session_token=x", "\r\n/a", "/a\n", "/a\t", "/a\x0bb", "/a\x7fb",
  "/a\u010d\u010aX: y", "/a\u560d\u560aX: y", "/a\u0085X: y", "http://localhost:3000/\r\nX: y", "http://localhost:3000/a\nX: y", "http://localhost:3000/a\0", "https://app.example.com\r\n",
  "/a%0d%0aX:%20y", "/a%0aX", "/a%00",
  // escapes, and escapes of escapes
  "%2f%2fevil.com", "%2F%2Fevil.com", "/%252f%252fevil.com", "%252f%252fevil.com", "%68ttps://evil.com", "https%3A%2F%2Fevil.com", "https%253A%252F%252Fevil.com",
  "/%", "/%zz", "/a%2", "%", "% ", "%zz", "%c0%af%c0%afevil.com", "/%c0%af/evil.com", "%ff", "/%ff", "/a?x=%\u00ff",
  "https://%65vil.com", "https://evil%2ecom", "http://localhost%3a3000", "http://localhost:3000%2f@evil.com", "http://localhost%2f:3000", "https://app.example.com%00.evil.com",
  // 10 kB
  "https://evil.com/" + "a".repeat(10240), "//" + "a".repeat(10240), "/\\" + "a".repeat(10240), "https://" + "a.".repeat(5120) + "evil.com", "a".repeat(10240), "/" + "%2f".repeat(3414) + "evil.com",
];

const accepted = [
  "/", "/dashboard", "/a?x=1", "/@evil.com", "/.//evil.com", "http://LOCALHOST:3000", "http://localhost:3000/", "http://localhost:3000/a?b=c#d",
  "https://a.b.example.com", "https://app.example.com", "https://app.example.com/x", "myapp://cb",
  "/..//evil.com", "/x/..//evil.com", "/a/b.c-d_e+f", "/a?", "/a?x=1&y=a@b.c", "/a?error=x", "/a?token=x&token=y",
  "/a?x=%2F%2Fevil.com", "/a?x=%252f%252fevil.com", "/a?x=%0d%0aX", "/a?x=%zz", "/a?%", "/a?x=%c0%af",
  "http://localhost:3000/%2f%2fevil.com", "http://localhost:3000/%252f%252fevil.com", "http://localhost:3000//evil.com", "http://localhost:3000/a%0d%0aX:%20y", "http://localhost:3000/%zz",
  "http://localhost:3000/a?next=https://evil.com", "http://localhost:3000/a;b,c:d@e", "http://localhost:3000/a b", "http://localhost:3000?x=1", "http://localhost:3000#x",
  "https://app.example.com:443/x", "myapp://cb/path?x=1#y",
  "/" + "a".repeat(10239), "/a?x=" + "a".repeat(10235), "http://localhost:3000/" + "a".repeat(10218),
];

const trustedOrigins = ["https://*.example.com", "myapp://", "https://app.example.com"];
const base = "http://localhost:3000";
const password = "password123";
let mail;
const send = async (m) => void (mail = m);

async function server(more = {}) {
  const auth = betterAuth({
    baseURL: base, secret: "redirects-secret-0123456789-abcdefghijklmnop", database: new SQLite(":memory:"), trustedOrigins, telemetry: { enabled: false }, logger: { disabled: true },
    emailAndPassword: { enabled: true, sendResetPassword: send, password: { hash: async (p) => p, verify: async ({ hash, password }) => hash === password } },
    emailVerification: { sendOnSignUp: true, sendVerificationEmail: send },
    user: { changeEmail: { enabled: true }, deleteUser: { enabled: true, sendDeleteAccountVerification: send } },
    ...more,
  });
  await (await getMigrations(auth.options)).runMigrations();
  return auth;
}

const auth = await server();
const request = async (method, path, body, cookie) => {
  mail = undefined;
  const headers = { origin: base, ...(body && { "content-type": "application/json" }), ...(cookie && { cookie }) };
  const res = await auth.handler(new Request(`${base}/api/auth${path}`, { method, headers, body: body && JSON.stringify(body) }));
  return { status: res.status, location: res.headers.get("location"), cookie: res.headers.getSetCookie().map((c) => c.split(";")[0]).join("; ") };
};
let users = 0;
const signUp = async () => {
  const email = `user${++users}@example.org`;
  const { cookie } = await request("POST", "/sign-up/email", { name: "Ann", email, password });
  return { email, cookie };
};
const ann = await signUp();
const credentials = { email: ann.email, password };
const link = () => mail?.url.replace(mail.token, "TOKEN").replace(/^http:\/\/localhost:3000\/api\/auth/, "");
const outcome = ({ status, location }, back, token) => {
  if (status === 403) return null;
  if (status !== 200 && status !== 302) return status;
  const at = back === "mail" ? link() : location;
  return token && at ? at.replace(token, "TOKEN") : (at ?? "");
};
const query = (target) => encodeURIComponent(target);

const fields = {
  "sign-in body": async (t) => outcome(await request("POST", "/sign-in/email", { ...credentials, callbackURL: t })),
  "sign-in query": async (t) => outcome(await request("POST", `/sign-in/email?callbackURL=${query(t)}`, credentials)),
  "sign-in redirectTo": async (t) => outcome(await request("POST", "/sign-in/email", { ...credentials, redirectTo: t })),
  "sign-in errorCallbackURL": async (t) => outcome(await request("POST", "/sign-in/email", { ...credentials, errorCallbackURL: t })),
  "sign-in newUserCallbackURL": async (t) => outcome(await request("POST", "/sign-in/email", { ...credentials, newUserCallbackURL: t })),
  "sign-up body": async (t) => outcome(await request("POST", "/sign-up/email", { name: "Ann", email: `user${++users}@example.org`, password, callbackURL: t }), "mail"),
  "request-password-reset": async (t) => outcome(await request("POST", "/request-password-reset", { email: ann.email, redirectTo: t }), "mail"),
  "reset-password with a token": async (t) => {
    await request("POST", "/request-password-reset", { email: ann.email });
    const { token } = mail;
    return outcome(await request("GET", `/reset-password/${token}?callbackURL=${query(t)}`), "", token);
  },
  "reset-password without": async (t) => outcome(await request("GET", `/reset-password/nonsense?callbackURL=${query(t)}`)),
  "send-verification-email": async (t) => outcome(await request("POST", "/send-verification-email", { email: ann.email, callbackURL: t }), "mail"),
  "verify-email with a token": async (t) => {
    const { token } = (await signUp(), mail);
    return outcome(await request("GET", `/verify-email?token=${token}&callbackURL=${query(t)}`));
  },
  "verify-email without": async (t) => outcome(await request("GET", `/verify-email?token=nonsense&callbackURL=${query(t)}`)),
  "change-email": async (t) => outcome(await request("POST", "/change-email", { newEmail: "new@example.org", callbackURL: t }, ann.cookie), "mail"),
  "delete-user": async (t) => outcome(await request("POST", "/delete-user", { callbackURL: t }, ann.cookie), "mail"),
  "delete-user/callback": async (t) => {
    const { cookie } = await signUp();
    await request("POST", "/delete-user", {}, cookie);
    const { token } = mail;
    return outcome(await request("GET", `/delete-user/callback?token=${token}&callbackURL=${query(t)}`, undefined, cookie));
  },
};

const record = async (target) => {
  const outcomes = {};
  for (const [name, ask] of Object.entries(fields)) outcomes[name] = await ask(target);
  return [target, outcomes];
};
const short = (text) => text.replace(/(%2f|a\.|a)\1{99,}/g, (all, unit) => `<${unit}*${all.length / unit.length}>`);
const lines = async (list) => {
  const out = [];
  for (const target of list) {
    const [t, outcomes] = await record(target);
    // null for a target that every field refuses.
    const rule = Object.values(outcomes).every((o) => o === null);
    out.push(short(`  ${JSON.stringify(t)}: ${JSON.stringify(rule ? null : outcomes)}`));
  }
  return `{\n${out.join(",\n")}\n }`;
};
process.stdout.write(`{\n "refused": ${await lines(refused)},\n "accepted": ${await lines(accepted)}\n}\n`);
