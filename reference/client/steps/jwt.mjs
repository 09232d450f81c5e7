// The jwt plugin: tokens that a service verifies with the server's public keys.
import assert from "node:assert/strict";
import { failed, succeeded } from "../answers.mjs";

export default ({ baseURL, origin, open, person, load }) => {
  const tess = person("Tess");
  const expected = { issuer: origin, audience: "https://files.example", algorithms: ["ES256"] };
  let laptop, jose, user, token;

  return {
    "who is not signed in gets no token": async () => {
      const { jwtClient } = await load("better-auth/client/plugins");
      jose = await load("jose");
      laptop = open(undefined, [jwtClient()]);
      failed(await laptop.auth.token(), 401, "UNAUTHORIZED", "Unauthorized");
    },
    "a token says who is signed in": async () => {
      ({ user } = succeeded(await laptop.auth.signUp.email(tess)));
      ({ token } = succeeded(await laptop.auth.token()));
      assert.deepEqual(Object.keys(jose.decodeProtectedHeader(token)).sort(), ["alg", "kid"]);
    },
    "the keys that the client asks for verify it": async () => {
      const set = succeeded(await laptop.auth.jwks());
      // Better Auth makes several where both clients ask first; the races of the plugin
      // show that Gatehouse does not.
      assert.ok(set.keys.length > 0);
      for (const key of set.keys) assert.deepEqual(Object.keys(key).sort(), ["alg", "crv", "kid", "kty", "x", "y"]);
      const { payload } = await jose.jwtVerify(token, jose.createLocalJWKSet(set), expected);
      const { iat, exp, iss, aud, ...rest } = payload;
      assert.deepEqual({ iss, aud, lasts: exp - iat }, { iss: origin, aud: ["https://api.example", "https://files.example"], lasts: 3600 });
      const { id, email, name, emailVerified, createdAt } = user;
      assert.deepEqual(
        { id: rest.id, email: rest.email, name: rest.name, emailVerified: rest.emailVerified, createdAt: rest.createdAt, sub: rest.sub },
        { id, email, name, emailVerified, createdAt: createdAt.toISOString(), sub: id },
      );
    },
    "so do those that a service asks for": async () => {
      const keys = jose.createRemoteJWKSet(new URL(`${baseURL}/jwks`));
      assert.equal((await jose.jwtVerify(token, keys, expected)).payload.sub, user.id);
      const at = token.lastIndexOf(".") + 5;
      const changed = token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
      await assert.rejects(jose.jwtVerify(changed, keys, expected), { code: "ERR_JWS_SIGNATURE_VERIFICATION_FAILED" });
    },
    "a session comes with one in a header": async () => {
      let headers;
      succeeded(await laptop.auth.getSession({ fetchOptions: { onSuccess: ({ response }) => void (headers = response.headers) } }));
      assert.equal(jose.decodeJwt(headers.get("set-auth-jwt")).sub, user.id);
      assert.match(headers.get("access-control-expose-headers"), /(^|, )set-auth-jwt($|, )/);
    },
    "who has signed out gets none": async () => {
      succeeded(await laptop.auth.signOut());
      let headers;
      assert.equal(succeeded(await laptop.auth.getSession({ fetchOptions: { onSuccess: ({ response }) => void (headers = response.headers) } })), null);
      assert.equal(headers.get("set-auth-jwt"), null);
      failed(await laptop.auth.token(), 401, "UNAUTHORIZED", "Unauthorized");
    },
  };
};
