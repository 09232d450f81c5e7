// deferSessionRefresh: GET only tells that a session should be extended, and the
// client asks for it with POST. With updateAge 0 it always should.
import assert from "node:assert/strict";
import { becomes, succeeded } from "../answers.mjs";

const path = "POST /api/auth/get-session 200";

export default ({ person, join, sessionOf }) => {
  let laptop, before;
  const extended = ({ expiresAt }) => expiresAt > before.expiresAt;

  return {
    "GET tells that the session should be extended and leaves it": async () => {
      laptop = await join(person("Peggy"));
      const { session, needsRefresh } = await sessionOf(laptop);
      assert.equal(needsRefresh, true);
      before = session;
      assert.deepEqual((await sessionOf(laptop)).session.expiresAt, before.expiresAt);
    },
    "POST extends it": async () => {
      const answer = succeeded(await laptop.auth.getSession({ fetchOptions: { method: "POST" } }));
      assert.deepEqual(Object.keys(answer).sort(), ["session", "user"]);
      assert.ok(extended(answer.session), `${answer.session.expiresAt} is not after ${before.expiresAt}`);
      assert.deepEqual((await sessionOf(laptop)).session.expiresAt, answer.session.expiresAt);
      before = answer.session;
    },
    "useSession extends it by itself": async () => {
      const posts = () => laptop.browser.log.filter((line) => line === path).length;
      const had = posts();
      const shown = laptop.auth.useSession;
      await becomes(shown, "filled", (s) => s.data !== null);
      // The client of 1.6.9 posts when it is told to look again, as it is by a
      // window that comes back; that of 1.7.25 after every GET.
      const renewed = becomes(shown, "extended", (s) => posts() > had && s.data !== null && extended(s.data.session));
      window.dispatchEvent(new Event("online"));
      assert.equal((await renewed).data.user.id, laptop.user.id);
    },
    "POST without a session is null": async () => {
      const { auth } = await join(person("Quentin"));
      succeeded(await auth.signOut());
      assert.equal(succeeded(await auth.getSession({ fetchOptions: { method: "POST" } })), null);
    },
  };
};
