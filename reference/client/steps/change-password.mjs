// Changing a password that is known, and asking for it once more.
import assert from "node:assert/strict";
import { failed, isUser, succeeded } from "../answers.mjs";

export default ({ open, person, join, enter, signIn, sessionOf, differs }) => {
  const dave = person("Dave");
  const long = "x".repeat(129);
  const wrong = (answer) => failed(answer, 400, "INVALID_PASSWORD", "Invalid password");
  const tooLong = (answer) => failed(answer, 400, ...differs("a given password over the limit"));
  let laptop, phone;

  return {
    "the password is asked for once more": async () => {
      laptop = await join(dave);
      assert.deepEqual(succeeded(await laptop.auth.verifyPassword({ password: dave.password })), { status: true });
      wrong(await laptop.auth.verifyPassword({ password: "a guess" }));
      tooLong(await laptop.auth.verifyPassword({ password: long }));
      failed(await open().auth.verifyPassword({ password: dave.password }), 401, "UNAUTHORIZED", "Unauthorized");
    },
    "a change of the password keeps all sessions": async () => {
      phone = await enter(dave);
      const { session } = await sessionOf(laptop);
      const answer = succeeded(await laptop.auth.changePassword({ currentPassword: dave.password, newPassword: "another password" }));
      assert.equal(answer.token, null);
      isUser(answer.user, dave);
      assert.equal((await sessionOf(laptop)).session.token, session.token);
      assert.notEqual(await sessionOf(phone), null);
    },
    "the new password is the only one": async () => {
      const answer = await open().auth.signIn.email({ email: dave.email, password: dave.password });
      failed(answer, 401, "INVALID_EMAIL_OR_PASSWORD", "Invalid email or password");
      dave.password = "another password";
      succeeded(await open().auth.signIn.email(dave));
    },
    "a change of the password ends the other sessions when asked": async () => {
      const before = (await sessionOf(laptop)).session;
      const answer = succeeded(
        await laptop.auth.changePassword({ currentPassword: dave.password, newPassword: "a third password", revokeOtherSessions: true }),
      );
      dave.password = "a third password";
      assert.match(answer.token, /^[A-Za-z0-9]{32}$/);
      assert.notEqual(answer.token, before.token);
      isUser(answer.user, dave);
      assert.equal(await sessionOf(phone), null);
      const { session } = await sessionOf(laptop);
      assert.equal(session.token, answer.token);
      assert.deepEqual(succeeded(await laptop.auth.listSessions()).map((s) => s.token), [answer.token]);
    },
    "a session that is not remembered stays so": async () => {
      const client = open();
      await signIn(client, dave, { rememberMe: false });
      const { received } = client.browser;
      for (const [act, what] of [
        [{ name: dave.name }, "updateUser"],
        [{ currentPassword: dave.password, newPassword: dave.password, revokeOtherSessions: true }, "changePassword"],
      ]) {
        received.delete("better-auth.session_token");
        succeeded(await client.auth[what](act));
        assert.deepEqual(received.get("better-auth.session_token")?.attributes, { path: "/", httponly: "", samesite: "Lax" }, what);
      }
      assert.notEqual(await sessionOf(client), null);
      assert.equal(await sessionOf(laptop), null);
      await signIn(laptop, dave);
    },
    "a change needs the password of now": async () => {
      wrong(await laptop.auth.changePassword({ currentPassword: "a guess", newPassword: "a fourth password" }));
      tooLong(await laptop.auth.changePassword({ currentPassword: long, newPassword: "a fourth password" }));
    },
    "a change needs a password of the right length": async () => {
      const change = (newPassword) => laptop.auth.changePassword({ currentPassword: dave.password, newPassword });
      failed(await change("short"), 400, "PASSWORD_TOO_SHORT", "Password too short");
      failed(await change(long), 400, "PASSWORD_TOO_LONG", "Password too long");
    },
    "a change needs its fields": async () => {
      const missing = "Invalid input: expected string, received undefined";
      const answer = await laptop.auth.changePassword({ revokeOtherSessions: true });
      failed(answer, 400, "VALIDATION_ERROR", `[body.newPassword] ${missing}; [body.currentPassword] ${missing}`);
    },
    "a change needs a session": async () => {
      const answer = await open().auth.changePassword({ currentPassword: dave.password, newPassword: "a fourth password" });
      failed(answer, 401, "UNAUTHORIZED", "Unauthorized");
      await signIn(open(), dave);
    },
    "a sign-in with a password over the limit is refused": async () => {
      failed(await open().auth.signIn.email({ ...dave, password: long }), ...differs("a sign-in with a password over the limit"));
    },
    "a first password is not set over HTTP": async () => {
      failed(await laptop.auth.setPassword({ newPassword: "a fourth password" }), 404);
    },
  };
};
