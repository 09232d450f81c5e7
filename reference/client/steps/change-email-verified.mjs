// Another address, on a server that asks only the new one.
import assert from "node:assert/strict";
import { succeeded } from "../answers.mjs";

export default ({ open, person, sessionOf, outbox, differs }) => {
  const yves = person("Yves");
  const second = { ...person("Yves Two"), password: yves.password };
  const lower = ({ email }) => email.toLowerCase();
  const laptop = open();

  return {
    "the old address is not asked where that is not wanted": async () => {
      const { url } = await outbox.one("verification-email", yves, async () => {
        succeeded(await laptop.auth.signUp.email(yves));
      });
      await laptop.browser.visit(url);
      const mail = await outbox.one("verification-email", second, async () => {
        assert.deepEqual(succeeded(await laptop.auth.changeEmail({ newEmail: second.email, callbackURL: "/settings" })), { status: true });
      });
      assert.equal((await sessionOf(laptop)).user.email, lower(yves));
      const stranger = open();
      assert.deepEqual(await stranger.browser.visit(mail.url), { status: 302, location: "/settings" });
      assert.equal((await sessionOf(stranger)) !== null, differs("the link of a change signs in"));
      const { user } = await sessionOf(laptop);
      assert.deepEqual({ email: user.email, emailVerified: user.emailVerified }, { email: lower(second), emailVerified: true });
      succeeded(await open().auth.signIn.email(second));
    },
  };
};
