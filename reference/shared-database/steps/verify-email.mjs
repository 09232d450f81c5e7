// A link that one server mails and the other one takes as proof of the address.
import assert from "node:assert/strict";
import { failed, succeeded } from "../../client/answers.mjs";
import { Device, mail, newPerson } from "../people.mjs";

export default ({ first, second }) => {
  const ann = newPerson();
  const laptop = new Device();
  const verify = (server, token) => new Device().at(server).auth.verifyEmail({ query: { token } });
  let link;

  return [
    [first, "a verification is mailed", async () => {
      const { name, email, password } = ann;
      const { user } = succeeded(await laptop.at(first).auth.signUp.email({ name, email, password }));
      assert.equal(user.emailVerified, false);
      link = await mail(first, "verification-email", ann, async () => {
        succeeded(await laptop.at(first).auth.sendVerificationEmail({ email, callbackURL: "/welcome" }));
      });
    }],
    [second, "a token that was tampered with verifies nothing", async () => {
      const [header, claims] = link.token.split(".");
      failed(await verify(second, `${header}.${claims}.${"A".repeat(43)}`), 401, "INVALID_TOKEN", "Invalid token");
      assert.equal((await laptop.session(second)).user.emailVerified, false);
    }],
    [second, "the link verifies the address", async () => {
      assert.deepEqual(await new Device().open(second, link.url), { status: 302, location: "/welcome" });
      assert.equal((await laptop.session(second)).user.emailVerified, true);
    }],
    [first, "the address is verified, and the link does no more", async () => {
      assert.equal((await laptop.session(first)).user.emailVerified, true);
      assert.deepEqual(succeeded(await verify(first, link.token)), { status: true, user: null });
    }],
  ];
};
