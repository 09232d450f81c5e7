// Runs the published, unmodified better-auth client against a server:
//
//	node scenario.mjs <folder with better-auth in node_modules> <base URL> [--profile NAME] [--server 1.6.9|1.7.25|gatehouse] [--link PROGRAM|URL [--link ARGUMENT]...]
//
// The base URL is that of the API, such as http://localhost:3000/api/auth. The
// server has the configuration of profiles/NAME.json (dev, which is what
// `gatehouse dev` has) and an outbox at /dev/outbox. The same steps hold for
// Better Auth itself (upstream-server.mjs) and for Gatehouse; differences.mjs
// says where they do not. Prints a line a step; the exit code is 1 if a step failed.
import { parseArgs } from "node:util";
import { differences } from "./differences.mjs";
import { setStage } from "./stage.mjs";

// What is played on a server with a profile, in order.
const programme = {
  dev: ["sign-in", "sessions", "use-session", "reset-password", "change-password", "verify-email", "change-email", "delete-user", "accounts"],
  direct: ["update-user", "update-session", "deferred-refresh", "change-email-at-once", "delete-user-at-once", "reset-password-everywhere"],
  verified: ["verified-only", "change-email-verified"],
  cached: ["session-cache"],
  bare: ["switched-off"],
  jwt: ["jwt"],
  organization: ["organization"],
  "two-factor": ["two-factor"],
};

const usage = "usage: node scenario.mjs <folder with better-auth in node_modules> <base URL> [--profile NAME] [--server NAME] [--link PROGRAM|URL]...";
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    profile: { type: "string", default: "dev" },
    server: { type: "string", default: "gatehouse" },
    link: { type: "string", multiple: true, default: [] },
  },
});
const [folder, baseURL] = positionals;
const { profile, server, link } = values;
if (!folder || !baseURL || !programme[profile] || !["1.6.9", "1.7.25", "gatehouse"].includes(server)) {
  console.error(usage);
  process.exit(2);
}

const stage = await setStage({ folder, baseURL, server, link });
const steps = [];
for (const name of programme[profile]) {
  const { default: part } = await import(`./steps/${name}.mjs`);
  steps.push(...Object.entries(part(stage)));
}

if (!stage.link) console.log("skip  accounts of other providers: there is no --link to make them with");
let passed = 0;
let failures = 0;
for (const [name, step] of steps) {
  try {
    await step();
    passed++;
    console.log(`ok    ${name}`);
  } catch (error) {
    failures++;
    const where = String(error?.stack).match(/steps\/[\w-]+\.mjs:\d+/)?.[0] ?? "";
    console.log(`FAIL  ${name} (${where})\n      ${String(error?.message ?? error).replaceAll("\n", "\n      ")}`);
    // Without a server every further step would say the same.
    if (passed === 0) break;
  }
}
console.log(`client ${stage.version}, ${profile}: ${passed} passed, ${failures} failed`);
// The client's atoms keep timers; they are not waited for.
process.exit(failures === 0 ? 0 : 1);
