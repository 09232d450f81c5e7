// Placeholders for values that are new in every run. A value keeps its name
// through a whole scenario: <user.id:1> is the same user in bodies, cookies,
// rows and messages.

// A value without a known origin is named after what it looks like.
const looks = [
  ["challenge", /(?<=2fa-)[A-Za-z0-9_-]{20}(?![A-Za-z0-9_-])/g],
  ["signature", /(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{43}(?=!trust-device-)/g],
  ["trust-device", /(?<=trust-device-)[A-Za-z0-9_-]{32}(?![A-Za-z0-9_-])/g],
  ["totp-secret", /(?<=^encrypted )[A-Za-z0-9_-]{32}$/g],
  ["base32", /(?<=[?&]secret=)[A-Z2-7]{52}/g],
  ["hashed-code", /^[A-Za-z0-9_-]{43}(?=:\d+$)/g],
  ["uuid", /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g],
  ["hash", /[0-9a-f]{32}:[0-9a-f]{128}/g],
  ["random32", /(?<![A-Za-z0-9<.:-])[A-Za-z0-9]{32}(?![A-Za-z0-9>])/g],
];

const jwt = /eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+(?![.A-Za-z0-9_-])/g;

export class Names {
  #byValue = new Map();
  // Codes are too short to be told from other text, unless they stand alone.
  #codes = new Map();
  #counts = new Map();
  // JWTs that were named, so that their content can be shown.
  jwts = new Map();

  // give names a value, unless it has a name already or is too short to be
  // told from other text.
  give(kind, value) {
    if (typeof value !== "string" || value.length < 16 || this.#byValue.has(value)) return;
    const number = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, number);
    this.#byValue.set(value, `<${kind}:${number}>`);
  }

  // identifier names one of a verification that is stored as a hash.
  identifier(value) {
    if (/^[A-Za-z0-9_-]{43}$/.test(value)) this.give("verification.identifier", value);
  }

  // code names a value that is short, and digits or letters.
  code(kind, value) {
    if (typeof value !== "string" || this.#codes.has(value)) return;
    const number = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, number);
    this.#codes.set(value, `<${kind}:${number}>`);
  }

  // codes names the backup codes of an answer.
  codes(body) {
    for (const code of Array.isArray(body?.backupCodes) ? body.backupCodes : []) this.code("backup-code", code);
  }

  // messages names the tokens that were sent, but for JWTs.
  messages(outbox) {
    for (const { type, data } of outbox) {
      if (!data.token?.includes(".")) this.give(`${type}.token`, data.token);
      this.code(`${type}.otp`, data.otp);
    }
  }

  // in replaces every such value in a JSON value.
  in(value) {
    if (typeof value === "string") return this.#text(value);
    if (Array.isArray(value)) return value.map((v) => this.in(v));
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([k, v]) => [this.#text(k), this.in(v)]));
    }
    return value;
  }

  #text(text) {
    for (const [token] of text.matchAll(jwt)) {
      this.give("jwt", token);
      this.jwts.set(this.#byValue.get(token), token);
    }
    // Longest first: a token may hold an id.
    for (const [value, name] of [...this.#byValue].sort((a, b) => b[0].length - a[0].length)) {
      text = text.replaceAll(value, name);
    }
    for (const [code, name] of this.#codes) {
      text = text.replaceAll(new RegExp(`(?<![A-Za-z0-9_-])${code}(?![A-Za-z0-9_-])`, "g"), name);
    }
    for (const [kind, look] of looks) {
      text = text.replaceAll(look, (value) => {
        this.give(kind, value);
        return this.#byValue.get(value);
      });
    }
    return text;
  }
}
