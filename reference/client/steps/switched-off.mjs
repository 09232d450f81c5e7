// What a server says that has nothing of this switched on.
import assert from "node:assert/strict";
import { failed, succeeded } from "../answers.mjs";

export default ({ open, person, join, sessionOf, differs }) => {
  const zoe = person("Zoe");
  let laptop;

  return {
    "nobody is asked to verify an address": async () => {
      laptop = await join(zoe);
      const answer = await laptop.auth.sendVerificationEmail({ email: zoe.email });
      failed(answer, 400, "VERIFICATION_EMAIL_NOT_ENABLED", "Verification email isn't enabled");
    },
    "no password is reset": async () => {
      const answer = await open().auth.requestPasswordReset({ email: zoe.email });
      failed(answer, 400, "RESET_PASSWORD_DISABLED", "Reset password isn't enabled");
    },
    "no address changes": async () => {
      const answer = await laptop.auth.changeEmail({ newEmail: person("Zoe Two").email });
      failed(answer, 400, ...differs("a change of address that is switched off"));
    },
    "nobody leaves": async () => {
      failed(await laptop.auth.deleteUser({ password: zoe.password }), 404);
      failed(await laptop.auth.deleteUser.callback({ query: { token: "x" } }), 404, "NOT_FOUND", "Not found");
      assert.notEqual(await sessionOf(laptop), null);
    },
    "GET extends sessions, and POST is not for it": async () => {
      const answer = await laptop.auth.getSession({ fetchOptions: { method: "POST" } });
      const why = "POST method requires deferSessionRefresh to be enabled in session config";
      failed(answer, 405, "METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED", why);
      assert.deepEqual(Object.keys(await sessionOf(laptop)).sort(), ["session", "user"]);
    },
    "passwords and names change all the same": async () => {
      succeeded(await laptop.auth.changePassword({ currentPassword: zoe.password, newPassword: "another password" }));
      succeeded(await laptop.auth.updateUser({ name: "Zoe Z" }));
      assert.equal((await sessionOf(laptop)).user.name, "Zoe Z");
    },
  };
};
