// A password that one server changes and the other one checks.
import assert from "node:assert/strict";
import { failed, succeeded } from "../../client/answers.mjs";
import { Device, newPerson } from "../people.mjs";

export default ({ first, second }) => {
  const ann = newPerson();
  const { name, email, password } = ann;
  const [laptop, phone] = [new Device(), new Device()];
  const newPassword = "another password, 漢字";

  return [
    [first, "somebody signs up, on two devices", async () => {
      succeeded(await laptop.at(first).auth.signUp.email({ name, email, password }));
      succeeded(await phone.at(first).auth.signIn.email({ email, password }));
    }],
    [second, "an address that is taken is refused", async () => {
      const answer = await new Device().at(second).auth.signUp.email({ name, email: email.toUpperCase(), password });
      failed(answer, 422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL", "User already exists. Use another email.");
    }],
    [second, "a wrong password changes nothing", async () => {
      const answer = await laptop.at(second).auth.changePassword({ currentPassword: "a wrong one", newPassword });
      failed(answer, 400, "INVALID_PASSWORD", "Invalid password");
    }],
    [second, "the password is changed, and other sessions end", async () => {
      const change = { currentPassword: password, newPassword, revokeOtherSessions: true };
      assert.equal(typeof succeeded(await laptop.at(second).auth.changePassword(change)).token, "string");
    }],
    [first, "the old password is refused, the new one is good", async () => {
      const signIn = (password) => new Device().at(first).auth.signIn.email({ email, password });
      failed(await signIn(password), 401, "INVALID_EMAIL_OR_PASSWORD", "Invalid email or password");
      succeeded(await signIn(newPassword));
    }],
    [first, "the other device is out, this one is in", async () => {
      await phone.isOut(first);
      assert.equal((await laptop.session(first)).user.email, email);
    }],
  ];
};
