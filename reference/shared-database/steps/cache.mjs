// The copy of a session in a cookie, made by one server and believed by the other.
import assert from "node:assert/strict";
import { succeeded } from "../../client/answers.mjs";
import { Device, newPerson, sameSession } from "../people.mjs";

const cookie = "better-auth.session_data";

export default ({ first, second, strategy, renameUser }) => {
  const ann = newPerson();
  const laptop = new Device();
  let seen, copy;

  return [
    [first, `somebody signs up and gets a copy (${strategy})`, async () => {
      const { name, email, password, fields } = ann;
      succeeded(await laptop.at(first).auth.signUp.email({ name, email, password, ...fields }));
      seen = await laptop.session(first);
      copy = laptop.cookies.get(cookie);
      const parts = { compact: 1, jwt: 3, jwe: 5 }[strategy];
      assert.equal(copy?.split(".").length, parts, `the cookie ${cookie} is ${copy}`);
    }],
    [second, "the copy is believed: it shows what the database no longer says", async () => {
      await renameUser(ann.email, "A new name");
      sameSession(await laptop.session(second), seen);
    }],
    [second, "the database is asked where the copy is not wanted, and the copy is made anew", async () => {
      seen = await laptop.session(second, { disableCookieCache: true });
      assert.equal(seen.user.name, "A new name");
      const { auth } = laptop.at(second);
      // A change writes the copy anew, whatever the server does for a read.
      assert.deepEqual(succeeded(await auth.updateUser({ nickname: "Nan" })), { status: true });
      assert.notEqual(laptop.cookies.get(cookie), copy);
      copy = laptop.cookies.get(cookie);
      assert.ok(copy);
      seen = await laptop.session(second);
      assert.equal(seen.user.nickname, "Nan");
    }],
    [first, "the copy of the other one is believed, too", async () => {
      await renameUser(ann.email, "Another name");
      const shown = await laptop.session(first);
      assert.equal(shown.user.name, "A new name");
      sameSession(shown, seen);
    }],
    [first, "a copy that was tampered with is not", async () => {
      const thief = laptop.copy();
      const at = Math.floor(copy.length / 2);
      thief.cookies.set(cookie, copy.slice(0, at) + (copy[at] === "A" ? "B" : "A") + copy.slice(at + 1));
      const shown = await thief.session(first);
      // A difference on purpose: Gatehouse asks the database then.
      if (first.name === "Gatehouse") assert.equal(shown.user.name, "Another name");
      else assert.ok(shown === null || shown.user.name === "Another name", JSON.stringify(shown));
    }],
    [second, "the session is revoked", async () => {
      assert.deepEqual(succeeded(await laptop.copy().at(second).auth.revokeSessions()), { status: true });
    }],
    [first, "who was revoked is out where the copy is not wanted", async () => {
      assert.equal(await laptop.session(first, { disableCookieCache: true }), null);
      assert.equal(laptop.cookies.size, 0);
    }],
  ];
};
