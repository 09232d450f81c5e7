// revokeSessionsOnPasswordReset.
import assert from "node:assert/strict";
import { succeeded } from "../answers.mjs";

export default ({ open, person, join, enter, sessionOf, outbox }) => ({
  "a reset ends all sessions where that is asked for": async () => {
    const victor = person("Victor");
    const devices = [await join(victor), await enter(victor)];
    const { token } = await outbox.one("reset-password", victor, async () => {
      succeeded(await open().auth.requestPasswordReset({ email: victor.email }));
    });
    succeeded(await open().auth.resetPassword({ newPassword: "a new password", token }));
    for (const device of devices) assert.equal(await sessionOf(device), null);
    succeeded(await open().auth.signIn.email({ email: victor.email, password: "a new password" }));
  },
});
