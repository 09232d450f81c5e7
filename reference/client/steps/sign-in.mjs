// Signing up, in and out, with the cookie that comes of it.
import assert from "node:assert/strict";
import { failed, isUser, succeeded } from "../answers.mjs";

export default ({ open, person, signIn, sessionOf }) => {
  const ada = person("Ada Lovelace");
  const eve = person("Eve");
  const laptop = open();
  const phone = open();
  let adaID;

  return {
    "the server answers": async () => {
      assert.deepEqual(succeeded(await laptop.auth.$fetch("/ok")), { ok: true });
    },
    "nobody is signed in at first": async () => {
      assert.equal(await sessionOf(laptop), null);
      assert.equal(laptop.browser.cookies.size, 0);
    },
    "sign-up makes a user and a session": async () => {
      const data = succeeded(await laptop.auth.signUp.email(ada));
      assert.match(data.token, /^[A-Za-z0-9]{32}$/);
      isUser(data.user, ada);
      adaID = data.user.id;
    },
    "the session cookie has upstream's name, form and attributes": async () => {
      const { value, attributes } = laptop.browser.received.get("better-auth.session_token");
      assert.match(decodeURIComponent(value), /^[A-Za-z0-9]{32}\.[A-Za-z0-9+/]{43}=$/);
      assert.deepEqual(attributes, { "max-age": "604800", path: "/", httponly: "", samesite: "Lax" });
    },
    "the session is that of the user": async () => {
      const { session, user } = await sessionOf(laptop);
      isUser(user, ada);
      assert.equal(user.id, adaID);
      assert.equal(session.userId, adaID);
      const days = (session.expiresAt - session.createdAt) / 86_400_000;
      assert.ok(Math.abs(days - 7) < 0.01, `the session lasts ${days} days`);
    },
    "a second sign-up with the address is refused": async () => {
      const answer = await phone.auth.signUp.email({ ...ada, email: ada.email.toLowerCase() });
      failed(answer, 422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL", "User already exists. Use another email.");
      assert.equal(phone.browser.cookies.size, 0);
    },
    "a sign-up with a mistyped address says which field": async () => {
      const answer = await phone.auth.signUp.email({ ...eve, email: "not an address" });
      failed(answer, 400, "VALIDATION_ERROR", "[body.email] Invalid email address");
    },
    "a sign-up without fields names them all": async () => {
      const answer = await phone.auth.signUp.email({ email: eve.email });
      const missing = "Invalid input: expected string, received undefined";
      failed(answer, 400, "VALIDATION_ERROR", `[body.name] ${missing}; [body.password] ${missing}`);
    },
    "a short password is refused": async () => {
      failed(await phone.auth.signUp.email({ ...eve, password: "short" }), 400, "PASSWORD_TOO_SHORT", "Password too short");
    },
    "a long password is refused": async () => {
      failed(await phone.auth.signUp.email({ ...eve, password: "x".repeat(129) }), 400, "PASSWORD_TOO_LONG", "Password too long");
    },
    "a wrong password is refused": async () => {
      const answer = await phone.auth.signIn.email({ email: ada.email, password: "difference engine" });
      failed(answer, 401, "INVALID_EMAIL_OR_PASSWORD", "Invalid email or password");
      assert.equal(phone.browser.cookies.size, 0);
    },
    "an unknown address gets the answer of a wrong password": async () => {
      const answer = await phone.auth.signIn.email({ email: person("Nobody").email, password: ada.password });
      failed(answer, 401, "INVALID_EMAIL_OR_PASSWORD", "Invalid email or password");
    },
    "a sign-in with a mistyped address is refused": async () => {
      failed(await phone.auth.signIn.email({ email: "ada", password: ada.password }), 400, "INVALID_EMAIL", "Invalid email");
    },
    "sign-out ends the session and takes the cookie back": async () => {
      const stolen = open();
      stolen.browser.cookies = new Map(laptop.browser.cookies);
      assert.deepEqual(succeeded(await laptop.auth.signOut()), { success: true });
      assert.equal(laptop.browser.cookies.size, 0);
      assert.equal(await sessionOf(laptop), null);
      assert.equal(await sessionOf(stolen), null);
    },
    "sign-in opens a new session": async () => {
      const data = await signIn(laptop, ada);
      assert.equal(data.redirect, false);
      assert.equal(data.user.id, adaID);
      isUser(data.user, ada);
      const { session } = await sessionOf(laptop);
      assert.equal(session.token, data.token);
    },
    "sign-in hands back where to go": async () => {
      const data = await signIn(phone, ada, { callbackURL: "/welcome" });
      assert.deepEqual({ redirect: data.redirect, url: data.url }, { redirect: true, url: "/welcome" });
      succeeded(await phone.auth.signOut());
    },
    "sign-in goes nowhere else": async () => {
      const answer = await phone.auth.signIn.email({ ...ada, callbackURL: "https://evil.example/welcome" });
      failed(answer, 403, "INVALID_CALLBACK_URL", "Invalid callbackURL");
    },
    "a foreign page cannot use the cookie": async () => {
      const foreign = open("https://evil.example");
      foreign.browser.cookies = new Map(laptop.browser.cookies);
      const password = ada.password;
      for (const [what, input] of Object.entries({
        signOut: {},
        revokeSessions: {},
        updateUser: { name: "Not Ada" },
        changeEmail: { newEmail: eve.email },
        changePassword: { currentPassword: password, newPassword: "difference engine" },
        verifyPassword: { password },
        deleteUser: { password },
        unlinkAccount: { providerId: "credential" },
        sendVerificationEmail: { email: ada.email },
      })) {
        failed(await foreign.auth[what](input), 403, "INVALID_ORIGIN", "Invalid origin");
      }
      isUser((await sessionOf(laptop)).user, ada);
      await signIn(open(), ada);
    },
    "a session that is not remembered has a cookie without an end": async () => {
      await signIn(phone, ada, { rememberMe: false });
      const { attributes } = phone.browser.received.get("better-auth.session_token");
      assert.deepEqual(attributes, { path: "/", httponly: "", samesite: "Lax" });
      const marker = phone.browser.received.get("better-auth.dont_remember");
      assert.deepEqual(marker.attributes, { path: "/", httponly: "", samesite: "Lax" });
      const { session } = await sessionOf(phone);
      const days = (session.expiresAt - session.createdAt) / 86_400_000;
      assert.ok(Math.abs(days - 1) < 0.01, `the session lasts ${days} days`);
      succeeded(await phone.auth.signOut());
      assert.equal(phone.browser.cookies.size, 0);
      assert.equal(await sessionOf(phone), null);
    },
  };
};
