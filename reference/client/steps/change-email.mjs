// Another address, on a server that asks the old one first: nothing changes
// before the new one is proved.
import assert from "node:assert/strict";
import { failed, succeeded } from "../answers.mjs";

export default ({ baseURL, open, person, join, enter, sessionOf, outbox, differs }) => {
  const heidi = person("Heidi");
  const ivan = person("Ivan");
  const emailOf = async (client) => {
    const { user } = await sessionOf(client);
    return { email: user.email, emailVerified: user.emailVerified };
  };
  const lower = ({ email }) => email.toLowerCase();
  const second = { ...heidi, ...person("Heidi Two"), password: heidi.password };
  const third = { ...heidi, ...person("Heidi Three"), password: heidi.password };
  const fourth = { ...heidi, ...person("Heidi Four"), password: heidi.password };
  let laptop, confirmation, verification, secondLink;

  return {
    "an address that is not verified is not asked": async () => {
      laptop = await join(heidi);
      secondLink = await outbox.one("verification-email", second, async () => {
        const answer = await laptop.auth.changeEmail({ newEmail: second.email, callbackURL: "/settings?tab=mail&saved=1" });
        assert.deepEqual(succeeded(answer), { status: true });
      });
      assert.deepEqual(await emailOf(laptop), { email: lower(heidi), emailVerified: false });
    },
    "a token of a change is no other one": async () => {
      const { token } = secondLink;
      failed(await open().auth.resetPassword({ newPassword: "taken over", token }), 400, "INVALID_TOKEN", "Invalid token");
      failed(await laptop.auth.deleteUser({ token }), 404, "INVALID_TOKEN", "Invalid token");
    },
    "the link to the new address changes it": async () => {
      const location = differs("a callbackURL with two parameters, after a change");
      assert.deepEqual(await laptop.browser.visit(secondLink.url), { status: 302, location });
      const emailVerified = differs("a changed address becomes verified");
      assert.deepEqual(await emailOf(laptop), { email: lower(second), emailVerified });
    },
    "the link is good once": async () => {
      const answer = await laptop.auth.verifyEmail({ query: { token: secondLink.token } });
      failed(answer, 401, ...differs("the link of a change, again"));
    },
    "sign-in is with the new address": async () => {
      failed(await open().auth.signIn.email(heidi), 401, "INVALID_EMAIL_OR_PASSWORD", "Invalid email or password");
      succeeded(await open().auth.signIn.email(second));
    },
    "the same address is no change": async () => {
      failed(await laptop.auth.changeEmail({ newEmail: second.email }), 400, undefined, "Email is the same");
    },
    "somebody's address looks like a free one": async () => {
      await join(ivan);
      await outbox.none(async () => {
        assert.deepEqual(succeeded(await laptop.auth.changeEmail({ newEmail: ivan.email })), { status: true });
      });
      assert.equal((await emailOf(laptop)).email, lower(second));
    },
    "a mistyped new address is refused": async () => {
      failed(await laptop.auth.changeEmail({ newEmail: "heidi" }), 400, "VALIDATION_ERROR", "[body.newEmail] Invalid email address");
    },
    "a change of address goes nowhere else": async () => {
      const answer = await laptop.auth.changeEmail({ newEmail: third.email, callbackURL: "https://evil.example" });
      failed(answer, 403, "INVALID_CALLBACK_URL", "Invalid callbackURL");
    },
    "a change of address needs a session": async () => {
      failed(await open().auth.changeEmail({ newEmail: third.email }), 401, "UNAUTHORIZED", "Unauthorized");
    },
    "a verified address is asked first": async () => {
      if (!(await emailOf(laptop)).emailVerified) {
        const { url } = await outbox.one("verification-email", second, async () => {
          succeeded(await laptop.auth.sendVerificationEmail({ email: lower(second) }));
        });
        await laptop.browser.visit(url);
      }
      confirmation = await outbox.one("change-email-confirmation", second, async () => {
        assert.deepEqual(succeeded(await laptop.auth.changeEmail({ newEmail: third.email, callbackURL: "/settings" })), { status: true });
      });
      assert.equal(confirmation.newEmail, lower(third));
      assert.deepEqual(await emailOf(laptop), { email: lower(second), emailVerified: true });
    },
    "its confirmation asks the new address": async () => {
      verification = await outbox.one("verification-email", third, async () => {
        assert.deepEqual(await laptop.browser.visit(confirmation.url), { status: 302, location: "/settings" });
      });
      assert.equal(verification.url, `${baseURL}/verify-email?token=${verification.token}&callbackURL=%2Fsettings`);
      assert.deepEqual(await emailOf(laptop), { email: lower(second), emailVerified: true });
    },
    "somebody who is signed in as another cannot confirm or verify": async () => {
      const other = await enter(ivan);
      for (const { token } of [confirmation, verification]) {
        failed(await other.auth.verifyEmail({ query: { token } }), 401, "INVALID_USER", "Invalid user");
      }
      assert.deepEqual(await other.browser.visit(verification.url), { status: 302, location: "/settings?error=INVALID_USER" });
    },
    "the link to the new address keeps a verified one verified": async () => {
      const { status, user } = succeeded(await laptop.auth.verifyEmail({ query: { token: verification.token } }));
      assert.deepEqual({ status, email: user.email, emailVerified: user.emailVerified }, { status: true, email: lower(third), emailVerified: true });
      assert.deepEqual(await emailOf(laptop), { email: lower(third), emailVerified: true });
      succeeded(await open().auth.signIn.email(third));
    },
    "both links work without a session": async () => {
      const stranger = open();
      const first = await outbox.one("change-email-confirmation", third, async () => {
        succeeded(await laptop.auth.changeEmail({ newEmail: fourth.email }));
      });
      const next = await outbox.one("verification-email", fourth, async () => {
        assert.deepEqual(succeeded(await stranger.auth.verifyEmail({ query: { token: first.token } })), { status: true });
      });
      assert.equal(stranger.browser.cookies.size, 0);
      assert.deepEqual(await stranger.browser.visit(next.url), { status: 302, location: "/" });
      const session = await sessionOf(stranger);
      if (differs("the link of a change signs in")) assert.equal(session.user.email, lower(fourth));
      else assert.equal(session, null);
      assert.deepEqual(await emailOf(laptop), { email: lower(fourth), emailVerified: true });
    },
  };
};
