// Runs the published, unmodified better-auth client against a server:
//
//	node scenario.mjs <folder with better-auth in node_modules> <base URL>
//
// The base URL is that of the API, such as http://localhost:3000/api/auth. The
// same steps hold for Better Auth itself (upstream-server.mjs) and for
// Gatehouse. Prints a line a step; the exit code is 1 if a step failed.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { STATUS_CODES } from "node:http";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Browser } from "./browser.mjs";

const [folder, baseURL] = process.argv.slice(2);
if (!folder || !baseURL) {
  console.error("usage: node scenario.mjs <folder with better-auth in node_modules> <base URL>");
  process.exit(2);
}

// The client fetches sessions for its atom only where there is a window. It has
// no location: a redirect answer must not be followed, only seen.
globalThis.window = new EventTarget();

const require = createRequire(join(resolve(folder), "package.json"));
const { version } = JSON.parse(readFileSync(join(folder, "node_modules/better-auth/package.json"), "utf8"));
const { createAuthClient } = await import(pathToFileURL(require.resolve("better-auth/client")));

const origin = new URL(baseURL).origin;
const open = (page = origin) => {
  const browser = new Browser(page);
  return { browser, auth: createAuthClient({ baseURL, fetchOptions: { customFetchImpl: browser.fetch } }) };
};

// Fresh addresses let the scenario run again on the same database.
const run = Date.now().toString(36);
const ada = { name: "Ada Lovelace", email: `Ada.${run}@Example.com`, password: "analytical engine" };
const adaEmail = ada.email.toLowerCase();
const eve = { name: "Eve", email: `eve.${run}@example.com`, password: "eavesdropper" };

const succeeded = ({ data, error }) => {
  assert.equal(error, null, `the client reports ${JSON.stringify(error)}`);
  return data;
};
const failed = ({ data, error }, status, code, message) => {
  assert.equal(data, null, "there are data beside the error");
  assert.deepEqual(
    { ...error },
    { status, statusText: STATUS_CODES[status], code, message },
  );
};
const noSession = async (client) => assert.equal(succeeded(await client.auth.getSession()), null);
const signIn = async (client, user, more = {}) =>
  succeeded(await client.auth.signIn.email({ email: user.email, password: user.password, ...more }));
const tokens = async (client) => succeeded(await client.auth.listSessions()).map((s) => s.token).sort();

const isUser = (user, { name, email }) => {
  assert.equal(typeof user.id, "string");
  assert.ok(user.createdAt instanceof Date && user.updatedAt instanceof Date, "dates are ISO strings");
  assert.deepEqual(
    { name: user.name, email: user.email, emailVerified: user.emailVerified, image: user.image ?? null },
    { name, email: email.toLowerCase(), emailVerified: false, image: null },
  );
};

const laptop = open();
const phone = open();
const tablet = open();
let adaID;

