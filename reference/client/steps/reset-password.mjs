// A password that was forgotten: the mail, its link, and the new password.
import assert from "node:assert/strict";
import { failed, succeeded } from "../answers.mjs";

export default ({ baseURL, origin, open, person, join, sessionOf, outbox }) => {
  const carol = person("Carol");
  const stranger = open();
  const askFor = ({ email }, more) => stranger.auth.requestPasswordReset({ email, ...more });
  const asked = { status: true, message: "If this email exists in our system, check your email for the reset link" };
  const invalid = (answer) => failed(answer, 400, "INVALID_TOKEN", "Invalid token");
  let laptop, mail;

  return {
    "asking for a new password mails a link": async () => {
      laptop = await join(carol);
      mail = await outbox.one("reset-password", carol, async () => {
        assert.deepEqual(succeeded(await askFor(carol, { redirectTo: "/new-password" })), asked);
      });
      assert.match(mail.token, /^[A-Za-z0-9]{24}$/);
      assert.equal(mail.url, `${baseURL}/reset-password/${mail.token}?callbackURL=%2Fnew-password`);
    },
    "asking for somebody unknown answers the same and mails nobody": async () => {
      await outbox.none(async () => assert.deepEqual(succeeded(await askFor(person("Nobody"))), asked));
    },
    "asking with a mistyped address is refused": async () => {
      failed(await askFor({ email: "carol" }), 400, "VALIDATION_ERROR", "[body.email] Invalid email address");
    },
    "asking for a page elsewhere is refused": async () => {
      await outbox.none(async () => {
        failed(await askFor(carol, { redirectTo: "https://evil.example/new-password" }), 403, "INVALID_REDIRECT_URL", "Invalid redirectURL");
      });
    },
    "the link leads to the page with the token, however often": async () => {
      for (const client of [stranger, open(), laptop]) {
        assert.deepEqual(await client.browser.visit(mail.url), { status: 302, location: `${origin}/new-password?token=${mail.token}` });
      }
      assert.equal(stranger.browser.cookies.size, 0);
    },
    "a link that no mail had leads there with an error": async () => {
      const url = mail.url.replace(mail.token, "x".repeat(24));
      assert.deepEqual(await stranger.browser.visit(url), { status: 302, location: `${origin}/new-password?error=INVALID_TOKEN` });
    },
    "a link leads nowhere else": async () => {
      const url = `${baseURL}/reset-password/${mail.token}?callbackURL=https%3A%2F%2Fevil.example`;
      assert.deepEqual(await stranger.browser.visit(url), { status: 403, location: null });
    },
    "a reset needs the token": async () => {
      invalid(await stranger.auth.resetPassword({ newPassword: "a new password" }));
      invalid(await stranger.auth.resetPassword({ newPassword: "a new password", token: "x".repeat(24) }));
    },
    "a password of the wrong length does not spend the token": async () => {
      const reset = (newPassword) => stranger.auth.resetPassword({ newPassword, token: mail.token });
      failed(await reset("short"), 400, "PASSWORD_TOO_SHORT", "Password too short");
      failed(await reset("x".repeat(129)), 400, "PASSWORD_TOO_LONG", "Password too long");
    },
    "a reset replaces the password": async () => {
      const forgotten = carol.password;
      carol.password = "remembered this time";
      assert.deepEqual(succeeded(await stranger.auth.resetPassword({ newPassword: carol.password, token: mail.token })), { status: true });
      const answer = await stranger.auth.signIn.email({ email: carol.email, password: forgotten });
      failed(answer, 401, "INVALID_EMAIL_OR_PASSWORD", "Invalid email or password");
      succeeded(await stranger.auth.signIn.email(carol));
    },
    "a reset leaves sessions alone": async () => {
      assert.equal((await sessionOf(laptop)).user.id, laptop.user.id);
    },
    "a token is good once": async () => {
      invalid(await stranger.auth.resetPassword({ newPassword: "once more", token: mail.token }));
      assert.deepEqual(await stranger.browser.visit(mail.url), { status: 302, location: `${origin}/new-password?error=INVALID_TOKEN` });
    },
    "the token may stand in the query": async () => {
      const { token, url } = await outbox.one("reset-password", carol, async () => succeeded(await askFor(carol)));
      assert.equal(url, `${baseURL}/reset-password/${token}?callbackURL=`);
      carol.password = "from the address bar";
      const answer = await stranger.auth.resetPassword({ newPassword: carol.password }, { query: { token } });
      assert.deepEqual(succeeded(answer), { status: true });
      succeeded(await open().auth.signIn.email(carol));
    },
  };
};
