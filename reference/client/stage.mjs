// What the steps of a scenario play on: browsers with the published client,
// people with addresses of their own, and the server's outbox.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { linker } from "./account.mjs";
import { succeeded } from "./answers.mjs";
import { Browser } from "./browser.mjs";
import { answersOf } from "./differences.mjs";
import { Outbox } from "./outbox.mjs";

// The client fetches sessions for its atom only where there is a window. It has
// no location: a redirect answer must not be followed, only seen.
globalThis.window = new EventTarget();

// setStage loads the client from a folder that has it in node_modules. Server is
// what answers at the base URL: "1.6.9", "1.7.25" or "gatehouse".
export async function setStage({ folder, baseURL, server, link }) {
  const require = createRequire(join(resolve(folder), "package.json"));
  const { version } = JSON.parse(readFileSync(join(folder, "node_modules/better-auth/package.json"), "utf8"));
  const load = (name) => import(pathToFileURL(require.resolve(name)));
  const { createAuthClient } = await load("better-auth/client");
  const origin = new URL(baseURL).origin;
  // Addresses of its own let the scenario run again on the same database, and
  // beside another one.
  const domain = `${Date.now().toString(36)}-${process.pid}.Example.com`;

  const open = (page = origin, plugins = []) => {
    const browser = new Browser(page);
    return { browser, auth: createAuthClient({ baseURL, plugins, fetchOptions: { customFetchImpl: browser.fetch } }) };
  };
  const person = (name) => ({
    name,
    email: `${name.replaceAll(" ", ".")}@${domain}`,
    password: `the password of ${name}`,
  });
  const signIn = async (client, { email, password }, more = {}) => succeeded(await client.auth.signIn.email({ email, password, ...more }));

  return {
    baseURL,
    origin,
    version,
    outbox: new Outbox(origin, `@${domain}`),
    differs: answersOf(server),
    link: linker(link),

    // load imports a package of the folder, such as better-auth/client/plugins.
    load,
    // open starts a browser {browser, auth} on a page of the server's origin, or
    // of another one, with plugins of the client.
    open,
    person,
    signIn,

    // join signs somebody up in a browser of their own: {browser, auth, user}.
    join: async (somebody) => {
      const client = open();
      const { user } = succeeded(await client.auth.signUp.email(somebody));
      return { ...client, user };
    },
    // enter opens a browser in which somebody is signed in.
    enter: async (somebody) => {
      const client = open();
      await signIn(client, somebody);
      return client;
    },
    // sessionOf is {session, user} of a browser, or null.
    sessionOf: async (client) => succeeded(await client.auth.getSession()),
  };
}
