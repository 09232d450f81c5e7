// A link that one server mails and the other one redeems, once, for a new password.
import assert from "node:assert/strict";
import { failed, succeeded } from "../../client/answers.mjs";
import { Device, mail, newPerson } from "../people.mjs";

export default ({ first, second }) => {
  const ann = newPerson();
  const { name, email, password } = ann;
  const newPassword = "a password after a reset";
  let link;
  const signIn = (server, password) => new Device().at(server).auth.signIn.email({ email, password });
  const reset = (server, newPassword) => new Device().at(server).auth.resetPassword({ token: link.token, newPassword });
  const spent = async (server) => failed(await reset(server, "a password that never is"), 400, "INVALID_TOKEN", "Invalid token");
  const opens = async (server, query) => {
    assert.deepEqual(await new Device().open(server, link.url), { status: 302, location: `${server.origin}/reset?${query}` });
  };

  return [
    [first, "somebody asks for a new password", async () => {
      succeeded(await new Device().at(first).auth.signUp.email({ name, email, password }));
      link = await mail(first, "reset-password", ann, async () => {
        succeeded(await new Device().at(first).auth.requestPasswordReset({ email, redirectTo: "/reset" }));
      });
    }],
    [second, "the link leads on with the token", () => opens(second, `token=${link.token}`)],
    [second, "the token is redeemed", async () => {
      assert.deepEqual(succeeded(await reset(second, newPassword)), { status: true });
    }],
    [second, "the token is spent where it was redeemed", () => spent(second)],
    [first, "the token is spent where it was made", () => spent(first)],
    [first, "the link of a token that is spent leads on with an error", () => opens(first, "error=INVALID_TOKEN")],
    [first, "the old password is refused, that of the reset is good", async () => {
      failed(await signIn(first, password), 401, "INVALID_EMAIL_OR_PASSWORD", "Invalid email or password");
      succeeded(await signIn(first, newPassword));
    }],
    [second, "the password of the reset is good where it was set", async () => void succeeded(await signIn(second, newPassword))],
  ];
};
