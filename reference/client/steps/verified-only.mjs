// A server that lets only verified addresses in.
import assert from "node:assert/strict";
import { failed, isUser, settles, succeeded } from "../answers.mjs";

export default ({ baseURL, open, person, sessionOf, outbox }) => {
  const wendy = person("Wendy");
  const laptop = open();
  const phone = open();
  let mail;

  return {
    "sign-up mails a link and opens no session": async () => {
      mail = await outbox.one("verification-email", wendy, async () => {
        const { token, user } = succeeded(await laptop.auth.signUp.email({ ...wendy, callbackURL: "/welcome" }));
        assert.equal(token, null);
        isUser(user, wendy);
      });
      assert.equal(mail.url, `${baseURL}/verify-email?token=${mail.token}&callbackURL=%2Fwelcome`);
      assert.equal(laptop.browser.cookies.size, 0);
      assert.equal(await sessionOf(laptop), null);
    },
    "a second sign-up looks like the first and mails nobody": async () => {
      await outbox.none(async () => {
        const { token, user } = succeeded(await phone.auth.signUp.email({ ...wendy, name: "Not Wendy" }));
        assert.equal(token, null);
        isUser(user, { ...wendy, name: "Not Wendy" });
      });
      assert.equal(phone.browser.cookies.size, 0);
    },
    "sign-in waits for the verification and mails another link": async () => {
      await outbox.one("verification-email", wendy, async () => {
        failed(await phone.auth.signIn.email(wendy), 403, "EMAIL_NOT_VERIFIED", "Email not verified");
      });
      assert.equal(phone.browser.cookies.size, 0);
    },
    "a wrong password mails nothing": async () => {
      await outbox.none(async () => {
        const answer = await phone.auth.signIn.email({ ...wendy, password: "a guess" });
        failed(answer, 401, "INVALID_EMAIL_OR_PASSWORD", "Invalid email or password");
      });
    },
    "the link verifies the address and signs in": async () => {
      assert.deepEqual(await laptop.browser.visit(mail.url), { status: 302, location: "/welcome" });
      isUser((await sessionOf(laptop)).user, wendy, { emailVerified: true });
    },
    "the link signs nobody in again": async () => {
      assert.deepEqual(await phone.browser.visit(mail.url), { status: 302, location: "/welcome" });
      assert.equal(await sessionOf(phone), null);
    },
    "sign-in is open now": async () => {
      await outbox.none(async () => isUser(succeeded(await phone.auth.signIn.email(wendy)).user, wendy, { emailVerified: true }));
    },
    "useSession follows a verification that signs in": async () => {
      const xavier = person("Xavier");
      const client = open();
      await settles(client.auth.useSession, "empty", (s) => s.data === null);
      const { token } = await outbox.one("verification-email", xavier, async () => {
        succeeded(await client.auth.signUp.email(xavier));
      });
      assert.deepEqual(succeeded(await client.auth.verifyEmail({ query: { token } })), { status: true, user: null });
      const { data } = await settles(client.auth.useSession, "filled by the verification", (s) => s.data !== null);
      isUser(data.user, xavier, { emailVerified: true });
    },
  };
};
