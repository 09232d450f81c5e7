// Changes of the address. Better Auth 1.6.9 redeems the links of Gatehouse.
// Gatehouse refuses those of 1.6.9, on purpose: they name no user, and so would
// give the new address to whoever has the old one by then. Whoever mailed such a
// link still redeems it.
import assert from "node:assert/strict";
import { failed, succeeded } from "../../client/answers.mjs";
import { Device, mail, newPerson } from "../people.mjs";

export default ({ first, second }) => {
  const verified = changer();
  const unverified = changer();

  const signUp = async ({ ann, laptop }) => {
    const { name, email, password } = ann;
    succeeded(await laptop.at(first).auth.signUp.email({ name, email, password }));
  };
  const ask = ({ laptop, next }) => async () => {
    succeeded(await laptop.at(first).auth.changeEmail({ newEmail: next.email, callbackURL: "/changed" }));
  };
  const opens = async (who, server, location = "/changed") => {
    assert.deepEqual(await who.laptop.open(server, who.link.url), { status: 302, location });
  };
  const has = async ({ laptop }, server, { email }) => assert.equal((await laptop.session(server)).user.email, email);
  const refuses = (who, server) => async () => {
    await opens(who, server, "/changed?error=INVALID_TOKEN");
    await has(who, server, who.ann);
  };
  const confirms = (who, server) => async () => {
    who.link = await mail(server, "verification-email", who.next, () => opens(who, server));
    await has(who, server, who.ann);
  };
  const changes = (who, server) => async () => {
    await opens(who, server);
    await has(who, server, who.next);
  };
  const changed = (who, server) => async () => {
    await has(who, server, who.next);
    const signIn = ({ email }) => new Device().at(server).auth.signIn.email({ email, password: who.ann.password });
    failed(await signIn(who.ann), 401, "INVALID_EMAIL_OR_PASSWORD", "Invalid email or password");
    succeeded(await signIn(who.next));
  };
  const spent = (who, server) => async () => {
    const answer = await who.laptop.at(server).auth.verifyEmail({ query: { token: who.link.token } });
    failed(answer, 401, "USER_NOT_FOUND", "User not found");
    await has(who, server, who.next);
  };

  const steps = [
    [first, "a change is asked about at the present address", async () => {
      await signUp(verified);
      const { ann, laptop } = verified;
      const { url } = await mail(first, "verification-email", ann, async () => {
        succeeded(await laptop.at(first).auth.sendVerificationEmail({ email: ann.email, callbackURL: "/" }));
      });
      await laptop.open(first, url);
      verified.link = await mail(first, "change-email-confirmation", ann, ask(verified));
      assert.equal(verified.link.newEmail, verified.next.email);
    }],
    [first, "a change is asked about at the new address", async () => {
      await signUp(unverified);
      unverified.link = await mail(first, "verification-email", unverified.next, ask(unverified));
    }],
  ];
  if (first.name === "Gatehouse") {
    steps.push(
      [second, "the present address agrees", confirms(verified, second)],
      [second, "the link changes the address", changes(unverified, second)],
      [second, "the link is spent where it was redeemed", spent(unverified, second)],
      [first, "the address is changed", changed(unverified, first)],
      [first, "the link is spent where it was made", spent(unverified, first)],
      [first, "the link that the other one made of it names no user, and is refused", refuses(verified, first)],
      [second, "the link is good where it was made", changes(verified, second)],
      [first, "the address is changed for whom it was asked about", changed(verified, first)],
    );
  } else {
    steps.push(
      [second, "a question of the other one names no user, and is refused", refuses(verified, second)],
      [second, "a link of the other one names no user, and is refused", refuses(unverified, second)],
      [first, "the present address agrees where it was asked", confirms(verified, first)],
      [first, "the links change the addresses where they were made", async () => {
        await changes(verified, first)();
        await changes(unverified, first)();
      }],
      [second, "the addresses are changed", async () => {
        await changed(verified, second)();
        await changed(unverified, second)();
      }],
    );
  }
  return steps;
};

// changer is somebody who wants another address.
function changer() {
  const ann = newPerson();
  return { ann, next: { ...ann, email: `second.${ann.email}` }, laptop: new Device(), link: undefined };
}
