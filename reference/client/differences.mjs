// Where one step has another outcome on another server, and why. Better Auth
// 1.6.9 and 1.7.25 both pass with their own column, so everything that is not
// listed here is the same in both, and in Gatehouse.
import assert from "node:assert/strict";

const missing = "Invalid input: expected string, received undefined";
const invalid = ["INVALID_PASSWORD", "Invalid password"];
const tooLong = ["PASSWORD_TOO_LONG", "Password too long"];

export const differences = {
  // --- what 1.6.9 does, and is better done otherwise
  "a given password over the limit": {
    why: "hashing without a bound; fixed in 1.7.6",
    "1.6.9": invalid,
    "1.7.25": tooLong,
    gatehouse: tooLong,
  },
  "a sign-in with a password over the limit": {
    why: "the same",
    "1.6.9": [401, "INVALID_EMAIL_OR_PASSWORD", "Invalid email or password"],
    "1.7.25": [400, ...tooLong],
    gatehouse: [400, ...tooLong],
  },
  "the own address with capitals is another one": {
    why: "addresses are kept in lower case; fixed after 1.6.9",
    "1.6.9": true,
    "1.7.25": false,
    gatehouse: false,
  },
  "a callbackURL with two parameters, after a change": {
    why: "1.6.9 does not encode it in the link, and loses the second one",
    "1.6.9": "/settings?tab=mail",
    "1.7.25": "/settings?tab=mail&saved=1",
    gatehouse: "/settings?tab=mail&saved=1",
  },
  "a changed address becomes verified": {
    why: "a link that somebody opened does not vouch for the account of whoever asked for it; fixed after 1.6.9",
    "1.6.9": true,
    "1.7.25": false,
    gatehouse: false,
  },
  "the link of a change signs in": {
    why: "the same",
    "1.6.9": true,
    "1.7.25": false,
    gatehouse: false,
  },
  "the link of a change, again": {
    why: "1.7 looks at whose token it is, 1.6.9 for the address, which has changed",
    "1.6.9": ["USER_NOT_FOUND", "User not found"],
    "1.7.25": ["INVALID_TOKEN", "Invalid token"],
    gatehouse: ["USER_NOT_FOUND", "User not found"],
  },
  "somebody else's try spends the token of a deletion": {
    why: "1.7 spends a token before it looks whose it is",
    "1.6.9": false,
    "1.7.25": true,
    gatehouse: false,
  },
  "a deletion by a typed token takes the cookie back": {
    why: "1.6.9 loses the headers of an endpoint that another one calls",
    "1.6.9": false,
    "1.7.25": true,
    gatehouse: true,
  },
  "an ended session in the cache changes the user": {
    why: "1.6.9 and 1.7 believe the cache, write it anew, and so keep it alive",
    "1.6.9": true,
    "1.7.25": true,
    gatehouse: false,
  },
  "who is refused with an ended session loses the cookies": {
    why: "1.6.9 loses the headers of an endpoint that another one calls",
    "1.6.9": false,
    "1.7.25": true,
    gatehouse: true,
  },
  "a name that is a number": {
    why: "1.6.9 and 1.7 store it as it comes",
    "1.6.9": null,
    "1.7.25": null,
    gatehouse: ["VALIDATION_ERROR", "[body.name] Invalid input: expected string, received number"],
  },
  "a change of address that is switched off": {
    why: "1.7 gave the answer a code",
    "1.6.9": [undefined, "Change email is disabled"],
    "1.7.25": ["CHANGE_EMAIL_DISABLED", "Change email is disabled"],
    gatehouse: ["CHANGE_EMAIL_DISABLED", "Change email is disabled"],
  },
  "a code of an app that was used": {
    why: "1.6.9 and 1.7 take a code as often as it comes. Null: taken",
    "1.6.9": null,
    "1.7.25": null,
    gatehouse: ["INVALID_CODE", "Invalid code"],
  },
  "setting up an app while one is in use": {
    why: "1.6.9 takes the old secret away; fixed in 1.7.3. Null: done",
    "1.6.9": null,
    "1.7.25": ["TOTP_ALREADY_ENABLED", "TOTP is already enabled"],
    gatehouse: ["TOTP_ALREADY_ENABLED", "TOTP is already enabled"],
  },

  "the invitations of an address that is not verified": {
    why: "anybody can sign up with an address; fixed in 1.6.11. Null: shown",
    "1.6.9": null,
    "1.7.25": [403, "EMAIL_VERIFICATION_REQUIRED_FOR_INVITATION", "Email verification required to view or list invitations for the session email"],
    gatehouse: [403, "EMAIL_VERIFICATION_REQUIRED_FOR_INVITATION", "Email verification required to view or list invitations for the session email"],
  },
  "the invitations of an organization, for a member": {
    why: "an id is as good as the link; fixed in 1.7.25. Null: shown",
    "1.6.9": null,
    "1.7.25": [403, "YOU_ARE_NOT_ALLOWED_TO_LIST_INVITATIONS", "You are not allowed to list invitations for this organization"],
    gatehouse: [403, "YOU_ARE_NOT_ALLOWED_TO_LIST_INVITATIONS", "You are not allowed to list invitations for this organization"],
  },
  "a role that nobody has declared": {
    why: "whoever makes a role of that name would give it; fixed in 1.6.16. Null: done",
    "1.6.9": null,
    "1.7.25": [400, "ROLE_NOT_FOUND", "ROLE_NOT_FOUND: emperor"],
    gatehouse: [400, "ROLE_NOT_FOUND", "ROLE_NOT_FOUND: emperor"],
  },

  // --- what one server understands of both clients
  "an organization without its members": {
    why: "1.6.9 has no such endpoint. Null: answered",
    "1.6.9": [404],
    "1.7.25": null,
    gatehouse: null,
  },
  "a logo of null": {
    why: "1.7 takes a logo away so. Null: done",
    "1.6.9": [400, "VALIDATION_ERROR", "[body.data.logo] Invalid input: expected string, received null"],
    "1.7.25": null,
    gatehouse: null,
  },
  "what setting up a second factor answers besides": {
    why: "1.6.9 knows one method, and does not say so",
    "1.6.9": {},
    "1.7.25": { method: "totp" },
    gatehouse: { method: "totp" },
  },
  "a second factor without an app": {
    why: "the same",
    "1.6.9": false,
    "1.7.25": true,
    gatehouse: true,
  },
  "an account named as the client of 1.6.9 does": {
    why: "1.7 names an account by its own id; the bodies tell the clients apart. Null: understood",
    "1.6.9": null,
    "1.7.25": ["ACCOUNT_NOT_FOUND", "Account not found"],
    gatehouse: null,
  },
  "an account named as the client of 1.7.25 does": {
    why: "the same",
    "1.6.9": ["VALIDATION_ERROR", `[body.providerId] ${missing}`],
    "1.7.25": null,
    gatehouse: null,
  },
  "an account named by its provider alone": {
    why: "the same",
    "1.6.9": null,
    "1.7.25": ["VALIDATION_ERROR", `[body.accountId] ${missing}`],
    gatehouse: null,
  },
};

for (const [name, { why, ...answers }] of Object.entries(differences)) {
  assert.ok(why, `${name}: why?`);
  assert.deepEqual(Object.keys(answers), ["1.6.9", "1.7.25", "gatehouse"], name);
  assert.notEqual(new Set(Object.values(answers).map((a) => JSON.stringify(a))).size, 1, `${name} is no difference`);
}

// answersOf returns the function that looks up what a server does.
export const answersOf = (server) => (name) => {
  assert.ok(differences[name], `no difference is called ${JSON.stringify(name)}`);
  return differences[name][server];
};
