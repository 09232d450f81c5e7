// Several sessions of one user, made, extended, listed and revoked by both servers.
import assert from "node:assert/strict";
import { failed, succeeded } from "../../client/answers.mjs";
import { Device, newPerson } from "../people.mjs";

export default ({ first, second, ageSession }) => {
  const ann = newPerson();
  const [laptop, tablet, phone, watch] = [new Device(), new Device(), new Device(), new Device()];
  const all = [];
  let session;
  const { name, email, password } = ann;
  const signIn = async (device, server) => all.push(succeeded(await device.at(server).auth.signIn.email({ email, password })).token);

  return [
    [first, "somebody signs up, and in on a second device", async () => {
      all.push(succeeded(await laptop.at(first).auth.signUp.email({ name, email, password })).token);
      await signIn(tablet, first);
    }],
    [second, "the password is good on two more", async () => {
      await signIn(phone, second);
      await signIn(watch, second);
    }],
    [second, "a wrong password is not", async () => {
      const answer = await new Device().at(second).auth.signIn.email({ email, password: `${password}!` });
      failed(answer, 401, "INVALID_EMAIL_OR_PASSWORD", "Invalid email or password");
    }],
    [second, "the sessions of both are in the list", async () => {
      assert.deepEqual(await laptop.tokens(second), all.toSorted());
    }],
    [second, "a session of the other one that grew old is extended", async () => {
      const token = (await tablet.session(second)).session.token;
      await ageSession(token);
      const before = Date.now() + 6 * 86_400_000;
      ({ session } = await tablet.session(second));
      assert.ok(session.expiresAt.getTime() > before, `it ends at ${session.expiresAt.toISOString()}`);
    }],
    [first, "the extension is seen", async () => {
      assert.equal((await tablet.session(first)).session.expiresAt.getTime(), session.expiresAt.getTime());
    }],
    [first, "the sessions of both are in the list", async () => {
      assert.deepEqual(await phone.tokens(first), all.toSorted());
    }],
    [first, "a session of the other one is revoked", async () => {
      const { token } = (await watch.session(first)).session;
      assert.deepEqual(succeeded(await laptop.at(first).auth.revokeSession({ token })), { status: true });
      all.splice(all.indexOf(token), 1);
    }],
    [second, "who was revoked is out", async () => {
      await watch.isOut(second);
      assert.deepEqual(await laptop.tokens(second), all.toSorted());
    }],
    [second, "the other sessions are revoked", async () => {
      assert.deepEqual(succeeded(await laptop.at(second).auth.revokeOtherSessions()), { status: true });
    }],
    [first, "the others are out, and this one is not", async () => {
      await tablet.isOut(first);
      await phone.isOut(first);
      assert.deepEqual(await laptop.tokens(first), [all[0]]);
    }],
  ];
};
