// A session of one server in the hands of the other.
import assert from "node:assert/strict";
import { succeeded } from "../../client/answers.mjs";
import { Device, newPerson, plain, sameSession } from "../people.mjs";

export default ({ first, second }) => {
  const ann = newPerson();
  const laptop = new Device();
  let seen, accounts;

  return [
    [first, "somebody signs up", async () => {
      const { name, email, password, fields } = ann;
      const { user } = succeeded(await laptop.at(first).auth.signUp.email({ name, email, password, ...fields }));
      seen = await laptop.session(first);
      assert.equal(user.id, seen.user.id);
    }],
    [second, "the cookie is good, and shows the same user and session", async () => {
      sameSession(await laptop.session(second), seen);
    }],
    [second, "fields of the application come as they went", async () => {
      const { user } = plain(await laptop.session(second));
      for (const [name, value] of Object.entries(ann.fields)) assert.deepEqual(user[name], value, name);
      assert.equal(user.plan, "free");
    }],
    [second, "the session is in the list", async () => {
      assert.deepEqual(await laptop.tokens(second), [seen.session.token]);
    }],
    [second, "the user is changed", async () => {
      const change = { name: "Ann Ö. 漢字", image: "https://example.com/a?b='c'", nickname: null, age: -7, newsletter: false, tags: [] };
      assert.deepEqual(succeeded(await laptop.at(second).auth.updateUser(change)), { status: true });
      seen = await laptop.session(second);
      for (const [name, value] of Object.entries(change)) assert.deepEqual(seen.user[name], value, name);
    }],
    [first, "the change is seen", async () => {
      sameSession(await laptop.session(first), seen);
    }],
    [first, "the session is changed", async () => {
      succeeded(await laptop.at(first).auth.updateSession({ theme: "dark" }));
      seen = await laptop.session(first);
      assert.equal(seen.session.theme, "dark");
    }],
    [first, "the accounts are listed", async () => {
      accounts = plain(succeeded(await laptop.at(first).auth.listAccounts()));
      assert.deepEqual(accounts.map((a) => a.providerId), ["credential"]);
    }],
    [second, "the change of the session is seen", async () => {
      sameSession(await laptop.session(second), seen);
    }],
    [second, "the accounts are listed alike", async () => {
      assert.deepEqual(plain(succeeded(await laptop.at(second).auth.listAccounts())), accounts);
    }],
  ];
};
