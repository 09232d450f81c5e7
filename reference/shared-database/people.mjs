// People with devices that talk to both servers, one after the other: a device
// keeps its cookies whichever server set them.
import assert from "node:assert/strict";
import { createAuthClient } from "better-auth/client";
import { succeeded } from "../client/answers.mjs";
import { Browser } from "../client/browser.mjs";
import { Outbox } from "../client/outbox.mjs";

let count = 0;

// newPerson is somebody with an address of their own. The domain is theirs
// alone, so that their mail is found among others'.
export function newPerson() {
  const domain = `${Date.now().toString(36)}-${process.pid}-${++count}.example.com`;
  return {
    name: "Ann O'Neill 😀",
    email: `ann@${domain}`,
    domain,
    password: "the password of Ann, with ü and 😀",
    fields: { nickname: "Annie", age: 42, newsletter: true, born: "1984-02-29T00:00:00.000Z", tags: ["a", "ü"] },
  };
}

// Every device has an address of its own, so that rate limits tell them apart.
let devices = 0;

export class Device {
  cookies = new Map();
  address = `203.0.${113 + Math.floor(++devices / 250)}.${devices % 250}`;

  // at returns the device's browser {browser, auth} on a server.
  at(server) {
    const browser = new Browser(server.origin);
    browser.cookies = this.cookies;
    const customFetchImpl = (input, init) => {
      const request = new Request(input, init);
      request.headers.set("x-forwarded-for", this.address);
      request.headers.set("user-agent", "a browser");
      return browser.fetch(request);
    };
    return { browser, auth: createAuthClient({ baseURL: `${server.origin}/api/auth`, fetchOptions: { customFetchImpl } }) };
  }

  // copy is a second device with the same cookies, as a thief has them.
  copy() {
    const device = new Device();
    device.cookies = new Map(this.cookies);
    return device;
  }

  // session is {session, user} as a server shows it, or null.
  session = async (server, query) => succeeded(await this.at(server).auth.getSession(query && { query }));

  // tokens are those in a server's list of sessions, sorted.
  tokens = async (server) => succeeded(await this.at(server).auth.listSessions()).map(({ token }) => token).sort();

  // isOut wants the session of the device to be over, and its cookies taken back.
  async isOut(server) {
    assert.equal(await this.session(server), null);
    assert.equal(this.cookies.size, 0, `${server.name} leaves the cookies of a session that is over`);
  }

  // open follows a link of any server on this one, as a click does.
  open(server, link) {
    const { pathname, search } = new URL(link);
    return this.at(server).browser.visit(`${server.origin}${pathname}${search}`);
  }
}

// mail runs a function and returns the data of the one message of the type that
// a server sent to the person meanwhile.
export const mail = (server, type, { email }, act) =>
  new Outbox(server.origin, email.slice(email.indexOf("@"))).one(type, { email }, act);

// sameSession wants two answers of get-session to be about the same session and
// user, field by field.
export function sameSession(actual, expected) {
  assert.notEqual(actual, null, "there is no session");
  assert.deepEqual(plain(actual.user), plain(expected.user));
  // 1.6.9 leaves a field out that has no value, where sessions are in Redis alone;
  // everywhere else it is null, and with Gatehouse there, too.
  const whole = ({ session }) => ({ theme: null, ...plain(session) });
  assert.deepEqual(whole(actual), whole(expected));
}

export const plain = (value) => JSON.parse(JSON.stringify(value));
