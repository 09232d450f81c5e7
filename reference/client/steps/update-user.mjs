// What a user is called and looks like, and the fields that an application adds.
import assert from "node:assert/strict";
import { failed, isUser, succeeded } from "../answers.mjs";

export default ({ open, person, join, sessionOf, signIn, differs }) => {
  const nina = person("Nina");
  const laptop = open();
  const update = async (set) => assert.deepEqual(succeeded(await laptop.auth.updateUser(set)), { status: true });

  return {
    "a new user has the fields that the application adds": async () => {
      const { user } = succeeded(await laptop.auth.signUp.email({ ...nina, nickname: "Ni" }));
      isUser(user, nina);
      assert.deepEqual({ nickname: user.nickname, plan: user.plan }, { nickname: "Ni", plan: "free" });
    },
    "the name changes": async () => {
      nina.name = "Nina Simone";
      await update({ name: nina.name });
      isUser((await sessionOf(laptop)).user, nina);
      isUser((await signIn(open(), nina)).user, nina);
    },
    "the picture comes and goes, and the rest stays": async () => {
      await update({ image: "https://example.com/nina.png" });
      isUser((await sessionOf(laptop)).user, nina, { image: "https://example.com/nina.png" });
      await update({ image: null });
      isUser((await sessionOf(laptop)).user, nina);
    },
    "an added field changes": async () => {
      await update({ nickname: "N" });
      const { user } = await sessionOf(laptop);
      assert.deepEqual({ nickname: user.nickname, plan: user.plan }, { nickname: "N", plan: "free" });
    },
    "a field that clients cannot set is refused, or has its default": async () => {
      failed(await laptop.auth.updateUser({ plan: "pro" }), 400, "FIELD_NOT_ALLOWED", "plan is not allowed to be set");
      assert.equal((await join({ ...person("Olga"), plan: "pro" })).user.plan, "free");
      assert.equal((await sessionOf(laptop)).user.plan, "free");
    },
    "the address is not changed this way": async () => {
      const answer = await laptop.auth.updateUser({ email: "nina@example.com" });
      failed(answer, 400, "EMAIL_CAN_NOT_BE_UPDATED", "Email can not be updated");
    },
    "what is no field changes nothing": async () => {
      failed(await laptop.auth.updateUser({ emailVerified: true, id: "x", unknown: 1 }), 400, undefined, "No fields to update");
      isUser((await sessionOf(laptop)).user, nina);
    },
    "a name is text": async () => {
      const answer = await laptop.auth.updateUser({ name: 5 });
      const refusal = differs("a name that is a number");
      if (refusal) failed(answer, 400, ...refusal);
      else assert.deepEqual(succeeded(answer), { status: true });
    },
    "a user changes when signed in": async () => {
      failed(await open().auth.updateUser({ name: "Nobody" }), 401, "UNAUTHORIZED", "Unauthorized");
    },
  };
};
