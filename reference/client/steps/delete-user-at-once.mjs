// Leaving, on a server that does not ask by mail.
import assert from "node:assert/strict";
import { failed, settles, succeeded } from "../answers.mjs";

export default ({ open, person, join, enter, sessionOf, outbox }) => {
  const deleted = { success: true, message: "User deleted" };
  const isGone = async (somebody) => {
    failed(await open().auth.signIn.email(somebody), 401, "INVALID_EMAIL_OR_PASSWORD", "Invalid email or password");
  };

  return {
    "a recent sign-in is enough to leave": async () => {
      const trent = person("Trent");
      const laptop = await join(trent);
      const phone = await enter(trent);
      await settles(laptop.auth.useSession, "filled", (s) => s.data !== null);
      await outbox.none(async () => assert.deepEqual(succeeded(await laptop.auth.deleteUser()), deleted));
      assert.equal(laptop.browser.cookies.size, 0);
      assert.equal(await sessionOf(phone), null);
      await settles(laptop.auth.useSession, "empty after the deletion", (s) => s.data === null);
      await isGone(trent);
    },
    "a password that is given must be right": async () => {
      const uma = person("Uma");
      const laptop = await join(uma);
      failed(await laptop.auth.deleteUser({ password: "a guess" }), 400, "INVALID_PASSWORD", "Invalid password");
      assert.notEqual(await sessionOf(laptop), null);
      assert.deepEqual(succeeded(await laptop.auth.deleteUser({ password: uma.password })), deleted);
      assert.equal(laptop.browser.cookies.size, 0);
      await isGone(uma);
    },
    "leaving at once needs a session": async () => {
      failed(await open().auth.deleteUser({ password: "any" }), 401, "UNAUTHORIZED", "Unauthorized");
    },
  };
};
