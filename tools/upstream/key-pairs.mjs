// The key pairs of the jwt plugin, whose numbers and signatures are new in every run.
import { createPublicKey, verify } from "node:crypto";

const json = (base64url) => JSON.parse(Buffer.from(base64url, "base64url").toString("utf8"));

const algorithms = {
  EdDSA: { hash: null },
  ES256: { hash: "sha256", dsaEncoding: "ieee-p1363" },
  ES512: { hash: "sha512", dsaEncoding: "ieee-p1363" },
  PS256: { hash: "sha256", padding: 6, saltLength: 32 }, // RSA_PKCS1_PSS_PADDING
  RS256: { hash: "sha256" },
};

export class KeyPairs {
  #public = new Map();

  // see takes note of the pairs that are stored, and names what they are made of.
  async see({ database, ...upstream }, names) {
    for (const { id, publicKey, privateKey } of database.pairs()) {
      const jwk = JSON.parse(publicKey);
      this.#public.set(id, jwk);
      // One of another secret is known by its public key.
      const text = (await opened(privateKey, upstream))?.plain ?? privateKey;
      const secret = text.startsWith("{") ? JSON.parse(text) : {};
      for (const [member, value] of Object.entries({ ...jwk, ...secret })) names.give(`jwk.${member}`, value);
    }
  }

  // open returns a token's content, or undefined if no pair has signed it in the
  // algorithm that it names.
  open(token) {
    const [head, payload, signature] = token.split(".");
    const header = json(head);
    const jwk = this.#public.get(header.kid);
    const { hash, ...how } = algorithms[header.alg] ?? {};
    if (!jwk || hash === undefined) return undefined;
    const key = { key: createPublicKey({ key: jwk, format: "jwk" }), ...how };
    if (!verify(hash, Buffer.from(`${head}.${payload}`), key, Buffer.from(signature, "base64url"))) return undefined;
    return { header, payload: json(payload) };
  }
}

// Behind a ciphertext there can be a count of tries.
const encrypted = /^("?)((?:\$ba\$\d+\$)?)([0-9a-f]{80,})\1((?::\d+)?)$/;

// opened reads a text that the server's secret has encrypted.
async function opened(text, { crypto, secretConfig }) {
  const found = typeof text === "string" && encrypted.exec(text);
  if (!found) return undefined;
  const [, quote, envelope, hex, tries] = found;
  try {
    return { quote, envelope, tries, plain: await crypto.symmetricDecrypt({ key: secretConfig, data: envelope + hex }) };
  } catch {
    return undefined; // not one of ours
  }
}

// revealed shows what is encrypted in rows by what it holds.
export async function revealed(rows, upstream) {
  const out = {};
  for (const [model, list] of Object.entries(rows)) {
    out[model] = [];
    for (const row of list) {
      const shown = {};
      for (const [column, value] of Object.entries(row)) {
        const text = await opened(value, upstream);
        shown[column] = text ? `${text.quote}encrypted ${text.envelope}${text.plain}${text.quote}${text.tries}` : value;
      }
      out[model].push(shown);
    }
  }
  return out;
}