const steps = {
  "the server answers": async () => {
    assert.deepEqual(succeeded(await laptop.auth.$fetch("/ok")), { ok: true });
  },
  "nobody is signed in at first": async () => {
    await noSession(laptop);
    assert.equal(laptop.browser.cookies.size, 0);
  },
  "sign-up makes a user and a session": async () => {
    const data = succeeded(await laptop.auth.signUp.email(ada));
    assert.match(data.token, /^[A-Za-z0-9]{32}$/);
    isUser(data.user, ada);
    adaID = data.user.id;
  },
  "the session cookie has upstream's name, form and attributes": async () => {
    const { value, attributes } = laptop.browser.received.get("better-auth.session_token");
    assert.match(decodeURIComponent(value), /^[A-Za-z0-9]{32}\.[A-Za-z0-9+/]{43}=$/);
    assert.deepEqual(attributes, { "max-age": "604800", path: "/", httponly: "", samesite: "Lax" });
  },
  "the session is that of the user": async () => {
    const { session, user } = succeeded(await laptop.auth.getSession());
    isUser(user, ada);
    assert.equal(user.id, adaID);
    assert.equal(session.userId, adaID);
    const days = (session.expiresAt - session.createdAt) / 86_400_000;
    assert.ok(Math.abs(days - 7) < 0.01, `the session lasts ${days} days`);
  },
  "a second sign-up with the address is refused": async () => {
    const answer = await phone.auth.signUp.email({ ...ada, email: adaEmail });
    failed(answer, 422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL", "User already exists. Use another email.");
    assert.equal(phone.browser.cookies.size, 0);
  },
  "a sign-up with a mistyped address says which field": async () => {
    const answer = await phone.auth.signUp.email({ ...eve, email: "not an address" });
    failed(answer, 400, "VALIDATION_ERROR", "[body.email] Invalid email address");
  },
  "a sign-up without fields names them all": async () => {
    const answer = await phone.auth.signUp.email({ email: eve.email });
    const missing = "Invalid input: expected string, received undefined";
    failed(answer, 400, "VALIDATION_ERROR", `[body.name] ${missing}; [body.password] ${missing}`);
  },
  "a short password is refused": async () => {
    failed(await phone.auth.signUp.email({ ...eve, password: "short" }), 400, "PASSWORD_TOO_SHORT", "Password too short");
  },
  "a long password is refused": async () => {
    failed(await phone.auth.signUp.email({ ...eve, password: "x".repeat(129) }), 400, "PASSWORD_TOO_LONG", "Password too long");
  },
  "a wrong password is refused": async () => {
    const answer = await phone.auth.signIn.email({ email: ada.email, password: "difference engine" });
    failed(answer, 401, "INVALID_EMAIL_OR_PASSWORD", "Invalid email or password");
    assert.equal(phone.browser.cookies.size, 0);
  },
  "an unknown address gets the answer of a wrong password": async () => {
    const answer = await phone.auth.signIn.email({ email: `nobody.${run}@example.com`, password: ada.password });
    failed(answer, 401, "INVALID_EMAIL_OR_PASSWORD", "Invalid email or password");
  },
  "a sign-in with a mistyped address is refused": async () => {
    failed(await phone.auth.signIn.email({ email: "ada", password: ada.password }), 400, "INVALID_EMAIL", "Invalid email");
  },
  "sign-out ends the session and takes the cookie back": async () => {
    const stolen = open();
    stolen.browser.cookies = new Map(laptop.browser.cookies);
    assert.deepEqual(succeeded(await laptop.auth.signOut()), { success: true });
    assert.equal(laptop.browser.cookies.size, 0);
    await noSession(laptop);
    await noSession(stolen);
  },
  "sign-in opens a new session": async () => {
    const data = await signIn(laptop, ada);
    assert.equal(data.redirect, false);
    assert.equal(data.user.id, adaID);
    isUser(data.user, ada);
    const { session } = succeeded(await laptop.auth.getSession());
    assert.equal(session.token, data.token);
  },
  "sign-in hands back where to go": async () => {
    const client = open();
    const data = await signIn(client, ada, { callbackURL: "/welcome" });
    assert.deepEqual({ redirect: data.redirect, url: data.url }, { redirect: true, url: "/welcome" });
    succeeded(await client.auth.signOut());
  },
  "sign-in goes nowhere else": async () => {
    const answer = await phone.auth.signIn.email({ ...ada, callbackURL: "https://evil.example/welcome" });
    failed(answer, 403, "INVALID_CALLBACK_URL", "Invalid callbackURL");
  },
  "a foreign page cannot use the cookie": async () => {
    const foreign = open("https://evil.example");
    foreign.browser.cookies = new Map(laptop.browser.cookies);
    failed(await foreign.auth.signOut(), 403, "INVALID_ORIGIN", "Invalid origin");
    assert.notEqual(succeeded(await laptop.auth.getSession()), null);
  },
  "the list holds the own session": async () => {
    const { session } = succeeded(await laptop.auth.getSession());
    const list = succeeded(await laptop.auth.listSessions());
    assert.equal(list.length, 1);
    assert.deepEqual(
      { token: list[0].token, userId: list[0].userId },
      { token: session.token, userId: adaID },
    );
    assert.ok(list[0].expiresAt instanceof Date);
  },
  "the list holds the session of a second device": async () => {
    const own = succeeded(await laptop.auth.getSession()).session.token;
    const { token } = await signIn(phone, ada);
    assert.deepEqual(await tokens(laptop), [own, token].sort());
    assert.deepEqual(await tokens(phone), [own, token].sort());
  },
  "the list is for the signed in": async () => {
    failed(await open().auth.listSessions(), 401, "UNAUTHORIZED", "Unauthorized");
  },
  "one session is revoked": async () => {
    const { token } = succeeded(await phone.auth.getSession()).session;
    assert.deepEqual(succeeded(await laptop.auth.revokeSession({ token })), { status: true });
    await noSession(phone);
    assert.equal((await tokens(laptop)).length, 1);
  },
  "somebody else's session is not revoked": async () => {
    const other = open();
    succeeded(await other.auth.signUp.email(eve));
    const { token } = succeeded(await laptop.auth.getSession()).session;
    assert.deepEqual(succeeded(await other.auth.revokeSession({ token })), { status: true });
    assert.notEqual(succeeded(await laptop.auth.getSession()), null);
  },
  "the other sessions are revoked": async () => {
    await signIn(phone, ada);
    await signIn(tablet, ada);
    assert.equal((await tokens(laptop)).length, 3);
    assert.deepEqual(succeeded(await laptop.auth.revokeOtherSessions()), { status: true });
    await noSession(phone);
    await noSession(tablet);
    assert.equal((await tokens(laptop)).length, 1);
  },
  "all sessions are revoked": async () => {
    await signIn(phone, ada);
    assert.deepEqual(succeeded(await laptop.auth.revokeSessions()), { status: true });
    await noSession(laptop);
    await noSession(phone);
    failed(await laptop.auth.listSessions(), 401, "UNAUTHORIZED", "Unauthorized");
  },
  "a session that is not remembered has a cookie without an end": async () => {
    const client = open();
    await signIn(client, ada, { rememberMe: false });
    const { attributes } = client.browser.received.get("better-auth.session_token");
    assert.deepEqual(attributes, { path: "/", httponly: "", samesite: "Lax" });
    const marker = client.browser.received.get("better-auth.dont_remember");
    assert.deepEqual(marker.attributes, { path: "/", httponly: "", samesite: "Lax" });
    const { session } = succeeded(await client.auth.getSession());
    const days = (session.expiresAt - session.createdAt) / 86_400_000;
    assert.ok(Math.abs(days - 1) < 0.01, `the session lasts ${days} days`);
    succeeded(await client.auth.signOut());
    assert.equal(client.browser.cookies.size, 0);
    await noSession(client);
  },
  "useSession follows sign-in and sign-out": async () => {
    const client = open();
    const atom = client.auth.useSession;
    const settled = (what, holds) => becomes(atom, what, (s) => !s.isPending && !s.isRefetching && holds(s));
    assert.equal((await settled("empty at first", (s) => s.data === null)).error, null);
    await signIn(client, ada);
    const { data } = await settled("filled by sign-in", (s) => s.data !== null);
    assert.deepEqual({ id: data.user.id, userId: data.session.userId }, { id: adaID, userId: adaID });
    succeeded(await client.auth.signOut());
    await settled("empty after sign-out", (s) => s.data === null);
  },
  "useSession follows sign-up": async () => {
    const client = open();
    const user = { name: "Grace", email: `grace.${run}@example.com`, password: "compiler-a-0" };
    const filled = becomes(client.auth.useSession, "filled by sign-up", (s) => s.data !== null);
    succeeded(await client.auth.signUp.email(user));
    isUser((await filled).data.user, user);
  },
};

// becomes waits until an atom's value satisfies a condition.
function becomes(atom, what, holds) {
  return new Promise((resolve, reject) => {
    let last, stop;
    const deadline = setTimeout(() => {
      stop();
      reject(new Error(`useSession is not ${what}: ${JSON.stringify(last)}`));
    }, 20_000);
    stop = atom.subscribe((value) => {
      last = value;
      if (!holds(value)) return;
      clearTimeout(deadline);
      // subscribe calls back before it returns.
      queueMicrotask(() => stop());
      resolve(value);
    });
  });
}

let passed = 0;
let failures = 0;
for (const [name, step] of Object.entries(steps)) {
  try {
    await step();
    passed++;
    console.log(`ok    ${name}`);
  } catch (error) {
    failures++;
    const where = String(error?.stack).match(/scenario\.mjs:\d+/)?.[0] ?? "";
    console.log(`FAIL  ${name} (${where})\n      ${String(error?.message ?? error).replaceAll("\n", "\n      ")}`);
    // Without a server every further step would say the same.
    if (passed === 0) break;
  }
}
console.log(`client ${version}: ${passed} passed, ${failures} failed`);
// The client's atoms keep timers; they are not waited for.
process.exit(failures === 0 ? 0 : 1);
