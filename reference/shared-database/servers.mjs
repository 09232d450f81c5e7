// The two servers, as processes: Better Auth on Node and the gatehouse binary.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { configuration } from "./databases.mjs";

const startTime = 30_000; // ms until a server answers

// None outlives the proof.
const running = new Set();
process.once("exit", () => running.forEach((child) => child.kill("SIGKILL")));

// A Server can be stopped and started again; its origin is another one then.
class Server {
  #process;
  #output = "";

  constructor(name, command, variables) {
    this.name = name;
    this.command = command;
    this.variables = variables;
  }

  // The origin while it runs.
  origin;

  async start() {
    this.#output = "";
    const [program, ...args] = this.command;
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...this.variables } });
    this.#process = child;
    running.add(child);
    child.once("exit", () => running.delete(child));
    this.origin = await new Promise((resolve, reject) => {
      const fail = (what) => reject(new Error(`${this.name} ${what}:\n${this.#output}`));
      const deadline = setTimeout(() => fail("does not start"), startTime);
      const read = (chunk) => {
        this.#output += chunk;
        const port = this.#output.match(/http:\/\/localhost:(\d+)\/api\/auth/)?.[1] ?? this.#output.match(/"address":"[^"]*:(\d+)"/)?.[1];
        if (port) resolve(`http://localhost:${port}`);
        if (port) clearTimeout(deadline);
      };
      child.stdout.on("data", read);
      child.stderr.on("data", read);
      child.once("error", (error) => fail(`is not run (${error.message})`));
      child.once("exit", (code) => fail(`ended with ${code}`));
    });
  }

  // stop ends it as an init system does.
  async stop() {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once("exit", done));
    child.kill("SIGTERM");
    const deadline = setTimeout(() => child.kill("SIGKILL"), startTime);
    await ended;
    clearTimeout(deadline);
    this.origin = undefined;
  }

  get running() {
    return this.origin !== undefined;
  }

  // What it wrote, for the report of a failure.
  get output() {
    return this.#output;
  }

  // dev asks one of the routes below /dev.
  async dev(method, path) {
    const response = await fetch(`${this.origin}/dev/${path}`, { method });
    assert.equal(response.status, 200, `${this.name} answers ${response.status} to ${method} /dev/${path}:\n${this.#output}`);
    return response.json();
  }
}

// makeServers returns {betterAuth, gatehouse} with one configuration, and
// migrate, which runs `gatehouse migrate` with more arguments: {code, output}.
export function makeServers({ binary, folder, options, database, redis }) {
  const specification = join(folder, "better-auth.json");
  const file = join(folder, "gatehouse.json");
  writeFileSync(specification, JSON.stringify({ options, database, redis }));
  writeFileSync(
    file,
    JSON.stringify({
      ...options,
      database: configuration(database),
      ...(redis && { secondaryStorage: { redis: redis.url, keyPrefix: redis.prefix } }),
      // Both servers stand behind the proof itself, which names the clients.
      advanced: { ...options.advanced, ipAddress: { trustedProxies: ["127.0.0.1/32", "::1/128"] } },
    }),
  );
  const program = fileURLToPath(new URL("better-auth-server.mjs", import.meta.url));
  return {
    betterAuth: new Server("Better Auth", [process.execPath, program, specification], { NODE_ENV: "development" }),
    gatehouse: new Server("Gatehouse", [binary, "serve", "--dev", "--config", file, "--addr", "localhost:0"]),
    migrate: (...args) =>
      new Promise((done) => {
        const command = ["migrate", ...args, "--config", file];
        execFile(binary, command, (error, out, err) => done({ code: error?.code ?? 0, output: out + err }));
      }),
  };
}
