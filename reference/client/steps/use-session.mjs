// useSession: the atom that a page shows, and what makes it ask again.
import assert from "node:assert/strict";
import { becomes, isUser, settles, succeeded } from "../answers.mjs";

export default ({ open, person, enter, signIn, outbox }) => {
  const grace = person("Grace");
  const tab = open();
  const shown = tab.auth.useSession;
  let other;

  return {
    "useSession is empty at first and follows sign-up": async () => {
      assert.equal((await settles(shown, "empty at first", (s) => s.data === null)).error, null);
      succeeded(await tab.auth.signUp.email(grace));
      const { data } = await settles(shown, "filled by sign-up", (s) => s.data !== null);
      isUser(data.user, grace);
      assert.equal(data.session.userId, data.user.id);
    },
    "useSession follows sign-out and sign-in": async () => {
      succeeded(await tab.auth.signOut());
      await settles(shown, "empty after sign-out", (s) => s.data === null);
      const { token } = await signIn(tab, grace);
      await settles(shown, "filled by sign-in", (s) => s.data?.session.token === token);
    },
    "useSession that nobody has watched is filled by sign-up": async () => {
      const client = open();
      const user = person("Alan");
      const filled = becomes(client.auth.useSession, "filled by sign-up", (s) => s.data !== null);
      succeeded(await client.auth.signUp.email(user));
      isUser((await filled).data.user, user);
    },
    "useSession follows a change of the user": async () => {
      grace.name = "Grace Hopper";
      assert.deepEqual(succeeded(await tab.auth.updateUser({ name: grace.name })), { status: true });
      await settles(shown, "renamed", (s) => s.data?.user.name === grace.name);
    },
    "useSession follows a new password that ends the other sessions": async () => {
      other = await enter(grace);
      const password = "a compiler and a moth";
      const { token } = succeeded(
        await tab.auth.changePassword({ currentPassword: grace.password, newPassword: password, revokeOtherSessions: true }),
      );
      grace.password = password;
      await settles(shown, "on the new session", (s) => s.data?.session.token === token);
    },
    "useSession of the other one hears of it from another tab": async () => {
      await settles(other.auth.useSession, "empty", (s) => s.data === null);
      // As the browser tells every other tab what one of them has stored.
      await signIn(other, grace, { fetchOptions: { disableSignal: true } });
      const filled = becomes(other.auth.useSession, "filled", (s) => s.data !== null);
      const newValue = JSON.stringify({ event: "session", data: { trigger: "updateUser" } });
      window.dispatchEvent(Object.assign(new Event("storage"), { key: "better-auth.message", newValue }));
      isUser((await filled).data.user, grace);
    },
    "useSession follows a verified address": async () => {
      const { token } = await outbox.one("verification-email", grace, async () => {
        succeeded(await tab.auth.sendVerificationEmail({ email: grace.email.toLowerCase() }));
      });
      assert.deepEqual(succeeded(await tab.auth.verifyEmail({ query: { token } })), { status: true, user: null });
      await settles(shown, "verified", (s) => s.data?.user.emailVerified === true);
    },
    "useSession follows the end of all sessions": async () => {
      succeeded(await tab.auth.revokeSessions());
      await settles(shown, "empty after the end", (s) => s.data === null);
    },
    "useSession follows a deletion": async () => {
      await signIn(tab, grace);
      await settles(shown, "filled by sign-in", (s) => s.data !== null);
      const { token } = await outbox.one("delete-account", grace, async () => {
        succeeded(await tab.auth.deleteUser());
      });
      succeeded(await tab.auth.deleteUser({ token }));
      await settles(shown, "empty after the deletion", (s) => s.data === null);
    },
  };
};
