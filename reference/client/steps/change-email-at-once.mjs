// Another address, on a server that changes one that is not verified at once.
import assert from "node:assert/strict";
import { failed, settles, succeeded } from "../answers.mjs";

export default ({ open, person, join, sessionOf, outbox }) => {
  const rita = person("Rita");
  const second = { ...person("Rita Two"), password: rita.password };
  const third = { ...person("Rita Three"), password: rita.password };
  const lower = ({ email }) => email.toLowerCase();
  let laptop, mail;

  return {
    "an address that is not verified changes at once": async () => {
      laptop = await join(rita);
      mail = await outbox.one("verification-email", second, async () => {
        assert.deepEqual(succeeded(await laptop.auth.changeEmail({ newEmail: second.email, callbackURL: "/settings" })), { status: true });
      });
      const { user } = await sessionOf(laptop);
      assert.deepEqual({ email: user.email, emailVerified: user.emailVerified }, { email: lower(second), emailVerified: false });
      await settles(laptop.auth.useSession, "at the new address", (s) => s.data?.user.email === lower(second));
      failed(await open().auth.signIn.email(rita), 401, "INVALID_EMAIL_OR_PASSWORD", "Invalid email or password");
      succeeded(await open().auth.signIn.email(second));
    },
    "somebody's address does not": async () => {
      const sam = person("Sam");
      await join(sam);
      await outbox.none(async () => {
        assert.deepEqual(succeeded(await laptop.auth.changeEmail({ newEmail: sam.email })), { status: true });
      });
      assert.equal((await sessionOf(laptop)).user.email, lower(second));
    },
    "the mail to the new address verifies it": async () => {
      assert.deepEqual(await open().browser.visit(mail.url), { status: 302, location: "/settings" });
      assert.equal((await sessionOf(laptop)).user.emailVerified, true);
    },
    "a verified address waits for the proof of the new one": async () => {
      mail = await outbox.one("verification-email", third, async () => {
        succeeded(await laptop.auth.changeEmail({ newEmail: third.email }));
      });
      assert.equal((await sessionOf(laptop)).user.email, lower(second));
      const { status, user } = succeeded(await laptop.auth.verifyEmail({ query: { token: mail.token } }));
      assert.deepEqual({ status, email: user.email, emailVerified: user.emailVerified }, { status: true, email: lower(third), emailVerified: true });
      assert.equal((await sessionOf(laptop)).user.email, lower(third));
    },
  };
};
