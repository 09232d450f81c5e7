// Plays the requests of a scenario over HTTP: jars, saved values, bodies.
import { createHmac } from "node:crypto";
import http from "node:http";
import { describe, keep, unsign } from "./cookies.mjs";
import { withoutProse } from "./prose.mjs";

// totp is the code that an authenticator app shows now (RFC 6238) which has read
// this URI.
function totp(uri) {
  const { secret, digits, period } = Object.fromEntries(new URL(uri).searchParams);
  const bits = [...secret].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 1000 / period)));
  const sum = createHmac("sha1", key).update(counter).digest();
  const number = sum.readUInt32BE(sum.at(-1) & 15) & 0x7fffffff;
  return String(number % 10 ** digits).padStart(digits, "0");
}

const functions = {
  totp,
  // One letter becomes another one, in the middle.
  flip: (s) => {
    const at = Math.floor(s.length / 2);
    return s.slice(0, at) + (s[at] === "A" ? "B" : "A") + s.slice(at + 1);
  },
  truncate: (s) => s.slice(0, -4),
  decode: decodeURIComponent,
  encode: encodeURIComponent,
  unsigned: (s) => decodeURIComponent(s).replace(/\.[^.]*$/, ""),
  upper: (s) => s.toUpperCase(),
};

const variable = /\$\{(?:(\w+)\()?([\w-]+)\)?\}/g;

// interpolate puts saved values in the place of ${name} and ${function(name)}.
export function interpolate(value, saved) {
  if (Array.isArray(value)) return value.map((v) => interpolate(v, saved));
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, interpolate(v, saved)]));
  }
  if (typeof value !== "string") return value;
  return value.replace(variable, (text, name, of) => {
    if (name === "letters") return "abcdefghij".repeat(Math.ceil(of / 10)).slice(0, of);
    if (name && !functions[name]) throw new Error(`${text}: there is no function ${name}, only ${Object.keys(functions).join(", ")}`);
    if (saved[of] === undefined) throw new Error(`${text}: no step has saved ${of}`);
    return name ? functions[name](saved[of]) : saved[of];
  });
}

// lookUp finds body.a.b, headers.name or cookies.name in an answer, and mail.url
// in the last of the messages.
function lookUp(path, answer, messages) {
  const [part, ...rest] = path.split(".");
  let found;
  if (part === "body") found = rest.reduce((v, k) => v?.[k], answer.json);
  else if (part === "headers") found = answer.headers[rest.join(".").toLowerCase()];
  else if (part === "cookies") found = answer.received[rest.join(".")];
  else if (part === "mail") {
    if (!messages.length) throw new Error(`save ${path}: the step has sent nothing`);
    const { data, ...message } = messages.at(-1);
    found = { ...message, ...data }[rest.join(".")];
  }
  if (found === undefined || found === null) throw new Error(`save: the answer has no ${path}`);
  return String(found);
}

export class Player {
  #jars = new Map();
  #saved = {};
  #port;
  #origin;
  #prefix;
  #agent = new http.Agent({ keepAlive: true });

  constructor(port, baseURL, basePath) {
    const url = new URL(baseURL);
    this.#port = port;
    this.#origin = url.origin;
    this.#prefix = url.pathname === "/" ? basePath : url.pathname;
  }

