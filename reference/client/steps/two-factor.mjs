// The two-factor plugin: setting up an app, and signing in with each factor.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { failed, isUser, succeeded } from "../answers.mjs";

// What an authenticator app does with a URI (RFC 6238), a number of steps from now.
const now = (uri) => Math.floor(Date.now() / 1000 / Number(new URL(uri).searchParams.get("period")));
function codeOf(uri, step) {
  const { secret, digits } = Object.fromEntries(new URL(uri).searchParams);
  const bits = [...secret].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0")).join("");
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const sum = createHmac("sha1", Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)))).update(counter).digest();
  return String((sum.readUInt32BE(sum.at(-1) & 15) & 0x7fffffff) % 10 ** digits).padStart(digits, "0");
}

export default ({ open, person, sessionOf, outbox, differs, load }) => {
  const tom = person("Tom");
  const ina = person("Ina");
  const { password } = tom;
  const redirected = [];
  let browser, laptop, phone, uri, codes, first, signedOut;

  const signIn = async (client, { email, password } = tom) => succeeded(await client.auth.signIn.email({ email, password }));
  const challenged = async (somebody) => {
    const client = browser();
    assert.equal((await signIn(client, somebody)).twoFactorRedirect, true);
    return client;
  };
  const sent = async (client) => {
    const [mail, ...more] = await outbox.during(async () => assert.deepEqual(succeeded(await client.auth.twoFactor.sendOtp()), { status: true }));
    assert.deepEqual([mail.type, mail.to, more], ["two-factor-otp", tom.email.toLowerCase(), []]);
    assert.match(mail.data.otp, /^\d{6}$/);
    return mail.data.otp;
  };

  return {
    "setting up an app asks for the password": async () => {
      const { twoFactorClient } = await load("better-auth/client/plugins");
      browser = () => open(undefined, [twoFactorClient({ onTwoFactorRedirect: (given) => void redirected.push(given) })]);
      laptop = browser();
      succeeded(await laptop.auth.signUp.email(tom));
      failed(await laptop.auth.twoFactor.enable({ password: "not the password" }), 400, "INVALID_PASSWORD", "Invalid password");
    },
    "setting up an app shows a secret and backup codes": async () => {
      const { totpURI, backupCodes, ...rest } = succeeded(await laptop.auth.twoFactor.enable({ password }));
      assert.deepEqual(rest, differs("what setting up a second factor answers besides"));
      assert.match(totpURI, /^otpauth:\/\/totp\/Acme:tom%40.*\?secret=[A-Z2-7]{52}&issuer=Acme&digits=6&period=30$/);
      assert.equal(backupCodes.length, 10);
      for (const code of backupCodes) assert.match(code, /^[A-Za-z0-9]{5}-[A-Za-z0-9]{5}$/);
      [uri, codes] = [totpURI, backupCodes];
      assert.equal((await sessionOf(laptop)).user.twoFactorEnabled, false);
    },
    "a first code switches it on, and the session is another one": async () => {
      const before = (await sessionOf(laptop)).session.token;
      failed(await laptop.auth.twoFactor.verifyTotp({ code: "x" }), 401, "INVALID_CODE", "Invalid code");
      first = now(uri);
      isUser(succeeded(await laptop.auth.twoFactor.verifyTotp({ code: codeOf(uri, first) })).user, tom);
      const { session, user } = await sessionOf(laptop);
      assert.equal(user.twoFactorEnabled, true);
      assert.notEqual(session.token, before);
    },
    "a sign-in asks for the second factor": async () => {
      phone = browser();
      assert.deepEqual(await signIn(phone), { twoFactorRedirect: true, twoFactorMethods: ["totp", "otp"] });
      assert.equal(redirected.length, 1);
      assert.equal(await sessionOf(phone), null);
      assert.deepEqual([...phone.browser.cookies.keys()].filter((name) => name.includes("session")), []);
    },
    "a code of the app completes it": async () => {
      const data = succeeded(await phone.auth.twoFactor.verifyTotp({ code: codeOf(uri, first + 1) }));
      isUser(data.user, tom);
      assert.equal((await sessionOf(phone)).session.token, data.token);
    },
    "the same code completes no other": async () => {
      const client = await challenged();
      const answer = await client.auth.twoFactor.verifyTotp({ code: codeOf(uri, first + 1) });
      const refusal = differs("a code of an app that was used");
      if (refusal) failed(answer, 401, ...refusal);
      else succeeded(answer);
    },
    "without a challenge no code is looked at": async () => {
      const refused = (answer) => failed(answer, 401, "INVALID_TWO_FACTOR_COOKIE", "Invalid two factor cookie");
      refused(await browser().auth.twoFactor.verifyTotp({ code: codeOf(uri, first) }));
      refused(await browser().auth.twoFactor.verifyBackupCode({ code: codes[0] }));
      refused(await browser().auth.twoFactor.sendOtp());
    },
    "a code that was sent completes a sign-in, and the browser is trusted": async () => {
      phone = await challenged();
      const code = await sent(phone);
      failed(await phone.auth.twoFactor.verifyOtp({ code: "x" }), 401, "INVALID_CODE", "Invalid code");
      succeeded(await phone.auth.twoFactor.verifyOtp({ code, trustDevice: true }));
      signedOut = async () => {
        succeeded(await phone.auth.signOut());
        return signIn(phone);
      };
      for (let i = 0; i < 2; i++) isUser((await signedOut()).user, tom);
      await challenged();
    },
    "a backup code completes a sign-in once": async () => {
      isUser(succeeded(await (await challenged()).auth.twoFactor.verifyBackupCode({ code: codes[0] })).user, tom);
      const answer = await (await challenged()).auth.twoFactor.verifyBackupCode({ code: codes[0] });
      failed(answer, 401, "INVALID_BACKUP_CODE", "Invalid backup code");
    },
    "new backup codes take the place of the old": async () => {
      failed(await laptop.auth.twoFactor.generateBackupCodes({ password: "not the password" }), 400, "INVALID_PASSWORD", "Invalid password");
      const { status, backupCodes } = succeeded(await laptop.auth.twoFactor.generateBackupCodes({ password }));
      assert.deepEqual([status, backupCodes.length], [true, 10]);
      const client = await challenged();
      failed(await client.auth.twoFactor.verifyBackupCode({ code: codes[1] }), 401, "INVALID_BACKUP_CODE", "Invalid backup code");
      succeeded(await client.auth.twoFactor.verifyBackupCode({ code: backupCodes[1] }));
    },
    "the secret can be seen once more": async () => {
      assert.deepEqual(succeeded(await laptop.auth.twoFactor.getTotpUri({ password })), { totpURI: uri });
    },
    "setting up an app while one is in use": async () => {
      const answer = await laptop.auth.twoFactor.enable({ password });
      const refusal = differs("setting up an app while one is in use");
      if (refusal) failed(answer, 400, ...refusal);
      else succeeded(answer);
    },
    "switching it off asks for the password, and then no sign-in asks": async () => {
      failed(await laptop.auth.twoFactor.disable({ password: "not the password" }), 400, "INVALID_PASSWORD", "Invalid password");
      assert.deepEqual(succeeded(await laptop.auth.twoFactor.disable({ password })), { status: true });
      assert.equal((await sessionOf(laptop)).user.twoFactorEnabled, false);
      isUser((await signIn(browser())).user, tom);
    },
    "codes that are sent need no app": async () => {
      const client = browser();
      succeeded(await client.auth.signUp.email(ina));
      const answer = succeeded(await client.auth.twoFactor.enable({ password: ina.password, method: "otp" }));
      const without = differs("a second factor without an app");
      assert.deepEqual(Object.keys(answer).sort(), without ? ["method"] : ["backupCodes", "totpURI"]);
      if (!without) return;
      assert.deepEqual(await signIn(browser(), ina), { twoFactorRedirect: true, twoFactorMethods: ["otp"] });
    },
  };
};
