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
export const jwt = await load("better-auth/dist/plugins/jwt/index.mjs");
const { runWithEndpointContext } = await load("@better-auth/core/dist/context/index.mjs");

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

// keyPair is upstream's jwt plugin with one stored pair. The rows of 1.6.9 have no
// alg: upstream takes it from its options, as is done here.
export function keyPair({ keys, alg, encrypted, row }) {
	const rows = row ? [{ ...row, createdAt: new Date(row.createdAt) }] : [];
	const options = {
		jwks: { keyPairConfig: { alg }, disablePrivateKeyEncryption: !encrypted },
		adapter: {
			getJwks: async () => rows,
			createJwk: async ({ publicKey, privateKey, createdAt }) => (rows.push({ id: "a-key-of-upstream", publicKey, privateKey, createdAt }), rows[0]),
		},
	};
	const ctx = { context: { secretConfig: secretConfig(keys), options: { baseURL: "http://localhost:3000" }, logger: { debug() {}, warn() {} } } };
	return {
		rows,
		sign: (payload) => jwt.signJWT(ctx, { options, payload }),
		verify: (token) => runWithEndpointContext(ctx, () => jwt.verifyJWT(token, options)),
	};
}

// secondFactors is a server of upstream's with the two-factor plugin, on rows by model.
const { betterAuth } = await load("better-auth/dist/index.mjs");
const { memoryAdapter } = await load("better-auth/dist/adapters/memory-adapter/index.mjs");
const { twoFactor } = await load("better-auth/dist/plugins/two-factor/index.mjs");
const { createOTP } = await load("@better-auth/utils/dist/otp.mjs");
const { base32 } = await load("@better-auth/utils/dist/base32.mjs");

export function secondFactors(keys, rows) {
	const given = keys.versions ? { secrets: keys.versions, secret: keys.legacy } : { secret: keys.secret };
	const { api } = betterAuth({
		...given,
		baseURL: "http://localhost:3000",
		database: memoryAdapter(rows),
		emailAndPassword: { enabled: true },
		plugins: [twoFactor({ skipVerificationOnEnable: true })],
		telemetry: { enabled: false },
		logger: { disabled: true },
	});
	const jar = (cookies) => new Headers({ cookie: Object.entries(cookies).map(([name, value]) => `better-auth.${name}=${encodeURIComponent(value)}`).join("; ") });
	return {
		// call returns what an endpoint answers, and the cookies that it sets.
		call: async (name, body, cookies = {}) => {
			const { headers, response } = await api[name]({ body, headers: jar(cookies), returnHeaders: true });
			const set = headers.getSetCookie().map((line) => /^better-auth\.(\w+)=([^;]*)/.exec(line)).map(([, name, value]) => [name, decodeURIComponent(value)]);
			return { ...response, cookies: Object.fromEntries(set) };
		},
	};
}

// appCode is what an authenticator app shows now that has read a URI.
export async function appCode(uri) {
	const { secret, digits, period } = Object.fromEntries(new URL(uri).searchParams);
	return createOTP(new TextDecoder().decode(base32.decode(secret)), { digits: Number(digits), period: Number(period) }).totp();
}
