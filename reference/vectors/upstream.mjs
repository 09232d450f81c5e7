// Loads the functions of an installed Better Auth that the vectors are made and
// checked with. Nothing is installed here: name a node_modules folder that
// holds better-auth, as the first argument or in GATEHOUSE_UPSTREAM.
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const modules = resolve(process.argv[2] || process.env.GATEHOUSE_UPSTREAM || "node_modules");
if (!existsSync(join(modules, "better-auth", "package.json"))) {
	console.error(`no better-auth in ${modules}: give its node_modules folder as the first argument or in GATEHOUSE_UPSTREAM`);
	process.exit(2);
}

const load = (path) => import(pathToFileURL(join(modules, path)).href);

export const version = JSON.parse(readFileSync(join(modules, "better-auth", "package.json"), "utf8")).version;
export const crypto = await load("better-auth/dist/crypto/index.mjs");
export const cookies = await load("better-auth/dist/cookies/index.mjs");
export const secrets = await load("better-auth/dist/context/secret-utils.mjs");
export const call = await load("better-call/dist/index.mjs");
export const jose = await load("jose/dist/webapi/index.js");

// Keys are written {secret} or {versions: [{version, value}], legacy}.
export const currentSecret = (keys) => (keys.versions ? keys.versions[0].value : keys.secret);
export const secretConfig = (keys) =>
	keys.versions ? secrets.buildSecretConfig(keys.versions, keys.legacy) : keys.secret;

// endpoint makes the context in which upstream's cookie functions run, for a
// request with this Cookie header. `lines` gives the Set-Cookie lines so far.
export async function endpoint({ keys, options = {}, header = "" }) {
	const ctx = await call.createInternalContext(
		{
			headers: new Headers(header ? { cookie: header } : {}),
			context: {
				options,
				secret: currentSecret(keys),
				secretConfig: secretConfig(keys),
				authCookies: cookies.getCookies(options),
				createAuthCookie: cookies.createCookieGetter(options),
				sessionConfig: { expiresIn: options.session?.expiresIn || 604800 },
				oauthConfig: {},
				logger: { debug() {}, warn() {} },
				setNewSession() {},
			},
		},
		{ options: { method: "GET" }, path: "/vectors" },
	);
	return { ctx, lines: () => ctx.responseHeaders.getSetCookie() };
}
