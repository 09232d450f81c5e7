// Writes the vectors beside this file by running Better Auth:
//
//	node make.mjs <node_modules>
//
// vectors_test.go checks that Gatehouse reads what upstream wrote, and
// check.mjs the other direction. Salts, nonces and times are new in each run.
import { scryptSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { appCode, call, cookies, crypto, currentSecret, endpoint, jose, keyPair, secondFactors, secretConfig, version } from "./upstream.mjs";

const write = (name, vectors) => {
	const text = JSON.stringify({ upstream: version, vectors }, null, "\t");
	writeFileSync(new URL(`${name}.json`, import.meta.url), `${text}\n`);
};

const plain = { secret: "kZ7nq0pTqW3yVb8sLx2mGd5hRf9cJt4u" };
const short = { secret: "short" };
const unicode = { secret: "pässwörter-für-🔐-cookies-und-mehr-davon" };
const rotated = {
	versions: [
		{ version: 2, value: "second-secret-Yq8wT4zLm1nB6vXc0pKj" },
		{ version: 1, value: "first-secret-Rf3gH7jK9lQ2wE5tY8uI" },
	],
	legacy: "legacy-secret-aS4dF6gH8jK0lZ2xC4vB",
};
const firstOnly = { versions: [rotated.versions[1]], legacy: rotated.legacy };
const legacyOnly = { secret: rotated.legacy };

// --- passwords

const passwords = [
	["plain ASCII", "correct horse battery staple"],
	["a single character", "a"],
	["nothing at all", ""],
	["spaces are kept", "  padded  "],
	["a colon", "a:b:c"],
	["a zero byte", "a\0b"],
	["precomposed letters", "Zo\u00eb caf\u00e9"],
	["the same letters decomposed", "Zoe\u0308 cafe\u0301"],
	["a ligature and full-width digits", "\ufb01n\uff11\uff12\uff13"],
	["the longest expansion there is", "\ufdfa".repeat(8)],
	["the longest expansion at the maximum length", "\ufdfa".repeat(128)],
	["Hangul syllables from letters", "\u1112\u1161\u11ab\u1100\u1173\u11af"],
	["marks out of order", "a\u0301\u0323\u0327b\u0344"],
	["forty marks on one letter", `a${"\u0301\u0323".repeat(20)}`],
	["forty marks after nothing", "\u0301".repeat(40)],
	["an emoji", "\ud83d\udd11\ud83d\udc68\u200d\ud83d\udc69\u200d\ud83d\udc67"],
	["a lone high surrogate", "key\ud83d"],
	["a lone low surrogate", "\udd11key"],
	["swapped surrogates", "\udd11\ud83d"],
	["the replacement character itself", "key\ufffd"],
	["Arabic and Hebrew", "\u0643\u0644\u0645\u0629 \u05e1\u05d9\u05e1\u05de\u05d4"],
	["a byte order mark", "\ufeffsecret"],
	["128 characters", "0123456789abcdef".repeat(8)],
	["4096 characters", "long".repeat(1024)],
];

// A small generator with a fixed seed: the same texts in every run.
let state = 0x9e3779b9;
const random = (n) => {
	state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
	return Math.floor((state / 2 ** 32) * n);
};
const ranges = [
	[0x20, 0x7e], [0xc0, 0x24f], [0x300, 0x34e], [0x350, 0x36f], [0x5b0, 0x5bd], [0x64b, 0x652], [0x915, 0x94d],
	[0x9be, 0x9d7], [0xb47, 0xb57], [0x1100, 0x1112], [0x1161, 0x1175], [0x11a8, 0x11c2], [0x1e00, 0x1eff],
	[0x1f00, 0x1f15], [0x2000, 0x200a], [0x2070, 0x2071], [0x2460, 0x2490], [0x3041, 0x309a], [0x3131, 0x3140],
	[0xac00, 0xac40], [0xf900, 0xf930], [0xfb00, 0xfb06], [0xfb1d, 0xfb36], [0xfdf0, 0xfdfb], [0xff01, 0xff9f],
	[0x1d15e, 0x1d164], [0x1d400, 0x1d420], [0x11099, 0x110bb], [0x2f800, 0x2f820],
];
const text = () => {
	const marks = random(4) === 0;
	let s = "";
	for (let i = 1 + random(marks ? 60 : 12); i > 0; i--) {
		const [from, to] = ranges[marks && random(40) > 0 ? 2 + random(2) : random(ranges.length)];
		s += String.fromCodePoint(from + random(to - from + 1));
	}
	return s;
};

async function makePasswords() {
	const out = [];
	for (const [name, password] of passwords) {
		const hash = await crypto.hashPassword(password);
		if (!(await crypto.verifyPassword({ hash, password }))) throw new Error(`upstream refuses its own hash of ${name}`);
		out.push({ name, password, length: password.length, hash });
	}
	write("passwords", out);

	// Many texts at the lowest cost: for the normalisation, not for scrypt.
	const cheap = [];
	for (let i = 0; i < 400; i++) {
		const password = text();
		const salt = "00112233445566778899aabbccddeeff";
		const key = scryptSync(password.normalize("NFKC"), salt, 64, { N: 2, r: 1, p: 1 }).toString("hex");
		cheap.push({ name: `text ${i}`, password, length: password.length, hash: `${salt}:${key}` });
	}
	write("normalization", cheap);
}

// --- signed cookies and Set-Cookie lines

const attributes = { path: "/", httpOnly: true, secure: true, sameSite: "lax", maxAge: 604800 };

async function makeSigned() {
	const out = [];
	for (const [name, keys, value] of [
		["a session token", plain, "Zx9QmV2LkT7bNcR4yHgW1pSdFuJ8eAo3"],
		["a value with dots", plain, "a.b.c."],
		["a value that is not ASCII", plain, "grüße 🔑; path=/"],
		["JSON", plain, JSON.stringify({ client_id: "x", scope: "openid email" })],
		["a short secret", short, "true"],
		["a secret that is not ASCII", unicode, "true"],
		["the current one of several secrets", rotated, "token"],
	]) {
		const line = await call.serializeSignedCookie("better-auth.session_token", value, currentSecret(keys), { ...attributes });
		const header = line.split(";")[0];
		const { ctx } = await endpoint({ keys, header });
		if ((await ctx.getSignedCookie("better-auth.session_token", currentSecret(keys))) !== value) throw new Error(name);
		out.push({ name, keys, value, header, line });
	}
	write("signed", out);
}

function makeLines() {
	const out = [];
	for (const [name, cookie, value, options] of [
		["no attributes", "a", "b", {}],
		["every attribute", "a", "b", { ...attributes, domain: "example.com", expires: new Date(1735689600000), partitioned: true }],
		["everything that is encoded", "a", "\u0001 !\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~\u007f\u00e9\u20ac🔑", {}],
		["an empty value", "a", "", { path: "/" }],
		["a deletion", "a", "", { ...attributes, maxAge: 0 }],
		["seconds are whole", "a", "b", { maxAge: 59.9 }],
		["400 days", "a", "b", { maxAge: 34560000 }],
		["a secure prefix", "__Secure-a", "b", { path: "/x", domain: "example.com" }],
		["a host prefix", "__Host-a", "b", { path: "/x", domain: "example.com" }],
		["strict", "a", "b", { sameSite: "strict" }],
		["none", "a", "b", { sameSite: "none", secure: true }],
		["a capital letter already", "a", "b", { sameSite: "Lax" }],
	]) {
		const line = call.serializeCookie(cookie, value, { ...options });
		out.push({ name, cookie, value, attributes: { ...options, expires: options.expires?.getTime() }, line });
	}
	write("lines", out);
}

function makeHeaders() {
	const headers = [
		["nothing", ""],
		["one cookie", "a=b"],
		["several cookies", "a=b; c=d;e=f ;  g=h"],
		["the first of a repeated name", "a=1; a=2; a=3"],
		["a piece without an equals sign", "flag; a=b; flag2; c=d; flag3"],
		["nothing but pieces", "a; b; c"],
		["empty pieces", ";; ;a=b;;"],
		["an empty value", "a=; b=c"],
		["an empty name", "=a; b=c"],
		["more equals signs", "a=b=c==; d==e"],
		["quotes", 'a="b c"; d="e; f="; g="'],
		["one quote takes the last character", 'a="bcd'],
		["percent encoding", "a=%F0%9F%94%91%20x%2By; b=+"],
		["broken percent encoding", "a=%; b=%4; c=%zz; d=100%; e=%41%zz"],
		["percent encoding that is not UTF-8", "a=%ff; b=%c3; c=%ed%a0%80; d=%c0%80; e=%41%ff"],
		["encoded and not", "a=x.y=; b=x.y%3D"],
		["white space", "\ta \t=\t b \t; c = d "],
		["names are case-sensitive", "A=1; a=2"],
		["prototype names", "__proto__=1; constructor=2; toString=3"],
	];
	write("headers", headers.map(([name, header]) => ({ name, header, cookies: [...call.parseCookies(header)] })));
}

function makeSpecs() {
	const cases = [
		["an http base URL", { baseURL: "http://localhost:3000" }],
		["an https base URL", { baseURL: "https://app.example.com" }],
		["no base URL", {}],
		["secure cookies by option", { baseURL: "http://localhost", advanced: { useSecureCookies: true } }],
		["insecure cookies by option", { baseURL: "https://app.example.com", advanced: { useSecureCookies: false } }],
		["a dynamic base URL over https", { baseURL: { allowedHosts: ["*"], protocol: "https" } }],
		["a dynamic base URL over http", { baseURL: { allowedHosts: ["*"], protocol: "http" } }],
		["a dynamic base URL over either", { baseURL: { allowedHosts: ["*"], protocol: "auto" } }],
		["another prefix", { baseURL: "https://app.example.com", advanced: { cookiePrefix: "my-app" } }],
		["subdomains of the base URL", { baseURL: "https://app.example.com", advanced: { crossSubDomainCookies: { enabled: true } } }],
		["subdomains of a domain", { baseURL: "https://app.example.com", advanced: { crossSubDomainCookies: { enabled: true, domain: ".example.com" } } }],
		["subdomains of a dynamic base URL", { baseURL: { allowedHosts: ["*"], protocol: "https" }, advanced: { crossSubDomainCookies: { enabled: true } } }],
		["attributes for all", { baseURL: "https://app.example.com", advanced: { defaultCookieAttributes: { sameSite: "none", partitioned: true, httpOnly: false, path: "/auth", domain: "x.example.com", maxAge: 60 } } }],
		["one renamed", { baseURL: "https://app.example.com", advanced: { cookies: { session_token: { name: "sid" }, two_factor: { name: "2fa" } } } }],
		["one changed", { baseURL: "https://app.example.com", advanced: { defaultCookieAttributes: { sameSite: "strict" }, cookies: { session_token: { attributes: { sameSite: "none", secure: false, maxAge: 0 } }, two_factor: { attributes: { maxAge: 1 } } } } }],
		["other lifetimes", { baseURL: "https://app.example.com", session: { expiresIn: 3600, cookieCache: { maxAge: 30 } } }],
	];
	write("specs", cases.map(([name, options]) => {
		const set = cookies.getCookies(options);
		const create = cookies.createCookieGetter(options);
		return {
			name,
			options,
			cookies: {
				session_token: set.sessionToken,
				session_data: set.sessionData,
				account_data: set.accountData,
				dont_remember: set.dontRememberToken,
				two_factor: create("two_factor", { maxAge: 600 }),
			},
		};
	}));
}

// --- ciphers and tokens

async function makeCiphers() {
	const out = [];
	for (const [name, keys, data, readers] of [
		["a plain secret", plain, "a token", [plain]],
		["an empty text", plain, "", [plain]],
		["a text that is not ASCII", unicode, "grüße 🔑 \u2028", [unicode]],
		["a long text", plain, "0123456789".repeat(2000), [plain]],
		["a short secret", short, "a token", [short]],
		["the current version", rotated, "a token", [rotated]],
		["an earlier version", firstOnly, "a token", [firstOnly, rotated]],
		["the legacy secret", legacyOnly, "a token", [legacyOnly, rotated, firstOnly]],
	]) {
		const text = await crypto.symmetricEncrypt({ key: secretConfig(keys), data });
		for (const reader of readers) {
			if ((await crypto.symmetricDecrypt({ key: secretConfig(reader), data: text })) !== data) throw new Error(name);
		}
		out.push({ name, readers, plaintext: data, text });
	}
	write("ciphers", out);
}

const claims = [
	["one claim", { email: "ada@example.com" }],
	["several claims in no order", { z: 1, a: [1, 2.5, -3e-7, null, true], nested: { y: "\u2028<>&", b: {} } }],
	["text that is not ASCII", { name: "Ada 🔑 Löve\u0007", empty: "" }],
	["claims that are there already", { iat: 1, sub: "x", exp: 2, end: true }],
	["no claims", {}],
];

async function makeTokens() {
	const jwts = [];
	for (const [name, payload] of claims) {
		for (const keys of [plain, short, rotated]) {
			const token = await crypto.signJWT(payload, currentSecret(keys), 3600);
			const written = Buffer.from(token.split(".")[1], "base64url").toString();
			if (!(await crypto.verifyJWT(token, currentSecret(keys)))) throw new Error(name);
			jwts.push({ name, keys, claims: JSON.stringify(payload), ttl: 3600, now: JSON.parse(written).iat, token, written });
		}
	}
	write("jwts", jwts);

	const jwes = [];
	const salt = "better-auth-vectors";
	for (const [name, payload] of claims) {
		for (const [keys, readers] of [[plain, [plain]], [short, [short]], [rotated, [rotated]], [firstOnly, [rotated]], [legacyOnly, [rotated]]]) {
			const token = await crypto.symmetricEncodeJWT(payload, secretConfig(keys), salt, 3600);
			jwes.push(await opened({ name, readers, salt, claims: JSON.stringify(payload), token }));
		}
	}
	// A token without kid, as the ancestors of upstream wrote it.
	for (const keys of [plain, firstOnly, legacyOnly]) {
		const withKid = await crypto.symmetricEncodeJWT({}, secretConfig(keys), salt, 3600);
		const key = await keyOf(withKid, keys, salt);
		const token = await new jose.EncryptJWT({ sub: "x" }).setProtectedHeader({ alg: "dir", enc: "A256CBC-HS512" })
			.setIssuedAt().setExpirationTime("1h").encrypt(key);
		jwes.push(await opened({ name: "a token without kid", readers: keys === plain ? [plain] : [rotated], salt, claims: `{"sub":"x"}`, token }));
	}
	write("jwes", jwes);

	async function opened(vector) {
		const payloads = await Promise.all(vector.readers.map((r) => crypto.symmetricDecodeJWT(vector.token, secretConfig(r), salt)));
		if (payloads.includes(null)) throw new Error(`upstream refuses its own JWE: ${vector.name}`);
		return { ...vector, ttl: 3600, now: payloads[0].iat, written: JSON.stringify(payloads[0]) };
	}
}

// keyOf derives the key of a JWE as upstream does, which keeps it to itself.
async function keyOf(token, keys, salt) {
	const { hkdfSync } = await import("node:crypto");
	const key = new Uint8Array(hkdfSync("sha256", currentSecret(keys), salt, "BetterAuth.js Generated Encryption Key", 64));
	await jose.jwtDecrypt(token, key);
	return key;
}

// --- the session cache

const session = {
	id: "s_1", userId: "u_1", token: "Zx9QmV2LkT7bNcR4yHgW1pSdFuJ8eAo3",
	expiresAt: new Date("2999-01-01T00:00:00.000Z"), createdAt: new Date("2026-01-01T00:00:00.000Z"),
	updatedAt: new Date("2026-01-01T00:00:00.000Z"), ipAddress: "", userAgent: `Mozilla/5.0 <"\\/">&\u2028\u0007\u007f`,
};
const user = {
	id: "u_1", name: "Ada \u{1f511} L\u00f6ve <&>", email: "ada@example.com", emailVerified: true, image: null,
	createdAt: new Date("2026-01-01T00:00:00.000Z"), updatedAt: new Date("2026-01-01T00:00:00.000Z"), score: 1e21, ratio: 0.1,
};

async function makeCaches() {
	const out = [];
	for (const strategy of ["compact", "jwt", "jwe"]) {
		for (const [name, keys, extra, more] of [
			["a session", plain, {}, {}],
			["a session of somebody not to be remembered", plain, {}, { dontRemember: true }],
			["a session with another version", plain, {}, { version: "7 \"é\"" }],
			["a session under rotated secrets", rotated, {}, {}],
			["a session that fits one cookie by a little", plain, { bio: "x".repeat(strategy === "jwe" ? 1700 : 2000) }, {}],
			["a session in two cookies", plain, { bio: "x".repeat(4000) }, {}],
			["a session in several cookies", plain, { bio: "\u00e9".repeat(7000) }, { header: "better-auth.session_data.0=old; better-auth.session_data.7=old; better-auth.session_data=old" }],
		]) {
			const options = {
				baseURL: "http://localhost:3000",
				session: { cookieCache: { enabled: true, strategy, maxAge: 300, version: more.version } },
			};
			const { ctx, lines } = await endpoint({ keys, options, header: more.header });
			const before = Date.now();
			await cookies.setCookieCache(ctx, { session, user: { ...user, ...extra } }, more.dontRemember ?? false);
			// What a browser sends back.
			const jar = new Map();
			for (const line of lines()) {
				const [pair] = line.split(";");
				if (line.includes("Max-Age=0")) jar.delete(pair.split("=")[0]);
				else jar.set(pair.split("=")[0], pair.slice(pair.indexOf("=") + 1));
			}
			const header = [...jar].map((pair) => pair.join("=")).join("; ");
			const read = await cookies.getCookieCache(new Headers({ cookie: header }), { strategy, secret: currentSecret(keys), isSecure: false });
			if (!read) throw new Error(`upstream refuses its own cache: ${strategy}, ${name}`);
			out.push({
				name: `${strategy}: ${name}`, strategy, keys, before: more.header ?? "", now: before, maxAge: more.dontRemember ? 0 : 300,
				session: JSON.stringify(session), user: JSON.stringify({ ...user, ...extra }), updatedAt: read.updatedAt,
				version: read.version, value: [...jar].map(([, value]) => value).join(""), header, lines: lines(),
			});
		}
	}
	write("caches", out);
}

// --- key pairs of the jwt plugin

async function makeKeyPairs() {
	const out = [];
	for (const alg of ["EdDSA", "ES256", "ES512", "PS256", "RS256"]) {
		for (const [name, keys, encrypted] of [["as it is", plain, false], ["encrypted", plain, true], ["encrypted with a version", rotated, true]]) {
			const pair = keyPair({ keys, alg, encrypted });
			const now = Math.floor(Date.now() / 1000);
			const token = await pair.sign({ sub: "u_1", name: "Ada \u{1f511} L\u00f6ve <&>", iat: now });
			const claims = await pair.verify(token);
			if (!claims) throw new Error(`upstream refuses its own token: ${alg}, ${name}`);
			out.push({ name: `${alg}, ${name}`, keys, alg, encrypted, now, row: pair.rows[0], token, claims });
		}
	}
	write("key-pairs", out);
}

// --- what the two-factor plugin keeps of a user, and of a browser that the user trusts

async function makeSecondFactors() {
	const out = [];
	for (const [name, keys] of [["a plain secret", plain], ["secrets with versions", rotated]]) {
		const rows = { user: [], session: [], account: [], verification: [], twoFactor: [] };
		const server = secondFactors(keys, rows);
		const password = "correct horse battery staple";
		const { cookies: signedUp } = await server.call("signUpEmail", { name: "Ada", email: "ada@example.com", password });
		const { totpURI, backupCodes } = await server.call("enableTwoFactor", { password }, signedUp);
		const { cookies: challenged } = await server.call("signInEmail", { email: "ada@example.com", password });
		const now = Math.floor(Date.now() / 1000);
		const code = await appCode(totpURI);
		const { cookies: signedIn } = await server.call("verifyTOTP", { code, trustDevice: true }, challenged);
		const { secret, backupCodes: sealed } = rows.twoFactor[0];
		const { identifier, value } = rows.verification[0];
		out.push({ name, keys, now, user: rows.user[0].id, row: { secret, backupCodes: sealed }, totpURI, backupCodes, code, device: { cookie: signedIn.trust_device, identifier, value } });
	}
	write("two-factor", out);
}

// Others stay as they are when one file is named: node make.mjs <node_modules> key-pairs
if (process.argv[3] === "key-pairs") {
	await makeKeyPairs();
	process.exit(0);
}

if (process.argv[3] === "two-factor") {
	await makeSecondFactors();
	process.exit(0);
}

await makePasswords();
await makeSigned();
makeLines();
makeHeaders();
makeSpecs();
await makeCiphers();
await makeTokens();
await makeCaches();
await makeKeyPairs();
await makeSecondFactors();
console.error(`vectors of better-auth ${version} written`);
