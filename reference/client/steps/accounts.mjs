// The ways in which a user can sign in, and taking one away.
import assert from "node:assert/strict";
import { failed, succeeded } from "../answers.mjs";

export default ({ version, open, person, join, sessionOf, outbox, link, differs }) => {
  const leo = person("Leo");
  let laptop, other;
  const list = async (client = laptop) => succeeded(await client.auth.listAccounts());
  const gone = (answer) => failed(answer, 400, "ACCOUNT_NOT_FOUND", "Account not found");
  // Each client's own way to say which account is meant, and what this server
  // says to that, if it does not understand it.
  const forms = {
    "1.6.9": ({ providerId, accountId }) => ({ providerId, accountId }),
    "1.7.25": ({ id }) => ({ accountId: id }),
  };
  const refusal = (client) => differs(`an account named as the client of ${client} does`);
  const understood = forms[[version, ...Object.keys(forms)].find((v) => !refusal(v))];
  const unlink = (account, client = laptop) => client.auth.unlinkAccount(understood(account));

  const steps = {
    "the password is an account": async () => {
      laptop = await join(leo);
      const [account, ...more] = await list();
      const { id, createdAt, updatedAt, ...rest } = account;
      assert.equal(typeof id, "string");
      assert.ok(createdAt instanceof Date && updatedAt instanceof Date);
      assert.deepEqual(rest, { providerId: "credential", accountId: laptop.user.id, userId: laptop.user.id, scopes: [] });
      assert.deepEqual(more, []);
    },
    "accounts are for the signed in": async () => {
      failed(await open().auth.listAccounts(), 401, "UNAUTHORIZED", "Unauthorized");
      failed(await unlink((await list())[0], open()), 401, "UNAUTHORIZED", "Unauthorized");
    },
    "the last account is not unlinked": async () => {
      const answer = await unlink((await list())[0]);
      failed(answer, 400, "FAILED_TO_UNLINK_LAST_ACCOUNT", "You can't unlink your last account");
    },
  };
  if (!link) return steps;

  const linked = (user, accountId) => link({ userId: user.id, providerId: "github", accountId, scope: "read:user,user:email" });
  const by = (providerId) => (account) => account.providerId === providerId;
  return {
    ...steps,
    "an account of a provider is listed with its scopes": async () => {
      await linked(laptop.user, "4711");
      const accounts = await list();
      const { accountId, userId, scopes } = accounts.find(by("github"));
      assert.deepEqual({ accountId, userId, scopes }, { accountId: "4711", userId: laptop.user.id, scopes: ["read:user", "user:email"] });
      assert.equal(accounts.length, 2);
    },
    "somebody else's account is not unlinked": async () => {
      other = await join(person("Mia"));
      await linked(other.user, "4712");
      gone(await unlink((await list(other)).find(by("github"))));
      assert.equal((await list(other)).length, 2);
      gone(await unlink({ id: "none", providerId: "gitlab", accountId: "4711" }));
      assert.equal((await list()).length, 2);
    },
    "an account is unlinked, named in the client's own way": async () => {
      const account = (await list()).find(by("github"));
      let answer = await laptop.auth.unlinkAccount(forms[version](account));
      if (refusal(version)) {
        failed(answer, 400, ...refusal(version));
        answer = await unlink(account);
      }
      assert.deepEqual(succeeded(answer), { status: true });
      assert.deepEqual((await list()).map((a) => a.providerId), ["credential"]);
    },
    ...(version === "1.6.9" && {
      "an account is unlinked by its provider alone": async () => {
        await linked(laptop.user, "4711");
        const answer = await laptop.auth.unlinkAccount({ providerId: "github" });
        const unnamed = differs("an account named by its provider alone");
        if (unnamed) return failed(answer, 400, ...unnamed);
        assert.deepEqual(succeeded(answer), { status: true });
        assert.deepEqual((await list()).map((a) => a.providerId), ["credential"]);
      },
    }),
    "without the account of the password there is no password": async () => {
      assert.deepEqual(succeeded(await unlink((await list(other)).find(by("credential")), other)), { status: true });
      const { email, password } = person("Mia");
      failed(await open().auth.signIn.email({ email, password }), 401, "INVALID_EMAIL_OR_PASSWORD", "Invalid email or password");
      const change = await other.auth.changePassword({ currentPassword: password, newPassword: "a new password" });
      failed(change, 400, "CREDENTIAL_ACCOUNT_NOT_FOUND", "Credential account not found");
      failed(await other.auth.deleteUser({ password }), 400, "CREDENTIAL_ACCOUNT_NOT_FOUND", "Credential account not found");
      failed(await other.auth.verifyPassword({ password }), 400, "INVALID_PASSWORD", "Invalid password");
      assert.notEqual(await sessionOf(other), null);
    },
    "a reset gives the user a password again": async () => {
      const mia = { ...person("Mia"), password: "a password again" };
      const { token } = await outbox.one("reset-password", mia, async () => {
        succeeded(await open().auth.requestPasswordReset({ email: mia.email }));
      });
      succeeded(await open().auth.resetPassword({ newPassword: mia.password, token }));
      succeeded(await open().auth.signIn.email(mia));
      assert.deepEqual((await list(other)).map((a) => a.providerId).sort(), ["credential", "github"]);
    },
  };
};
