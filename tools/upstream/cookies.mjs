// Set-Cookie lines as data: name, attributes in order, and the value by what is
// in it, so that a recording shows contents instead of signatures.
import { createHmac } from "node:crypto";

const hmac = (secret, text, encoding) => createHmac("sha256", secret).update(text).digest(encoding);
const json = (base64url) => JSON.parse(Buffer.from(base64url, "base64url").toString("utf8"));

// split takes a line apart.
export function split(line) {
  const [pair, ...attributes] = line.split(/; */);
  const at = pair.indexOf("=");
  return { name: pair.slice(0, at), raw: pair.slice(at + 1), attributes };
}

const gone = (attributes) => attributes.some((a) => /^max-age=0$/i.test(a));

// keep puts the cookies of an answer into a jar. It holds them until the server
// takes them back, also past their Max-Age: how the server judges an old cookie
// is what a scenario wants to see.
export function keep(jar, lines) {
  for (const { name, raw, attributes } of lines.map(split)) {
    if (gone(attributes)) delete jar[name];
    else jar[name] = raw;
  }
}

// decodeJWT returns a JWT's content, or undefined if the secret did not sign it.
export function decodeJWT(token, secret) {
  const [header, payload, signature] = token.split(".");
  if (hmac(secret, `${header}.${payload}`, "base64url") !== signature) return undefined;
  return { header: json(header), payload: json(payload) };
}

// decodeCompact is the same for the compact session cache.
function decodeCompact(value, secret) {
  const { session, expiresAt, signature, ...rest } = json(value);
  if (hmac(secret, JSON.stringify({ ...session, expiresAt }), "base64url") !== signature) return undefined;
  return { session, expiresAt, ...rest };
}

// What upstream derives the key of an encrypted cookie for.
const purposes = ["better-auth-session", "better-auth-account"];

// unsign returns what a value signed by the secret holds, or undefined.
export function unsign(value, secret) {
  const signed = /^(.*)\.([A-Za-z0-9+/]{43}=)$/s.exec(value);
  return signed && hmac(secret, signed[1], "base64") === signed[2] ? signed[1] : undefined;
}

async function content(value, upstream) {
  const { secret, secretConfig, crypto } = upstream;
  const signed = unsign(value, secret);
  if (signed !== undefined) return { signed };
  const dots = value.split(".").length - 1;
  try {
    if (dots === 4 && value.startsWith("eyJ")) {
      for (const purpose of purposes) {
        const payload = await crypto.symmetricDecodeJWT(value, secretConfig, purpose);
        // The key's thumbprint follows from the secret, which is fixed.
        if (payload) return { jwe: { header: json(value.split(".")[0]), payload } };
      }
    }
    if (dots === 2 && value.startsWith("eyJ")) {
      const jwt = decodeJWT(value, secret);
      if (jwt) return { jwt };
    }
    if (dots === 0 && value.startsWith("eyJ")) {
      const compact = decodeCompact(value, secret);
      if (compact) return { compact };
    }
  } catch {
    // Not one of ours: shown as it is.
  }
  return { value };
}

// describe turns the lines of one answer into data. A value that was split over
// name.0, name.1 and so on is shown once, at the first chunk.
export async function describe(lines, upstream) {
  const parsed = lines.map(split);
  const out = [];
  for (const { name, raw, attributes } of parsed) {
    const value = decodeURIComponent(raw);
    const entry = { name };
    const chunk = /^(.*)\.(\d+)$/.exec(name);
    if (chunk && value) {
      if (chunk[2] === "0") {
        const all = parsed.filter((c) => c.name.startsWith(`${chunk[1]}.`) && c.raw && /\.\d+$/.test(c.name));
        Object.assign(entry, await content(all.map((c) => decodeURIComponent(c.raw)).join(""), upstream));
      }
      entry.length = raw.length;
    } else {
      Object.assign(entry, await content(value, upstream));
    }
    // How a value is escaped is a fact of its own.
    if (encodeURIComponent(value) !== raw) entry.escaped = raw === value ? "not" : "otherwise";
    entry.attributes = attributes;
    out.push(entry);
  }
  return out;
}
