// Sessions of one server that the other one ends.
import assert from "node:assert/strict";
import { failed, succeeded } from "../../client/answers.mjs";
import { Device, newPerson, sameSession } from "../people.mjs";

export default ({ first, second }) => {
  const ann = newPerson();
  const laptop = new Device();
  let thief, seen;

  return [
    [first, "somebody signs up to leave", async () => {
      const { name, email, password } = ann;
      succeeded(await laptop.at(first).auth.signUp.email({ name, email, password }));
      thief = laptop.copy();
    }],
    [second, "somebody signs out", async () => {
      assert.deepEqual(succeeded(await laptop.at(second).auth.signOut()), { success: true });
      assert.equal(laptop.cookies.size, 0);
    }],
    [first, "a copy of the cookie is no longer good", async () => {
      failed(await thief.at(first).auth.listSessions(), 401, "UNAUTHORIZED", "Unauthorized");
      await thief.isOut(first);
    }],
    [first, "somebody signs in, not to be remembered", async () => {
      succeeded(await laptop.at(first).auth.signIn.email({ email: ann.email, password: ann.password, rememberMe: false }));
      seen = await laptop.session(first);
      assert.ok(seen.session.expiresAt.getTime() < Date.now() + 2 * 86_400_000);
    }],
    [second, "who is not to be remembered is not extended", async () => {
      sameSession(await laptop.session(second), seen);
    }],
    [second, "all sessions are revoked", async () => {
      assert.deepEqual(succeeded(await laptop.at(second).auth.revokeSessions()), { status: true });
    }],
    [first, "everybody is out", () => laptop.isOut(first)],
  ];
};