  // play sends one request, or makes one call to api, and returns the answer.
  async play(step, api) {
    const given = interpolate(step, this.#saved);
    const as = given.as ?? "alice";
    if (!this.#jars.has(as)) this.#jars.set(as, {});
    const jar = this.#jars.get(as);
    const answer = given.call ? await this.#call(given, jar, api) : await this.#request(given, jar);
    keep(jar, answer.lines);
    answer.received = { ...jar };
    return answer;
  }

  // save keeps what a step wants of its answer and of what it has sent.
  save(step, answer, messages) {
    for (const [name, from] of Object.entries(step.save ?? {})) this.#saved[name] = lookUp(from, answer, messages);
  }

  close() {
    this.#agent.destroy();
  }

  async #request(given, jar) {
    const absolute = /^https?:/.test(given.path);
    const url = new URL(absolute ? given.path : this.#origin);
    // The path goes out as it is written, dots and all.
    const path = absolute ? given.path.slice(url.origin.length) || "/" : this.#prefix + given.path;
    const answer = await this.#send(given.method, path, this.#headers(given, jar, url), this.#body(given));
    return { ...answer, target: given.path };
  }

  // #call has the form of an answer over HTTP: an error's status and body are
  // what the error would be answered with.
  async #call(given, jar, api) {
    if (!api[given.call]) throw new Error(`CALL ${given.call}: upstream has no such endpoint`);
    const headers = new Headers(this.#headers(given, jar, new URL(this.#origin)));
    const { status, headers: sent, value } = await api[given.call]({ ...given.input, headers, returnHeaders: true }).then(
      ({ headers, response }) => ({ status: 200, headers, value: response }),
      (error) => ({ status: error.statusCode ?? 500, headers: new Headers(error.headers), value: error.statusCode ? error.body : undefined }),
    );
    const { "set-cookie": _, ...rest } = Object.fromEntries(sent);
    return { status, headers: rest, lines: sent.getSetCookie(), text: "", json: value === undefined ? undefined : JSON.parse(JSON.stringify(value)) };
  }

  #headers(given, jar, url) {
    const headers = { host: url.host, origin: this.#origin, "user-agent": "scenario" };
    const cookies = { ...jar, ...given.cookies };
    const pairs = Object.entries(cookies).filter(([, v]) => v !== null);
    if (pairs.length) headers.cookie = pairs.map(([k, v]) => `${k}=${v}`).join("; ");
    if (given.form) headers["content-type"] = "application/x-www-form-urlencoded";
    else if (given.body !== undefined) headers["content-type"] = "application/json";
    for (const [name, value] of Object.entries(given.headers ?? {})) {
      if (value === null) delete headers[name.toLowerCase()];
      else headers[name.toLowerCase()] = String(value);
    }
    return headers;
  }

  #body(given) {
    if (given.form) return new URLSearchParams(given.form).toString();
    if (given.body === undefined || typeof given.body === "string") return given.body;
    return JSON.stringify(given.body);
  }

  #send(method, path, headers, body) {
    if (body !== undefined) headers["content-length"] = Buffer.byteLength(body);
    return new Promise((resolve, reject) => {
      const options = { host: "127.0.0.1", port: this.#port, method, path, headers, agent: this.#agent, setHost: false, timeout: 30_000 };
      const request = http.request(options, (response) => {
        const parts = [];
        response.on("data", (part) => parts.push(part));
        response.on("error", reject);
        response.on("end", () => {
          const { "set-cookie": lines = [], ...rest } = response.headers;
          const text = Buffer.concat(parts).toString("utf8");
          const json = /json/.test(rest["content-type"] ?? "") && text ? JSON.parse(text) : undefined;
          resolve({ status: response.statusCode, headers: rest, lines, text, json });
        });
      });
      request.on("timeout", () => request.destroy(new Error(`${method} ${path}: no answer`)));
      request.on("error", reject);
      request.end(body);
    });
  }
}

// What a connection says about itself is not the server's answer.
const ofTheConnection = ["connection", "content-length", "date", "keep-alive", "transfer-encoding"];

// record turns an answer into what a recording keeps of it.
export async function record(step, answer, upstream, look) {
  const out = { step: step.request, status: answer.status };
  const shown = ([name, value]) => {
    const signed = unsign(value, upstream.secret);
    return [name, signed === undefined ? value : `signed ${signed}`];
  };
  if (step.path?.startsWith("$")) out.to = answer.target;
  if (step.as) out.as = step.as;
  const headers = Object.entries(answer.headers).filter(([name]) => !ofTheConnection.includes(name));
  if (headers.length) out.headers = Object.fromEntries(headers.map(shown).sort(([a], [b]) => (a < b ? -1 : 1)));
  if (answer.lines.length) out.cookies = await describe(answer.lines, upstream);
  if (answer.json !== undefined) out.body = answer.json?.openapi ? withoutProse(answer.json) : answer.json;
  else if (/html/.test(answer.headers["content-type"] ?? "")) out.html = look(answer.text);
  else if (answer.text) out.text = answer.text;
  return out;
}
