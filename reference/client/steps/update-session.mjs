// The fields that an application adds to a session.
import assert from "node:assert/strict";
import { failed, settles, succeeded } from "../answers.mjs";

export default ({ open, person, join, enter, sessionOf }) => {
  const omar = person("Omar");
  let laptop;

  return {
    "an added field of the session changes": async () => {
      laptop = await join(omar);
      const before = (await sessionOf(laptop)).session;
      assert.equal(before.theme ?? null, null);
      const { session } = succeeded(await laptop.auth.updateSession({ theme: "dark" }));
      assert.deepEqual(
        { id: session.id, token: session.token, userId: session.userId, theme: session.theme },
        { id: before.id, token: before.token, userId: laptop.user.id, theme: "dark" },
      );
      assert.ok(session.expiresAt instanceof Date);
      assert.equal((await sessionOf(laptop)).session.theme, "dark");
    },
    "the other session of the user keeps its own": async () => {
      assert.equal((await sessionOf(await enter(omar))).session.theme ?? null, null);
    },
    "useSession follows a change of the session": async () => {
      succeeded(await laptop.auth.updateSession({ theme: "light" }));
      await settles(laptop.auth.useSession, "light", (s) => s.data?.session.theme === "light");
    },
    "a field of the session that clients cannot set is refused": async () => {
      failed(await laptop.auth.updateSession({ device: "phone" }), 400, "FIELD_NOT_ALLOWED", "device is not allowed to be set");
    },
    "the session's own fields are not a client's to set": async () => {
      const before = (await sessionOf(laptop)).session;
      const own = { token: "x".repeat(32), userId: "somebody", expiresAt: "2999-01-01T00:00:00.000Z" };
      failed(await laptop.auth.updateSession(own), 400, undefined, "No fields to update");
      const { token, userId } = (await sessionOf(laptop)).session;
      assert.deepEqual({ token, userId }, { token: before.token, userId: before.userId });
    },
    "a session changes when signed in": async () => {
      failed(await open().auth.updateSession({ theme: "dark" }), 401, "UNAUTHORIZED", "Unauthorized");
    },
  };
};
