// Leaving, on a server that asks by mail first.
import assert from "node:assert/strict";
import { failed, succeeded } from "../answers.mjs";

export default ({ baseURL, open, person, join, enter, sessionOf, outbox, differs }) => {
  const judy = person("Judy");
  const mailed = { success: true, message: "Verification email sent" };
  const deleted = { success: true, message: "User deleted" };
  const invalid = (answer) => failed(answer, 404, "INVALID_TOKEN", "Invalid token");
  const isGone = async (somebody) => {
    failed(await open().auth.signIn.email(somebody), 401, "INVALID_EMAIL_OR_PASSWORD", "Invalid email or password");
  };
  const ask = (somebody, client, input) =>
    outbox.one("delete-account", somebody, async () => assert.deepEqual(succeeded(await client.auth.deleteUser(input)), mailed));
  let laptop, other, mail;

  return {
    "leaving is asked about by mail": async () => {
      laptop = await join(judy);
      mail = await ask(judy, laptop, { callbackURL: "/goodbye" });
      assert.match(mail.token, /^[a-z0-9]{32}$/);
      assert.equal(mail.url, `${baseURL}/delete-user/callback?token=${mail.token}&callbackURL=%2Fgoodbye`);
      assert.notEqual(await sessionOf(laptop), null);
    },
    "leaving is asked about by mail whatever the password": async () => {
      const { url, token } = await ask(judy, laptop, { password: judy.password });
      assert.equal(url, `${baseURL}/delete-user/callback?token=${token}&callbackURL=%2F`);
      await outbox.none(async () => {
        failed(await laptop.auth.deleteUser({ password: "a guess" }), 400, "INVALID_PASSWORD", "Invalid password");
        failed(await laptop.auth.deleteUser({ password: "x".repeat(129) }), 400, ...differs("a given password over the limit"));
      });
    },
    "leaving goes nowhere else": async () => {
      failed(await laptop.auth.deleteUser({ callbackURL: "https://evil.example" }), 403, "INVALID_CALLBACK_URL", "Invalid callbackURL");
      const query = { token: mail.token, callbackURL: "https://evil.example" };
      failed(await laptop.auth.deleteUser.callback({ query }), 403, "INVALID_CALLBACK_URL", "Invalid callbackURL");
    },
    "leaving needs a session": async () => {
      failed(await open().auth.deleteUser(), 401, "UNAUTHORIZED", "Unauthorized");
      const answer = await open().auth.deleteUser.callback({ query: { token: mail.token } });
      failed(answer, 404, "FAILED_TO_GET_USER_INFO", "Failed to get user info");
    },
    "leaving needs a token of one's own": async () => {
      other = await join(person("Ken"));
      invalid(await other.auth.deleteUser.callback({ query: { token: "x".repeat(32) } }));
      invalid(await other.auth.deleteUser({ token: "x".repeat(32) }));
      assert.notEqual(await sessionOf(other), null);
    },
    "the link deletes the user and leads on": async () => {
      const phone = await enter(judy);
      assert.deepEqual(await laptop.browser.visit(mail.url), { status: 302, location: "/goodbye" });
      assert.equal(laptop.browser.cookies.size, 0);
      assert.equal(await sessionOf(laptop), null);
      assert.equal(await sessionOf(phone), null);
      await isGone(judy);
    },
    "the address is free again": async () => {
      laptop = await join(judy);
    },
    "a deletion by the link's token": async () => {
      const { token } = await ask(judy, laptop);
      assert.deepEqual(succeeded(await laptop.auth.deleteUser.callback({ query: { token } })), deleted);
      assert.equal(laptop.browser.cookies.size, 0);
      await isGone(judy);
    },
    "a deletion by a token that was typed in": async () => {
      laptop = await join(judy);
      let { token } = await ask(judy, laptop);
      const thief = await enter(person("Ken"));
      invalid(await thief.auth.deleteUser({ token }));
      if (differs("somebody else's try spends the token of a deletion")) {
        invalid(await laptop.auth.deleteUser({ token }));
        token = (await ask(judy, laptop)).token;
      }
      assert.deepEqual(succeeded(await laptop.auth.deleteUser({ token })), deleted);
      assert.equal(laptop.browser.cookies.size === 0, differs("a deletion by a typed token takes the cookie back"));
      assert.equal(await sessionOf(laptop), null);
      await isGone(judy);
    },
  };
};
