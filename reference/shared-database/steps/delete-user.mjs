// A link that one server mails and that deletes the user on the other one, once.
import assert from "node:assert/strict";
import { failed, succeeded } from "../../client/answers.mjs";
import { Device, mail, newPerson } from "../people.mjs";

export default ({ first, second }) => {
  const ann = newPerson();
  const { name, email, password } = ann;
  const laptop = new Device();
  let copy, link;
  const signUp = async (server) => void succeeded(await laptop.at(server).auth.signUp.email({ name, email, password }));

  return [
    [first, "leaving is asked about by mail", async () => {
      await signUp(first);
      copy = laptop.copy();
      link = await mail(first, "delete-account", ann, async () => {
        succeeded(await laptop.at(first).auth.deleteUser({ callbackURL: "/goodbye" }));
      });
    }],
    [second, "the link deletes nobody else", async () => {
      const mallory = new Device();
      const { name, email, password } = newPerson();
      succeeded(await mallory.at(second).auth.signUp.email({ name, email, password }));
      failed(await mallory.at(second).auth.deleteUser.callback({ query: { token: link.token } }), 404, "INVALID_TOKEN", "Invalid token");
      assert.equal((await laptop.session(second)).user.email, ann.email);
    }],
    [second, "the link deletes the user", async () => {
      assert.deepEqual(await laptop.open(second, link.url), { status: 302, location: "/goodbye" });
    }],
    [first, "the user is gone", async () => {
      await copy.isOut(first);
      const answer = await new Device().at(first).auth.signIn.email({ email, password });
      failed(answer, 401, "INVALID_EMAIL_OR_PASSWORD", "Invalid email or password");
    }],
    [first, "the address is free again, and the old link deletes nobody", async () => {
      laptop.cookies.clear();
      await signUp(first);
      failed(await laptop.at(first).auth.deleteUser.callback({ query: { token: link.token } }), 404, "INVALID_TOKEN", "Invalid token");
    }],
    [second, "who came back is there", async () => {
      assert.equal((await laptop.session(second)).user.email, email);
    }],
  ];
};
