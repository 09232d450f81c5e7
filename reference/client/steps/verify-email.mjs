// Proving an address with a link that was mailed.
import assert from "node:assert/strict";
import { failed, succeeded } from "../answers.mjs";

export default ({ baseURL, open, person, join, sessionOf, outbox, differs }) => {
  const frank = person("Frank");
  const address = { email: frank.email.toLowerCase() };
  const stranger = open();
  let laptop, mail;

  return {
    "sign-up mails a link": async () => {
      mail = await outbox.one("verification-email", frank, async () => {
        laptop = await join(frank);
      });
      assert.equal(mail.url, `${baseURL}/verify-email?token=${mail.token}&callbackURL=%2F`);
    },
    "the link is mailed again when the user asks": async () => {
      mail = await outbox.one("verification-email", frank, async () => {
        assert.deepEqual(succeeded(await laptop.auth.sendVerificationEmail({ ...address, callbackURL: "/welcome" })), { status: true });
      });
      assert.equal(mail.url, `${baseURL}/verify-email?token=${mail.token}&callbackURL=%2Fwelcome`);
    },
    "the link is mailed when a stranger asks": async () => {
      await outbox.one("verification-email", frank, async () => {
        assert.deepEqual(succeeded(await stranger.auth.sendVerificationEmail(address)), { status: true });
      });
    },
    "a stranger who asks for an unknown address hears the same": async () => {
      await outbox.none(async () => {
        assert.deepEqual(succeeded(await stranger.auth.sendVerificationEmail({ email: person("Nobody").email })), { status: true });
      });
    },
    "a user asks for no other address": async () => {
      failed(await laptop.auth.sendVerificationEmail({ email: person("Nobody").email }), 400, "EMAIL_MISMATCH", "Email mismatch");
    },
    "a user may write the address with capitals": async () => {
      const answer = await laptop.auth.sendVerificationEmail({ email: frank.email });
      if (differs("the own address with capitals is another one")) failed(answer, 400, "EMAIL_MISMATCH", "Email mismatch");
      else assert.deepEqual(succeeded(answer), { status: true });
    },
    "asking with a mistyped address is refused, for verification": async () => {
      failed(await stranger.auth.sendVerificationEmail({ email: "frank" }), 400, "VALIDATION_ERROR", "[body.email] Invalid email address");
    },
    "a token that was made up is refused": async () => {
      failed(await stranger.auth.verifyEmail({ query: { token: "made.up.token" } }), 401, "INVALID_TOKEN", "Invalid token");
      const missing = await stranger.auth.verifyEmail({ query: {} });
      failed(missing, 400, "VALIDATION_ERROR", "[query.token] Invalid input: expected string, received undefined");
    },
    "a link with such a token leads on with an error": async () => {
      const visit = (target) => stranger.browser.visit(`${baseURL}/verify-email?token=made.up.token&callbackURL=${encodeURIComponent(target)}`);
      assert.deepEqual(await visit("/welcome"), { status: 302, location: "/welcome?error=INVALID_TOKEN" });
      assert.deepEqual(await visit("/welcome?from=mail"), { status: 302, location: "/welcome?from=mail&error=INVALID_TOKEN" });
    },
    "a verification leads nowhere else": async () => {
      const answer = await stranger.auth.verifyEmail({ query: { token: mail.token, callbackURL: "https://evil.example" } });
      failed(answer, 403, "INVALID_CALLBACK_URL", "Invalid callbackURL");
      assert.equal((await sessionOf(laptop)).user.emailVerified, false);
    },
    "the link verifies the address and signs nobody in": async () => {
      assert.deepEqual(await stranger.browser.visit(mail.url), { status: 302, location: "/welcome" });
      assert.equal(stranger.browser.cookies.size, 0);
      assert.equal((await sessionOf(laptop)).user.emailVerified, true);
    },
    "the link stays good for what is done already": async () => {
      assert.deepEqual(succeeded(await stranger.auth.verifyEmail({ query: { token: mail.token } })), { status: true, user: null });
      assert.deepEqual(await laptop.browser.visit(mail.url), { status: 302, location: "/welcome" });
    },
    "no link is mailed for a verified address": async () => {
      await outbox.none(async () => {
        failed(await laptop.auth.sendVerificationEmail(address), 400, "EMAIL_ALREADY_VERIFIED", "Email is already verified");
        assert.deepEqual(succeeded(await stranger.auth.sendVerificationEmail(address)), { status: true });
      });
    },
  };
};
