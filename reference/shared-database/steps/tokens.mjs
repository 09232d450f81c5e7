// Key pairs of the jwt plugin, made by one server: the other signs and verifies with
// them.
import assert from "node:assert/strict";
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import { succeeded } from "../../client/answers.mjs";
import { Device, newPerson } from "../people.mjs";

export const issuer = "https://issuer.example.com";
export const audience = "https://api.example.com";

export default ({ first, second, query }) => {
  const ann = newPerson();
  const laptop = new Device();
  let token, id;

  const ask = async (server, path) => succeeded(await laptop.at(server).auth.$fetch(path));
  // A service that has the keys of one of the servers.
  const verify = async (server, text) => {
    const { payload } = await jwtVerify(text, createLocalJWKSet(await ask(server, "/jwks")), { issuer, audience, algorithms: ["EdDSA"] });
    assert.equal(payload.sub, id);
    assert.equal(payload.email, ann.email);
  };

  return [
    [first, "somebody signs up and gets a token", async () => {
      const { name, email, password, fields } = ann;
      ({ id } = succeeded(await laptop.at(first).auth.signUp.email({ name, email, password, ...fields })).user);
      ({ token } = await ask(first, "/token"));
      await verify(first, token);
    }],
    [second, "its keys verify the other one's token", () => verify(second, token)],
    [second, "a token that it signs is of a key that is there", async () => {
      ({ token } = await ask(second, "/token"));
      await verify(second, token);
      const rows = await query(`SELECT id FROM jwks`);
      assert.ok(rows.some((row) => String(row.id) === decodeProtectedHeader(token).kid));
      // 1.6.9 makes a pair of its own if it has begun before the other one had one.
      assert.ok(rows.length <= 2, `${rows.length} key pairs`);
    }],
    [first, "its keys verify the other one's token", () => verify(first, token)],
  ];
};
