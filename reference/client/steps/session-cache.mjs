// cookieCache: the session comes from a cookie, which every change has to renew.
import assert from "node:assert/strict";
import { failed, isUser, settles, succeeded } from "../answers.mjs";

const cache = "better-auth.session_data";

export default ({ open, person, join, enter, sessionOf, outbox, differs }) => {
  const bella = person("Bella");
  let laptop, phone;
  // Another browser with the same cookies.
  const copy = ({ browser }) => {
    const client = open();
    client.browser.cookies = new Map(browser.cookies);
    return client;
  };
  const stored = async (client) => succeeded(await client.auth.getSession({ query: { disableCookieCache: true } }));

  return {
    "sign-up fills the cache": async () => {
      laptop = await join(bella);
      const { attributes } = laptop.browser.received.get(cache);
      assert.deepEqual(attributes, { "max-age": "300", path: "/", httponly: "", samesite: "Lax" });
      isUser((await sessionOf(laptop)).user, bella);
    },
    "a change of the user is in the cache": async () => {
      bella.name = "Bella B";
      succeeded(await laptop.auth.updateUser({ name: bella.name }));
      isUser((await sessionOf(laptop)).user, bella);
      await settles(laptop.auth.useSession, "renamed", (s) => s.data?.user.name === bella.name);
    },
    "a change of the session is in the cache": async () => {
      succeeded(await laptop.auth.updateSession({ theme: "dark" }));
      assert.equal((await sessionOf(laptop)).session.theme, "dark");
    },
    "a change of the address is in the cache": async () => {
      bella.email = person("Bella Two").email;
      succeeded(await laptop.auth.changeEmail({ newEmail: bella.email }));
      isUser((await sessionOf(laptop)).user, bella);
    },
    "a verification is not, before the cache runs out": async () => {
      const { url } = await outbox.one("verification-email", bella, async () => {
        succeeded(await laptop.auth.sendVerificationEmail({ email: bella.email.toLowerCase() }));
      });
      assert.deepEqual(await laptop.browser.visit(url), { status: 302, location: "/" });
      isUser((await sessionOf(laptop)).user, bella);
      isUser((await stored(laptop)).user, bella, { emailVerified: true });
    },
    "a change of the address that was mailed is in the cache": async () => {
      const second = { ...bella, ...person("Bella Three"), name: bella.name, password: bella.password };
      const { token } = await outbox.one("verification-email", second, async () => {
        succeeded(await laptop.auth.changeEmail({ newEmail: second.email }));
      });
      succeeded(await laptop.auth.verifyEmail({ query: { token } }));
      bella.email = second.email;
      isUser((await sessionOf(laptop)).user, bella, { emailVerified: true });
    },
    "a new password that ends the other sessions renews the cache": async () => {
      phone = await enter(bella);
      const change = { currentPassword: bella.password, newPassword: "another password", revokeOtherSessions: true };
      const { token } = succeeded(await laptop.auth.changePassword(change));
      bella.password = change.newPassword;
      assert.equal((await sessionOf(laptop)).session.token, token);
      assert.equal((await stored(laptop)).session.token, token);
    },
    "the ended session is still shown, but changes nothing that matters": async () => {
      isUser((await sessionOf(phone)).user, bella, { emailVerified: true });
      for (const [what, input] of Object.entries({
        changePassword: { currentPassword: bella.password, newPassword: "a third password" },
        changeEmail: { newEmail: person("Bella Four").email },
        verifyPassword: { password: bella.password },
        deleteUser: {},
      })) {
        const client = copy(phone);
        failed(await client.auth[what](input), 401, "UNAUTHORIZED", "Unauthorized");
        assert.equal(client.browser.cookies.size === 0, differs("who is refused with an ended session loses the cookies"), what);
      }
    },
    "the ended session changes no name": async () => {
      const answer = await copy(phone).auth.updateUser({ name: "Not Bella" });
      if (differs("an ended session in the cache changes the user")) {
        assert.deepEqual(succeeded(answer), { status: true });
        succeeded(await laptop.auth.updateUser({ name: bella.name }));
      } else failed(answer, 401, "UNAUTHORIZED", "Unauthorized");
      assert.equal((await stored(laptop)).user.name, bella.name);
    },
    "asking the database ends the ended session": async () => {
      assert.equal(await stored(phone), null);
      assert.equal(phone.browser.cookies.size, 0);
    },
    "a deletion empties the cache": async () => {
      succeeded(await laptop.auth.deleteUser({ password: bella.password }));
      assert.equal(laptop.browser.cookies.size, 0);
      assert.equal(await sessionOf(laptop), null);
    },
  };
};
