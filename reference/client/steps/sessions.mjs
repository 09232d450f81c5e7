// Listing and revoking sessions.
import assert from "node:assert/strict";
import { failed, succeeded } from "../answers.mjs";

export default ({ open, person, join, enter, signIn, sessionOf }) => {
  const bob = person("Bob");
  let laptop, phone;
  const tokens = async (client) => succeeded(await client.auth.listSessions()).map((s) => s.token).sort();

  return {
    "the list holds the own session": async () => {
      laptop = await join(bob);
      const { session } = await sessionOf(laptop);
      const list = succeeded(await laptop.auth.listSessions());
      assert.equal(list.length, 1);
      assert.deepEqual(
        { token: list[0].token, userId: list[0].userId },
        { token: session.token, userId: laptop.user.id },
      );
      assert.ok(list[0].expiresAt instanceof Date);
    },
    "the list holds the session of a second device": async () => {
      const own = (await sessionOf(laptop)).session.token;
      phone = open();
      const { token } = await signIn(phone, bob);
      assert.deepEqual(await tokens(laptop), [own, token].sort());
      assert.deepEqual(await tokens(phone), [own, token].sort());
    },
    "the list is for the signed in": async () => {
      failed(await open().auth.listSessions(), 401, "UNAUTHORIZED", "Unauthorized");
    },
    "one session is revoked": async () => {
      const { token } = (await sessionOf(phone)).session;
      assert.deepEqual(succeeded(await laptop.auth.revokeSession({ token })), { status: true });
      assert.equal(await sessionOf(phone), null);
      assert.equal((await tokens(laptop)).length, 1);
    },
    "somebody else's session is not revoked": async () => {
      const mallory = await join(person("Mallory"));
      const { token } = (await sessionOf(laptop)).session;
      assert.deepEqual(succeeded(await mallory.auth.revokeSession({ token })), { status: true });
      assert.notEqual(await sessionOf(laptop), null);
    },
    "the other sessions are revoked": async () => {
      const others = [await enter(bob), await enter(bob)];
      assert.equal((await tokens(laptop)).length, 3);
      assert.deepEqual(succeeded(await laptop.auth.revokeOtherSessions()), { status: true });
      for (const other of others) assert.equal(await sessionOf(other), null);
      assert.equal((await tokens(laptop)).length, 1);
    },
    "all sessions are revoked": async () => {
      phone = await enter(bob);
      assert.deepEqual(succeeded(await laptop.auth.revokeSessions()), { status: true });
      assert.equal(await sessionOf(laptop), null);
      assert.equal(await sessionOf(phone), null);
      failed(await laptop.auth.listSessions(), 401, "UNAUTHORIZED", "Unauthorized");
    },
  };
};
